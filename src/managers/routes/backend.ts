// Determines the backend of a service declared by labels: where it listens, and which middlewares apply.

import type { Compose } from '../../compose/contents.ts';
import type { Known } from '../../compose/interpolation.ts';
import { fixedAddress, spelling } from '../../config/address.ts';
import type { Diagnostic } from '../../config/diagnostic.ts';
import type { JsonObject } from '../../model/json.ts';
import type { VmGuest } from '../vm/declared.ts';
import type { Container, Where } from './containers.ts';
import { forTheProxy } from './docker-names.ts';
import { type Said, section } from './provider.ts';
import { isPort, reachedPort } from './reach.ts';
import type { Backend, Server } from './route.ts';

export interface FoundBackend {
  /** Null: it is unreachable. */
  readonly backend: Backend | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** References still use the labels' names, and the certificate name of an `https` backend is not determined yet. */
export function backendOf(
  name: string,
  { value, containers }: Said,
  compose: Compose,
  vms: readonly VmGuest[],
  variables: Known,
): FoundBackend {
  const [first] = containers;
  const path = ['http', 'services', name, 'loadBalancer'];
  if (value['loadBalancer'] === undefined) {
    const message = `service ${name} has no load balancer: Traefik takes other kinds of services from files alone`;
    const hint = 'Write it in a file of your own beside that of Phoenix at the proxy, and name it as NAME@file.';
    return { backend: null, diagnostics: [{ code: 'INVALID_VALUE', message, hint, ...first.where(path.slice(0, 3)) }] };
  }
  const { servers: _, serversTransport, ...settings } = section(value['loadBalancer']);
  const found = containers.map((container) => serverOf(name, container, compose, vms, variables));
  const diagnostics = found.flatMap((each) => each.diagnostics);
  const [one] = found.flatMap(({ server }) => (server === null ? [] : [server]));
  if (one === undefined || found.some(({ server, isWrong }) => server === null && isWrong))
    return { backend: null, diagnostics };
  const servers = found.flatMap(({ server }) => server?.servers ?? []);
  const backend: Backend = {
    scheme: one.scheme,
    servers,
    serverName: null,
    settings,
    preservePath: one.preservePath,
    weight: one.weight,
    transport: typeof serversTransport === 'string' && serversTransport !== '' ? serversTransport : null,
    middlewares: (value['middlewares'] ?? []) as readonly string[],
  };
  return { backend, diagnostics };
}

interface FoundServer {
  readonly server:
    | (Pick<Backend, 'scheme' | 'preservePath' | 'weight'> & { readonly servers: readonly Server[] })
    | null;
  /** The declaration itself is wrong, rather than the backend being unreachable. */
  readonly isWrong: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

function serverOf(
  name: string,
  container: Container,
  compose: Compose,
  vms: readonly VmGuest[],
  variables: Known,
): FoundServer {
  const path = ['http', 'services', name, 'loadBalancer', 'servers'];
  const said = section(section(section(section(container.decoded.dynamic['http'])['services'])[name])['loadBalancer']);
  const [labels = {}] = (said['servers'] ?? []) as readonly ServerLabels[];
  const declared = { name, labels, where: (field: string) => container.where([...path, '0', field]) };
  return labels.url === undefined || labels.url === ''
    ? serverAtPort(declared, container, compose, vms, variables)
    : serverAtUrl(declared, labels.url, compose, vms, variables);
}

interface DeclaredServer {
  /** Of the service. */
  readonly name: string;
  readonly labels: ServerLabels;
  readonly where: (field: string) => Where;
}

function wrong({ where }: DeclaredServer, field: string, message: string, hint?: string): FoundServer {
  return {
    server: null,
    isWrong: true,
    diagnostics: [{ code: 'INVALID_VALUE', message, ...(hint === undefined ? {} : { hint }), ...where(field) }],
  };
}

function serverAtUrl(
  declared: DeclaredServer,
  url: string,
  compose: Compose,
  vms: readonly VmGuest[],
  variables: Known,
): FoundServer {
  const { name, where } = declared;
  const { port = '', scheme = '', preservePath = false, weight = null } = declared.labels;
  if (port.trim() !== '' || scheme !== '')
    return wrong(
      declared,
      'url',
      `service ${name} has a URL and a port or scheme: Traefik takes the one or the other`,
      'Leave the URL, or the others.',
    );
  const there = forTheProxy(url, compose, vms, variables);
  const servers = [{ url: 'url' in there ? there.url : url }];
  const diagnostics = 'url' in there ? [] : [unreached(name, there.obstacle, where('url'))];
  return { server: { scheme: 'http', preservePath, weight, servers }, isWrong: false, diagnostics };
}

function serverAtPort(
  declared: DeclaredServer,
  container: Container,
  compose: Compose,
  vms: readonly VmGuest[],
  variables: Known,
): FoundServer {
  const { name, where } = declared;
  const { scheme: written = '', preservePath = false, weight = null } = declared.labels;
  const scheme = written === '' ? 'http' : written.trim();
  const port = (declared.labels.port ?? '').trim();
  if (scheme !== 'http' && scheme !== 'https' && scheme !== 'h2c')
    return wrong(declared, 'scheme', `scheme ${scheme} of service ${name} is none of http, https, h2c`);
  const wanted = port === '' ? null : Number(port);
  if (wanted !== null && (!/^\d+$/.test(port) || !isPort(wanted)))
    return wrong(declared, 'port', `the port of service ${name} must be a number from 1 to 65535, not "${port}"`);
  const reached = reachedPort(compose, container.service, wanted, variables);
  if (reached.port === null && container.isAsked)
    return wrong(declared, 'port', `the port of service ${name} is not known`, PORT_HINT);
  const diagnostics = reached.obstacle === null ? [] : [unreached(name, reached.obstacle, where('port'))];
  // Labels of a compose file may be meant for another proxy: an unreachable service gets no name.
  if (reached.port === null || (diagnostics.length > 0 && !container.isAsked))
    return { server: null, isWrong: false, diagnostics };
  const servers = vms.flatMap((vm) => {
    const address = fixedAddress(vm.network.ip);
    return address === null ? [] : [{ address: spelling(address), port: reached.port ?? 0 }];
  });
  return { server: { scheme, preservePath, weight, servers }, isWrong: false, diagnostics };
}

interface ServerLabels {
  readonly url?: string;
  readonly port?: string;
  readonly scheme?: string;
  readonly preservePath?: boolean;
  readonly weight?: number;
}

const PORT_HINT = 'Add the label traefik.http.services.NAME.loadbalancer.server.port.';

/** NO_ROUTE: the proxy is another machine and cannot reach container networks. */
function unreached(name: string, obstacle: string, where: Where): Diagnostic {
  const message = `the proxy does not reach service ${name}: ${obstacle}`;
  const hint =
    'The proxy is another machine. Publish the port by "ports", or give the service "network_mode: host"; or take the labels out.';
  return { code: 'NO_ROUTE', message, hint, ...where };
}

/** The backend as a service of a dynamic configuration, for the checks of Traefik's rules. */
export function asService({ scheme, servers, settings, transport, weight, middlewares }: Backend): JsonObject {
  const urls = servers.map((server) =>
    'url' in server ? server.url : `${scheme}://${inUrl(server.address)}:${server.port}`,
  );
  const entries = urls.length === 0 ? [`${scheme}://192.0.2.1:80`] : urls;
  return {
    ...(middlewares.length === 0 ? {} : { middlewares }),
    loadBalancer: {
      ...settings,
      servers: entries.map((url) => ({ url, ...(weight === null ? {} : { weight }) })),
      ...(transport === null ? {} : { serversTransport: transport }),
    },
  };
}

const inUrl = (address: string): string => (address.includes(':') ? `[${address}]` : address);
