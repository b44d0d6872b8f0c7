// Traefik in a guest: routes requests at its entry points to servers by the routers in use of its dynamic files.

import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { answerApi, isEverywhere } from '../guest/traefik/api.ts';
import { forwarded } from '../guest/traefik/forwarded.ts';
import { runtimeOf } from '../guest/traefik/runtime.ts';
import type { EntryPoint } from '../guest/traefik/static.ts';
import { type Running, runningTraefik } from '../guest/traefik/unit.ts';
import { insidePath } from '../proxmox/guest/place.ts';
import { forward } from './forward.ts';
import type { LabService, Peer } from './service.ts';

export function traefik(): LabService {
  const peers = new WeakMap<Duplex, Peer>();
  const server = createServer((request, response) => {
    const peer = peers.get(request.socket);
    const found = peer && listeningAt(peer);
    if (peer === undefined || !found) return void response.destroy();
    const { running, entryPoint } = found;
    const isSecure = request.socket instanceof TLSSocket;
    const own = answerApi(running, entryPoint, request.url ?? '/');
    if (own !== null) return void response.writeHead(own.status).end(own.body);
    const host = (request.headers.host ?? '').replace(/:\d+$/, '');
    const url = serverFor(running, entryPoint, host, request.url ?? '/', isSecure);
    if (url === null) return void response.writeHead(404).end('404 page not found\n');
    const scheme = url.protocol === 'https:' ? 'https' : 'http';
    const port = Number(url.port || (scheme === 'https' ? 443 : 80));
    const headers = forwarded(peer.from, entryPoint, request.headers, isSecure);
    void forward(peer, { scheme, address: url.hostname, port, headers }, request, response);
  });
  return {
    name: 'traefik',
    listens: (peer) => listeningAt(peer) !== null,
    serve(peer, socket) {
      const far = usesTls(peer) ? secured(peer, socket) : socket;
      peers.set(far, peer);
      server.emit('connection', far);
    },
    close: async () => void server.close(),
  };
}

function listeningAt({ node, guest, address, port }: Peer): { running: Running; entryPoint: EntryPoint } | null {
  const running = guest?.kind === 'lxc' ? runningTraefik({ node, id: guest.id }) : null;
  const entryPoint = running?.config.entryPoints.find(
    (each) => each.port === port && (each.host === address || isEverywhere(each)),
  );
  return running === null || entryPoint === undefined ? null : { running, entryPoint };
}

/** Whether any router at the entry point uses TLS. */
function usesTls(peer: Peer): boolean {
  const found = listeningAt(peer);
  return Object.values(found?.running.dynamic.routers ?? {}).some(
    ({ tls, entryPoints }) =>
      tls !== undefined && (entryPoints as readonly string[] | undefined)?.includes(found?.entryPoint.name ?? ''),
  );
}

function secured(peer: Peer, socket: Duplex): TLSSocket {
  const secure = new TLSSocket(socket as never, {
    isServer: true,
    SNICallback(name, done) {
      const context = contextFor(peer, name);
      if (context === null) done(new Error(`no certificate for ${name}`));
      else done(null, context);
    },
  });
  return secure.on('error', () => socket.destroy());
}

/** Null: no certificate contains the name. */
function contextFor({ node, guest, ...peer }: Peer, name: string): SecureContext | null {
  const found = listeningAt({ node, guest, ...peer });
  const { certificates = [] } = (found?.running.dynamic.tls ?? {}) as { certificates?: readonly Files[] };
  for (const { certFile, keyFile } of certificates) {
    const [chain, key] = [certFile, keyFile].map((path) => insidePath(node, guest?.id ?? 0, path)) as [string, string];
    if (!existsSync(chain) || !existsSync(key)) continue;
    const cert = readFileSync(chain, 'utf8');
    if (new X509Certificate(cert).checkHost(name) !== undefined)
      return createSecureContext({ cert, key: readFileSync(key, 'utf8') });
  }
  return null;
}

interface Files {
  readonly certFile: string;
  readonly keyFile: string;
}

/** The server of the matching router in use with the longest rule; rules have host names and path prefixes. */
function serverFor(
  { config, dynamic }: Running,
  { name }: EntryPoint,
  host: string,
  path: string,
  isSecure: boolean,
): URL | null {
  const { routers } = runtimeOf(config, dynamic);
  const [router] =
    Object.entries(dynamic.routers)
      .filter(([key, { rule, tls }]) => {
        const declared = routers.get(key);
        if (declared === undefined || declared.status === 'disabled' || !declared.entryPoints.includes(name))
          return false;
        return isSecure === (tls !== undefined) && takes(String(rule), host, path);
      })
      .sort(([, a], [, b]) => priorityOf(b) - priorityOf(a))[0] ?? [];
  const found =
    router === undefined
      ? undefined
      : dynamic.services[String(dynamic.routers[router]?.['service']).replace(/@file$/, '')];
  const { servers = [] } = (found?.['loadBalancer'] ?? {}) as { servers?: readonly { readonly url: string }[] };
  return servers[0] === undefined ? null : new URL(servers[0].url);
}

const priorityOf = ({ priority, rule }: Readonly<Record<string, unknown>>): number =>
  typeof priority === 'number' && priority !== 0 ? priority : String(rule).length;

function takes(rule: string, host: string, path: string): boolean {
  const arguments_ = (matcher: string): string[] =>
    [...rule.matchAll(new RegExp(`\\b${matcher}\\(([^)]*)\\)`, 'g'))].flatMap(([, inner = '']) =>
      [...inner.matchAll(/`([^`]*)`/g)].map(([, text = '']) => text),
    );
  const [hosts, prefixes, paths] = [arguments_('Host'), arguments_('PathPrefix'), arguments_('Path')];
  const plain = path.replace(/\?.*/, '');
  const fits = (list: readonly string[], one: (each: string) => boolean): boolean =>
    list.length === 0 || list.some(one);
  return (
    fits(hosts, (each) => each.toLowerCase() === host.toLowerCase()) &&
    fits(prefixes, (each) => plain.startsWith(each)) &&
    fits(paths, (each) => plain === each)
  );
}
