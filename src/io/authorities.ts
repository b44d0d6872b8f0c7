// Whom this process trusts with certificates: one store for Git, the forge, an agent that is asked and services that the host answers for.
// What a certificate that is not trusted means is said here as well, so that it is said in the same words everywhere.

import { X509Certificate } from 'node:crypto';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import type { Authority } from '../model/authority.ts';

let named: readonly string[] = [];

/**
 * Trusts these beside those that Node trusts, in every connection from now on; those of an earlier call no longer.
 *
 * @returns what is wrong with one of them; then nothing has changed
 */
export function trustAuthorities(authorities: readonly Authority[]): string | null {
  const unread = authorities.find(({ pem }) => !isCertificate(pem));
  if (unread !== undefined) return `the certificate that begins at line ${unread.line} cannot be read`;
  const wanted = authorities.map(({ pem }) => pem);
  if (wanted.length === 0 && named.length === 0) return null;
  // The store without those of an earlier call.
  const others = getCACertificates('default').filter((pem) => !named.some((each) => isSame(each, pem)));
  setDefaultCACertificates([...others, ...wanted]);
  named = wanted;
  return null;
}

/** As PEM: those that were named, for connections that are held to an authority of their own. */
export function namedAuthorities(): readonly string[] {
  return named;
}

interface CertificateFault {
  readonly what: string;
  readonly remedy: string;
}

/** Why a connection failed for the certificate that the server showed; null when it failed for something else. */
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

/** The same as one sentence. */
export function certificateSentence(error: unknown): string | null {
  const fault = certificateFault(error);
  return fault === null ? null : `${fault.what}: ${fault.remedy}`;
}

const NAME_IT = 'set PHOENIX_CA_FILE to a PEM file with the certificate of its authority';
const RENEW = 'renew it at the server';
const OTHER_FAULTS: Readonly<Record<string, readonly [what: string, remedy: string]>> = {
  CERT_HAS_EXPIRED: ['has expired', RENEW],
  CERT_NOT_YET_VALID: ['does not hold yet', 'see whether the clocks here and there are right'],
  ERR_TLS_CERT_ALTNAME_INVALID: ['is for another name', 'call the server by a name that stands in it'],
};
/** OpenSSL's words for a chain that ends at nobody who is known. */
const UNTRUSTED = /^(UNABLE_TO_(VERIFY|GET)_.*|SELF_SIGNED_.*|DEPTH_ZERO_SELF_SIGNED_CERT|CERT_UNTRUSTED|INVALID_CA)$/;

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

/** Line breaks may differ. */
function isSame(one: string, other: string): boolean {
  return one.replace(/\s/g, '') === other.replace(/\s/g, '');
}
