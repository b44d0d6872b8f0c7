// Authentication at a Portainer server: by a session that it signed, or by an access token.

import { createHmac, randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { type Database, hashOf } from '../../guest/docker/portainer.ts';
import type { Container } from '../../guest/docker/state.ts';
import { PortainerRefusal } from './refusal.ts';

export interface Caller {
  readonly user: number;
  readonly by: 'session' | 'key';
}

/** How long a server accepts its first administrator. */
const WINDOW_MS = 300_000;
const SESSION_MS = 8 * 3_600_000;

export function isClosed({ started }: Container, { users }: Database): boolean {
  return users.length === 0 && Date.now() - started > WINDOW_MS;
}

/** Null: unauthenticated. @throws PortainerRefusal for invalid credentials */
export function callerOf(database: Database, headers: IncomingHttpHeaders): Caller | null {
  const key = headers['x-api-key'];
  const session = headers.authorization?.replace(/^Bearer /, '');
  if (key !== undefined && session !== undefined) {
    throw new PortainerRefusal(403, 'api key and auth header are not allowed at the same time');
  }
  if (key !== undefined) {
    const found = database.keys.find(({ digest }) => digest === hashOf(String(key)));
    if (found === undefined) throw new PortainerRefusal(401, 'Invalid API key');
    return { user: found.user, by: 'key' };
  }
  return session === undefined ? null : { user: userOf(database, session), by: 'session' };
}

function userOf({ secret, users }: Database, token: string): number {
  const [head = '', claims = '', signature = ''] = token.split('.');
  const invalid = new PortainerRefusal(401, 'Invalid JWT token');
  if (signature !== sign(secret, `${head}.${claims}`)) throw invalid;
  const { id, exp } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { id: number; exp: number };
  if (exp < Date.now() / 1000 || !users.some((user) => user.id === id)) throw invalid;
  return id;
}

export function sessionFor({ secret }: Database, id: number): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor((Date.now() + SESSION_MS) / 1000);
  const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ id, role: 1, exp })}`;
  return `${text}.${sign(secret, text)}`;
}

export function newKey(): string {
  return `ptr_${randomBytes(32).toString('base64')}`;
}

function sign(secret: string, text: string): string {
  return createHmac('sha256', secret).update(text).digest('base64url');
}
