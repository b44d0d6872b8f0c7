// What Traefik is to serve, and the text of the file that says so.

import { createHash } from 'node:crypto';
import { stringify } from 'yaml';
import type { TargetId } from '../../../model/ids.ts';
import type { JsonObject } from '../../../model/json.ts';
import type { Config } from '../../config.ts';
import { gatewayOf, guestTarget, proxyOf } from '../../dependencies.ts';
import { routesOf } from '../../routes/routes.ts';
import { MARK } from '../inside.ts';
import { addressOf, certificatesOf, nodeReaches, placed, rootInside } from '../surroundings.ts';
import { byClient } from './clients.ts';
import { dynamicOf } from './dynamic.ts';

export type TraefikSpec = {
  readonly guest: number;
  readonly address: string;
  readonly dynamic: JsonObject;
  /** The address of the machine that is believed what it says of clients; null: there is none. */
  readonly gateway: string | null;
  /** By the name of a router: for sentences, who asked for it and where. */
  readonly sources: Readonly<Record<string, { readonly by: string; readonly file: string }>>;
  /** Whether the node can ask at port 80. */
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
    gateway: gateway === null ? null : addressOf(gateway),
    sources: Object.fromEntries(sources),
    asked: nodeReaches(config, guest, 80),
  };
  return { spec, needs: [guestTarget(guest), ...certificates.map(({ target }) => target)] };
}

export interface Rendered {
  readonly text: string;
  /** A middleware that nothing uses and that this version alone has: Traefik's API tells by it what was taken over. */
  readonly revision: string;
}

/** Pure. */
export function renderTraefik({ dynamic }: Pick<TraefikSpec, 'dynamic'>): Rendered {
  const digest = createHash('sha256').update(JSON.stringify(dynamic)).digest('hex').slice(0, 16);
  const revision = `phoenix-revision-${digest}`;
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
