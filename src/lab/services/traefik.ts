// Traefik in a guest: names lead to the servers that its dynamic files say.

import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Dynamic, dynamicOf, faultOf } from '../guest/traefik.ts';
import { forward } from './forward.ts';
import type { LabService, Peer } from './service.ts';

export function traefik(): LabService {
  const peers = new WeakMap<Duplex, Peer>();
  const server = createServer((request, response) => {
    const peer = peers.get(request.socket);
    const dynamic = peer && routesAt(peer);
    if (peer === undefined || !dynamic) return void response.destroy();
    const url = serverFor(dynamic, (request.headers.host ?? '').replace(/:\d+$/, ''));
    if (url === null) return void response.writeHead(404).end('404 page not found\n');
    const scheme = url.protocol === 'https:' ? 'https' : 'http';
    const port = Number(url.port || (scheme === 'https' ? 443 : 80));
    forward(peer, { scheme, address: url.hostname, port, headers: request.headers }, request, response);
  });
  return {
    name: 'traefik',
    listens: (peer) => peer.port === 80 && routesAt(peer) !== null,
    serve(peer, socket) {
      peers.set(socket, peer);
      server.emit('connection', socket);
    },
    close: async () => void server.close(),
  };
}

function routesAt({ node, guest }: Peer): Dynamic | null {
  return guest?.kind === 'lxc' ? dynamicOf({ node, id: guest.id }) : null;
}

/** Of the router in use whose rule names the host. */
function serverFor(dynamic: Dynamic, host: string): URL | null {
  const { routers, services } = dynamic;
  const router = Object.values(routers).find(
    (each) =>
      [...String(each['rule']).matchAll(/`([^`]+)`/g)].some(([, name]) => name === host) &&
      faultOf(dynamic, each) === null,
  );
  const service = services[String(router?.['service'])] as
    | { readonly loadBalancer?: { readonly servers?: readonly { readonly url: string }[] } }
    | undefined;
  const url = service?.loadBalancer?.servers?.[0]?.url;
  return url === undefined ? null : new URL(url);
}
