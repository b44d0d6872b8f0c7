// Certificate requests, as step-ca validates them. The library is large: this file is loaded with the first request.

import 'reflect-metadata';
import { createPublicKey, type KeyObject } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { Refusal } from './refusal.ts';

/** The key of a request for exactly these names. @throws Refusal */
export function publicKeyOf(pem: string, names: readonly string[]): KeyObject {
  let request: x509.Pkcs10CertificateRequest;
  try {
    request = new x509.Pkcs10CertificateRequest(pem);
  } catch {
    throw new Refusal(400, 'error parsing certificate request');
  }
  const extension = request.extensions.find((each) => each instanceof x509.SubjectAlternativeNameExtension);
  const requested = (extension?.names.items ?? []).map(({ value }) => value).sort();
  const want = [...names].sort();
  if (requested.join(' ') !== want.join(' ')) {
    throw new Refusal(
      403,
      `certificate request does not contain the valid names - got [${requested.join(' ')}], want [${want.join(' ')}]`,
    );
  }
  return createPublicKey({ key: Buffer.from(request.publicKey.rawData), format: 'der', type: 'spki' });
}
