// step-ca in the guest that was initialised as an authority: an HTTPS server with a certificate of its own root.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { stateOf } from '../../guest/units.ts';
import { insidePath } from '../../proxmox/guest/place.ts';
import type { LabService, Peer } from '../service.ts';
import type { Answer } from './api.ts';
import { type Authority, readAuthority } from './authority.ts';
import { Refusal } from './refusal.ts';

export function stepCa(): LabService {
  let opened: ReturnType<typeof openAnswers> | undefined;
  const peers = new WeakMap<Duplex, { readonly peer: Peer; readonly authority: Authority }>();
  const server = createServer((request, response) => {
    const known = peers.get(request.socket);
    if (known === undefined) return void response.destroy();
    answer(known.authority, known.peer, request).then(
      (answered) => send(response, answered),
      (error) => send(response, refused(error)),
    );
  });

  async function answer(authority: Authority, peer: Peer, request: IncomingMessage): Promise<Answer> {
    let body = '';
    for await (const chunk of request) body += chunk;
    const asked = { method: request.method ?? 'GET', path: request.url ?? '/', body };
    const base = `https://${request.headers.host ?? peer.address}`;
    const at = (path: string): string => inside(peer, path);
    opened ??= openAnswers();
    const { answerApi, acme } = await opened;
    const found = (await answerApi(authority, at, asked)) ?? (await acme.answer(authority, peer, base, asked));
    if (found === undefined) throw new Refusal(404, 'not found');
    return found;
  }

  return {
    name: 'step-ca',
    listens: (peer) => authorityOf(peer)?.port === peer.port,
    serve(peer, socket) {
      const authority = authorityOf(peer);
      if (authority === null) return void socket.destroy();
      const secure = new TLSSocket(socket as never, { isServer: true, ...authority.server });
      secure.on('error', () => socket.destroy());
      peers.set(secure, { peer, authority });
      server.emit('connection', secure);
    },
    close: async () => void server.close(),
  };
}

/** The code for tokens, requests and orders is loaded with the first request: it is large, and few labs have an authority. */
async function openAnswers() {
  const [{ answerApi }, { openAcme }] = await Promise.all([import('./api.ts'), import('./acme.ts')]);
  return { answerApi, acme: openAcme() };
}

function inside({ node, guest }: Peer, path: string): string {
  return insidePath(node, guest?.id ?? 0, path);
}

function authorityOf(peer: Peer): Authority | null {
  const { node, guest } = peer;
  if (guest?.kind !== 'lxc' || stateOf({ node, id: guest.id }, 'step-ca')?.active !== true) return null;
  return readAuthority((path) => inside(peer, path));
}

function refused(error: unknown): Answer {
  const status = error instanceof Refusal ? error.status : 400;
  const message = error instanceof Error ? error.message : String(error);
  const type = error instanceof Refusal && 'type' in error ? { type: error.type } : {};
  return { status, body: { status, message, detail: message, ...type } };
}

function send(response: ServerResponse, { status, headers = {}, body }: Answer): void {
  const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body);
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(text);
}
