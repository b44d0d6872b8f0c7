// zpool of the node: creates pools from unused disks, and shows existing ones.

import { type LabNode, openNode } from '../../proxmox/node.ts';
import type { Program } from '../../proxmox/programs.ts';
import { failed, type Outcome, ok } from '../../tree/tree.ts';
import { areaAt, change, provideDisk } from '../disks/state.ts';
import { isKnown, normalised } from './properties.ts';
import { changeZfs, type Pool, readZfs } from './state.ts';

const LAYOUTS: Readonly<Record<string, number>> = { mirror: 2, raidz: 2, raidz1: 2, raidz2: 3, raidz3: 4 };
const POOL_PROPERTY = /^(ashift=(9|1[0-6])|autotrim=(on|off)|cachefile=.+|compatibility=.+)$/;
const RESERVED = /^(mirror|raidz[1-3]?|draid|spare|log|c\d)/;

/** Kernel names of disks and partitions that pools use. */
export function activeParts(node: LabNode): ReadonlySet<string> {
  const used = Object.values(readZfs(node).pools).flatMap(({ disks }) => disks);
  return new Set(
    used.flatMap((path) => {
      const place = areaAt(node, path);
      if (place === undefined) return [];
      return [place.area.name, ...(place.area === place.disk ? place.disk.parts.map(({ name }) => name) : [])];
    }),
  );
}

interface Making {
  readonly name: string;
  readonly force: boolean;
  readonly local: Readonly<Record<string, string>>;
  readonly pool: Pool;
}

/** A string is the error. */
function readCreate(words: readonly string[]): Making | string {
  const options = readOptions(words);
  if (typeof options === 'string') return options;
  const { force, local, rest } = options;
  const [name = '', ...devices] = rest;
  if (!/^[A-Za-z][A-Za-z0-9_.: -]*$/.test(name)) return `cannot create '${name}': invalid character in pool name`;
  if (RESERVED.test(name)) return `cannot create '${name}': name is reserved`;
  const [first = ''] = devices;
  const layout = Object.hasOwn(LAYOUTS, first) ? first : 'stripe';
  const members = layout === 'stripe' ? devices : devices.slice(1);
  if (members.length === 0) return 'missing vdev specification';
  const least = LAYOUTS[layout] ?? 1;
  if (members.length < least) return `invalid vdev specification: ${layout} requires at least ${least} devices`;
  return { name, force, local, pool: { layout, disks: members } };
}

interface CreateOptions {
  readonly force: boolean;
  /** Properties of the pool's root dataset. */
  readonly local: Readonly<Record<string, string>>;
  /** The words after the options. */
  readonly rest: readonly string[];
}

/** A string is the error. */
function readOptions(words: readonly string[]): CreateOptions | string {
  const local: Record<string, string> = {};
  let force = false;
  const rest = [...words];
  while (rest[0]?.startsWith('-') === true) {
    const word = rest.shift();
    if (word === '-f') force = true;
    else if (word === '-o') {
      const property = rest.shift();
      if (!POOL_PROPERTY.test(property ?? ''))
        return `property '${property?.split('=')[0]}' is not a valid pool or vdev property`;
    } else if (word === '-O') {
      const [name = '', value = ''] = rest.shift()?.split(/=(.*)/s) ?? [];
      const known = isKnown(name) ? normalised(name, value) : `invalid property '${name}'`;
      if (typeof known === 'string') return known;
      local[name] = known.value;
    } else return `invalid option '${word?.slice(1, 2)}'`;
  }
  return { force, local, rest };
}

