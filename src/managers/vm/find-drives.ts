// Finds which volume each declared drive of a VM is. A drive is identified by its bus within its VM: the volume attached there is it, and the node's
// note records that, so that a drive that was detached, or whose VM was recreated, is attached again. An empty disk never replaces data without an
// approval.

import { LASTING_DISK } from '../../config/schema/text.ts';
import { isCloudInit, isSameDisk } from '../../proxmox/volumes.ts';
import { type RetainedVolumes, splitLine } from '../guest/lifecycle/retained-volumes.ts';
import { currentKey } from '../guest/options/drive-options.ts';
import { type GuestConf, type Settings, upcoming } from '../guest/proxmox/conf.ts';
import { isVolume } from '../guest/proxmox/disk-lines.ts';
import { absentSetting } from '../guest/proxmox/network.ts';
import { editProperties, parseProperties, printProperties } from '../guest/proxmox/property-string.ts';
import type { DesiredSetting } from '../guest/proxmox/settings.ts';
import { ABSENT, DISK_KEYS, type Drive, type Drives, drivesOf } from './drives.ts';

export interface FoundDrives {
  /** Desired settings of the declared drives, and the removal of those that are no longer declared. */
  readonly settings: readonly DesiredSetting[];
  /** Keys and volumes of the declared drives. */
  readonly keys: ReadonlySet<string>;
  readonly volumes: ReadonlySet<string>;
  /** Why an empty disk would replace data; null: none would. */
  readonly loss: string | null;
  /** What a person has to decide, and how; null: nothing. */
  readonly unclear: string | null;
  /** The new content of the note. */
  readonly retained: RetainedVolumes;
}

interface Known {
  readonly id: number;
  readonly before: Drives | undefined;
  readonly retained: RetainedVolumes;
  /** Noted storage volumes that no longer exist. */
  readonly missing: readonly string[];
  /** Key of the root disk, which is never removed. */
  readonly root: string | null;
  /** It is a fresh clone, whose drives came with its source. */
  readonly fresh: boolean;
}

export function volumeOf(value: string | undefined): string {
  const properties = parseProperties(value ?? '', '');
  return properties[''] ?? properties['file'] ?? '';
}

export function storageOf(volume: string): string {
  return volume.slice(0, Math.max(0, volume.indexOf(':')));
}

const isCd = (value: string): boolean => parseProperties(value)['media'] === 'cdrom';

/** Whether the drive is a disk or file of the host. */
const isOfHost = (value: string): boolean => !isCd(value) && volumeOf(value).startsWith('/');

