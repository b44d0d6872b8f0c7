// From the written files to one configuration, as far as they can be read.

import type { SecretBounds } from '../model/secret-bounds.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Config, Guest } from './config.ts';
import { Entries } from './entries.ts';
import type { Known } from './known.ts';
import type { Finding } from './rules/rule.ts';
import { withBlobs } from './sops/with-blobs.ts';
import { Sources } from './sources.ts';
import { assembleStacks } from './stacks.ts';
import type { Unreadable } from './unreadable.ts';

export interface Assembled {
  /** What could be read. */
  readonly config: Config;
  /** Nothing was left out. */
  readonly complete: boolean;
  /** What was left out. */
  readonly unreadable: Unreadable;
  readonly findings: readonly Finding[];
  /** What is wrong with references to secrets: held back with the targets that they are for. */
  readonly references: readonly Finding[];
  /** Texts to look positions up in. */
  readonly texts: ReadonlyMap<string, string>;
}

/** Of a file whose text has no value, or more than one. */
const BROKEN: ReadonlySet<string> = new Set(['SYNTAX', 'DUPLICATE_KEY', 'NOT_THE_CONTENT']);

/**
 * @param bounds what the configuration may refer to
 * @param known guests of configurations before
 */
export function assemble(snapshot: Snapshot, bounds: SecretBounds, known: Known): Assembled {
  const sources = new Sources(snapshot);
  const entries = new Entries(sources, snapshot, bounds, known);
  const host = entries.hypervisor();
  const lxc = entries.containers();
  const vm = entries.machines(host);
  const certificates = entries.certificates();
  const stacks = assembleStacks(snapshot, sources, entries);
  entries.oldStacks();
  const { findings, unreadable } = entries;
  const broken = sources.findings.some(({ code }) => BROKEN.has(code));
  const mentioned = [...sources.texts.values()].some((text) => text.includes('sops:'));
  const blobs = <T>(value: T): T => (mentioned ? withBlobs(value, snapshot.files) : value);
  const guests = { lxc: lxc.map(blobs), vm: vm.map(blobs) };
  const config = {
    hypervisor: blobs(host.hypervisor),
    lxc: byId(guests.lxc),
    vm: byId(guests.vm),
    guests: firstById([...guests.lxc, ...guests.vm]),
    certificates,
    stacks: new Map([...stacks].map(([name, stack]) => [name, blobs(stack)])),
  };
  return {
    config,
    complete: !broken && unreadable.nothing,
    unreadable,
    findings: [...sources.findings, ...findings.all],
    references: entries.references,
    texts: sources.texts,
  };
}

function byId<G extends Guest>(guests: readonly G[]): G[] {
  return guests.toSorted((a, b) => a.id - b.id);
}

function firstById(guests: readonly Guest[]): Map<number, Guest> {
  const map = new Map<number, Guest>();
  for (const guest of guests) if (!map.has(guest.id)) map.set(guest.id, guest);
  return map;
}
