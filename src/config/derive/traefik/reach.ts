// Where a service of a stack answers for the proxy, which is another machine: at the ports that the compose file publishes on the VM.

import { interpolate } from '../../compose/interpolation.ts';
import type { Compose } from '../../config-services.ts';

export interface Reached {
  /** On the VM; null: it is not known. */
  readonly port: number | null;
  /** Why nobody comes there from another machine; null: nothing speaks against it. */
  readonly obstacle: string | null;
}

/** `wanted`: the port of `loadbalancer.server.port`, inside the container or on the VM; null: none is said. */
export function reachedPort(
  compose: Compose,
  service: string,
  wanted: number | null,
  variables: ReadonlyMap<string, string>,
): Reached {
  const mode = interpolate(compose.networkModes[service] ?? '', variables) ?? '';
  // The host's own network: every port is open. Of another container's it is not known here.
  if (mode === 'host' || mode.startsWith('container:')) return { port: wanted, obstacle: null };
  const [, other] = /^service:(.+)$/.exec(mode) ?? [];
  const ports = [service, ...(other === undefined ? [] : [other])].flatMap((name) =>
    openedBy(compose, name, variables),
  );
  // Traefik takes the lowest port of a container where nobody says which.
  const [lowest] = ports.toSorted((a, b) => a.target - b.target);
  if (wanted === null) return lowest === undefined ? { port: null, obstacle: NOTHING } : answer(lowest, lowest.target);
  const inside = ports.find(({ target }) => target === wanted);
  if (inside !== undefined) return answer(inside, wanted);
  const outside = ports.find(({ published }) => published === wanted);
  if (outside !== undefined) return answer(outside, wanted);
  return { port: wanted, obstacle: `nothing publishes port ${wanted} of service ${service} on the VM` };
}

const NOTHING = 'the compose file publishes no port of it on the VM';

interface Opened {
  readonly target: number;
  /** Null: Docker chooses one. */
  readonly published: number | null;
  readonly isLocal: boolean;
}

function answer({ published, isLocal }: Opened, wanted: number): Reached {
  if (published === null) return { port: wanted, obstacle: `Docker chooses where port ${wanted} is published` };
  return { port: published, obstacle: isLocal ? `port ${published} is published for the VM itself alone` : null };
}

function openedBy({ ports, portClaims }: Compose, service: string, variables: ReadonlyMap<string, string>): Opened[] {
  const known = (text: string) => interpolate(text, variables) ?? '';
  const claims = portClaims.filter((each) => each.service === service && each.protocol.toLowerCase() === 'tcp');
  const isLocal = (published: number): boolean => {
    const own = claims.filter((each) => rangeOf(known(each.published))?.includes(published));
    return own.length > 0 && own.every(({ hostIp }) => /^(127\.|\[?::1\]?$|localhost$)/.test(known(hostIp ?? '')));
  };
  const single = ports
    .filter((each) => each.service === service)
    .map((each): Opened => {
      const published = each.published === null || each.published === '' ? null : Number(known(each.published));
      return { target: Number(known(each.target)), published, isLocal: published !== null && isLocal(published) };
    });
  const ranged = claims.flatMap(({ published, target }) => {
    const [from, to] = [rangeOf(known(published)), rangeOf(known(target))];
    if (from === undefined || to === undefined || from.length < 2 || from.length !== to.length) return [];
    return to.map(
      (port, at): Opened => ({ target: port, published: from[at] ?? null, isLocal: isLocal(from[at] ?? 0) }),
    );
  });
  return [...single, ...ranged].filter(
    ({ target, published }) => isPort(target) && (published === null || isPort(published)),
  );
}

export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65535;
}

function rangeOf(text: string): number[] | undefined {
  const [, first = '', last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last)];
  return first === '' || to < from ? undefined : Array.from({ length: to - from + 1 }, (_, step) => from + step);
}
