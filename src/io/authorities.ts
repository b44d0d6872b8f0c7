// The trust store of this process: one store for Git, the forge, a remote agent and services that the host queries. It also explains certificate
// errors, so that they are worded alike everywhere.

import { X509Certificate } from 'node:crypto';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import type { Authority } from '../model/authority.ts';
import { failureText } from '../model/failure.ts';

let named: readonly string[] = [];

/**
 * Trusts these authorities beside Node's defaults in every connection from now on, replacing those of an earlier call.
 *
 * @returns the fault of one of them; then nothing has changed
 */
export function trustAuthorities(authorities: readonly Authority[]): string | null {
  const unread = authorities.find(({ pem }) => !isCertificate(pem));
  if (unread !== undefined) return `the certificate that begins at line ${unread.line} cannot be read`;
  const wanted = authorities.map(({ pem }) => pem);
  if (wanted.length === 0 && named.length === 0) return null;
  // The default store without authorities of an earlier call.
  const others = getCACertificates('default').filter((pem) => !named.some((each) => isSame(each, pem)));
  setDefaultCACertificates([...others, ...wanted]);
  named = wanted;
  return null;
}

/** The configured authorities as PEM, for connections that are verified against a specific authority. */
export function namedAuthorities(): readonly string[] {
  return named;
}

interface CertificateFault {
  readonly what: string;
  readonly remedy: string;
}

/** The certificate fault for which a connection failed; null when it failed for another reason. */
export function certificateFault(error: unknown): CertificateFault | null {
  for (let each = error; each instanceof Error; each = each.cause) {
    const { code } = each as { readonly code?: unknown };
    if (typeof code !== 'string') continue;
    if (UNTRUSTED.test(code)) return { what: `its certificate is not trusted (${code})`, remedy: NAME_IT };
    const known = OTHER_FAULTS[code];
    if (known !== undefined) return { what: `its certificate ${known[0]} (${code})`, remedy: known[1] };
    if (/CERT/.test(code)) return { what: `its certificate is refused (${code}: ${each.message})`, remedy: RENEW };
  }
  return null;
}

/** The fault as one sentence, the remedy after its `; `. */
export function certificateSentence(error: unknown): string | null {
  const fault = certificateFault(error);
  return fault === null ? null : failureText({ what: fault.what, why: null, remedy: fault.remedy });
}

const NAME_IT = 'set PHOENIX_CA_FILE to a PEM file with the certificate of its authority';
const RENEW = 'renew it at the server';
const OTHER_FAULTS: Readonly<Record<string, readonly [what: string, remedy: string]>> = {
  CERT_HAS_EXPIRED: ['has expired', RENEW],
  CERT_NOT_YET_VALID: ['does not hold yet', 'see whether the clocks here and there are right'],
  ERR_TLS_CERT_ALTNAME_INVALID: ['is for another name', 'call the server by a name that stands in it'],
};
/** OpenSSL's codes for a chain that does not end at a trusted authority. */
const UNTRUSTED = /^(UNABLE_TO_(VERIFY|GET)_.*|SELF_SIGNED_.*|DEPTH_ZERO_SELF_SIGNED_CERT|CERT_UNTRUSTED|INVALID_CA)$/;

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

/** Ignores line breaks. */
function isSame(one: string, other: string): boolean {
  return one.replace(/\s/g, '') === other.replace(/\s/g, '');
}
