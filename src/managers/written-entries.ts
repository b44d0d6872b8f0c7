// The entries that declare a target, in both commits of a plan, and their values. Pure.

import type { Place } from '../config/read/place.ts';
import type { Json } from '../model/json.ts';
import type { WrittenChange, WrittenPlace } from '../model/plan.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { child, keys } from '../plan/diff/pointer.ts';
import type { Config } from './config.ts';
import { DATACENTER_FILE, HYPERVISOR_FILE, LXC_FILE, VM_FILE } from './places.ts';
import type { Written } from './sources.ts';
import type { WrittenValues } from './written-values.ts';

/** One of the two commits that a plan compares, with the files of its configuration. */
export interface WrittenSide {
  readonly config: Config;
  readonly files: Snapshot['files'];
}

export interface Side extends WrittenSide {
  readonly values: WrittenValues;
}

export interface Sides {
  /** Null: there is no earlier commit. */
  readonly before: Side | null;
  readonly after: Side | null;
  /** Names of guests by target. */
  readonly names: ReadonlyMap<string, string>;
  /** Changes at places outside a target's own entry, cached, since they are the same for thousands of targets. */
  readonly beside: Map<Written, WrittenChange[]>;
}

export function isOwn({ in: where }: Written): boolean {
  return where === 'own' || where === 'own compose';
}

/** The same entry in both commits; null where it does not exist. */
export interface Pair {
  /** The object that it belongs to; null for the target's own entry. */
  readonly label: string | null;
  readonly before: Place | null;
  readonly after: Place | null;
}

export function pairsOf({ in: where }: Written, entry: Pair, sides: Sides): Pair[] {
  const whole = (file: string, label: string | null = null): Pair => ({
    label,
    before: sides.before === null ? null : { file, path: '' },
    after: sides.after === null ? null : { file, path: '' },
  });
  switch (where) {
    case 'own':
      return [entry];
    case 'own compose': {
      const manifest = (entry.after ?? entry.before)?.file;
      const folder = manifest === undefined ? undefined : /^stacks\/[^/]+\//.exec(manifest)?.[0];
      return folder === undefined ? [] : [whole(`${folder}docker-compose.yml`)];
    }
    case 'host':
      return [whole(HYPERVISOR_FILE)];
    case 'datacenter':
      return [whole(DATACENTER_FILE)];
    case 'lxc':
      return [whole(LXC_FILE)];
    case 'vm':
      return [whole(VM_FILE)];
    case 'guests':
      return joined(sides, ({ lxc, vm }) =>
        [...lxc, ...vm].map((guest) => [`${guest.kind}/${guest.id}`, guest.name, guest.writtenAt] as const),
      );
    case 'certificates':
      return joined(sides, (config) =>
        config.certificates.map(({ commonName, writtenAt }) => [`certificate/${commonName}`, null, writtenAt] as const),
      );
    case 'stacks':
      return joined(sides, ({ stacks }) =>
        [...stacks.values()].flatMap(({ name, environments }) =>
          Object.entries(environments).map(([key, { writtenAt }]) => [`stack ${name}`, key, writtenAt] as const),
        ),
      );
    case 'compose':
      return joined(sides, ({ stacks }) =>
        [...stacks.values()].map(
          ({ name, compose }) => [`stack ${name}`, null, { file: compose.path, path: '' }] as const,
        ),
      );
    default:
      return where satisfies never;
  }
}

type Entry = readonly [id: string, name: string | null, at: Place];

/** Entries of both sides, paired by object. */
function joined({ before, after }: Sides, of: (config: Config) => readonly Entry[]): Pair[] {
  const pairs = new Map<string, Pair>();
  for (const [side, known] of [
    ['before', before],
    ['after', after],
  ] as const) {
    for (const [id, name, at] of known === null ? [] : of(known.config)) {
      const key = id.startsWith('stack ') ? `${id} ${name}` : id;
      const earlier = pairs.get(key) ?? { before: null, after: null };
      pairs.set(key, { ...earlier, label: name === null ? id : `${id} (${name})`, [side]: at });
    }
  }
  return [...pairs.values()];
}

/** The pointers in which each `*` is replaced by every key of either side. */
export function expanded(at: string, pair: Pair, sides: Sides): string[] {
  const star = at.indexOf('/*');
  if (star < 0) return [at];
  const [above, below] = [at.slice(0, star), at.slice(star + '/*'.length)];
  const found = (['before', 'after'] as const).flatMap((side) => {
    const value = valueIn(side, above, pair, sides);
    return typeof value === 'object' && value !== null ? Object.keys(value) : [];
  });
  return [...new Set(found)].flatMap((key) => expanded(`${child(above, key)}${below}`, pair, sides));
}

export function valueIn(side: 'before' | 'after', at: string, pair: Pair, sides: Sides): Json | undefined {
  const place = pair[side];
  return place === null ? undefined : valueAt(sides[side]?.values(place.file), `${place.path}${at}`);
}

/** Its place in the newer commit, else in the older one; null where it is in neither. */
export function placeOf(at: string, pair: Pair, sides: Sides): WrittenPlace | null {
  for (const side of ['after', 'before'] as const) {
    const place = pair[side];
    if (place !== null && valueIn(side, at, pair, sides) !== undefined)
      return { file: place.file, path: `${place.path}${at}` };
  }
  return null;
}

export function valueAt(value: Json | undefined, path: string): Json | undefined {
  let found = value;
  for (const key of keys(path)) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as { readonly [key: string]: Json | undefined })[key];
  }
  return found;
}
