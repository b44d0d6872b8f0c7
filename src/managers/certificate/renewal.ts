// When a certificate is due, and why one that is there will not do.

import { createHash } from 'node:crypto';
import type { CertificateSpec } from './certificate-spec.ts';
import type { Facts } from './facts.ts';

/** Two thirds of its lifetime, as step's own daemon does it. */
const SHARE = 2 / 3;
/** Up to so much of the lifetime earlier, by the name: certificates of one day are not all renewed in one moment. */
const SPREAD = 1 / 20;
/** How far the clocks of node, agent and authority may be apart, in milliseconds. */
const SKEW_MS = 600_000;

/** In milliseconds. */
export function renewAt({ notBefore, notAfter }: Pick<Facts, 'notBefore' | 'notAfter'>, name: string): number {
  const lifetime = notAfter - notBefore;
  return Math.floor(notBefore + lifetime * (SHARE - SPREAD * shareOf(name)));
}

/** Always the same for a name, from 0 to 1. */
function shareOf(name: string): number {
  return createHash('sha256').update(name).digest().readUInt32BE(0) / 0xffff_ffff;
}

/** Why a pair of files is not what the spec asks for; null when it is. `key`: the public half of the key file. */
export function faultOf(spec: CertificateSpec, facts: Facts | null, key: string | null, now: number): string | null {
  if (facts === null) return 'there is none yet';
  if (key === null) return 'its key is missing';
  if (key !== facts.publicKey) return 'its key is another one';
  if (facts.names.join(' ') !== spec.names.join(' ')) return 'its names have changed';
  if (!facts.trusted) return 'it was not issued by the present authority';
  if (facts.notBefore > now + SKEW_MS) return 'it is not valid yet';
  return now >= renewAt(facts, spec.commonName) ? 'two thirds of its lifetime have passed' : null;
}
