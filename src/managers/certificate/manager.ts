// Registers the kind `certificate`: each entry of the manifest is kept valid, in its two files, by the environment's own authority.

import { kindComparison } from '../comparison.ts';
import type { Kind } from '../kind.ts';
import { certificateComparison } from './certificate-comparison.ts';
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
  // The old certificate stays in use until the new one is complete, and a removed entry leaves its files.
  impact: () => 'live',
  inventory: inventoryOfCertificates,
  quickCheck: quickCheckOfCertificate,
  observe: observeCertificate,
  decide: decideCertificate,
  ...kindComparison(certificateComparison),
  isThere: (_wanted, { current }) => current.text !== null,
  // The health checks of its users, gateway and Portainer, verify that it is in use.
  health: () => null,
  // An installed pair is verified before, and its user is notified again when that failed.
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
