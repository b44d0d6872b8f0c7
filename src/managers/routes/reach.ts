// Finds the port at which the proxy, another machine, reaches a service of a stack: one that the compose file publishes on the VM.

import type { Compose } from '../../compose/contents.ts';
import { interpolate, type Known } from '../../compose/interpolation.ts';
import { type TcpPort, tcpPorts } from '../../compose/ports.ts';

export interface Reached {
  /** Port on the VM; null: unknown. */
  readonly port: number | null;
  /** Why another machine cannot reach it; null: nothing prevents it. */
  readonly obstacle: string | null;
}

/** `wanted`: `loadbalancer.server.port`, inside the container or on the VM; null: not declared. */
export function reachedPort(compose: Compose, service: string, wanted: number | null, variables: Known): Reached {
  const mode = interpolate(compose.networkModes[service] ?? '', variables) ?? '';
  // On the host's network every port is reachable; for the network of another container the ports are not known here.
  if (mode === 'host' || mode.startsWith('container:')) return { port: wanted, obstacle: null };
  const [, other] = /^service:(.+)$/.exec(mode) ?? [];
  const ports = [service, ...(other === undefined ? [] : [other])].flatMap((name) =>
    tcpPorts(compose, name, variables),
  );
  // Without a declared port, Traefik uses the container's lowest one.
  const [lowest] = ports.toSorted((a, b) => a.target - b.target);
  if (wanted === null) return lowest === undefined ? { port: null, obstacle: NOTHING } : answer(lowest, lowest.target);
  const inside = ports.find(({ target }) => target === wanted);
  if (inside !== undefined) return answer(inside, wanted);
  const outside = ports.find(({ published }) => published === wanted);
  if (outside !== undefined) return answer(outside, wanted);
  return { port: wanted, obstacle: `nothing publishes port ${wanted} of service ${service} on the VM` };
}

const NOTHING = 'the compose file publishes no port of it on the VM';

function answer({ published, onLoopback }: TcpPort, wanted: number): Reached {
  if (published === null) return { port: wanted, obstacle: `Docker chooses where port ${wanted} is published` };
  return { port: published, obstacle: onLoopback ? `port ${published} is published for the VM itself alone` : null };
}

export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65535;
}
