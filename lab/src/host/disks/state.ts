// The disks of the node and what is on them, stored in one file. Each has its names below /dev.

import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { replaceFile } from '../../proxmox/lock.ts';
import { type LabNode, openNode, pathOf } from '../../proxmox/node.ts';

/** A partition, or a disk as a whole. */
export interface Area {
  /** Kernel name: `sda`, `nvme0n1p1`. */
  readonly name: string;
  readonly bytes: number;
  /** The signature in its first sectors: `ext4`, `zfs_member`, `vfat`, `gpt`; null for none. */
  readonly holds: string | null;
  readonly label: string | null;
  readonly mountedOn: string | null;
}

export interface Disk extends Area {
  readonly model: string;
  readonly serial: string;
  /** Its name below /dev/disk/by-id. */
  readonly id: string;
  readonly parts: readonly Area[];
}

const FILE = 'var/lib/lab/disks.json';
const GIB = 1024 ** 3;
const BY_ID = '/dev/disk/by-id';

const part = (name: string, bytes: number, holds: string | null, label: string | null = null): Area => ({
  name,
  bytes,
  holds,
  label,
  mountedOn: null,
});

/** The boot disk after Proxmox's installer, with its own pool on the third partition. */
const BOOT: Disk = {
  ...part('sda', 128 * GIB, 'gpt'),
  model: 'Lab Boot SSD',
  serial: 'LAB0000',
  id: 'ata-Lab_Boot_SSD_LAB0000',
  parts: [part('sda1', 1024 ** 2, null), part('sda2', GIB, 'vfat'), part('sda3', 127 * GIB, 'zfs_member', 'rpool')],
};

export function disks(node: LabNode): readonly Disk[] {
  const file = pathOf(node, FILE);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Disk[]) : [BOOT];
}

function keepDisks(node: LabNode, all: readonly Disk[]): void {
  const file = pathOf(node, FILE);
  mkdirSync(dirname(file), { recursive: true });
  replaceFile(file, JSON.stringify(all));
  mkdirSync(pathOf(node, BY_ID), { recursive: true });
  for (const disk of all) {
    for (const { name, link } of namesOf(disk)) {
      writeFileSync(pathOf(node, `/dev/${name}`), '');
      const at = pathOf(node, join(BY_ID, link));
      rmSync(at, { force: true });
      symlinkSync(`../../${name}`, at);
    }
  }
}

function namesOf({ name, id, parts }: Disk): { readonly name: string; readonly link: string }[] {
  const ofParts = parts.map((each) => ({ name: each.name, link: `${id}-part${/\d+$/.exec(each.name)?.[0]}` }));
  return [{ name, link: id }, ...ofParts];
}

/** A disk or partition by any of its paths; undefined for other paths. */
export function areaAt(node: LabNode, path: string): { readonly disk: Disk; readonly area: Area } | undefined {
  for (const disk of disks(node)) {
    const found = namesOf(disk).find(({ name, link }) => path === `/dev/${name}` || path === `${BY_ID}/${link}`);
    const area = [disk, ...disk.parts].find(({ name }) => name === found?.name);
    if (area !== undefined) return { disk, area };
  }
  return undefined;
}

/** Changes what is on a disk. */
export function change(node: LabNode, name: string, to: Partial<Disk>): void {
  const all = disks(node).map((disk) =>
    disk.name === name
      ? { ...disk, ...to }
      : { ...disk, parts: disk.parts.map((each) => (each.name === name ? { ...each, ...to } : each)) },
  );
  keepDisks(node, all);
}

/** Adds a blank disk, named `id` below /dev/disk/by-id, to the lab in `dir`; an existing one stays as it is. */
export function provideDisk(dir: string, id: string, bytes: number = 2000 * GIB, more: Partial<Disk> = {}): void {
  const node = openNode(dir);
  const all = disks(node);
  if (all.some((disk) => disk.id === id)) return;
  const name = `nvme${all.filter((disk) => disk.name.startsWith('nvme')).length}n1`;
  const [, model = id, serial = ''] = /^[a-z]+-(.+)_([^_]+)$/.exec(id) ?? [];
  const blank = { ...part(name, bytes, null), model: model.replaceAll('_', ' '), serial, id, parts: [] };
  keepDisks(node, [...all, { ...blank, ...more }]);
}
