// Mount points and devices of a container as they should be. A volume is told by what it is, a folder of the host and a device by
// their paths, so that a second apply finds them again instead of making another.

import type { Settings } from '../guest/proxmox/conf.ts';
import { editProperties, parseProperties, printProperties } from '../guest/proxmox/property-string.ts';
import { type DesiredSetting, freeIndexes, indexesOf } from '../guest/proxmox/settings.ts';
import type { LxcSpec, Mount } from './lxc-spec.ts';
import { isOfHost, type Mounted, mountedAs, mountedIn, storageOf } from './mounted.ts';
import type { Found, FoundVolumes } from './volumes.ts';

/** What decides whether something that is no longer declared may go: it was declared before, or came with a clone's source. */
export interface Removable {
  readonly before: LxcSpec | undefined;
  readonly building: boolean;
}

/** `used` are the settings from which indexes are taken, both in force and waiting. */
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
  const own = volumes.declared.map((found) => volumeSetting(found.key ?? free(), found));
  const keys = new Set([...own, ...back].map(({ key }) => key));
  const binds = mountedIn(settings).filter(({ key }) => !keys.has(key));
  const declared = spec.mounts.map((mount): DesiredSetting => {
    const present = binds.find(({ path }) => path === mount.path);
    if (present === undefined) return desiredSetting(free(), mount.path, printMount(mount), false, false);
    const isSame = editMount(mount, settings[present.key] ?? '', removable) === settings[present.key];
    const edit = (now: string | undefined): string =>
      now === undefined ? printMount(mount) : editMount(mount, now, removable);
    return { ...desiredSetting(present.key, mount.path, printMount(mount), isSame, true), value: edit };
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

function volumeSetting(key: string, { volume, id, properties, lost, key: present }: Found): DesiredSetting {
  const { path, storage, sizeGb, name } = volume;
  const value = printProperties({ ...properties, volume: id ?? `${storage}:${sizeGb}`, mp: path }, [], 'volume');
  return {
    ...desiredSetting(key, path, value, false, present !== null),
    label: `volume ${name} at ${path}`,
    same: (now) => {
      if (now === undefined) return false;
      const mounted = mountedAs(key, now);
      if (mounted.path !== path) return false;
      if (id !== null) return mounted.volume === id;
      return storageOf(mounted.volume) === storage && mounted.volume !== lost;
    },
  };
}

/** An entry of before, as it was. */
function returningSetting(key: string, line: Mounted): DesiredSetting {
  const value = printProperties(line.properties, [], 'volume');
  const same = (now: string | undefined): boolean => now !== undefined && mountedAs(key, now).volume === line.volume;
  return { ...desiredSetting(key, line.path, value, false, false), same };
}

function keyOf(settings: Settings, volume: string): string | undefined {
  return mountedIn(settings).find((one) => one.volume === volume)?.key;
}

/** Paths of the mounts that are not there yet as declared: their folders on the host must be. */
export function missingMounts(spec: LxcSpec, settings: Settings): Mount[] {
  const present = mountedIn(settings);
  return spec.mounts.filter((mount) => !present.some((one) => one.path === mount.path && one.volume === mount.host));
}

/** The same mount as it is declared, with the options that people gave it. A volume in its place gives way whole. */
function editMount(mount: Mount, now: string, { before, building }: Removable): string {
  const { host, path, readOnly } = mount;
  if (!isOfHost(mountedAs('', now).volume)) return printMount(mount);
  const wasSet = building || before?.mounts.some((each) => each.path === path && each.readOnly !== null);
  return editProperties(now, {
    set: { volume: host, mp: path, ...(readOnly === null ? {} : { ro: readOnly ? '1' : '0' }) },
    remove: wasSet && readOnly === null ? ['ro'] : [],
    bare: 'volume',
  });
}

function printMount(mount: Mount): string {
  return printProperties({ volume: mount.host, mp: mount.path, ro: mount.readOnly ? '1' : '' }, [], 'volume');
}

/** Devices of the host that are handed in; what was declared before and is not any more is taken away. */
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
  const lacking = spec.devices.filter((path) => !present.some((device) => device.path === path));
  const free = freeIndexes(indexesOf(used, 'dev'), lacking.length);
  const before = new Set(removable.before?.devices);
  return [
    ...lacking.map((path, at) =>
      desiredSetting(`dev${free[at]}`, path, printProperties({ path, mode: '0666' }, [], 'path'), false, false),
    ),
    ...present
      .filter(({ path }) => !spec.devices.includes(path) && (removable.building || before.has(path)))
      .map(({ key, path }) => desiredSetting(key, path, null, false, true)),
  ];
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
