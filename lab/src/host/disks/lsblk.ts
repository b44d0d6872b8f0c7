// lsblk and wipefs of the node: show and erase what is on its disks.

import type { LabNode } from '../../proxmox/node.ts';
import type { Program } from '../../proxmox/programs.ts';
import { failed, type Outcome, ok } from '../../tree/tree.ts';
import { activeParts } from '../zfs/zpool.ts';
import { type Area, areaAt, change, type Disk, disks } from './state.ts';

const COLUMNS: Readonly<Record<string, (area: Area, disk: Disk) => unknown>> = {
  name: ({ name }) => name,
  path: ({ name }) => `/dev/${name}`,
  type: (area, disk) => (area === disk ? 'disk' : 'part'),
  size: ({ bytes }) => bytes,
  model: (area, disk) => (area === disk ? disk.model : null),
  serial: (area, disk) => (area === disk ? disk.serial : null),
  fstype: ({ holds }) => (holds === 'gpt' ? null : holds),
  pttype: (_, { holds }) => (holds === 'gpt' ? 'gpt' : null),
  label: ({ label }) => label,
  mountpoints: ({ mountedOn }) => [mountedOn],
  ro: () => false,
};

/** Answers `lsblk --json --bytes --output COLUMNS [DEVICE…]`. */
export const lsblk: Program = (node, argv) => {
  const at = argv.findIndex((word) => ['-o', '--output'].includes(word));
  const columns = (argv[at + 1] ?? '').toLowerCase().split(',');
  const rest = argv.filter((_, index) => at < 0 || (index !== at && index !== at + 1));
  const stray = rest.find((word) => word.startsWith('-') && !['--json', '-J', '--bytes', '-b', '--'].includes(word));
  if (stray !== undefined) return failed(`lsblk: unrecognized option '${stray}'`);
  const unknown = columns.find((column) => !Object.hasOwn(COLUMNS, column));
  if (at < 0 || unknown !== undefined) return failed(`lsblk: unknown column: ${unknown ?? ''}`);
  if (!rest.some((word) => word === '--json' || word === '-J')) return failed('lsblk: only with --json in a lab');
  const named = rest.filter((word) => !word.startsWith('-'));
  const found = named.map((path) => ({ path, place: areaAt(node, path) }));
  const missing = found.filter(({ place }) => place === undefined);
  const shown =
    named.length === 0
      ? disks(node).map((disk) => ({ disk, area: disk as Area }))
      : found.flatMap(({ place }) => (place === undefined ? [] : [place]));
  const row = (area: Area, disk: Disk) =>
    Object.fromEntries(columns.map((column) => [column, COLUMNS[column]?.(area, disk)]));
  const blockdevices = shown.map(({ disk, area }) => ({
    ...row(area, disk),
    ...(area === disk && disk.parts.length > 0 ? { children: disk.parts.map((each) => row(each, disk)) } : {}),
  }));
  return {
    rc: missing.length > 0 ? (shown.length > 0 ? 64 : 32) : 0,
    stdout: `${JSON.stringify({ blockdevices }, null, 3)}\n`,
    stderr: missing.map(({ path }) => `lsblk: ${path}: not a block device\n`).join(''),
  };
};

/** Answers `wipefs -n DEVICE…`, which lists signatures, and `wipefs -a DEVICE…`, which erases them. */
export const wipefs: Program = (node, argv) => {
  const flags = new Set(argv.filter((word) => word.startsWith('-')));
  const stray = [...flags].find((flag) => !['-n', '--no-act', '-a', '--all', '--'].includes(flag));
  if (stray !== undefined) return failed(`wipefs: unrecognized option '${stray}'`);
  const named = argv.filter((word) => !word.startsWith('-'));
  if (named.length === 0) return failed('wipefs: no device specified');
  const looks = flags.has('-n') || flags.has('--no-act');
  let stdout = '';
  for (const path of named) {
    const place = areaAt(node, path);
    if (place === undefined)
      return failed(`wipefs: error: ${path}: probing initialization failed: No such file or directory`);
    if (!looks && !flags.has('-a') && !flags.has('--all')) continue;
    if (!looks) {
      const busy = erase(node, place.disk, place.area);
      if (busy !== null) return busy;
    } else stdout += signature(place.area);
  }
  return ok(stdout === '' ? '' : `DEVICE OFFSET TYPE UUID LABEL\n${stdout}`);
};

function signature({ name, holds, label }: Area): string {
  return holds === null ? '' : `${name} ${holds === 'gpt' ? '0x200' : '0x438'} ${holds}  ${label ?? ''}\n`;
}

/** Erases the signatures; refused for a device that is in use. */
function erase(node: LabNode, disk: Disk, area: Area): Outcome | null {
  const inside = area === disk ? disk.parts : [];
  const used = [area, ...inside].some(({ name, mountedOn }) => mountedOn !== null || activeParts(node).has(name));
  if (used) return failed(`wipefs: error: /dev/${area.name}: probing initialization failed: Device or resource busy`);
  change(node, area.name, { holds: null, label: null, ...(area === disk ? { parts: [] } : {}) });
  return null;
}
