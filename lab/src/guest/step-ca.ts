// The files that `step ca init` and its script create in a guest: root, intermediate, keys, passwords and the settings of step-ca.

import { createCipheriv, createHash, createPublicKey, type KeyObject, pbkdf2Sync, randomBytes } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { keyText, makeCertificate, newKey } from '../certificates/certificates.ts';
import type { Tree } from '../tree/tree.ts';

export const STEP_PATH = '/etc/step-ca';
/** PBKDF2 rounds: step uses 600,000, which take a second. */
const ROUNDS = 10_000;
const DAY_MS = 86_400_000;

export interface AuthoritySettings {
  /** Name of the root certificate. */
  readonly name: string;
  readonly dnsName: string;
  /** Name of its JWK provisioner. */
  readonly provisioner: string;
  /** The addresses that it can be reached at, beside its name. */
  readonly addresses: readonly string[];
}

/** Creates the authority; no effect if one exists. */
export function initAuthority(
  tree: Pick<Tree, 'at'>,
  { name, dnsName, provisioner, addresses }: AuthoritySettings,
): void {
  const at = (path: string): string => tree.at(`${STEP_PATH}/${path}`);
  const put = (path: string, text: string, mode: number): void => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), text);
    chmodSync(at(path), mode);
  };
  if (!existsSync(at('config/ca.json'))) {
    const password = randomBytes(36).toString('base64');
    const [rootKey, intermediateKey] = [newKey(), newKey()];
    const now = Date.now();
    const issuer = { name: `${name} Root CA`, key: rootKey };
    const times = { notBefore: new Date(now - 60_000), notAfter: new Date(now + 3650 * DAY_MS) };
    const made = (subject: string, key: KeyObject, authority: number) =>
      makeCertificate({ subject, publicKey: createPublicKey(key), issuer, names: [], authority, ...times });
    put('certs/root_ca.crt', made(issuer.name, rootKey, 1), 0o644);
    put('certs/intermediate_ca.crt', made(`${name} Intermediate CA`, intermediateKey, 0), 0o644);
    put('secrets/root_ca_key', keyText(rootKey), 0o600);
    put('secrets/intermediate_ca_key', keyText(intermediateKey), 0o600);
    put('password', `${randomBytes(36).toString('base64')}\n`, 0o600);
    put('provisioner-password', `${password}\n`, 0o600);
    const settings = {
      root: `${STEP_PATH}/certs/root_ca.crt`,
      crt: `${STEP_PATH}/certs/intermediate_ca.crt`,
      key: `${STEP_PATH}/secrets/intermediate_ca_key`,
      address: ':9000',
      dnsNames: [dnsName, ...addresses],
      authority: { provisioners: [jwkProvisioner(provisioner, password), { type: 'ACME', name: 'acme' }] },
    };
    put('config/ca.json', JSON.stringify(settings, null, 2), 0o600);
  }
  if (existsSync(at('ssl'))) copyFileSync(at('certs/root_ca.crt'), at('ssl/root_ca.crt'));
}

function jwkProvisioner(name: string, password: string): object {
  const key = newKey();
  const { crv = '', x = '', y = '', kty = '', d = '' } = key.export({ format: 'jwk' });
  const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
  const common = { use: 'sig', kty, kid, crv, alg: 'ES256', x, y };
  return { type: 'JWK', name, key: common, encryptedKey: encrypted(JSON.stringify({ ...common, d }), password) };
}

/** A compact JWE encrypted with a password (RFC 7516, RFC 7518 section 4.8), as step writes it. */
function encrypted(text: string, password: string): string {
  const [alg, salt, contentKey, iv] = ['PBES2-HS256+A128KW', randomBytes(16), randomBytes(32), randomBytes(12)];
  const header = { alg, cty: 'jwk+json', enc: 'A256GCM', p2c: ROUNDS, p2s: salt.toString('base64url') };
  const head = Buffer.from(JSON.stringify(header)).toString('base64url');
  const wrapping = pbkdf2Sync(password, Buffer.concat([Buffer.from(`${alg}\0`), salt]), ROUNDS, 16, 'sha256');
  const wrap = createCipheriv('id-aes128-wrap', wrapping, Buffer.alloc(8, 0xa6));
  const cipher = createCipheriv('aes-256-gcm', contentKey, iv).setAAD(Buffer.from(head));
  const wrapped = Buffer.concat([wrap.update(contentKey), wrap.final()]);
  const content = Buffer.concat([cipher.update(text), cipher.final()]);
  return [head, ...[wrapped, iv, content, cipher.getAuthTag()].map((part) => part.toString('base64url'))].join('.');
}
