// Mount points and devices of a container. The index (`mp3`) is only where Proxmox keeps one; what it is told by is the path inside,
// so that a second apply finds it again instead of making another volume.

import type { JsonObject } from '../../model/json.ts';
import type { KeptVolumes } from '../guest/life/kept-volumes.ts';
import type { Settings } from '../guest/proxmox/conf.ts';
import { editProperties, normalFlag, parseProperties, printProperties } from '../guest/proxmox/property-string.ts';
import { freeIndexes, indexesOf, type Wish } from '../guest/proxmox/settings.ts';
import type { LxcSpec, Mount, Volume } from './spec.ts';

export interface Mounted {
  readonly key: string;
  readonly path: string;
  /** `storage:name`, or a path of the host. */
  readonly volume: string;
  readonly size: string | undefined;
  readonly readOnly: boolean;
}

export function mountedIn(settings: Settings): Mounted[] {
  return indexesOf(settings, 'mp')
    .sort((a, b) => a - b)
    .map((index) => {
      const properties = parseProperties(settings[`mp${index}`] ?? '', 'volume');
      return {
        key: `mp${index}`,
        path: properties['mp'] ?? '',
        volume: properties['volume'] ?? '',
        size: properties['size'],
        readOnly: normalFlag(properties['ro'] ?? '0') === '1',
      };
    });
}

/** What decides whether something that is no longer declared may go: it was declared before, or came with a clone's source. */
export interface Removable {
  readonly before: JsonObject | undefined;
  readonly building: boolean;
}

/** `used` are the settings from which indexes are taken, both in force and waiting. */
export function mountWishes(
  spec: LxcSpec,
  settings: Settings,
  used: Settings,
  removable: Removable,
  kept: KeptVolumes,
): Wish[] {
  const present = mountedIn(settings);
  const declared = [
    ...spec.volumes.map((volume) => ({ path: volume.path, make: () => newVolume(volume, kept), bind: null })),
    ...spec.mounts.map((mount) => ({ path: mount.path, make: () => printMount(mount), bind: mount })),
  ];
  const lacking = declared.filter(({ path }) => !present.some((mounted) => mounted.path === path));
  const free = freeIndexes(indexesOf(used, 'mp'), lacking.length);
  const added = lacking.map(({ path, make }, at) => wish(`mp${free[at]}`, path, make(), false, false));
  const found = declared.flatMap(({ path, make, bind }) => {
    const mounted = present.find((one) => one.path === path);
    if (mounted === undefined) return [];
    const isSame =
      bind === null
        ? !mounted.volume.startsWith('/')
        : editMount(bind, settings[mounted.key] ?? '', removable) === settings[mounted.key];
    const found = wish(mounted.key, path, make(), isSame, true);
    return [
      bind === null
        ? found
        : { ...found, value: (now: string | undefined) => editMount(bind, now ?? make(), removable) },
    ];
  });
  const before = pathsIn(removable.before, 'mounts', 'volumes');
  const gone = present
    .filter(({ path }) => !declared.some((one) => one.path === path) && (removable.building || before.has(path)))
    .map(({ key, path }) => wish(key, path, null, false, true));
  return [...found, ...added, ...gone];
}

/** Paths of the mounts that are not there yet as declared: their folders on the host must be. */
export function missingMounts(spec: LxcSpec, settings: Settings): Mount[] {
  const present = mountedIn(settings);
  return spec.mounts.filter((mount) => !present.some((one) => one.path === mount.path && one.volume === mount.host));
}

function newVolume(volume: Volume, kept: KeptVolumes): string {
  const source = kept[volume.path] ?? `${volume.storage}:${volume.sizeGb}`;
  return printProperties({ volume: source, mp: volume.path }, [], 'volume');
}

/** The same mount as it is declared, with the options that people gave it. */
function editMount({ host, path, readOnly }: Mount, now: string, { before, building }: Removable): string {
  const mounts = (before?.['mounts'] ?? []) as readonly Mount[];
  const wasSet = building || mounts.some((mount) => mount.path === path && mount.readOnly !== null);
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
export function deviceWishes(spec: LxcSpec, settings: Settings, used: Settings, removable: Removable): Wish[] {
  const present = indexesOf(settings, 'dev').map((index) => ({
    key: `dev${index}`,
    path: parseProperties(settings[`dev${index}`] ?? '', 'path')['path'] ?? '',
  }));
  const lacking = spec.devices.filter((path) => !present.some((device) => device.path === path));
  const free = freeIndexes(indexesOf(used, 'dev'), lacking.length);
  const before = pathsIn(removable.before, 'devices');
  return [
    ...lacking.map((path, at) =>
      wish(`dev${free[at]}`, path, printProperties({ path, mode: '0666' }, [], 'path'), false, false),
    ),
    ...present
      .filter(({ path }) => !spec.devices.includes(path) && (removable.building || before.has(path)))
      .map(({ key, path }) => wish(key, path, null, false, true)),
  ];
}

function wish(key: string, label: string, value: string | null, isSame: boolean, waits: boolean): Wish {
  return {
    key,
    label: `${key.startsWith('mp') ? 'mount' : 'device'} ${label}`,
    shown: value ?? 'none',
    value: () => value,
    same: (now) => (value === null ? now === undefined : isSame),
    waits,
  };
}

function pathsIn(spec: JsonObject | undefined, ...fields: readonly string[]): ReadonlySet<string> {
  const entries = fields.flatMap((field) => (spec?.[field] ?? []) as readonly (string | { readonly path: string })[]);
  return new Set(entries.map((entry) => (typeof entry === 'string' ? entry : entry.path)));
}