function create(node: LabNode, words: readonly string[]): Outcome {
  const making = readCreate(words);
  if (typeof making === 'string') return failed(making);
  const { name, force, local, pool } = making;
  const places = pool.disks.map((path) => ({ path, place: areaAt(node, path) }));
  const missing = places.find(({ place }) => place === undefined);
  if (missing !== undefined) return failed(`cannot open '${missing.path}': No such file or directory`);
  const active = activeParts(node);
  const complaints = places.flatMap(({ path, place }) => {
    if (place === undefined) return [];
    const { area, disk } = place;
    const all = [area, ...(area === disk ? disk.parts : [])];
    if (all.some(({ mountedOn }) => mountedOn !== null)) return [`${path} is in use and contains a filesystem`];
    if (all.some((each) => active.has(each.name))) return [`${path} is part of active pool`];
    const holding = all.find(({ holds }) => holds !== null && holds !== 'gpt');
    if (holding === undefined || force) return [];
    return [`${path} contains a filesystem of type '${holding.holds}'`];
  });
  if (complaints.length > 0) {
    return failed(`invalid vdev specification\nuse '-f' to override the following errors:\n${complaints.join('\n')}`);
  }
  const sizes = places.map(({ place }) => place?.area.bytes);
  if (pool.layout !== 'stripe' && !force && new Set(sizes).size > 1) {
    return failed(
      `invalid vdev specification\nuse '-f' to override the following errors:\n${pool.layout} contains devices of different sizes`,
    );
  }
  const wrong = changeZfs(node, (zfs) => {
    if (zfs.pools[name] !== undefined) return `cannot create '${name}': pool already exists`;
    const datasets = { ...zfs.datasets, [name]: { local, mounted: true } };
    return { pools: { ...zfs.pools, [name]: pool }, datasets };
  });
  if (wrong !== null) return failed(wrong);
  for (const { place } of places) if (place !== undefined) fill(node, place.area, name);
  return ok();
}

/** A whole disk gets two partitions, as by the real program. */
function fill(node: LabNode, { name, bytes }: { readonly name: string; readonly bytes: number }, pool: string): void {
  const part = (number: number, size: number, holds: string | null) => ({
    name: `${name}${/\d$/.test(name) ? 'p' : ''}${number}`,
    bytes: size,
    holds,
    label: holds === null ? null : pool,
    mountedOn: null,
  });
  change(node, name, {
    holds: 'gpt',
    label: null,
    parts: [part(1, bytes - 8 * 1024 ** 2, 'zfs_member'), part(9, 8 * 1024 ** 2, null)],
  });
}

/** Creates a pool with its disks in the lab in `dir`, as if it existed before Phoenix; an existing one stays as it is. */
export function providePool(dir: string, name: string, raidLevel: string, disks: readonly string[]): void {
  const node = openNode(dir);
  if (readZfs(node).pools[name] !== undefined) return;
  for (const disk of disks) provideDisk(dir, disk.replace(/^.*\//, ''));
  const paths = disks.map((disk) => `/dev/disk/by-id/${disk.replace(/^.*\//, '')}`);
  const { rc, stderr } = create(node, ['-f', name, ...(raidLevel === 'single' ? [] : [raidLevel]), ...paths]);
  if (rc !== 0) throw new Error(`pool ${name}: ${stderr.trim()}`);
}

/** Answers `zpool create`, `zpool list -H -o name` and `zpool status -LP`. */
export const zpool: Program = (node, [verb = '', ...words]) => {
  const { pools } = readZfs(node);
  const named = words.filter((word) => !word.startsWith('-') && word !== 'name');
  const absent = named.find((name) => pools[name] === undefined);
  switch (verb) {
    case 'create':
      return create(node, words);
    case 'list':
      if (absent !== undefined) return failed(`cannot open '${absent}': no such pool`);
      return ok((named.length === 0 ? Object.keys(pools) : named).map((name) => `${name}\n`).join(''));
    case 'status': {
      if (absent !== undefined) return failed(`cannot open '${absent}': no such pool`);
      const lines = Object.entries(pools).map(([name, { layout, disks }]) => {
        const devices = disks.map((path) => {
          const place = areaAt(node, path);
          const inside = place?.area === place?.disk ? place?.disk.parts[0] : place?.area;
          return `\t    /dev/${inside?.name}  ONLINE       0     0     0\n`;
        });
        const group = layout === 'stripe' ? '' : `\t  ${layout}-0  ONLINE       0     0     0\n`;
        return `  pool: ${name}\n state: ONLINE\nconfig:\n\n\tNAME STATE READ WRITE CKSUM\n\t${name} ONLINE 0 0 0\n${group}${devices.join('')}\nerrors: No known data errors\n`;
      });
      return ok(lines.join('\n'));
    }
    default:
      return failed(`unrecognized command '${verb}'\nusage: zpool command args ...`, 2);
  }
};
