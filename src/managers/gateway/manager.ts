// The gateways: nginx at the edge and Traefik behind it. Each is one file inside a container. The last configuration that served is saved beside it
// and restored when a new one fails. The content of a container is only visible from inside: one command for each gateway, however many names it
// serves.

import { nameOf, type TargetId, targetId } from '../../model/ids.ts';
import { difference } from '../comparison.ts';
import { publishedText } from '../guest/published.ts';
import type { Kind } from '../kind.ts';
import type { HostReader } from '../manager.ts';
import { nginx } from './nginx/part.ts';
import { type Note, notePath, notes, readNotes, sameNote, writeNote } from './notes.ts';
import type { GatewaySpec, Part } from './part.ts';
import { gatewaySources } from './places.ts';
import { labelsAreValid } from './rules.ts';
import { traefik } from './traefik/part.ts';

const PARTS: readonly Part[] = [nginx as Part, traefik as Part];

/** Null: it should not exist, and nothing is managed once the container has another role. */
type Observation = { readonly seen: unknown; readonly note: Note | null } | null;

/** The observation of each gateway, in the container that its note names. */
type Inventory = ReadonlyMap<string, NonNullable<Observation>>;

export const gateway: Kind<GatewaySpec, Observation, Inventory> = {
  kind: 'gateway',
  sources: gatewaySources,
  declares: { files: [], rules: [labelsAreValid] },
  targets: (config) =>
    PARTS.flatMap((part) => {
      const declared = part.declared(config);
      if (declared === null) return [];
      const within = [targetId('lxc', declared.spec.guest)];
      return [{ id: targetId('gateway', part.name), ...declared, within, protected: false }];
    }),
  // Both programs load a new configuration without dropping a connection.
  impact: () => 'live',
  async inventory(host) {
    const kept = readNotes(await host.readFolders([notes.folder]));
    const seen = PARTS.flatMap((part) => {
      const note = kept.get(part.name);
      return note === undefined ? [] : [observeByNote(host, part, note)];
    });
    return new Map(await Promise.all(seen));
  },
  quickCheck(inventory, wanted) {
    const part = partOf(wanted.target);
    const found = inventory.get(part.name);
    if (found === undefined || wanted.spec === undefined) return null;
    return found.note !== null && sameNote(found.note, noteOf(part, wanted.spec)) ? found : null;
  },
  async observe(host, wanted) {
    if (wanted.spec === undefined) return null;
    const part = partOf(wanted.target);
    const [, found] = await observeByNote(host, part, noteOf(part, wanted.spec));
    const kept = readNotes(await host.readFolders([notes.folder])).get(part.name) ?? null;
    return { seen: found.seen, note: kept };
  },
  decide(wanted, observation) {
    if (observation === null || wanted.spec === undefined) return { kind: 'actions', actions: [] };
    const part = partOf(wanted.target);
    const decision = part.decide(wanted.spec, observation.seen);
    const isSettled = decision.kind === 'partly' || (decision.kind === 'actions' && decision.actions.length === 0);
    const note = noteOf(part, wanted.spec);
    const isNoted = observation.note !== null && sameNote(observation.note, note);
    return !isSettled || isNoted ? decision : { kind: 'actions', actions: [writeNote(part.name, note)] };
  },
  differences(wanted, observation) {
    if (observation === null || wanted.spec === undefined) return [];
    const part = partOf(wanted.target);
    const found = part.differences(wanted, observation.seen);
    const note = noteOf(part, wanted.spec);
    const isNoted = observation.note !== null && sameNote(observation.note, note);
    // The note follows once everything else is as declared.
    return found.length > 0 || isNoted
      ? found
      : [difference([notePath(part.name)], { ...note }, observation.note === null ? null : { ...observation.note })];
  },
  isThere: ({ target }, observation) => (observation === null ? false : partOf(target).isThere(observation.seen)),
  // Every name is requested as part of the change itself.
  health: () => null,
  selfRollback: true,
  rollback({ target, spec }, observation, actions) {
    if (observation === null || spec === undefined) return null;
    const restore = partOf(target).putBack(spec, observation.seen, actions.length > 0);
    return restore.length === 0 ? null : { snapshot: [], restore, discard: [] };
  },
};

/** What an inventory has to observe to know the gateway. */
function noteOf(part: Part, spec: GatewaySpec): Note {
  return { guest: spec.guest, certificates: part.certificates(spec) };
}

async function observeByNote(
  host: HostReader,
  part: Part,
  note: Note,
): Promise<[name: string, found: NonNullable<Observation>]> {
  const there = new Set<string>();
  for (const path of note.certificates) {
    if ((await publishedText(host, path))?.includes('BEGIN CERTIFICATE')) there.add(path);
  }
  return [part.name, { seen: await part.look(host, note.guest, there), note }];
}

/** Throws for an unknown gateway, which is a bug: targets are only created from parts. */
function partOf(target: TargetId): Part {
  const part = PARTS.find(({ name }) => name === nameOf(target));
  if (part === undefined) throw new Error(`there is no gateway ${nameOf(target)}`);
  return part;
}
