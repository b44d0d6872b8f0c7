// Published ports of a container, from the short form (docker/go-connections, nat.ParsePortSpec) and the long form of compose. UDP ports and ports
// chosen by Docker are ignored: nothing in the lab uses them.

import { DockerRefusal } from './refusal.ts';
import type { Port } from './state.ts';

export interface LongPort {
  readonly target?: number | string;
  readonly published?: number | string;
  readonly protocol?: string;
  readonly host_ip?: string;
}

/** @throws DockerRefusal for what Docker refuses */
export function portsOf(entry: string | number | LongPort): Port[] {
  if (typeof entry === 'object') {
    const { target = '', published = '', protocol = 'tcp', host_ip: ip = '' } = entry;
    return pairs(String(published), String(target), protocol, ip);
  }
  const parts = String(entry).split(':');
  const [target = '', protocol = 'tcp'] = (parts.at(-1) ?? '').split('/');
  const ip = parts
    .slice(0, -2)
    .join(':')
    .replace(/^\[(.*)\]$/, '$1');
  return pairs(parts.at(-2) ?? '', target, protocol === '' ? 'tcp' : protocol, ip);
}

function pairs(published: string, target: string, protocol: string, ip: string): Port[] {
  const inside = rangeIn(target);
  if (inside === null) throw new DockerRefusal(`invalid containerPort: ${target}`, 15);
  const outside = published === '' ? null : rangeIn(published);
  if (outside === null && published !== '') throw new DockerRefusal(`invalid hostPort: ${published}`, 15);
  if (!['tcp', 'udp', 'sctp'].includes(protocol.toLowerCase()))
    throw new DockerRefusal(`invalid proto: ${protocol}`, 15);
  if (outside === null || outside[0] === 0 || protocol.toLowerCase() !== 'tcp') return [];
  const [count, wanted] = [outside[1] - outside[0], inside[1] - inside[0]];
  if (count !== wanted && wanted > 0) {
    throw new DockerRefusal(`invalid ranges specified for container and host Ports: ${target} and ${published}`, 15);
  }
  if (count !== wanted) return [];
  const local = /^127\.|^::1$/.test(ip) ? { onLoopback: true as const } : {};
  return Array.from({ length: count + 1 }, (_, at) => ({
    published: outside[0] + at,
    target: inside[0] + at,
    ...local,
  }));
}

function rangeIn(text: string): readonly [number, number] | null {
  const [, first, last] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  if (first === undefined) return null;
  const [from, to] = [Number(first), Number(last ?? first)];
  return from <= to && to <= 65535 ? [from, to] : null;
}
