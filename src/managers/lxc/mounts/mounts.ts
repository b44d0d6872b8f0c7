// Desired mount points and devices of a container. A volume is identified by its name, a bind mount and a device by their paths, so that a second
// apply finds them instead of creating new ones.

import { numberIn } from '../../../proxmox/guests/guest-options.ts';
import type { Settings } from '../../guest/proxmox/conf.ts';
import {
  editProperties,
  normalFlag,
  type Properties,
  parseProperties,
  printProperties,
} from '../../guest/proxmox/property-string.ts';
import { type DesiredSetting, freeIndexes, indexesOf } from '../../guest/proxmox/settings.ts';
import type { Device } from '../declared.ts';
import type { LxcSpec, Mount } from '../lxc-spec.ts';
import { isDevice, isOfHost, isToBeMade, type Mounted, mountedAs, mountedIn, storageOf } from './mounted.ts';
import type { Found, FoundVolumes } from './volumes.ts';

/** What decides whether an undeclared entry may be removed: it was declared before, or came with a clone's source. */
export interface Removable {
  readonly before: LxcSpec | undefined;
  readonly building: boolean;
}

/** `used` are the settings, current and pending, whose indexes are taken. */
export function mountSettings(
  spec: LxcSpec,
  settings: Settings,
  used: Settings,
  removable: Removable,
  volumes: FoundVolumes,
): DesiredSetting[] {
  const taken = new Set(indexesOf(used, 'mp'));
  const free = (wanted?: string): string => {
    const [first] = freeIndexes([...taken], 1);
    const own = Number(wanted?.slice('mp'.length) ?? Number.NaN);
    const index = Number.isNaN(own) || taken.has(own) ? (first ?? 0) : own;
    taken.add(index);
    return `mp${index}`;
  };
  const back = volumes.returning.map((line) => returningSetting(keyOf(used, line.volume) ?? free(line.key), line));
  const own = volumes.declared.map((found) => volumeSetting(found.key ?? free(), found, removable));
  const keys = new Set([...own, ...back].map(({ key }) => key));
  const binds = mountedIn(settings).filter(({ key }) => !keys.has(key));
  const declared = spec.mounts.map((mount): DesiredSetting => {
    const present = binds.find(({ path }) => path === mount.path);
    if (present === undefined) return desiredSetting(free(), mount.path, printMount(mount), false, false);
    const isSame = editMount(mount, settings[present.key] ?? '', removable) === settings[present.key];
    const edit = (now: string | undefined): string =>
      now === undefined ? printMount(mount) : editMount(mount, now, removable);
    const earlier = removable.before?.mounts.find(({ path }) => path === mount.path);
    return {
      ...desiredSetting(present.key, mount.path, printMount(mount), isSame, true),
      value: edit,
      isOverdue: (now) =>
        now !== undefined && editMount(mount, now, removable, earlierDefaults(earlier?.options)) === now,
    };
  });
  for (const { key } of declared) keys.add(key);
  const before = new Set(
    [...(removable.before?.mounts ?? []), ...(removable.before?.volumes ?? [])].map(({ path }) => path),
  );
  const places = new Set(spec.volumes.map(({ path }) => path));
  const gone = binds
    .filter(({ key, volume }) => !keys.has(key) && isOfHost(volume))
    .filter(({ path }) => removable.building || before.has(path) || places.has(path))
    .map(({ key, path }) => desiredSetting(key, path, null, false, true));
  const out = volumes.gone
    .filter(({ key }) => !keys.has(key))
    .map(({ key, path, name, volume }) => ({
      ...desiredSetting(key, path, null, false, true),
      label: `${name === null ? 'mount' : `volume ${name} at`} ${path}`,
      shown: `none; ${volume} is kept`,
    }));
  return [...back, ...own, ...declared, ...gone, ...out];
}

