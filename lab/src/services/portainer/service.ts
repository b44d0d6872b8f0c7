// Portainer in the VMs of a lab: its server, where a container of it runs and publishes a port, and its agents.

import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { keyText, makeCertificate, newKey } from '../../certificates/certificates.ts';
import { flagsOf, TLS_COPIES } from '../../guest/docker/portainer.ts';
import { rootOf } from '../../guest/docker/root.ts';
import { type Container, placeInside, readState } from '../../guest/docker/state.ts';
import type { LabService, Peer } from '../service.ts';
import { agentAt, answerPing } from './agent.ts';
import { startByHand } from './by-hand.ts';
import { answer, ConnectionLost, serverAt } from './server.ts';

/** Port inside the container without TLS. */
const PLAIN_PORT = 9000;
const DAY_MS = 86_400_000;

export function portainer(): LabService {
  let made: SecureContext | undefined;
  /** Its key is generated at the first connection. */
  const own = (): SecureContext => {
    made ??= selfSigned();
    return made;
  };
  return {
    name: 'portainer',
    listens(peer) {
      startByHand(peer);
      return serverAt(peer) !== null || agentAt(peer) !== null;
    },
    serve(peer, socket) {
      const server = serverAt(peer);
      if (server === null) return serveTls(socket, own(), (request, response) => answerPing(peer, request, response));
      const handle: RequestListener = (request, response) => {
        bytesOf(request)
          .then((bytes) =>
            answer(peer, { method: request.method ?? '', url: request.url ?? '', headers: request.headers, bytes }),
          )
          .then(
            ({ status, body, headers = {} }) => {
              const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body);
              const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json';
              response.writeHead(status, { ...(text === '' ? {} : { 'Content-Type': type }), ...headers }).end(text);
            },
            (error: Error) => reportFault(response, error),
          );
      };
      if (server.inside === PLAIN_PORT) createServer(handle).emit('connection', socket);
      else serveTls(socket, certificateOf(peer, server.container) ?? own(), handle);
    },
    close: async () => {},
  };
}

/** Reports an error of the lab itself, which would otherwise look like a broken connection. */
function reportFault(response: ServerResponse, error: Error): void {
  if (error instanceof ConnectionLost || response.headersSent) return void response.destroy();
  response.writeHead(500, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify({ message: `the lab's Portainer failed: ${error.message}` }));
}

function serveTls(socket: Duplex, secureContext: SecureContext, handle: RequestListener): void {
  const secure = new TLSSocket(socket as never, { isServer: true, secureContext });
  secure.on('error', () => socket.destroy());
  createServer(handle).emit('connection', secure);
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** The certificate that its flags name, as it was at the start of the container. */
function certificateOf({ node, guest }: Peer, container: Container): SecureContext | null {
  const flags = flagsOf(container);
  const root = rootOf(node, guest?.id ?? 0);
  const state = readState(root);
  const textOf = (flag: keyof typeof TLS_COPIES): string | null => {
    if (typeof flags === 'string' || !flags.has(flag)) return null;
    return readFileSync(root.at(placeInside(state, container, TLS_COPIES[flag])), 'utf8');
  };
  const [cert, key] = [textOf('--sslcert'), textOf('--sslkey')];
  return cert === null || key === null ? null : createSecureContext({ cert, key });
}

/** Self-signed for localhost, as for agents and for servers without a certificate. */
function selfSigned(): SecureContext {
  const key = newKey();
  const cert = makeCertificate({
    subject: 'localhost',
    publicKey: createPublicKey(key),
    issuer: { name: 'localhost', key },
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + 365 * DAY_MS),
    names: ['localhost', '127.0.0.1'],
  });
  return createSecureContext({ cert, key: keyText(key) });
}
