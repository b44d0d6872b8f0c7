// Backups on file-based storages: what their names and the files beside them tell (pve-storage, PVE/Storage.pm, archive_info).

import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What the name of a backup tells; times in seconds since 1970. */
interface Archive {
  readonly subtype: string;
  readonly vmid?: number;
  /** Absent where the name does not follow the standard, so that no retention touches the file. */
  readonly ctime?: number;
}

const EXTENSION = /\.(?:tgz|(?:tar|vma)(?:\.(?:gz|lzo|zst|bz2))?)$/;
const STANDARD = /^vzdump-(lxc|openvz|qemu)-([1-9]\d{2,8})-(\d{4})_(\d{2})_(\d{2})-(\d{2})_(\d{2})_(\d{2})$/;

/** @param file the name of a backup without folder */
export function archiveOf(file: string): Archive {
  const name = file.replace(EXTENSION, '');
  const vmid = /-([1-9]\d{2,8})-[^/]+$/.exec(name)?.[1];
  const subtype = /^vzdump-(lxc|openvz|qemu)-./.exec(name)?.[1] ?? 'unknown';
  const of = vmid === undefined ? { subtype } : { subtype, vmid: Number(vmid) };
  const [, , guest, year, month, day, hour, minute, second] = STANDARD.exec(name) ?? [];
  if (guest === undefined) return of;
  const made = new Date(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  return { ...of, vmid: Number(guest), ctime: Math.trunc(made.getTime() / 1000) };
}

/** What stands beside a backup: the first line of its notes, and the mark that protects it. @param file its path on this machine */
export function besideBackup(file: string): { readonly notes?: string; readonly protected?: 1 } {
  const notes = existsSync(`${file}.notes`) ? readFileSync(`${file}.notes`, 'utf8') : '';
  return {
    // An empty file has no first line.
    ...(notes === '' ? {} : { notes: notes.split('\n')[0] ?? '' }),
    ...(existsSync(`${file}.protected`) ? { protected: 1 as const } : {}),
  };
}

/** Removes a backup with its notes and its log. @param file its path on this machine */
export function removeBackup(file: string): void {
  const name = file.slice(file.lastIndexOf('/') + 1);
  rmSync(file, { force: true });
  if (archiveOf(name).ctime === undefined) return;
  rmSync(`${file}.notes`, { force: true });
  rmSync(join(dirname(file), `${name.replace(EXTENSION, '')}.log`), { force: true });
}
