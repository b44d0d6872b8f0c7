// The pools and file systems of the node, stored in one file.

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { replaceFile, withLock } from '../../proxmox/lock.ts';
import { type LabNode, pathOf } from '../../proxmox/node.ts';
import { PROPERTIES } from './properties.ts';

export interface Pool {
  /** `stripe`, `mirror`, `raidz1`, … */
  readonly layout: string;
  /** The names given at its creation. */
  readonly disks: readonly string[];
}

interface Dataset {
  /** Properties that are set on it locally. */
  readonly local: Readonly<Record<string, string>>;
  readonly mounted: boolean;
}

export interface Zfs {
  readonly pools: Readonly<Record<string, Pool>>;
  /** By full name; the root dataset has the name of the pool. */
  readonly datasets: Readonly<Record<string, Dataset>>;
}

const FILE = 'var/lib/lab/zfs.json';

/** The state after Proxmox's installer. */
const INSTALLED: Zfs = {
  pools: { rpool: { layout: 'stripe', disks: ['/dev/disk/by-id/ata-Lab_Boot_SSD_LAB0000-part3'] } },
  datasets: {
    rpool: { local: { compression: 'on', relatime: 'on' }, mounted: true },
    'rpool/data': { local: {}, mounted: true },
  },
};

export function readZfs(node: LabNode): Zfs {
  const file = pathOf(node, FILE);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Zfs) : INSTALLED;
}

/** Stores the changed state; `change` returns a string as the error instead, which is returned. */
export function changeZfs(node: LabNode, change: (zfs: Zfs) => Zfs | string): string | null {
  const file = pathOf(node, FILE);
  const done = withLock(`${file}.lock`, 10_000, () => {
    const next = change(readZfs(node));
    if (typeof next === 'string') return next;
    replaceFile(file, JSON.stringify(next));
    for (const [name, { mounted }] of Object.entries(next.datasets)) {
      const at = mountpoint(next, name);
      if (mounted && at !== null) mkdirSync(pathOf(node, at), { recursive: true });
    }
    return null;
  });
  return done === undefined ? 'pool I/O is currently suspended' : done.result;
}

export interface Value {
  readonly value: string;
  /** `-` for read-only properties. */
  readonly source: string;
}

/** A property of a dataset, local, inherited or default; undefined for a user property that is not set. */
export function shownValue(zfs: Zfs, name: string, property: string): Value | undefined {
  const known = PROPERTIES[property];
  const dataset = zfs.datasets[name];
  if (property === 'mounted') return { value: dataset?.mounted ? 'yes' : 'no', source: '-' };
  if (known?.fixed === 'readonly') return { value: known.usual, source: '-' };
  if (property === 'mountpoint') return mountValue(zfs, name);
  const own = dataset?.local[property];
  if (own !== undefined) return { value: own, source: 'local' };
  const above = dirname(name);
  if ((known === undefined || known.inherits) && above !== '.') {
    const inherited = shownValue(zfs, above, property);
    if (inherited === undefined || inherited.source === 'default') return inherited;
    return { ...inherited, source: inherited.source === 'local' ? `inherited from ${above}` : inherited.source };
  }
  return known === undefined ? undefined : { value: known.usual, source: 'default' };
}

function mountValue(zfs: Zfs, name: string): Value {
  const own = zfs.datasets[name]?.local['mountpoint'];
  if (own !== undefined) return { value: own, source: 'local' };
  const above = dirname(name);
  if (above === '.') return { value: `/${name}`, source: 'default' };
  const { value, source } = mountValue(zfs, above);
  const here = value.startsWith('/') ? `${value}${name.slice(above.length)}` : value;
  return { value: here, source: source === 'local' ? `inherited from ${above}` : source };
}

/** The mount point; null for a dataset that is not mounted. */
export function mountpoint(zfs: Zfs, name: string): string | null {
  const { value } = mountValue(zfs, name);
  return value.startsWith('/') && shownValue(zfs, name, 'canmount')?.value !== 'off' ? value : null;
}
