// Extracts facts from a certificate file. Pure.

import { X509Certificate } from 'node:crypto';
import { namesOf } from './certificate-spec.ts';

export interface Facts {
  /** SHA-256 of the certificate itself, in hexadecimal digits. */
  readonly fingerprint: string;
  /** Names and addresses, as in a spec. */
  readonly names: readonly string[];
  /** In milliseconds. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** SPKI, PEM. */
  readonly publicKey: string;
  /** Whether the chain in the file leads to the given root. */
  readonly trusted: boolean;
}

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Null where the text has no readable certificate. */
export function factsOf(text: string, root: string | null): Facts | null {
  const chain = certificatesIn(text);
  const [leaf] = chain;
  if (leaf === undefined) return null;
  return {
    fingerprint: leaf.fingerprint256.replaceAll(':', '').toLowerCase(),
    names: namesOf(alternativeNames(leaf)),
    notBefore: Date.parse(leaf.validFrom),
    notAfter: Date.parse(leaf.validTo),
    publicKey: leaf.publicKey.export({ type: 'spki', format: 'pem' }).toString().trim(),
    trusted: root !== null && leadsTo(chain, certificatesIn(root)),
  };
}

function certificatesIn(text: string): X509Certificate[] {
  try {
    return (text.match(BLOCK) ?? []).map((block) => new X509Certificate(block));
  } catch {
    return [];
  }
}

function alternativeNames({ subjectAltName = '' }: X509Certificate): string[] {
  return subjectAltName.split(', ').flatMap((part) => /^(?:DNS|IP Address):(.+)$/.exec(part)?.[1] ?? []);
}

/** Whether each certificate is signed by the next one, and the last one by a root. */
function leadsTo(chain: readonly X509Certificate[], roots: readonly X509Certificate[]): boolean {
  const last = chain.at(-1);
  const linked = chain.every((each, index) => {
    const issuer = chain[index + 1];
    return issuer === undefined || isSignedBy(each, issuer);
  });
  return linked && last !== undefined && roots.some((root) => last.raw.equals(root.raw) || isSignedBy(last, root));
}

function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}
