// Certificate requests, as step-ca validates them. The library is large: this file is loaded with the first request.

import 'reflect-metadata';
import { createPublicKey, type KeyObject } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { Refusal } from './refusal.ts';

const MIN_RSA_BITS = 2048;

/** The key of a request for exactly these names (authority/provisioner/sign_options.go). @throws Refusal */
export async function publicKeyOf(pem: string, names: readonly string[]): Promise<KeyObject> {
  const request = await readRequest(pem);
  const [subject] = request.subjectName.getField('CN');
  if (subject !== undefined && subject !== '' && !names.includes(subject))
    throw new Refusal(
      403,
      `certificate request does not contain the valid common name - got ${subject}, want [${names.join(' ')}]`,
    );
  const key = createPublicKey({ key: Buffer.from(request.publicKey.rawData), format: 'der', type: 'spki' });
  if ((key.asymmetricKeyDetails?.modulusLength ?? MIN_RSA_BITS) < MIN_RSA_BITS)
    throw new Refusal(403, 'certificate request RSA key must be at least 2048 bits (256 bytes)');
  const extension = request.extensions.find((each) => each instanceof x509.SubjectAlternativeNameExtension);
  const requested = (extension?.names.items ?? []).map(({ value }) => value).sort();
  const want = [...names].sort();
  if (requested.join(' ') !== want.join(' ')) {
    throw new Refusal(
      403,
      `certificate request does not contain the valid names - got [${requested.join(' ')}], want [${want.join(' ')}]`,
    );
  }
  return key;
}

/** A request with a signature by its own key. @throws Refusal */
export async function readRequest(pem: string): Promise<x509.Pkcs10CertificateRequest> {
  let request: x509.Pkcs10CertificateRequest;
  try {
    request = new x509.Pkcs10CertificateRequest(pem);
  } catch {
    throw new Refusal(400, 'error reading request body');
  }
  if (!(await request.verify().catch(() => false))) throw new Refusal(400, 'invalid csr');
  return request;
}
