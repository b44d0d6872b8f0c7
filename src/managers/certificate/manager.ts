// Certificates: each entry of the manifest is kept valid, in its two files, by the environment's own authority.

import type { Kind } from '../kind.ts';
import { decideCertificate } from './decide.ts';
import {
  type CertificateObservation,
  type CertificateSurvey,
  glanceAtCertificate,
  observeCertificate,
  surveyCertificates,
} from './observe.ts';
import { declaration } from './read.ts';
import { renewAt } from './renewal.ts';
import { type CertificateSpec, certificateTargets } from './spec.ts';

export const certificate: Kind<CertificateSpec, CertificateObservation, CertificateSurvey> = {
  kind: 'certificate',
  declares: declaration,
  targets: certificateTargets,
  // The old one stays in use until the new one is complete, and an entry that is gone leaves its files.
  impact: () => 'live',
  survey: surveyCertificates,
  glance: glanceAtCertificate,
  observe: observeCertificate,
  decide: decideCertificate,
  // Whether its user shows it is asked of its user: the gateway, Portainer.
  health: () => null,
  // A pair that was put in place is proved, and its user is told again when that failed.
  safeguard: () => null,
  due(survey, wanted) {
    if (wanted.spec === undefined) return null;
    const seen = glanceAtCertificate(survey, wanted);
    const decision = seen === null ? null : decideCertificate(wanted, seen);
    const settled = decision?.kind === 'actions' && decision.actions.length === 0;
    const facts = seen?.current.facts;
    if (!settled || facts == null) return new Date(survey.now);
    return new Date(renewAt(facts, wanted.spec.commonName));
  },
};
