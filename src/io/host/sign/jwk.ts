// Obtains a certificate by step-ca's JWK provisioner: its password unlocks a key that signs a token, valid for one certificate and five minutes. It
// works for names and addresses that do not resolve yet, so it is used for the first certificates.

import { createHash, randomUUID, X509Certificate } from 'node:crypto';
import { compactDecrypt, importJWK, type JWK, SignJWT } from 'jose';
import type { HttpRequest, SigningWay } from '../../../model/action.ts';
import type { Json, JsonObject } from '../../../model/json.ts';
import { readInside, type Signing } from './sign.ts';

type ByToken = Extract<SigningWay, { kind: 'jwk' }>;

/** Validity of a token. step-ca accepts each only once. */
const TOKEN_SECONDS = 300;
/** Tolerated clock difference: step-ca allows a minute. */
const SKEW_SECONDS = 30;
/** Maximum number of PBKDF2 rounds: step uses 100,000, newer versions 600,000. */
const MAX_ROUNDS = 2_000_000;
const PAGE = 100;

/** The certificate with its intermediates, as PEM. */
export async function signByToken(signing: Signing, by: ByToken): Promise<string> {
  const { asked, csr } = signing;
  const provisioner = await find(signing, by.provisioner);
  const password = await readInside(signing, by.password);
  const ott = await token(signing, provisioner, await unlock(provisioner, password, by));
  const duration = asked.lifetimeSeconds === null ? {} : { notAfter: `${asked.lifetimeSeconds}s` };
  const answer = await call(signing, 'POST', '/1.0/sign', { csr, ott, ...duration });
  const chain = answer['certChain'] ?? [answer['crt'] ?? null, answer['ca'] ?? null];
  if (!Array.isArray(chain) || chain.length === 0 || !chain.every((each) => typeof each === 'string')) {
    throw new Error(`${asked.authority} signed without giving the certificate back`);
  }
  return chain.map((pem) => `${pem.trim()}\n`).join('');
}

interface Provisioner {
  readonly name: string;
  readonly kid: string;
  readonly encryptedKey: string;
}

async function find(signing: Signing, name: string): Promise<Provisioner> {
  const names: string[] = [];
  for (let cursor = ''; ; ) {
    const page = await call(signing, 'GET', `/provisioners?limit=${PAGE}&cursor=${encodeURIComponent(cursor)}`);
    for (const each of Array.isArray(page['provisioners']) ? (page['provisioners'] as JsonObject[]) : []) {
      const { type, name: its, key, encryptedKey } = each;
      if (type !== 'JWK' || typeof its !== 'string') continue;
      names.push(its);
      const kid = (key as JsonObject | undefined)?.['kid'];
      if (its === name && typeof encryptedKey === 'string' && typeof kid === 'string')
        return { name, kid, encryptedKey };
    }
    const next = page['nextCursor'];
    if (typeof next !== 'string' || next === '' || next === cursor) break;
    cursor = next;
  }
  const known = names.length === 0 ? 'it has none of type JWK' : `it has ${names.join(', ')}`;
  throw new Error(`${signing.asked.authority} has no JWK provisioner "${name}" with a key: ${known}`);
}

async function unlock({ name, encryptedKey }: Provisioner, password: string, by: ByToken): Promise<JWK> {
  try {
    const { plaintext } = await compactDecrypt(encryptedKey, Buffer.from(password), {
      keyManagementAlgorithms: ['PBES2-HS256+A128KW'],
      maxPBES2Count: MAX_ROUNDS,
    });
    return JSON.parse(Buffer.from(plaintext).toString('utf8'));
  } catch {
    const { container, path } = by.password;
    throw new Error(`${path} of container ${container} is not the password of provisioner "${name}"`);
  }
}

async function token({ asked, root }: Signing, { name, kid }: Provisioner, jwk: JWK): Promise<string> {
  const alg = jwk.alg ?? 'ES256';
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ sans: [...asked.names], sha: fingerprint(root) })
    .setProtectedHeader({ alg, kid, typ: 'JWT' })
    .setIssuer(name)
    .setSubject(asked.commonName)
    .setAudience(`${asked.authority}/1.0/sign`)
    .setJti(randomUUID())
    .setIssuedAt(now)
    .setNotBefore(now - SKEW_SECONDS)
    .setExpirationTime(now + TOKEN_SECONDS)
    .sign(await importJWK(jwk, alg));
}

/** SHA-256 fingerprint of the root, in step-ca's format. */
function fingerprint(pem: string): string {
  return createHash('sha256').update(new X509Certificate(pem).raw).digest('hex');
}

async function call(signing: Signing, method: 'GET' | 'POST', path: string, json?: Json): Promise<JsonObject> {
  const { asked, signal } = signing;
  const request: HttpRequest = {
    kind: 'http',
    method,
    url: `${asked.authority}${path}`,
    ...(asked.address === null ? {} : { address: asked.address }),
    trust: { file: asked.root },
    ...(json === undefined ? {} : { body: { json } }),
    timeoutSeconds: asked.timeoutSeconds,
  };
  const { status, body, message } = await signing.request(request, { signal });
  if (status === null) throw new Error(`${asked.authority} does not answer: ${message}`);
  const answer = parsed(body);
  if (status >= 300 || answer === undefined) {
    const said = answer?.['message'];
    throw new Error(
      `${asked.authority}${path.replace(/\?.*/, '')}: ${status} ${typeof said === 'string' ? said : body.slice(0, 500)}`,
    );
  }
  return answer;
}

function parsed(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}
