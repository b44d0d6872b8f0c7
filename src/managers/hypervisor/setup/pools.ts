// Decides whether declared pools may be created on disks that a person names, and how. Pure. Any doubt is a refusal, since everything on a disk is
// erased.

import type { Action } from '../../../model/action.ts';
import { act, run } from '../act.ts';
import type { ZfsPool } from '../declared.ts';
import { type Area, type SeenDisks, subtreeOf } from './disks.ts';

/** A pool to create, with its declared disks. */
export interface PoolPlan {
  readonly name: string;
  readonly layout: string;
  readonly disks: readonly { readonly path: string; readonly area: Area; readonly signatures: readonly string[] }[];
  readonly actions: readonly Action[];
}

export type PoolsPlan =
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'pools'; readonly pools: readonly PoolPlan[] };

const BY_ID = '/dev/disk/by-id/';
/** Minimum number of disks for each layout. */
export const MIN_DISKS: Readonly<Record<string, number>> = { single: 1, mirror: 2, raidz1: 2, raidz2: 3, raidz3: 4 };
/** Disks of one vdev may differ by this much and still count as equal for ZFS. */
const ALIKE_BYTES = 16 * 1024 ** 2;

/** Every path that has to be observed. */
export function pathsOf(declared: readonly ZfsPool[], named: readonly string[]): readonly string[] {
  return [...new Set([...named, ...declared.flatMap(({ disks }) => disks)])];
}

/** @param named disks that the person allows to be erased, by any of their paths */
export function planPools(declared: readonly ZfsPool[], named: readonly string[], seen: SeenDisks): PoolsPlan {
  const refused = (reason: string): PoolsPlan => ({ kind: 'refused', reason });
  const pathOf = (disk: string): string | undefined => seen.disks.get(disk)?.path;
  const pathByDisk = new Map<string, string>();
  const pools = new Set<ZfsPool>();
  for (const disk of named) {
    const path = pathOf(disk);
    if (path === undefined) return refused(`${disk} is no disk of this host`);
    const twice = pathByDisk.get(path);
    if (twice !== undefined) return refused(`${twice} and ${disk} are the same disk`);
    pathByDisk.set(path, disk);
    const pool = declared.find(({ disks }) => disks.some((each) => pathOf(each) === path));
    if (pool === undefined) return refused(`${disk} belongs to no pool that is declared in zfs.pools`);
    pools.add(pool);
  }
  const reason = [...pools].map((pool) => poolRefusal(pool, pathByDisk, seen)).find((each) => each !== null);
  if (reason != null) return refused(reason);
  return { kind: 'pools', pools: [...pools].map((pool) => planOf(pool, seen)) };
}

function poolRefusal(
  { name, raidLevel, disks }: ZfsPool,
  given: ReadonlyMap<string, string>,
  seen: SeenDisks,
): string | null {
  if (seen.pools.names.includes(name)) return `pool ${name} is there already`;
  const least = MIN_DISKS[raidLevel] ?? 1;
  if (disks.length < least) return `pool ${name} is declared as ${raidLevel}, which takes ${least} disks or more`;
  const sizes: number[] = [];
  for (const disk of disks) {
    const area = seen.disks.get(disk);
    if (area == null) return `${disk} of pool ${name} is no disk of this host`;
    if (!given.has(area.path)) return `pool ${name} is made of ${disks.join(' and ')}: name all of them`;
    if (!disk.startsWith(BY_ID)) {
      return `${disk} may be another disk after the next start: declare it by its path below ${BY_ID}`;
    }
    const use = inUseReason(disk, area, seen);
    if (use !== null) return use;
    sizes.push(area.bytes);
  }
  const differ = Math.max(...sizes) - Math.min(...sizes) > ALIKE_BYTES;
  return differ && raidLevel !== 'single'
    ? `the disks of pool ${name} differ in size, which a ${raidLevel} wastes`
    : null;
}

function inUseReason(disk: string, area: Area, { pools }: SeenDisks): string | null {
  if (area.type !== 'disk') return `${disk} is a ${area.type}: pools are made of whole disks`;
  if (area.readOnly) return `${disk} can only be read`;
  const all = subtreeOf(area);
  const mounted = all.find(({ mountedOn }) => mountedOn.length > 0);
  if (mounted !== undefined) {
    const where = mounted.mountedOn.join(' and ');
    const boots = all.some(({ mountedOn }) => mountedOn.some((at) => /^\/(boot(\/.*)?)?$/.test(at)));
    return `${disk} is in use${boots ? ', and the host starts from it' : ''}: ${mounted.path} is mounted on ${where}`;
  }
  const active = all.find(({ path }) => pools.devices.has(path));
  if (active !== undefined) return `${disk} is in use: ${active.path} is part of a pool of this host`;
  const holder = all.find(({ type }) => type !== 'disk' && type !== 'part');
  if (holder !== undefined) return `${disk} is in use: ${holder.path} (${holder.type}) lies on it`;
  const exported = all.find(({ holds }) => holds === 'zfs_member');
  if (exported !== undefined) {
    const pool = exported.label ?? 'a pool';
    return `${disk} holds ${pool}, which is not imported: bring it back with zpool import ${exported.label ?? ''}; if it may go, say so with zpool labelclear -f ${exported.path}`;
  }
  return null;
}

function planOf({ name, raidLevel, disks }: ZfsPool, seen: SeenDisks): PoolPlan {
  const members = disks.flatMap((path) => {
    const area = seen.disks.get(path);
    return area == null ? [] : [{ path, area, signatures: seen.signatures.get(path) ?? [] }];
  });
  const group = raidLevel === 'single' ? [] : [raidLevel];
  const paths = members.map(({ path }) => path);
  const create = run('zpool', ['create', '-o', 'ashift=12', name, ...group, ...paths], { timeoutSeconds: 600 });
  const layout = raidLevel === 'single' && disks.length > 1 ? 'stripe, nothing is kept twice' : raidLevel;
  return {
    name,
    layout,
    disks: members,
    actions: [
      ...members.filter(({ area, signatures }) => area.parts.length > 0 || signatures.length > 0).map(wipe),
      act(`create pool ${name}`, create, 'destroy'),
    ],
  };
}

/** Partitions first: they are no longer addressable once the disk's partition table is erased. */
function wipe({ path, area }: PoolPlan['disks'][number]): Action {
  const parts = area.parts.map((part) => part.path);
  return act(`wipe ${path}`, run('wipefs', ['--all', ...parts, area.path]), 'destroy');
}