function volumeSetting(key: string, found: Found, { before }: Removable): DesiredSetting {
  const { volume, id, properties, lost, key: present } = found;
  const { path, storage, sizeGb, name, options } = volume;
  const earlier = before?.volumes.find((each) => each.name === name);
  const gone = goneOptions(earlier, options);
  const edited = (text: string, absent = MOUNT_DEFAULTS): string =>
    editProperties(text, { set: options, remove: gone, bare: 'volume', absent });
  const isSame = (now: string | undefined, absent: Properties): boolean => {
    if (now === undefined) return false;
    const mounted = mountedAs(key, now);
    if (mounted.path !== path || edited(now, absent) !== now) return false;
    if (id !== null) return mounted.volume === id;
    return storageOf(mounted.volume) === storage && mounted.volume !== lost;
  };
  const own = printProperties({ ...properties, volume: id ?? `${storage}:${sizeGb}`, mp: path }, [], 'volume');
  return {
    ...desiredSetting(key, path, edited(own), false, present !== null),
    label: `volume ${name} at ${path}`,
    same: (now) => isSame(now, MOUNT_DEFAULTS),
    isOverdue: (now) => isSame(now, earlierDefaults(earlier?.options)),
  };
}

/** A retained entry, restored unchanged. */
function returningSetting(key: string, line: Mounted): DesiredSetting {
  const value = printProperties(line.properties, [], 'volume');
  const same = (now: string | undefined): boolean => now !== undefined && mountedAs(key, now).volume === line.volume;
  return { ...desiredSetting(key, line.path, value, false, false), same };
}

function keyOf(settings: Settings, volume: string): string | undefined {
  return mountedIn(settings).find((one) => one.volume === volume)?.key;
}

/** Bind mounts that are not yet as declared: their folders must exist on the host. Nothing is made for a disk of the host. */
export function missingMounts(spec: LxcSpec, settings: Settings): Mount[] {
  const present = mountedIn(settings);
  return folderMounts(spec).filter(
    (mount) => !present.some((one) => one.path === mount.path && one.volume === mount.host),
  );
}

/** The mounts of folders. */
export function folderMounts({ mounts }: LxcSpec): Mount[] {
  return mounts.filter(({ host }) => !isDevice(host));
}

/**
 * What a person mounted, and disks of the host, in whose place something else is declared: all keep what is on them, but the container would no longer
 * see it. A folder or volume that was declared there gives its place up by the declaration, and on a fresh clone everything came with its source.
 * Null: none.
 */
export function replacedMounts(
  spec: LxcSpec,
  settings: Settings,
  volumes: FoundVolumes,
  { before, building }: Removable,
): string | null {
  if (building) return null;
  const present = mountedIn(settings);
  const leaving = new Set([...volumes.gone.map(({ volume }) => volume), ...volumes.declared.map(({ id }) => id)]);
  const wasDeclared = (path: string): boolean => before?.mounts.some((mount) => mount.path === path) === true;
  const givesWay = (path: string, there: string): boolean => {
    if (isDevice(there)) return false;
    return isOfHost(there) ? wasDeclared(path) : isToBeMade(there) || leaving.has(there);
  };
  const replaced = [
    ...spec.mounts.map(({ path, host }) => ({ path, host, by: host })),
    ...spec.volumes.map(({ path, name }) => ({ path, host: null, by: `volume ${name}` })),
  ].flatMap(({ path, host, by }) => {
    const there = present.find((one) => one.path === path)?.volume;
    // One volume in the place of another is judged where volumes are identified.
    if (there === undefined || there === host || (host === null && !isOfHost(there)) || givesWay(path, there))
      return [];
    return [`${path} is ${there}, and ${by} would take its place`];
  });
  return replaced.length === 0 ? null : `${replaced.join('; ')} (what is there is kept, and not mounted any more)`;
}

/** The declared mount with the options that people set on it. A volume in its place is replaced entirely. */
function editMount(mount: Mount, now: string, { before, building }: Removable, absent = MOUNT_DEFAULTS): string {
  const { host, path, readOnly, options } = mount;
  if (!isOfHost(mountedAs('', now).volume)) return printMount(mount);
  const earlier = before?.mounts.find((each) => each.path === path);
  const wasSet = building || (earlier !== undefined && earlier.readOnly !== null);
  return editProperties(now, {
    set: { volume: host, mp: path, ...(readOnly === null ? {} : { ro: readOnly ? '1' : '0' }), ...options },
    remove: [...(wasSet && readOnly === null ? ['ro'] : []), ...goneOptions(earlier, options)],
    bare: 'volume',
    absent,
  });
}

function printMount(mount: Mount): string {
  const own = { volume: mount.host, mp: mount.path, ro: mount.readOnly ? '1' : '' };
  return printProperties({ ...own, ...mount.options }, [], 'volume');
}

