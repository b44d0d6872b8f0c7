// The gateways: nginx at the edge and Traefik behind it. Each is one file inside a container; what served last is kept beside it
// and put back when a new one does not.

import { nameOf, type TargetId, targetId } from '../../model/ids.ts';
import type { JsonObject } from '../../model/json.ts';
import type { Manager } from '../manager.ts';
import { nginx } from './nginx/part.ts';
import type { Part } from './part.ts';
import { traefik } from './traefik/part.ts';

const PARTS: readonly Part[] = [nginx as unknown as Part, traefik as unknown as Part];

/** Null: it should not exist, which is nobody's business once the container has another role. */
type Observation = { readonly seen: unknown } | null;

export const gateway: Manager<null, Observation> = {
  kind: 'gateway',
  targets: (config) =>
    PARTS.flatMap((part) => {
      const declared = part.declared(config);
      return declared === null ? [] : [{ id: targetId('gateway', part.name), ...declared, protected: false }];
    }),
  // Both programs take a new configuration without dropping a connection.
  impact: () => 'live',
  survey: async () => null,
  // What a container holds is only known from inside: one command for each gateway, however many names it serves.
  glance: () => null,
  observe: async (host, { target, spec }) =>
    spec === undefined ? null : { seen: await partOf(target).observe(host, spec) },
  decide: (wanted, observation) =>
    observation === null || wanted.spec === undefined
      ? { kind: 'actions', actions: [] }
      : partOf(wanted.target).decide(wanted.spec, observation.seen, wanted),
  // Every name was asked for before a change counts as done.
  health: () => null,
  putsBack: true,
  safeguard({ target, spec }, observation) {
    if (observation === null || spec === undefined) return null;
    const restore = partOf(target).putBack(spec as JsonObject, observation.seen);
    return restore === null ? null : { take: [], restore: [restore], drop: [] };
  },
};

/** Fails for a gateway that nobody keeps: targets are only ever made from parts. */
function partOf(target: TargetId): Part {
  const part = PARTS.find(({ name }) => name === nameOf(target));
  if (part === undefined) throw new Error(`there is no gateway ${nameOf(target)}`);
  return part;
}