/** `conf` is null for a VM that is still to be created. */
export function findDrives(spec: Drives, conf: GuestConf | null, known: Known): FoundDrives {
  const later: Settings = conf === null ? {} : upcoming(conf);
  const declared = drivesOf(spec);
  const keys = new Set(declared.map(({ key }) => key));
  const names: Record<string, string> = { ...known.retained.names };
  const lines = known.retained.lines.map(splitLine);
  const volumes = new Set<string>();
  const losses: string[] = [];
  const lost: string[] = [];
  let unclear: string | null = null;
  const former = (known.before === undefined ? [] : drivesOf(known.before)).filter(
    ({ key }) => !keys.has(key) && key !== known.root,
  );
  const isGoing = (at: string): boolean => former.some(({ key }) => key === at);

  const settings = declared.map((drive): DesiredSetting => {
    const { key, path, storage } = drive;
    const present = later[key];
    if (path !== null) {
      const other = present === undefined || volumeOf(present) === path ? null : present;
      if (other !== null && isOfHost(other)) losses.push(replacedDisk(drive, path, volumeOf(other)));
      else if (other !== null) unclear ??= inTheWay(drive, path, other, known.id);
      const twice = Object.keys(later).find((at) => !keys.has(at) && !isGoing(at) && isAttached(later, at, path));
      if (twice !== undefined) unclear ??= attachedAs(drive, path, { at: twice, as: volumeOf(later[twice]) }, known.id);
      return hostDiskSetting(drive, path, known.before);
    }
    if (storage === null) {
      if (present !== undefined && !isCd(present)) unclear ??= noCd(drive, volumeOf(present), known.id);
      else if (isCloudInit(volumeOf(present)) && !(known.fresh || known.before?.cloud_init === true))
        unclear ??= overCloudInit(drive, known.id);
      return cdSetting(drive, known.before);
    }
    if (present !== undefined) {
      const volume = volumeOf(present);
      if (isCd(present)) unclear ??= `${key} of VM ${known.id} is a CD drive; declare ${drive.what} at another bus`;
      else if (isOfHost(present)) unclear ??= onHost(drive, volume, known.id);
      else if (isVolume(volume) && storageOf(volume) !== storage) unclear ??= elsewhere(drive, volume, known.id);
      if (isVolume(volume) && key !== 'efidisk0') names[key] = volume;
      volumes.add(volume);
      return driveSetting(drive, known.before);
    }
    const line = lines.find((one) => one.key === key);
    const noted = names[key] ?? (line === undefined ? undefined : volumeOf(line.value));
    if (noted === undefined || key === 'efidisk0') return driveSetting(drive, known.before);
    if (known.missing.includes(noted)) {
      losses.push(`${drive.what} was ${noted}, which is not there any more, and an empty one would take its place`);
      lost.push(`was ${key}: ${noted}`);
      delete names[key];
      return driveSetting(drive, known.before);
    }
    const other = Object.entries(later).find(([at, value]) => !at.startsWith('unused') && volumeOf(value) === noted);
    if (other !== undefined)
      unclear ??= `${drive.what} of VM ${known.id} is ${noted}, which is attached as ${other[0]}; declare it there`;
    else if (storageOf(noted) !== storage) unclear ??= elsewhere(drive, noted, known.id);
    names[key] = noted;
    volumes.add(noted);
    return driveSetting(
      drive,
      known.before,
      printProperties({ ...restOf(line?.value, noted), ...drive.options, file: noted }, [], 'file'),
    );
  });
  const gone = former.map(({ key, what }) => absentSetting(key, what, !/^(scsi|virtio)/.test(key)));
  return {
    settings: [...settings, ...gone],
    keys,
    volumes,
    loss: losses.length === 0 ? null : losses.join('; '),
    unclear,
    retained: {
      ...known.retained,
      names,
      lines: [...known.retained.lines, ...lost.filter((each) => !known.retained.lines.includes(each))],
    },
  };
}

/** The drive's options when its VM was destroyed; empty where the line is about another volume. */
function restOf(line: string | undefined, volume: string): Record<string, string> {
  if (line === undefined || volumeOf(line) !== volume) return {};
  const { file: _, '': __, ...rest } = parseProperties(line, '');
  return rest;
}

function elsewhere({ key, what, storage }: Drive, volume: string, id: number): string {
  return `${what} of VM ${id} is ${volume}, and is declared on ${storage}; move it with: qm disk move ${id} ${key} ${storage}, or declare the storage that it is on`;
}

/** A disk of the host, or a file there, where a volume is declared. Only what the schema takes is advised. */
function onHost({ key, what }: Drive, volume: string, id: number): string {
  const found = `${what} of VM ${id} is ${volume} of the host, and is declared as a volume`;
  const out = `take it out with: qm set ${id} --delete ${key}`;
  if (!FURTHER_DISK.test(key)) return `${found}; leave the field out, or ${out}`;
  if (LASTING_DISK.test(volume)) return `${found}; write "path": "${volume}" in place of its size, or ${out}`;
  if (volume.startsWith('/dev/'))
    return `${found}; attach it by a name that lasts (ls -l /dev/disk/by-id lists them) and write that as "path", or ${out}`;
  return `${found}; declare the disk at another bus, or ${out}`;
}

function inTheWay({ key, what }: Drive, path: string, value: string, id: number): string {
  const there = isCd(value) ? 'a CD drive' : volumeOf(value);
  return `${what} of VM ${id} is ${there}, and is declared as ${path}; declare the disk of the host at another bus, or take out what is there with: qm set ${id} --delete ${key}`;
}

