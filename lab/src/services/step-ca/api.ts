// step-ca's own API: health, roots, provisioners, and certificates for one-time tokens of a provisioner.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { importJWK, jwtVerify } from 'jose';
import { STEP_PATH } from '../../guest/step-ca.ts';
import type { Authority, JwkProvisioner } from './authority.ts';
import { Refusal } from './refusal.ts';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Undefined: not a request of this API. @throws Refusal */
export async function answerApi(
  authority: Authority,
  at: (path: string) => string,
  { method, path, body }: Asked,
): Promise<Answer | undefined> {
  const [, route = ''] = /^(?:\/1\.0)?(\/[^?]*)/.exec(path) ?? [];
  if (method === 'GET' && route === '/health') return { status: 200, body: { status: 'ok' } };
  if (method === 'GET' && route === '/roots') return { status: 201, body: { crts: [authority.root] } };
  if (method === 'GET' && route === '/roots.pem') return { status: 200, body: authority.root };
  if (method === 'GET' && route === `/root/${authority.fingerprint}`) {
    return { status: 200, body: { ca: authority.root } };
  }
  if (method === 'GET' && route === '/provisioners') {
    return { status: 200, body: { provisioners: authority.provisioners, nextCursor: '' } };
  }
  if (method !== 'POST' || route !== '/sign') return undefined;
  const { csr, ott, notAfter } = fieldsOf(body);
  if (csr === undefined) throw new Refusal(400, 'missing csr');
  const { readRequest } = await import('./request.ts');
  await readRequest(csr);
  if (ott === undefined) throw new Refusal(400, 'missing ott');
  // From here on the token is used, whatever becomes of the request.
  const names = await namesOf(authority, at, ott);
  const [crt, ca] = await authority.sign(csr, names, notAfter);
  return { status: 201, body: { crt, ca, certChain: [crt, ca] } };
}

function fieldsOf(body: string): Readonly<Record<string, string | undefined>> {
  try {
    return JSON.parse(body) as Record<string, string | undefined>;
  } catch {
    throw new Refusal(400, 'error reading request body');
  }
}

const UNAUTHORIZED = 'The request lacked necessary authorization to be completed.';

/** The names that a one-time token permits. */
async function namesOf(authority: Authority, at: (path: string) => string, token: string): Promise<readonly string[]> {
  const { kid, iss } = claimsOf(token);
  const provisioner = authority.provisioners.find(
    (each): each is JwkProvisioner => each.type === 'JWK' && each.name === iss && each.key.kid === kid,
  );
  if (provisioner === undefined) throw new Refusal(401, UNAUTHORIZED);
  const audience = authority.dnsNames.flatMap((name) =>
    [':443', `:${authority.port}`, ''].flatMap((port) =>
      ['/1.0/sign', '/sign'].map((path) => `https://${name}${port}${path}`),
    ),
  );
  const key = await importJWK(provisioner.key, 'ES256');
  const { payload } = await jwtVerify(token, key, { issuer: provisioner.name, audience, clockTolerance: 60 }).catch(
    () => {
      throw new Refusal(401, UNAUTHORIZED);
    },
  );
  const { jti, sha, sans, sub } = payload;
  if (sha !== undefined && sha !== authority.fingerprint) throw new Refusal(401, UNAUTHORIZED);
  if (typeof sub !== 'string' || sub === '') throw new Refusal(401, UNAUTHORIZED);
  const used = at(`${STEP_PATH}/db/used-tokens/${String(jti).replaceAll(/[^\w-]/g, '_')}`);
  if (existsSync(used)) throw new Refusal(401, UNAUTHORIZED);
  mkdirSync(dirname(used), { recursive: true });
  writeFileSync(used, '');
  return Array.isArray(sans) && sans.length > 0 ? sans.map(String) : [sub];
}

function claimsOf(token: string): { readonly kid?: unknown; readonly iss?: unknown } {
  try {
    const [head = '', payload = ''] = token.split('.').slice(0, 2);
    const parsed = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
    return { kid: parsed(head).kid, iss: parsed(payload).iss };
  } catch {
    throw new Refusal(401, UNAUTHORIZED);
  }
}