/** Defaults of absent keys of a mount other than `0`. (pve-container, PVE/LXC/Config.pm, $mountpoint keys) */
export const MOUNT_DEFAULTS: Properties = {
  // Unset is neither on nor off. (pve-container, PVE/LXC.pm, __mountpoint_mount)
  acl: '',
  replicate: '1',
};

/**
 * The defaults by which options that are declared as before were applied: earlier versions took unset access lists for those that are off.
 *
 * @param before the options that were applied last; undefined: unknown
 */
export function earlierDefaults(before: Properties | undefined): Properties {
  return normalFlag(before?.['acl'] ?? '') === '0' ? { ...MOUNT_DEFAULTS, acl: '0' } : MOUNT_DEFAULTS;
}

type Optional = { readonly options: Properties };

function goneOptions(before: Optional | undefined, options: Properties): string[] {
  return Object.keys(before?.options ?? {}).filter((key) => !(key in options));
}

/** Passed-through devices; those that are no longer declared are removed. */
export function deviceSettings(
  spec: LxcSpec,
  settings: Settings,
  used: Settings,
  removable: Removable,
): DesiredSetting[] {
  const present = indexesOf(settings, 'dev').map((index) => ({
    key: `dev${index}`,
    path: parseProperties(settings[`dev${index}`] ?? '', 'path')['path'] ?? '',
  }));
  const keyOfPath = (path: string): string | undefined => present.find((device) => device.path === path)?.key;
  const lacking = spec.devices.filter(({ path }) => keyOfPath(path) === undefined);
  const free = freeIndexes(indexesOf({ ...used, ...ownOptions(spec) }, 'dev'), lacking.length);
  const before = removable.before?.devices ?? [];
  return [
    ...lacking.map((device, at) => desiredSetting(`dev${free[at]}`, device.path, printDevice(device), false, false)),
    ...spec.devices.flatMap((device): DesiredSetting[] => {
      const key = keyOfPath(device.path);
      if (key === undefined) return [];
      const earlier = before.find(({ path }) => path === device.path);
      const edit = (now: string | undefined): string =>
        now === undefined ? printDevice(device) : editDevice(device, earlier, now);
      const isSame = edit(settings[key]) === settings[key];
      return [{ ...desiredSetting(key, device.path, printDevice(device), isSame, true), value: edit }];
    }),
    ...present
      .filter(({ path }) => spec.devices.every((device) => device.path !== path))
      .filter(({ path }) => removable.building || before.some((device) => device.path === path))
      .map(({ key, path }) => desiredSetting(key, path, null, false, true)),
  ];
}

/** Devices that are declared in `options` by their numbers, which are therefore taken. */
function ownOptions({ options }: LxcSpec): Settings {
  return Object.fromEntries(Object.keys(options).map((name) => [name, '']));
}

/** Proxmox's defaults for a device. */
const DEVICE_DEFAULTS = { mode: '0660', uid: '0', gid: '0', 'deny-write': '0' };

function deviceProperties({ mode, uid, gid, denyWrite }: Device): Properties {
  return {
    ...(mode === null ? {} : { mode }),
    ...(uid === null ? {} : { uid: String(uid) }),
    ...(gid === null ? {} : { gid: String(gid) }),
    ...(denyWrite === null ? {} : { 'deny-write': denyWrite ? '1' : '0' }),
  };
}

/** A GPU may be used by everybody inside, unless declared otherwise. */
function printDevice(device: Device): string {
  const made: Properties = device.path.startsWith('/dev/nvidia') ? { mode: '0666' } : {};
  return printProperties({ path: device.path, ...made, ...deviceProperties(device) }, [], 'path');
}

function editDevice(device: Device, before: Device | undefined, now: string): string {
  const set = deviceProperties(device);
  const earlier = before === undefined ? [] : Object.keys(deviceProperties(before));
  const remove = earlier.filter((key) => !(key in set));
  return editProperties(now, {
    set,
    remove,
    bare: 'path',
    absent: DEVICE_DEFAULTS,
    numberIn: (key) => numberIn('dev0', key),
  });
}

function desiredSetting(
  key: string,
  label: string,
  value: string | null,
  isSame: boolean,
  waits: boolean,
): DesiredSetting {
  return {
    key,
    label: `${key.startsWith('mp') ? 'mount' : 'device'} ${label}`,
    shown: value ?? 'none',
    value: () => value,
    same: (now) => (value === null ? now === undefined : isSame),
    waits,
  };
}
