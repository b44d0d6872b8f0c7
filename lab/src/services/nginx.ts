// nginx in a guest, by the configuration that it loaded last: server names, redirects, ACME challenge files, and forwarding to the proxy.

import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { servedBy } from '../guest/nginx.ts';
import type { Directive } from '../guest/nginx-syntax.ts';
import { stateOf } from '../guest/units.ts';
import { insidePath } from '../proxmox/guest/place.ts';
import { forward } from './forward.ts';
import type { LabService, Peer } from './service.ts';

interface Site {
  readonly port: number;
  /** A plain port is for IPv4 only. */
  readonly isIpv6: boolean;
  readonly isSecure: boolean;
  readonly isDefault: boolean;
  readonly names: readonly string[];
  readonly block: readonly Directive[];
}

export function nginx(): LabService {
  const peers = new WeakMap<Duplex, Peer>();
  const server = createServer((request, response) => {
    const peer = peers.get(request.socket);
    const site = peer && siteFor(peer, (request.headers.host ?? '').replace(/:\d+$/, ''));
    if (peer === undefined || site === undefined) return void response.destroy();
    answer(peer, site, request, response);
  });
  return {
    name: 'nginx',
    listens: (peer) => sitesAt(peer).length > 0,
    serve(peer, socket) {
      const isSecure = sitesAt(peer).some((site) => site.isSecure);
      const far = isSecure ? secured(peer, socket) : socket;
      peers.set(far, peer);
      server.emit('connection', far);
    },
    close: async () => void server.close(),
  };
}

function secured(peer: Peer, socket: Duplex): TLSSocket {
  const secure = new TLSSocket(socket as never, {
    isServer: true,
    SNICallback(name, done) {
      const site = siteFor(peer, name);
      const context = site === undefined ? null : contextOf(peer, site);
      if (context === null) done(new Error(`no certificate for ${name}`));
      else done(null, context);
    },
  });
  return secure.on('error', () => socket.destroy());
}

/** Null where handshakes are rejected or its files are missing. */
function contextOf(peer: Peer, { block }: Site): SecureContext | null {
  const read = (name: string): string | null => {
    const path = resolve(peer, argument(block, name));
    const file = insidePath(peer.node, peer.guest?.id ?? 0, path);
    return path !== '' && existsSync(file) ? readFileSync(file, 'utf8') : null;
  };
  const [cert, key] = [read('ssl_certificate'), read('ssl_certificate_key')];
  return cert === null || key === null ? null : createSecureContext({ cert, key });
}

/** The value of a path; some are variables, set by a `map`. */
function resolve(peer: Peer, value: string): string {
  if (!value.startsWith('$')) return value;
  const map = inHttp(peer).find(({ name, args }) => name === 'map' && args[1] === value);
  return argument(map?.block ?? [], 'default');
}

function argument(block: readonly Directive[], name: string): string {
  return block.find((directive) => directive.name === name)?.args[0] ?? '';
}

function inHttp({ node, guest }: Peer): readonly Directive[] {
  if (guest?.kind !== 'lxc' || stateOf({ node, id: guest.id }, 'nginx')?.active !== true) return [];
  return servedBy({ node, id: guest.id }).find(({ name }) => name === 'http')?.block ?? [];
}

function sitesOf(peer: Peer): readonly Site[] {
  return inHttp(peer).flatMap(({ name, block }) => {
    if (name !== 'server' || block === null) return [];
    const names = block.flatMap((each) => (each.name === 'server_name' ? each.args : []));
    return block
      .filter((each) => each.name === 'listen')
      .map(({ args: [port = '', ...options] }) => ({
        port: Number(port.replace(/^.*:/, '')),
        isIpv6: port.startsWith('['),
        isSecure: options.includes('ssl'),
        isDefault: options.includes('default_server'),
        names,
        block,
      }));
  });
}

/** Those that listen where the connection goes to. */
function sitesAt(peer: Peer): readonly Site[] {
  const isIpv6 = peer.address.includes(':');
  return sitesOf(peer).filter((site) => site.port === peer.port && site.isIpv6 === isIpv6);
}

