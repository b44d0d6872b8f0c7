// What a compose file takes of its host that only one can have: published ports, in the short and the long form, and the names of
// containers.

import type { Document, LineCounter } from 'yaml';
import type { ContainerNameClaim, PortClaim } from '../config-services.ts';
import { pointer } from '../read/place.ts';
import { placeOf } from './nodes.ts';

type Services = Readonly<Record<string, unknown>>;

/** Every port that is published, as written: variables are still in it. */
export function portClaims(services: Services, document: Document.Parsed, lines: LineCounter): PortClaim[] {
  return Object.entries(services).flatMap(([service, definition]) => {
    const ports = (definition as { readonly ports?: unknown } | null)?.ports;
    if (!Array.isArray(ports)) return [];
    return ports.flatMap((port: unknown, index): PortClaim[] => {
      const read = typeof port === 'object' && port !== null ? longForm(port) : shortForm(String(port));
      if (read === null) return [];
      const keys = ['services', service, 'ports', String(index)];
      return [{ service, ...read, path: pointer(keys), ...placeOf(document, lines, keys) }];
    });
  });
}

type Written = Pick<PortClaim, 'hostIp' | 'published' | 'target' | 'protocol'>;

function longForm(port: object): Written | null {
  const { target, published, protocol = 'tcp', host_ip: hostIp } = port as Record<string, unknown>;
  if (target === undefined || published === undefined) return null;
  const ip = hostIp === undefined ? null : String(hostIp);
  return { hostIp: ip, published: String(published), target: String(target), protocol: String(protocol) };
}

/** `8080:80`, `127.0.0.1:8080:80`, `[::1]:8080:80`, each with `/udp`; a variable may hold colons of its own. */
function shortForm(port: string): Written | null {
  const [, body = '', protocol = 'tcp'] = /^(.*?)(?:\/(\w+))?$/s.exec(port) ?? [];
  const parts = body.match(/(?:\$\{[^}]*\}|\[[^\]]*\]|[^:])+/g) ?? [];
  const [target, published] = [parts.at(-1), parts.at(-2)];
  if (target === undefined || published === undefined) return null;
  const ip = parts.slice(0, -2).join(':');
  return { hostIp: ip === '' ? null : ip.replace(/^\[(.*)\]$/, '$1'), published, target, protocol };
}

/** Names that are written: others follow from the project, and are its own. */
export function nameClaims(services: Services, document: Document.Parsed, lines: LineCounter): ContainerNameClaim[] {
  return Object.entries(services).flatMap(([service, definition]): ContainerNameClaim[] => {
    const name = (definition as { readonly container_name?: unknown } | null)?.container_name;
    if (typeof name !== 'string') return [];
    const keys = ['services', service, 'container_name'];
    return [{ service, name, path: pointer(keys), ...placeOf(document, lines, keys) }];
  });
}
