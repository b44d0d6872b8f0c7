// Decides when a certificate is due for renewal, and why an existing one is not acceptable.

import { createHash } from 'node:crypto';
import type { CertificateSpec } from './certificate-spec.ts';
import type { Facts } from './facts.ts';

/** Share of the lifetime after which it is renewed: two thirds, as in step's own daemon. */
const SHARE = 2 / 3;
/**
 * Renewal is earlier by up to this share of the lifetime, depending on the name, so that certificates issued together are not all renewed at once.
 */
const SPREAD = 1 / 20;
/** Tolerated difference between the clocks of node, agent and authority, in milliseconds. */
export const SKEW_MS = 600_000;

/** In milliseconds. */
export function renewAt({ notBefore, notAfter }: Pick<Facts, 'notBefore' | 'notAfter'>, name: string): number {
  const lifetime = notAfter - notBefore;
  return Math.floor(notBefore + lifetime * (SHARE - SPREAD * shareOf(name)));
}

/** A number from 0 to 1 that is constant for a name. */
function shareOf(name: string): number {
  return createHash('sha256').update(name).digest().readUInt32BE(0) / 0xffff_ffff;
}

/** Why a pair of files does not satisfy the spec; null when it does. `key`: the public half of the key file. */
export function faultOf(spec: CertificateSpec, facts: Facts | null, key: string | null, now: number): string | null {
  if (facts === null) return 'there is none yet';
  if (key === null) return 'its key is missing';
  if (key !== facts.publicKey) return 'its key is another one';
  if (facts.names.join(' ') !== spec.names.join(' ')) return 'its names have changed';
  if (!facts.trusted) return 'it was not issued by the present authority';
  if (facts.notBefore > now + SKEW_MS) return 'it is not valid yet';
  return now >= renewAt(facts, spec.commonName) ? 'two thirds of its lifetime have passed' : null;
}
