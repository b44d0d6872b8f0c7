// Observes disks of the host before a person allows everything on them to be erased.

import type { HostReader } from '../../manager.ts';
import { outputOf, run } from '../act.ts';

/** A block device: a disk, a partition, or something on top of one such as a logical volume. */
export interface Area {
  readonly path: string;
  /** `disk`, `part`, `lvm`, `crypt`, … */
  readonly type: string;
  readonly bytes: number;
  readonly model: string | null;
  readonly serial: string | null;
  /** `ext4`, `LVM2_member`, `zfs_member`, …; null for no known content. */
  readonly holds: string | null;
  readonly label: string | null;
  readonly mountedOn: readonly string[];
  readonly readOnly: boolean;
  readonly parts: readonly Area[];
}

interface Pools {
  readonly names: readonly string[];
  /** Paths of the devices that pools use. */
  readonly devices: ReadonlySet<string>;
}

/** What is observed before a pool is created. */
export interface SeenDisks {
  /** By the path that was requested; null: not a disk. */
  readonly disks: ReadonlyMap<string, Area | null>;
  /** Signatures that `wipefs` finds on each of them, by the same paths: one line each. */
  readonly signatures: ReadonlyMap<string, readonly string[]>;
  readonly pools: Pools;
}

const COLUMNS = 'PATH,TYPE,SIZE,MODEL,SERIAL,FSTYPE,LABEL,MOUNTPOINTS,RO';

/** Read-only. */
export async function observeDisks(host: HostReader, paths: readonly string[]): Promise<SeenDisks> {
  const looked = paths.map(async (path) => {
    const area = await observeDisk(host, path);
    return { path, area, signatures: area === null ? [] : await signaturesOf(host, area) };
  });
  const [found, pools] = await Promise.all([Promise.all(looked), observePools(host)]);
  return {
    disks: new Map(found.map(({ path, area }) => [path, area])),
    signatures: new Map(found.map(({ path, signatures }) => [path, signatures])),
    pools,
  };
}

async function observeDisk(host: HostReader, path: string): Promise<Area | null> {
  const args = ['--json', '--bytes', '--output', COLUMNS, path];
  const { exit, stdout, ended, stderr } = await host.run(run('lsblk', args));
  if (ended === 'not found') throw new Error(`lsblk: ${stderr.trim() || ended}`);
  if (exit !== 0) return null;
  return readLsblk(stdout)[0] ?? null;
}

/** All signatures including those of partitions, so that nothing is erased unseen. */
async function signaturesOf(host: HostReader, area: Area): Promise<readonly string[]> {
  const parts = area.parts.filter(({ type }) => type === 'part').map(({ path }) => path);
  const shown = await outputOf(host, 'wipefs', ['--no-act', area.path, ...parts]);
  return shown.split('\n').filter((line) => line !== '' && !line.startsWith('DEVICE'));
}

async function observePools(host: HostReader): Promise<Pools> {
  const names = (await outputOf(host, 'zpool', ['list', '-H', '-o', 'name'])).split('\n').filter((name) => name !== '');
  if (names.length === 0) return { names, devices: new Set() };
  const status = await outputOf(host, 'zpool', ['status', '-LP']);
  return { names, devices: new Set([...status.matchAll(/^\s+(\/dev\/\S+)/gm)].map(([, path = '']) => path)) };
}

interface Row {
  readonly path: string;
  readonly type: string;
  readonly size: number;
  readonly model?: string | null;
  readonly serial?: string | null;
  readonly fstype?: string | null;
  readonly label?: string | null;
  readonly mountpoints?: readonly (string | null)[];
  readonly ro?: boolean;
  readonly children?: readonly Row[];
}

/** Parses the output of `lsblk --json --bytes`. Pure. */
export function readLsblk(text: string): Area[] {
  return ((JSON.parse(text) as { blockdevices: readonly Row[] }).blockdevices ?? []).map(areaOf);
}

function areaOf({ path, type, size, children = [], ...row }: Row): Area {
  return {
    path,
    type,
    bytes: size,
    model: row.model?.trim() || null,
    serial: row.serial?.trim() || null,
    holds: row.fstype ?? null,
    label: row.label ?? null,
    mountedOn: (row.mountpoints ?? []).filter((each) => each !== null),
    readOnly: row.ro ?? false,
    parts: children.map(areaOf),
  };
}

/** The device and everything on it. */
export function subtreeOf(area: Area): Area[] {
  return [area, ...area.parts.flatMap(subtreeOf)];
}
