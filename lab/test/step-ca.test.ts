// The lab's step-ca signs what the real one signs: certificates/authority/provisioner/sign_options.go and api/sign.go of Smallstep.

import 'reflect-metadata';
import type { webcrypto } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { initAuthority } from '../src/guest/step-ca.ts';
import { readAuthority } from '../src/services/step-ca/authority.ts';

const [NAME, HOUR] = ['web.example', 3600];
const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]) } as const;

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'phoenix-lab-ca-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

async function requestOf(
  subject: string,
  algorithm: webcrypto.EcKeyGenParams | webcrypto.RsaHashedKeyGenParams,
): Promise<string> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const names = new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: NAME }]);
  const signingAlgorithm = algorithm.name === 'ECDSA' ? EC : algorithm;
  return (
    await x509.Pkcs10CertificateRequestGenerator.create({ name: subject, keys, signingAlgorithm, extensions: [names] })
  ).toString('pem');
}

test('what a request asks for is refused in the words of step-ca', async () => {
  const at = (path: string) => join(dir, path);
  initAuthority({ at }, { name: 'Lab', dnsName: 'ca', provisioner: 'admin', addresses: [] });
  const authority = readAuthority(at);
  const [good, other, short] = [
    await requestOf(`CN=${NAME}`, EC),
    await requestOf('CN=other.example', EC),
    await requestOf('', { ...RSA, modulusLength: 1024 }),
  ];
  const body = Buffer.from(good.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  body[body.length - 1] = (body.at(-1) ?? 0) ^ 1;
  const broken = `-----BEGIN CERTIFICATE REQUEST-----\n${body.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
  const ended = async (request: string, lifetime?: string) =>
    authority?.sign(request, [NAME], lifetime).then(
      () => 'signed',
      ({ status, message }) => `${status} ${message}`,
    );
  expect(await ended(good)).toBe('signed');
  expect(await ended(good, `${24 * HOUR}s`)).toBe('signed');
  expect(await ended(good, '24h30s')).toBe(
    '403 requested duration of 24h1m30s is more than the authorized maximum certificate duration of 24h1m0s',
  );
  expect(await ended(good, '3m')).toBe(
    '403 requested duration of 4m0s is less than the authorized minimum certificate duration of 5m0s',
  );
  expect(await ended(other)).toBe(
    '403 certificate request does not contain the valid common name - got other.example, want [web.example]',
  );
  expect(await ended(short)).toBe('403 certificate request RSA key must be at least 2048 bits (256 bytes)');
  expect(await ended(broken)).toBe('400 invalid csr');
  expect(await ended('junk')).toBe('400 error reading request body');
});