const FURTHER_DISK = /^(scsi|virtio|sata|ide)\d+$/;

/** Whether the disk of the host, a part of it, or the disk that it is a part of, is attached at a bus. Two drives that write to one disk destroy what is on it. */
function isAttached(settings: Settings, at: string, path: string): boolean {
  const value = settings[at];
  return FURTHER_DISK.test(at) && value !== undefined && isOfHost(value) && isSameDisk(volumeOf(value), path);
}

/** @param there the key that has it, and under which name */
function attachedAs(
  { what }: Drive,
  path: string,
  { at, as }: { readonly at: string; readonly as: string },
  id: number,
): string {
  const named = as === path ? '' : ` (${as})`;
  return `${what} of VM ${id} is ${path}, which is attached as ${at}${named}; declare it there, or take it out there with: qm set ${id} --delete ${at}`;
}

function noCd({ key, what }: Drive, volume: string, id: number): string {
  return `${what} of VM ${id} is declared as a CD drive, and ${key} is ${volume}; declare the CD drive at another bus, or take out what is there with: qm set ${id} --delete ${key}`;
}

function overCloudInit({ key, what }: Drive, id: number): string {
  return `${what} of VM ${id} is the drive of cloud-init, which configures the VM; write "cloud_init": true, or declare the CD drive at another bus, or take it out with: qm set ${id} --delete ${key}`;
}

function replacedDisk({ what }: Drive, path: string, volume: string): string {
  return `${what} is ${volume}, and ${path} would take its place (both keep what is on them)`;
}

function hostDiskSetting(
  { key, what, options, made }: Drive,
  path: string,
  before: Drives | undefined,
): DesiredSetting {
  const earlier = optionsBefore(key, before);
  const value = (now: string | undefined): string =>
    now === undefined || volumeOf(now) !== path ? made : usedAs(now, options, earlier);
  return { key, label: what, shown: path, value, same: (now) => now !== undefined && value(now) === now };
}

/** Another medium keeps how the drive is used, apart from the size, which belongs to the medium. */
function cdSetting({ key, what, options, made }: Drive, before: Drives | undefined): DesiredSetting {
  const medium = volumeOf(made);
  const earlier = optionsBefore(key, before);
  const value = (now: string | undefined): string => {
    if (now === undefined || !isCd(now) || isCloudInit(volumeOf(now))) return made;
    if (volumeOf(now) === medium) return usedAs(now, options, earlier);
    return usedAs(editProperties(now, { set: { file: medium }, remove: ['size'], bare: 'file' }), options, earlier);
  };
  return { key, label: what, shown: medium, value, same: (now) => now !== undefined && value(now) === now };
}

function optionsBefore(key: string, before: Drives | undefined): Drive['options'] | undefined {
  return before === undefined ? undefined : drivesOf(before).find((one) => one.key === key)?.options;
}

function driveSetting(drive: Drive, before: Drives | undefined, retained?: string): DesiredSetting {
  const { key, what, options, made } = drive;
  const earlier = optionsBefore(key, before);
  const value = (now: string | undefined): string =>
    now === undefined ? (retained ?? made) : usedAs(now, options, earlier);
  return {
    key,
    label: what,
    shown: '',
    value,
    same: (now) => now !== undefined && value(now) === now,
  };
}

/** The drive with its declared options; options that are no longer declared are removed. Keys that Proxmox has renamed count by their present name. */
export function usedAs(now: string, options: Drive['options'], before: Drive['options'] = {}): string {
  const remove = Object.keys(before).filter((option) => !(option in options));
  const present = withCurrentKeys(now);
  const edited = editProperties(present, { set: options, remove, bare: 'file', absent: ABSENT });
  return edited === present ? now : edited;
}

function withCurrentKeys(text: string): string {
  return text.replaceAll(/(?<=,)([a-z_]+)(?==)/g, (key) => currentKey(DISK_KEYS, key));
}
