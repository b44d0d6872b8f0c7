// Parses published ports like Docker (docker/go-connections, nat.ParsePortSpec). The only parser for this.

import type { Document, LineCounter } from 'yaml';
import { pointer } from '../config/read/place.ts';
import type { Compose, PortEntry, PortFields } from './contents.ts';
import { interpolate, type Known } from './interpolation.ts';
import { placeOf } from './nodes.ts';
import { entriesOf, type Fields, fieldsOf, firstOf, partsOf, starts } from './services.ts';

/** All entries including inherited ones. */
export function portEntries(services: Fields, document: Document.Parsed, lines: LineCounter): PortEntry[] {
  return Object.keys(services).flatMap((service) => {
    const parts = partsOf(services, service);
    const onHost = firstOf(parts, 'network_mode')?.value === 'host';
    return entriesOf(parts, 'ports').flatMap(({ value, at }): PortEntry[] => {
      const written = typeof value === 'object' ? longForm(fieldsOf(value)) : String(value);
      return written === null ? [] : [{ service, written, onHost, path: pointer(at), ...placeOf(document, lines, at) }];
    });
  });
}

function longForm({ target, published, protocol, host_ip: hostIp }: Fields): PortFields | null {
  if (target === undefined || target === null) return null;
  return {
    target: String(target),
    ...(published === undefined || published === null ? {} : { published: String(published) }),
    ...(typeof protocol === 'string' ? { protocol } : {}),
    ...(typeof hostIp === 'string' ? { hostIp } : {}),
  };
}

/** A range of published ports. */
export interface PublishedPorts {
  readonly entry: PortEntry;
  /** Null: all addresses of the VM. */
  readonly hostIp: string | null;
  readonly protocol: string;
  /** Container ports. */
  readonly target: Range;
  /** VM ports: as many as container ports, or a range from which Docker chooses one. Null: Docker chooses any. */
  readonly published: Range | null;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Published ports of services that start; entries with unknown variables or invalid syntax are skipped. */
export function publishedPorts({ ports, profiles }: Compose, variables: Known): PublishedPorts[] {
  const all = ports.flatMap((entry) => {
    if (!starts(profiles[entry.service]?.names, variables)) return [];
    const fields = fieldsIn(entry.written, variables);
    const read = fields === null ? null : readPort(fields);
    return read === null ? [] : [{ entry, ...read, ...(entry.onHost ? { hostIp: null, published: read.target } : {}) }];
  });
  return [...Map.groupBy(all, keyOf).values()].flatMap(([first]) => first ?? []);
}

/** Identity for dropping duplicates. */
function keyOf({ entry, hostIp, protocol, target, published }: PublishedPorts): string {
  return JSON.stringify([entry.service, hostIp, protocol, target, published]);
}

/** Interpolates before parsing: a variable may contain colons. */
function fieldsIn(written: PortEntry['written'], variables: Known): PortFields | null {
  if (typeof written === 'string') {
    const text = interpolate(written, variables);
    return text === null ? null : shortForm(text);
  }
  const values = Object.entries(written).map(([key, value]) => [key, interpolate(value, variables)]);
  return values.some(([, value]) => value === null) ? null : (Object.fromEntries(values) as PortFields);
}

/** `80`, `8080:80`, `127.0.0.1:8080:80`, `127.0.0.1::80`, `[::1]:8080:80`, each with ranges and `/udp`. */
function shortForm(text: string): PortFields {
  const parts = text.split(':');
  const [target = '', protocol = ''] = (parts.at(-1) ?? '').split('/');
  const ip = parts.slice(0, -2).join(':');
  return {
    target,
    published: parts.at(-2) ?? '',
    ...(protocol === '' ? {} : { protocol }),
    hostIp: ip.replace(/^\[(.*)\]$/, '$1'),
  };
}

/** Null if Docker rejects it. */
function readPort({ target, published = '', protocol = 'tcp', hostIp = '' }: PortFields) {
  const inside = rangeIn(target);
  const outside = published === '' ? null : rangeIn(published);
  if (inside === null || (published !== '' && outside === null)) return null;
  // For port 0 Docker chooses a port as if there was none.
  const chosen = outside === null || outside.to === 0 ? null : outside;
  if (chosen !== null && sizeOf(inside) > 1 && sizeOf(inside) !== sizeOf(chosen)) return null;
  return {
    hostIp: hostIp === '' ? null : hostIp,
    protocol: protocol.toLowerCase(),
    target: inside,
    published: chosen,
  };
}

function rangeIn(text: string): Range | null {
  const [, first, last] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  if (first === undefined) return null;
  const [from, to] = [Number(first), Number(last ?? first)];
  return from <= to && to <= 65535 ? { from, to } : null;
}

function sizeOf({ from, to }: Range): number {
  return to - from + 1;
}

/** A TCP port of a container. */
export interface TcpPort {
  readonly target: number;
  /** Null: chosen by Docker and therefore unknown. */
  readonly published: number | null;
  /** Whether it is only reachable from the VM itself. */
  readonly onLoopback: boolean;
}

/** TCP ports of one service, without duplicates; ranges of equal length are expanded. */
export function tcpPorts(compose: Compose, service: string, variables: Known): TcpPort[] {
  return publishedPorts(compose, variables)
    .filter(({ entry, protocol }) => entry.service === service && protocol === 'tcp')
    .flatMap(({ target, published, hostIp }) =>
      Array.from({ length: sizeOf(target) }, (_, index) => ({
        target: target.from + index,
        published: published !== null && sizeOf(published) === sizeOf(target) ? published.from + index : null,
        onLoopback: hostIp !== null && isLoopback(hostIp),
      })),
    );
}

function isLoopback(address: string): boolean {
  return /^127\.\d+\.\d+\.\d+$|^::1$|^localhost$/i.test(address);
}
