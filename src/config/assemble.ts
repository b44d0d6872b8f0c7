// From the written files to one configuration, as far as they can be read.

import type { Snapshot } from '../model/snapshot.ts';
import type { Config, Guest } from './config.ts';
import { Entries } from './entries.ts';
import type { Finding } from './rules/rule.ts';
import { Sources } from './sources.ts';
import { assembleStacks } from './stacks.ts';

export interface Assembled {
  /** Null when a file as a whole cannot be used: rules across files would then only mislead. */
  readonly config: Config | null;
  /** Nothing was left out. */
  readonly complete: boolean;
  /** Ids of guests that are declared but could not be used. */
  readonly unreadable: ReadonlySet<number>;
  readonly findings: readonly Finding[];
  /** Texts to look positions up in. */
  readonly texts: ReadonlyMap<string, string>;
}

export function assemble(snapshot: Snapshot): Assembled {
  const sources = new Sources(snapshot);
  const entries = new Entries(sources, snapshot);
  const host = entries.hypervisor();
  const lxc = entries.containers();
  const vm = entries.machines(host);
  const certificates = entries.certificates();
  const stacks = assembleStacks(snapshot, sources, entries.findings);
  entries.oldStacks();
  const { findings, unreadable } = entries;
  const broken = sources.findings.some(({ code }) => code === 'SYNTAX' || code === 'DUPLICATE_KEY') || stacks.broken;
  const whole = host !== null && lxc !== null && vm !== null && certificates !== null;
  const config = whole
    ? {
        hypervisor: host.hypervisor,
        lxc: byId(lxc),
        vm: byId(vm),
        guests: firstById([...lxc, ...vm]),
        certificates,
        stacks: stacks.stacks,
      }
    : null;
  return {
    config,
    complete: !broken && unreadable.size === 0 && !entries.left,
    unreadable,
    findings: [...sources.findings, ...findings.all],
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
