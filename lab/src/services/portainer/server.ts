// Handles a request to a Portainer server: authentication, validation, then the handler. All state is in the files of its guest, read before each
// response and written after it.

import type { IncomingHttpHeaders } from 'node:http';
import { type Database, isServer, readDatabase, versionOf, writeDatabase } from '../../guest/docker/portainer.ts';
import { rootOf } from '../../guest/docker/root.ts';
import { type Container, readState } from '../../guest/docker/state.ts';
import type { Peer } from '../service.ts';
import { callerOf, isClosed } from './access.ts';
import { operationAt, readRequest } from './description.ts';
import { ENDPOINTS } from './endpoints.ts';
import type { Answer, Handlers } from './handler.ts';
import { PortainerRefusal } from './refusal.ts';
import { STACKS } from './stacks.ts';
import { USERS } from './users.ts';

export interface Request {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
}

const HANDLERS: Handlers = {
  'get /system/status': ({ version, database }) => ({
    status: 200,
    body: { Version: version, InstanceID: database.instance },
  }),
  ...USERS,
  ...ENDPOINTS,
  ...STACKS,
};

/** The server's container in the peer's guest that publishes its port, and the port inside. */
export function serverAt({
  node,
  guest,
  port,
}: Peer): { readonly container: Container; readonly inside: number } | null {
  if (guest?.kind !== 'qemu') return null;
  const state = readState(rootOf(node, guest.id));
  for (const container of state.containers) {
    const found = container.ports.find(({ published, onLoopback }) => published === port && !onLoopback);
    if (found !== undefined && container.running && isServer(container)) return { container, inside: found.target };
  }
  return null;
}

/** Its container stopped during the request: the connection breaks. */
export class ConnectionLost extends Error {}

/** Serialises requests, which must not overwrite each other's state. */
const turns = new Map<string, Promise<unknown>>();

export async function answer(peer: Peer, request: Request): Promise<Answer> {
  const key = `${peer.node.dir} ${peer.guest?.id}`;
  const turn = (turns.get(key) ?? Promise.resolve()).then(() => inTurn(peer, request));
  turns.set(
    key,
    turn.catch(() => {}),
  );
  return turn;
}

async function inTurn(peer: Peer, request: Request): Promise<Answer> {
  const root = rootOf(peer.node, peer.guest?.id ?? 0);
  const state = readState(root);
  const container = serverAt(peer)?.container;
  const database = container === undefined ? null : readDatabase(root, state, container);
  if (container === undefined || database === null) throw new ConnectionLost();
  const before = JSON.stringify(database);
  try {
    const done = await carryOut(peer, container, database, request);
    if (JSON.stringify(database) !== before) writeDatabase(root, readState(root), container, database);
    return done;
  } catch (error) {
    if (!(error instanceof PortainerRefusal)) throw error;
    return { status: error.status, body: { message: error.message, details: error.details } };
  }
}

async function carryOut(
  peer: Peer,
  container: Container,
  database: Database,
  { method, url, headers, bytes }: Request,
): Promise<Answer> {
  const { pathname, searchParams: query } = new URL(url, 'https://portainer');
  if (isClosed(container, database)) {
    const body = { message: 'Administrator initialization timeout', details: 'the server waits for a new start' };
    return { status: 303, headers: { 'redirect-reason': 'AdminInitTimeout', location: '/timeout.html' }, body };
  }
  const operation = pathname.startsWith('/api/') ? operationAt(method, pathname.slice(4)) : undefined;
  const handler = operation === undefined ? undefined : HANDLERS[operation.name];
  if (operation === undefined || handler === undefined) return { status: 404, body: '404 page not found\n' };
  for (const name of ['origin', 'referer', 'cookie', 'sec-fetch-site']) {
    if (headers[name] !== undefined) throw new PortainerRefusal(403, 'Forbidden - origin invalid');
  }
  const caller = callerOf(database, headers);
  if (caller === null && !operation.open) throw new PortainerRefusal(401, 'A valid authorization token is missing');
  const fields = await readRequest(operation, { query, headers, type: headers['content-type'] ?? '', bytes });
  const version = versionOf(container);
  const signing = { instance: database.instance, secret: container.env['AGENT_SECRET'] ?? '' };
  return handler({ peer, container, signing, version, database, operation, query, headers, fields, caller });
}
