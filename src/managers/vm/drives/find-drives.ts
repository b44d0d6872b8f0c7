// Finds which volume each declared drive of a VM is. A drive is identified by its bus within its VM: the volume attached there is it, and the node's
// note records that, so that a drive that was detached, or whose VM was recreated, is attached again. An empty disk never replaces data without an
// approval.

import { numberIn } from '../../../proxmox/guests/guest-options.ts';
import { isCloudInit, isSameDisk } from '../../../proxmox/storages/volumes.ts';
import { type RetainedVolumes, splitLine } from '../../guest/lifecycle/retained-volumes.ts';
import { currentKey } from '../../guest/options/drive-options.ts';
import { type GuestConf, type Settings, upcoming } from '../../guest/proxmox/conf.ts';
import { isVolume } from '../../guest/proxmox/disk-lines.ts';
import { absentSetting } from '../../guest/proxmox/network.ts';
import { editProperties, parseProperties, printProperties } from '../../guest/proxmox/property-string.ts';
import type { DesiredSetting } from '../../guest/proxmox/settings.ts';
import {
  attachedAs,
  elsewhere,
  inTheWay,
  noCd,
  overCloudInit,
  replacedDisk,
  whyNotTheDrive,
} from './drive-conflicts.ts';
import { isCd, isDiskKey, isOfHost, storageOf, volumeOf } from './drive-value.ts';
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

/** What the drives are found by. */
interface Context {
  readonly known: Known;
  /** The VM's settings as they are after its next start. */
  readonly later: Settings;
  /** Keys of the declared drives. */
  readonly keys: ReadonlySet<string>;
  /** Drives that are no longer declared, which are removed. */
  readonly former: readonly Drive[];
}

interface FoundDrive {
  readonly setting: DesiredSetting;
  /** The storage volume that the drive is. */
  readonly volume?: string;
  /** The volume to note for the drive; null: none any more. Without it, the note stays. */
  readonly noted?: string | null;
  /** Why an empty disk would replace data. */
  readonly loss?: string;
  /** The line of the note about a volume that no longer exists. */
  readonly lost?: string;
  /** What a person has to decide. */
  readonly unclear?: string | null;
}

/** `conf` is null for a VM that is still to be created. */
export function findDrives(spec: Drives, conf: GuestConf | null, known: Known): FoundDrives {
  const declared = drivesOf(spec);
  const keys = new Set(declared.map(({ key }) => key));
  const former = (known.before === undefined ? [] : drivesOf(known.before)).filter(
    ({ key }) => !keys.has(key) && key !== known.root,
  );
  const context = { known, later: conf === null ? {} : upcoming(conf), keys, former };
  const found = declared.map((drive) => ({ key: drive.key, ...findDrive(drive, context) }));
  const gone = former.map(({ key, what }) => absentSetting(key, what, !/^(scsi|virtio)/.test(key)));
  const losses = found.flatMap(({ loss }) => loss ?? []);
  return {
    settings: [...found.map(({ setting }) => setting), ...gone],
    keys,
    volumes: new Set(found.flatMap(({ volume }) => volume ?? [])),
    loss: losses.length === 0 ? null : losses.join('; '),
    unclear: found.find(({ unclear }) => unclear != null)?.unclear ?? null,
    retained: retainedWith(known.retained, found),
  };
}

function findDrive(drive: Drive, context: Context): FoundDrive {
  const present = context.later[drive.key];
  if (drive.path !== null) return hostDisk(drive, drive.path, present, context);
  if (drive.storage === null) return cdDrive(drive, present, context);
  if (present !== undefined) return attachedVolume(drive, drive.storage, present, context);
  return detachedVolume(drive, drive.storage, context);
}

function hostDisk(drive: Drive, path: string, present: string | undefined, context: Context): FoundDrive {
  const { id, before } = context.known;
  const other = present === undefined || volumeOf(present) === path ? null : present;
  const replaced = other !== null && isOfHost(other) ? volumeOf(other) : null;
  const twice = otherBusOf(path, context);
  return {
    setting: hostDiskSetting(drive, path, before),
    ...(replaced === null ? {} : { loss: replacedDisk(drive, path, replaced) }),
    unclear:
      (other === null || replaced !== null ? null : inTheWay(drive, path, other, id)) ??
      (twice === undefined ? null : attachedAs(drive, path, { at: twice, as: volumeOf(context.later[twice]) }, id)),
  };
}

/** A bus that nothing declares or removes, and at which the disk of the host is attached. */
function otherBusOf(path: string, { later, keys, former }: Context): string | undefined {
  const isGoing = (at: string): boolean => former.some(({ key }) => key === at);
  return Object.keys(later).find((at) => !keys.has(at) && !isGoing(at) && isAttached(later, at, path));
}

