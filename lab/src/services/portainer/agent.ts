// Portainer's agent on port 9001, after portainer/agent, crypto/ecdsa.go at cedb4e4d: with a secret it accepts every request signed with it; without
// one it accepts only the first server that connects, until its container restarts.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request as requestHttp, type ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { isAgent } from '../../guest/docker/portainer.ts';
import { rootOf } from '../../guest/docker/root.ts';
import { type Container, placeInside, type Root, readState } from '../../guest/docker/state.ts';
import { machineAt } from '../../network/machines.ts';
import { addressOf } from '../../network/names.ts';
import type { Peer } from '../service.ts';
import { PortainerRefusal } from './refusal.ts';

const KEY_HEADER = 'x-portaineragent-publickey';
const SIGNATURE_HEADER = 'x-portaineragent-signature';
const PING_MS = 3000;

/** How a server signs its requests to agents. */
export interface Signing {
  /** Stands for its key. */
  readonly instance: string;
  /** `AGENT_SECRET` of its container; empty: none. */
  readonly secret: string;
}

export function agentAt({ node, guest, port }: Pick<Peer, 'node' | 'guest' | 'port'>): Container | null {
  if (guest?.kind !== 'qemu') return null;
  const { containers } = readState(rootOf(node, guest.id));
  const found = containers.find(
    (each) =>
      each.running &&
      isAgent(each) &&
      each.ports.some(({ published, target, onLoopback }) => published === port && target === 9001 && !onLoopback),
  );
  return found ?? null;
}

export function answerPing(peer: Peer, request: IncomingMessage, response: ServerResponse): void {
  const container = agentAt(peer);
  if (container === null) return void response.destroy();
  const key = String(request.headers[KEY_HEADER] ?? '');
  const secret = container.env['AGENT_SECRET'] ?? '';
  const isSigned = request.headers[SIGNATURE_HEADER] === signatureOf(key, secret);
  if (key !== '' && !(isSigned && (secret !== '' || isPaired(peer, container, key)))) {
    response.writeHead(403).end('{"message":"Invalid request signature"}');
    return;
  }
  if (request.url !== '/ping') response.writeHead(404).end('404 page not found\n');
  else response.writeHead(204, { 'Portainer-Agent': '2.33.6', 'Portainer-Agent-Platform': '1' }).end();
}

/** The first server to connect is paired. */
function isPaired(peer: Peer, container: Container, key: string): boolean {
  const root = rootOf(peer.node, peer.guest?.id ?? 0);
  const file = root.at(placeInside(readState(root), container, '/paired'));
  const paired = existsSync(file) ? readFileSync(file, 'utf8').split(' ') : [];
  if (paired[1] === String(container.started)) return paired[0] === key;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${key} ${container.started}`);
  return true;
}

/** Stands for a signature by a server's key. */
function signatureOf(key: string, secret: string): string {
  return createHash('sha256')
    .update(`${key}\n${secret === '' ? 'Portainer-App' : secret}`)
    .digest('hex');
}

/** The Docker state of an environment, after a successful ping. @throws PortainerRefusal */
export async function reach(peer: Peer, url: string, { instance, secret }: Signing): Promise<Root> {
  if (url.startsWith('unix:')) return rootOf(peer.node, peer.guest?.id ?? 0);
  const [, host = '', port = ''] = /^tcp:\/\/\[?([^\]]+?)\]?:(\d+)$/.exec(url) ?? [];
  const status = await ping(peer, host, Number(port), {
    [KEY_HEADER]: instance,
    [SIGNATURE_HEADER]: signatureOf(instance, secret),
  }).catch((error: Error) => {
    throw new PortainerRefusal(500, 'Unable to get environment type', error.message);
  });
  if (status === 403) throw new PortainerRefusal(500, 'agent already paired with another Portainer instance');
  if (status !== 204) throw new PortainerRefusal(500, 'Unable to get environment type', `status ${status}`);
  const address = addressOf(peer.node, host) ?? host;
  return rootOf(peer.node, machineAt(peer.node, address)?.id ?? 0);
}

/** The agent's certificate is self-signed for localhost, and so not verified. */
async function ping(peer: Peer, host: string, port: number, headers: Record<string, string>): Promise<number> {
  const socket = await peer.connect(host, port);
  const secure = connectTls({ socket, rejectUnauthorized: false });
  return new Promise<number>((resolve, reject) => {
    const call = requestHttp({
      path: '/ping',
      headers,
      createConnection: () => secure,
      timeout: PING_MS,
    });
    call.once('timeout', () =>
      call.destroy(new Error(`Get "https://${host}:${port}/ping": context deadline exceeded`)),
    );
    call.once('error', reject);
    call.once('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
      response.once('end', () => secure.destroy());
    });
    call.end();
  });
}
