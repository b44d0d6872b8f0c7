// The spec of Traefik, and the text of its configuration file.

import { createHash } from 'node:crypto';
import { stringify } from 'yaml';
import type { TargetId } from '../../../model/ids.ts';
import type { JsonObject } from '../../../model/json.ts';
import type { Config } from '../../config.ts';
import { gatewayOf, guestTarget, proxyOf } from '../../dependencies.ts';
import { firstAddresses } from '../../guest/guests.ts';
import type { LxcGuest } from '../../lxc/declared.ts';
import { routesOf } from '../../routes/routes.ts';
import { MARK } from '../inside.ts';
import { addressOf, certificatesOf, nodeReaches, placed, rootInside } from '../surroundings.ts';
import { byClient } from './clients.ts';
import { dynamicOf } from './dynamic.ts';

export type TraefikSpec = {
  readonly guest: number;
  readonly address: string;
  readonly dynamic: JsonObject;
  /** Address of the machine whose forwarded headers are trusted; null: none. */
  readonly gateway: string | null;
  /** By router name, for messages: what the route comes from, and the file. */
  readonly sources: Readonly<Record<string, { readonly by: string; readonly file: string }>>;
  /** Whether the node can reach port 80 for verification. */
  readonly asked: boolean;
};

export function traefikSpec(config: Config): { readonly spec: TraefikSpec; readonly needs: TargetId[] } | null {
  const guest = placed(proxyOf(config));
  if (guest === null) return null;
  const certificates = certificatesOf(config, guest);
  const gateway = placed(gatewayOf(config));
  const sources = routesOf(config).routes.map(({ name, source, at }) => [name, { by: source, file: at.file }] as const);
  const dynamic = dynamicOf(config, certificates, rootInside(config, guest));
  const spec = {
    guest: guest.id,
    address: addressOf(guest),
    dynamic: gateway === null ? dynamic : byClient(dynamic),
    gateway: gateway === null ? null : addressTowards(gateway, guest),
    sources: Object.fromEntries(sources),
    asked: nodeReaches(config, guest, 80),
  };
  return { spec, needs: [guestTarget(guest), ...certificates.map(({ target }) => target)] };
}

/** The gateway speaks to the proxy's first address, from its own address of the same family. */
function addressTowards(gateway: LxcGuest, proxy: LxcGuest): string {
  const isIpv6 = addressOf(proxy).includes(':');
  return firstAddresses(gateway).find((address) => address.includes(':') === isIpv6) ?? addressOf(gateway);
}

/** Begins the name of the unused middleware that each version of the file has. */
export const REVISION_PREFIX = 'phoenix-revision-';

export interface Rendered {
  readonly text: string;
  /** Name of an unused middleware that only this version has, by which Traefik's API shows that the version was loaded. */
  readonly revision: string;
}

/** Pure. */
export function renderTraefik({ dynamic }: Pick<TraefikSpec, 'dynamic'>): Rendered {
  const digest = createHash('sha256').update(JSON.stringify(dynamic)).digest('hex').slice(0, 16);
  const revision = `${REVISION_PREFIX}${digest}`;
  const http = (dynamic['http'] ?? {}) as JsonObject;
  const middlewares = {
    ...(http['middlewares'] as JsonObject | undefined),
    [revision]: { addPrefix: { prefix: '/' } },
  };
  const value = { ...dynamic, http: { ...http, middlewares } };
  return {
    text: `${MARK}: what is changed here is overwritten. Change the configuration instead.\n${stringify(value, { lineWidth: 0 })}`,
    revision,
  };
}