function cdDrive(drive: Drive, present: string | undefined, { known }: Context): FoundDrive {
  const setting = cdSetting(drive, known.before);
  if (present !== undefined && !isCd(present)) return { setting, unclear: noCd(drive, volumeOf(present), known.id) };
  const configures = isCloudInit(volumeOf(present)) && !(known.fresh || known.before?.cloud_init === true);
  return configures ? { setting, unclear: overCloudInit(drive, known.id) } : { setting };
}

/** The volume at the drive's bus is the drive. */
function attachedVolume(drive: Drive, storage: string, present: string, { known }: Context): FoundDrive {
  const { key } = drive;
  const volume = volumeOf(present);
  return {
    setting: driveSetting(drive, known.before),
    volume,
    ...(isVolume(volume) && key !== 'efidisk0' ? { noted: volume } : {}),
    unclear: whyNotTheDrive(drive, storage, present, known.id),
  };
}

/** Nothing is attached at the drive's bus: the volume that the note has for it is attached again, or an empty disk is created. */
function detachedVolume(drive: Drive, storage: string, { known, later }: Context): FoundDrive {
  const { key, what } = drive;
  const { id, before, retained, missing } = known;
  const line = retained.lines.map(splitLine).find((one) => one.key === key);
  const noted = retained.names[key] ?? (line === undefined ? undefined : volumeOf(line.value));
  if (noted === undefined || key === 'efidisk0') return { setting: driveSetting(drive, before) };
  if (missing.includes(noted)) {
    const loss = `${what} was ${noted}, which is not there any more, and an empty one would take its place`;
    return { setting: driveSetting(drive, before), noted: null, loss, lost: `was ${key}: ${noted}` };
  }
  const other = Object.entries(later).find(([at, value]) => !at.startsWith('unused') && volumeOf(value) === noted);
  const options = { ...restOf(line?.value, noted), ...drive.options, file: noted };
  const atOtherBus = (at: string) => `${what} of VM ${id} is ${noted}, which is attached as ${at}; declare it there`;
  return {
    setting: driveSetting(drive, before, printProperties(options, [], 'file')),
    volume: noted,
    noted,
    unclear:
      other !== undefined ? atOtherBus(other[0]) : storageOf(noted) === storage ? null : elsewhere(drive, noted, id),
  };
}

/** The note with the volumes that were found, and with a line for each that no longer exists. */
function retainedWith(
  retained: RetainedVolumes,
  found: readonly (FoundDrive & { readonly key: string })[],
): RetainedVolumes {
  const names: Record<string, string> = { ...retained.names };
  for (const { key, noted } of found) {
    if (noted === null) delete names[key];
    else if (noted !== undefined) names[key] = noted;
  }
  const lost = found.flatMap((each) => each.lost ?? []).filter((each) => !retained.lines.includes(each));
  return { ...retained, names, lines: [...retained.lines, ...lost] };
}

/** The drive's options when its VM was destroyed; empty where the line is about another volume. */
function restOf(line: string | undefined, volume: string): Record<string, string> {
  if (line === undefined || volumeOf(line) !== volume) return {};
  const { file: _, '': __, ...rest } = parseProperties(line, '');
  return rest;
}

/** Whether the disk of the host, a part of it, or the disk that it is a part of, is attached at a bus. Two drives that write to one disk destroy what is on it. */
function isAttached(settings: Settings, at: string, path: string): boolean {
  const value = settings[at];
  return isDiskKey(at) && value !== undefined && isOfHost(value) && isSameDisk(volumeOf(value), path);
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
  return {
    key,
    label: what,
    shown: medium,
    value,
    same: (now) => now !== undefined && value(now) === now,
    // Earlier versions recorded the options of a CD as applied, and did not set them.
    isOverdue: (now) =>
      now !== undefined && isCd(now) && volumeOf(now) === medium && !changesUse(now, options, earlier),
  };
}

/** Whether the drive is used otherwise by what was declared or removed since `before`. */
function changesUse(now: string, options: Drive['options'], before: Drive['options'] = {}): boolean {
  const added = Object.entries(options).filter(([key, value]) => before[key] !== value);
  const removed = Object.entries(before).filter(([key]) => !(key in options));
  return usedAs(now, Object.fromEntries(added), Object.fromEntries(removed)) !== now;
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
  const edited = editProperties(present, {
    set: options,
    remove,
    bare: 'file',
    absent: ABSENT,
    numberIn: numberInDrive,
  });
  return edited === present ? now : edited;
}

function withCurrentKeys(text: string): string {
  return text.replaceAll(/(?<=,)([a-z_]+)(?==)/g, (key) => currentKey(DISK_KEYS, key));
}

/** How a key of drives may be written that is a number, such as a limit: a person may have written 100.50. Null for other keys. */
function numberInDrive(key: string): RegExp | null {
  const forms = ['scsi0', 'virtio0', 'sata0', 'ide0'].map((option) => numberIn(option, key));
  return forms.find((form) => form !== null) ?? null;
}
