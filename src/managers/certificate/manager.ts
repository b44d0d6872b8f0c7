// Certificates: each entry of the manifest is kept valid, in its two files, by the environment's own authority.

import type { Kind } from '../kind.ts';
import { type CertificateSpec, certificateTargets } from './certificate-spec.ts';
import { decideCertificate } from './decide.ts';
import {
  type CertificateInventory,
  type CertificateObservation,
  certificateValidity,
  inventoryOfCertificates,
  observeCertificate,
  quickCheckOfCertificate,
} from './observe.ts';
import { certificateSources } from './places.ts';
import { declaration } from './read.ts';
import { renewAt } from './renewal.ts';

export const certificate: Kind<CertificateSpec, CertificateObservation, CertificateInventory> = {
  kind: 'certificate',
  sources: certificateSources,
  declares: declaration,
  targets: certificateTargets,
  // The old one stays in use until the new one is complete, and an entry that is gone leaves its files.
  impact: () => 'live',
  inventory: inventoryOfCertificates,
  quickCheck: quickCheckOfCertificate,
  observe: observeCertificate,
  decide: decideCertificate,
  // Whether its user shows it is asked of its user: the gateway, Portainer.
  health: () => null,
  // A pair that was put in place is proved, and its user is told again when that failed.
  rollback: () => null,
  due(inventory, wanted) {
    if (wanted.spec === undefined) return null;
    const seen = quickCheckOfCertificate(inventory, wanted);
    const decision = seen === null ? null : decideCertificate(wanted, seen);
    const settled = decision?.kind === 'actions' && decision.actions.length === 0;
    const facts = seen?.current.facts;
    if (!settled || facts == null) return new Date(inventory.now);
    return new Date(renewAt(facts, wanted.spec.commonName));
  },
  validity: certificateValidity,
};
