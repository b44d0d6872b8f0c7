// A real step-ca with its own keys and provisioners, as after `step ca init`.

import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { CompactEncrypt, calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { findProgram, freePort, listens, start } from '../programs.ts';
import { until } from '../until.ts';

/** From PHOENIX_TEST_STEP_CA or PATH; undefined if the machine has none. */
export const STEP_CA = findProgram('step-ca', 'PHOENIX_TEST_STEP_CA');
export const PROVISIONER = 'admin@example.internal';
export const PASSWORD = 'provisioner-password-of-a-test';

export interface StepCa {
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
  /** PEM. */
  readonly root: string;
  stop(): Promise<void>;
}

export interface StepCaOptions {
  /** DNS server and port for http-01 challenges. */
  readonly dns?: string;
  readonly challengePort?: number;
  /** Maximum lifetime of a certificate, such as `24h`. */
  readonly longest?: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

export async function startStepCa(program: string, options: StepCaOptions = {}): Promise<StepCa> {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-step-ca-'));
  const port = await freePort();
  const { root } = await writeKeys(folder);
  const config = {
    root: join(folder, 'root_ca.crt'),
    crt: join(folder, 'intermediate_ca.crt'),
    key: join(folder, 'intermediate_ca_key'),
    address: `127.0.0.1:${port}`,
    dnsNames: ['127.0.0.1', 'ca.example.internal'],
    logger: { format: 'text' },
    db: { type: 'badgerv2', dataSource: join(folder, 'db') },
    authority: {
      claims: { maxTLSCertDuration: options.longest ?? '24h' },
      provisioners: [await jwkProvisioner(), { type: 'ACME', name: 'acme', challenges: ['http-01'] }],
    },
  };
  await mkdir(join(folder, 'db'));
  await writeFile(join(folder, 'ca.json'), JSON.stringify(config));
  const server = start(program, [
    join(folder, 'ca.json'),
    ...(options.dns === undefined ? [] : ['--resolver', options.dns]),
    ...(options.challengePort === undefined ? [] : ['--insecure', '--acme-http-port', String(options.challengePort)]),
  ]);
  await until(() => listens(port), 'step-ca').catch((error: Error) => {
    throw new Error(`${error.message}\n${server.output()}`);
  });
  return {
    url: `https://127.0.0.1:${port}`,
    root,
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function writeKeys(folder: string): Promise<{ readonly root: string }> {
  const [rootKeys, keys] = [await generate(), await generate()];
  const dates = { notBefore: new Date(Date.now() - 3_600_000), notAfter: new Date(Date.now() + 24 * 3_600_000) };
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Example Root',
    keys: rootKeys,
    signingAlgorithm: ALGORITHM,
    ...dates,
    extensions: [
      new x509.BasicConstraintsExtension(true, 1, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(rootKeys.publicKey),
    ],
  });
  const between = await x509.X509CertificateGenerator.create({
    subject: 'CN=Example Intermediate',
    issuer: root.subject,
    publicKey: keys.publicKey,
    signingKey: rootKeys.privateKey,
    signingAlgorithm: ALGORITHM,
    ...dates,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(rootKeys.publicKey),
    ],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  await writeFile(join(folder, 'root_ca.crt'), root.toString('pem'));
  await writeFile(join(folder, 'intermediate_ca.crt'), between.toString('pem'));
  await writeFile(
    join(folder, 'intermediate_ca_key'),
    `-----BEGIN PRIVATE KEY-----\n${pkcs8.match(/.{1,64}/g)?.join('\n')}\n-----END PRIVATE KEY-----\n`,
  );
  return { root: root.toString('pem') };
}

function generate(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;
}

async function jwkProvisioner() {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const key = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(key);
  const secret = JSON.stringify({ ...(await exportJWK(privateKey)), use: 'sig', alg: 'ES256', kid });
  const encryptedKey = await new CompactEncrypt(Buffer.from(secret))
    .setProtectedHeader({ alg: 'PBES2-HS256+A128KW', enc: 'A256GCM', cty: 'jwk+json' })
    .setKeyManagementParameters({ p2c: 100_000, p2s: webcrypto.getRandomValues(new Uint8Array(16)) })
    .encrypt(Buffer.from(PASSWORD));
  return { type: 'JWK', name: PROVISIONER, key: { ...key, use: 'sig', alg: 'ES256', kid }, encryptedKey };
}