function siteFor(peer: Peer, name: string): Site | undefined {
  const here = sitesAt(peer);
  const asked = name.toLowerCase();
  return (
    here.find(({ names }) => names.includes(asked)) ??
    here.find(({ names }) => names.some((each) => each.startsWith('~') && new RegExp(each.slice(1)).test(asked))) ??
    here.find(({ isDefault }) => isDefault)
  );
}

/** The client's headers with the changes of `proxy_set_header`; an empty value removes the header. */
function headersOnward(
  peer: Peer,
  site: Site,
  request: IncomingMessage,
  block: readonly Directive[],
): OutgoingHttpHeaders {
  const variables: Readonly<Record<string, string>> = {
    host: (request.headers.host ?? '').replace(/:\d+$/, ''),
    remote_addr: peer.from,
    server_port: String(site.port),
    scheme: site.isSecure ? 'https' : 'http',
    http_upgrade: request.headers.upgrade ?? '',
  };
  const headers: OutgoingHttpHeaders = { ...request.headers };
  for (const { name, args } of block) {
    const [header = '', value = ''] = args;
    if (name !== 'proxy_set_header' || header.toLowerCase() === 'connection') continue;
    const text = value.replaceAll(/\$(\w+)/g, (_, variable: string) => variables[variable] ?? '');
    if (text === '') delete headers[header.toLowerCase()];
    else headers[header.toLowerCase()] = text;
  }
  return headers;
}

/** The directives for a path: of the exact location, else of the longest matching prefix, else of the site. */
function blockFor(site: Site, path: string): readonly Directive[] {
  const locations = site.block.filter(({ name }) => name === 'location');
  const exact = locations.find(({ args }) => args[0] === '=' && args[1] === path);
  const prefix = locations
    .filter(({ args }) => args[0] !== '=' && path.startsWith(args.at(-1) ?? ''))
    .sort((a, b) => (b.args.at(-1)?.length ?? 0) - (a.args.at(-1)?.length ?? 0))[0];
  return (exact ?? prefix)?.block ?? site.block;
}

/** Answers by `return STATUS [TEXT or URL]`; 444 closes the connection. */
function answerReturn(
  { args: [status = '', written = ''] }: Directive,
  type: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (status === '444') return void response.destroy();
  const host = (request.headers.host ?? '').replace(/:\d+$/, '');
  const text = written.replaceAll('$host', host).replaceAll('$request_uri', request.url ?? '/');
  if (/^30\d$/.test(status)) response.writeHead(Number(status), { Location: text }).end();
  else response.writeHead(Number(status), { 'Content-Type': type }).end(text);
}

/** The first directive that ends a request answers it. */
function answer(peer: Peer, site: Site, request: IncomingMessage, response: ServerResponse): void {
  const path = (request.url ?? '/').replace(/\?.*/, '');
  const block = blockFor(site, path);
  for (const directive of block) {
    const { name, args } = directive;
    if (name === 'if' && isMissing(peer, args))
      return void response.writeHead(Number(argument(directive.block ?? [], 'return'))).end();
    if (name === 'return')
      return void answerReturn(directive, argument(block, 'default_type') || 'text/plain', request, response);
    if (name === 'try_files') return void answerFile(peer, `${argument(block, 'root')}${path}`, response);
    if (name === 'proxy_pass') {
      const { hostname, port } = new URL(args[0] ?? '');
      const headers = headersOnward(peer, site, request, block);
      const to = { scheme: 'http', address: hostname, port: Number(port || 80), headers } as const;
      return void forward(peer, to, request, response);
    }
  }
  response.writeHead(404).end();
}

/** Whether the condition `!-f FILE` of an `if` holds; any other one does not. */
function isMissing(peer: Peer, args: readonly string[]): boolean {
  const [, file] = /^\(!-f (.*)\)$/.exec(args.join(' ').replaceAll('"', '')) ?? [];
  return file !== undefined && !existsSync(insidePath(peer.node, peer.guest?.id ?? 0, resolve(peer, file)));
}

function answerFile(peer: Peer, path: string, response: ServerResponse): void {
  const file = insidePath(peer.node, peer.guest?.id ?? 0, path);
  if (existsSync(file)) response.writeHead(200, { 'Content-Type': 'text/plain' }).end(readFileSync(file));
  else response.writeHead(404).end();
}
