// The administrator, sessions and access tokens of a Portainer server.

import { hashOf, setupTokenOf } from '../../guest/docker/portainer.ts';
import { newKey, sessionFor } from './access.ts';
import type { Answer, Handlers, Work } from './handler.ts';
import { PortainerRefusal } from './refusal.ts';

const MIN_PASSWORD_LENGTH = 12;

export const USERS: Handlers = {
  'get /users/admin/check': ({ database }) => {
    if (database.users.length > 0) return { status: 204 };
    throw new PortainerRefusal(404, 'No administrator account found inside the database');
  },
  'post /users/admin/init': initAdmin,
  'post /auth': (work) => {
    limit(work);
    const { database, fields } = work;
    if (fields['username'] === '') invalid('Invalid username');
    if (fields['password'] === '') invalid('Invalid password');
    const user = database.users.find(({ name }) => name.toLowerCase() === String(fields['username']).toLowerCase());
    if (user === undefined || user.password !== hashOf(String(fields['password']))) {
      throw new PortainerRefusal(422, 'Invalid credentials', 'Unauthorized');
    }
    return { status: 200, body: { jwt: sessionFor(database, user.id) } };
  },
  'get /users/me': ({ database, caller }) => {
    const user = database.users.find(({ id }) => id === caller?.user);
    if (user === undefined) throw new PortainerRefusal(404, 'Unable to find a user');
    return { status: 200, body: { Id: user.id, Username: user.name, Role: user.role } };
  },
  'get /users/{id}/tokens': (work) => {
    const user = ownUser(work);
    const keys = work.database.keys.filter((key) => key.user === user);
    return { status: 200, body: keys.map((key) => shown(key)) };
  },
  'post /users/{id}/tokens': makeKey,
  'delete /users/{id}/tokens/{keyID}': (work) => {
    const user = ownUser(work);
    const id = Number(work.operation.params['keyID']);
    const { database } = work;
    if (!database.keys.some((key) => key.id === id && key.user === user)) {
      throw new PortainerRefusal(404, 'Unable to find an API key with the specified identifier inside the database');
    }
    database.keys = database.keys.filter((key) => key.id !== id);
    return { status: 204 };
  },
};

function invalid(details: string): never {
  throw new PortainerRefusal(400, 'Invalid request payload', details);
}

/** So many requests at once, and so many more per second, before their sender is shut out for an hour (security/rate_limiter.go). */
const MAX_REQUESTS = 10;
const BAN_MS = 3_600_000;

interface Sender {
  left: number;
  at: number;
  bannedUntil: number;
}

/** By the start of the server, in whose memory they are: a new start forgets them. All requests of a lab come from its node. */
const senders = new Map<string, Sender>();

function limit({ peer, container }: Work): void {
  const key = `${peer.node.dir} ${container.id} ${container.started}`;
  const now = Date.now();
  const { left, at, bannedUntil } = senders.get(key) ?? { left: MAX_REQUESTS, at: now, bannedUntil: 0 };
  const rest = Math.min(MAX_REQUESTS, left + ((now - at) / 1000) * MAX_REQUESTS) - 1;
  const isBanned = now < bannedUntil || rest < 0;
  const until = now < bannedUntil ? bannedUntil : rest < 0 ? now + BAN_MS : 0;
  senders.set(key, { left: Math.max(0, rest), at: now, bannedUntil: until });
  if (isBanned) throw new PortainerRefusal(403, 'Access denied', 'Access denied to resource');
}

function initAdmin({ database, fields, headers, container }: Work): Answer {
  const token = setupTokenOf(container);
  if (token !== null && headers['x-setup-token'] !== token) {
    throw new PortainerRefusal(
      403,
      'Invalid or missing setup token. Provide the X-Setup-Token header with the token printed in the server logs at startup.',
      'Invalid or missing setup token',
    );
  }
  const name = String(fields['username']);
  const password = String(fields['password']);
  if (name === '' || name.includes(' ')) invalid('Invalid username. Must not contain any whitespace');
  if (password === '') invalid('Invalid password');
  if (database.users.length > 0) throw new PortainerRefusal(409, 'Unable to create administrator user');
  if (password.length < MIN_PASSWORD_LENGTH) {
    throw new PortainerRefusal(400, 'Password does not meet the requirements');
  }
  const user = { id: 1, name, password: hashOf(password), role: 1 };
  database.users.push(user);
  return { status: 200, body: { Id: user.id, Username: user.name, Role: user.role } };
}

/** Creates an access token; refused if the caller used one. */
function makeKey(work: Work): Answer {
  limit(work);
  const { database, fields, caller } = work;
  if (caller?.by !== 'session') throw new PortainerRefusal(401, 'Auth not supported', 'Authentication required');
  const description = String(fields['description']);
  if (description === '') invalid('invalid description: cannot be empty');
  if (description.trim() === '') invalid('invalid description: cannot contain only whitespaces');
  // The program refuses the 128th character too, whatever the message says.
  if (description.length >= 128) invalid('invalid description: cannot be longer than 128 characters');
  const user = ownUser(work);
  if (fields['password'] === '') invalid('invalid password: cannot be empty');
  if (database.users.find(({ id }) => id === user)?.password !== hashOf(String(fields['password']))) {
    throw new PortainerRefusal(403, 'Current password doesn’t match the password provided');
  }
  const raw = newKey();
  const id = database.next;
  database.next += 1;
  const key = { id, user, description, digest: hashOf(raw), prefix: raw.slice(0, 7), created: seconds() };
  database.keys.push(key);
  return { status: 201, body: { rawAPIKey: raw, apiKey: shown(key) } };
}

function shown({ id, user, description, prefix, created }: Work['database']['keys'][number]): object {
  return { id, userId: user, description, prefix, dateCreated: created, lastUsed: 0 };
}

function ownUser({ operation, caller }: Work): number {
  const id = Number(operation.params['id']);
  if (id !== caller?.user) throw new PortainerRefusal(403, 'Permission denied to access user API keys');
  return id;
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}
