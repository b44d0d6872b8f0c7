// Imports containers from their files on the host into the config file.

import type { Json, JsonObject } from '../../model/json.ts';
import { CREATION_DEFAULTS } from '../guest/creation-defaults.ts';
import { writtenDriveOptions } from '../guest/import/drive-options.ts';
import {
  defined,
  type FoundGuest,
  type FoundGuests,
  firewallOf,
  importGuests,
  leftOf,
  markedGuest,
  NOT_ON_HOST,
  notesOf,
  observeGuests,
  placeOfField,
  quickCheckOfFound,
  sharedFields,
  undeclaredGuests,
  unlastingReason,
  WAITING_NAME,
  type WrittenGuest,
} from '../guest/import/guests.ts';
import { unconnectedLeft, writtenNetworks } from '../guest/import/network.ts';
import { writtenOptions } from '../guest/import/options.ts';
import { templateFor, templatesOn } from '../guest/import/templates.ts';
import type { Unclaimed } from '../guest/import/unclaimed.ts';
import type { GuestInventory } from '../guest/observe/inventory.ts';
import type { GuestObservation } from '../guest/observe/observation.ts';
import type { DriveKeys } from '../guest/options/drive-options.ts';
import { isTemplateConf } from '../guest/proxmox/conf.ts';
import { storageOfVolume } from '../guest/proxmox/disk-lines.ts';
import { normalFlag, parseProperties } from '../guest/proxmox/property-string.ts';
import { indexesOf } from '../guest/proxmox/settings.ts';
import { gigabytes } from '../guest/proxmox/size.ts';
import type { Extent, Importer, LeftOver } from '../importer.ts';
import { LXC_FILE } from '../places.ts';
import type { LxcSpec } from './lxc-spec.ts';
import { mountPoint } from './mounts/mount-schema.ts';
import { isOfHost, mountedAs } from './mounts/mounted.ts';
import { MOUNT_KEYS, ROOT_KEYS } from './passthrough-schema.ts';

export const lxcImporter: Importer<FoundGuests, LxcSpec, GuestObservation, GuestInventory> = {
  async observe(host) {
    const found = await observeGuests(host, 'pct');
    return { ...found, templates: await templatesOn(host, found.inventory.storages) };
  },
  written: (found, extent) =>
    importGuests(
      found,
      (guest, conf) => writtenContainer(guest, conf, found.templates, extent),
      (entries) => ({
        [LXC_FILE]: { lxc_configs: Object.fromEntries(entries.map(({ guest, entry }) => [String(guest.id), entry])) },
      }),
    ),
  placeOf: placeOfField,
  undeclared: undeclaredGuests,
  unreadableFields: NOT_ON_HOST,
  quickCheck: quickCheckOfFound,
  marked: markedGuest,
};

function writtenContainer(
  guest: FoundGuest,
  conf: Unclaimed,
  templates: readonly string[],
  extent: Extent,
): WrittenGuest {
  const { target, path } = guest;
  const root = conf.properties('rootfs', 'volume');
  const storage = storageOfVolume(root('volume'));
  const size = gigabytes(root('size'));
  const rootDisk = treatment(conf, 'rootfs', ROOT_KEYS);
  const name = conf.claim('hostname');
  if (name === undefined && conf.isWaiting('hostname')) return { missing: WAITING_NAME };
  if (name === undefined) return { missing: 'it has no hostname: give it one with pct set --hostname, then import' };
  if (storage === '') return { missing: 'its root disk lies on no storage of Proxmox' };
  conf.claim('template');
  const shared = sharedFields('lxc', guest, conf, extent);
  const unprivileged = normalFlag(conf.claim('unprivileged') ?? '0') === '1';
  const ostype = conf.claim('ostype');
  const template = templateFor(ostype ?? '', templates);
  const features = writtenFeatures(conf);
  const mounts = writtenMounts(conf);
  const firewall = firewallOf(guest);
  const filters = firewall.firewall !== undefined && firewall.firewall['enabled'] !== false;
  const { first, mac, others, unconnected } = writtenNetworks('lxc', conf, filters, extent);
  const network = first === null ? undefined : defined({ ...first, ...namesAsked(conf) });
  const left: LeftOver[] = [
    ...firewall.left,
    ...unconnectedLeft(guest, conf, unconnected),
    ...(template.found ? [] : [{ what: `${target} template (${path})`, why: template.reason }]),
    ...(size === undefined ? [rootSizeLeft(guest, conf)] : []),
  ];
  const raw = writtenRaw(guest);
  const devices = writtenDevices(conf);
  const entry: JsonObject = defined({
    name,
    description: notesOf(guest),
    template: template.file,
    is_template: isTemplateConf(guest.conf) || undefined,
    ostype: ostype === undefined || (extent === 'different' && template.found) ? undefined : ostype,
    ...shared,
    storage_pool: storage,
    storage_size_gb: size ?? 8,
    root_disk: unlessEmpty(rootDisk),
    unprivileged: extent === 'all' || unprivileged !== CREATION_DEFAULTS.lxc.unprivileged ? unprivileged : undefined,
    network_config: network,
    networks: unlessEmpty(others),
    mac_address: mac,
    pct_options: unlessEmpty(features),
    mount_points: unlessEmpty(mounts.binds),
    zfs_volumes: unlessEmpty(mounts.volumes),
    devices: unlessEmpty(devices),
    options: writtenOptions('lxc', conf),
    env: unlessEmpty(raw.env),
    lxc_options: unlessEmpty(raw.lines),
    firewall: firewall.firewall,
  });
  return { entry, left: [...left, ...raw.left, ...leftOf('lxc', guest, conf, leftReason)] };
}

function rootSizeLeft({ target, path }: FoundGuest, conf: Unclaimed): LeftOver {
  return {
    what: `${target} rootfs size (${path}:${conf.lineOf('rootfs')})`,
    why: 'the size of its root disk is not told: 8 GB is written, and compared with nothing',
  };
}

/** A list or an object; undefined for one without entries, which is not written. */
function unlessEmpty<Value extends object>(value: Value): Value | undefined {
  return Object.keys(value).length === 0 ? undefined : value;
}

const NO_FIELD = 'no field says it: it stays as it is on the container, and a new one would not have it';

function leftReason(key: string, value: string): string {
  // What is left of a mount that is declared begins with an option.
  const isVolume = /^mp\d+$/.test(key) && /^[^,=/][^,=]*:[^,]/.test(value);
  if (isVolume && parseProperties(value, 'volume')['size'] === undefined)
    return 'its size is not in the file, and a volume is declared with its size: run pct rescan, then import again';
  if (/^mp\d+$/.test(key) && value.startsWith('/dev/')) return unlastingReason('pct', key);
  return NO_FIELD;
}

/** DNS settings; for a container without an interface, `options` declares them. */
function namesAsked(conf: Unclaimed): Record<string, Json | undefined> {
  return { nameservers: conf.claim('nameserver'), searchdomain: conf.claim('searchdomain') };
}

function writtenFeatures(conf: Unclaimed): Json[] {
  const text = conf.claim('features') ?? '';
  return text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => part.trim().replace(/=(.*)$/, (_, value: string) => `=${normalFlag(value)}`));
}

function writtenMounts(conf: Unclaimed): { readonly binds: Json[]; readonly volumes: Json[] } {
  const binds: Json[] = [];
  const volumes: Json[] = [];
  const names = new Set<string>();
  for (const index of indexesOf(Object.fromEntries(conf.keys().map((key) => [key, ''])), 'mp').sort((a, b) => a - b)) {
    const key = `mp${index}`;
    const mounted = mountedAs(key, conf.peek(key) ?? '');
    const size = gigabytes(mounted.size);
    // Before its keys are claimed: it is listed whole among what is left.
    if (!mountPoint.shape.host_path.safeParse(mounted.volume).success && isOfHost(mounted.volume)) continue;
    const treated = treatment(conf, key, MOUNT_KEYS);
    if (isOfHost(mounted.volume)) {
      const { ro } = mounted.properties;
      // A disk of the host has a size by itself.
      conf.pass(key, ['volume', 'mp', 'ro', 'size'], 'volume');
      binds.push(
        defined({
          host_path: mounted.volume,
          container_path: mounted.path,
          read_only: ro === undefined || normalFlag(ro) === '0' ? undefined : true,
          ...treated,
        }),
      );
    } else if (size !== undefined) {
      const { ro } = mounted.properties;
      conf.pass(key, ['volume', 'mp', 'size', 'ro'], 'volume');
      volumes.push({
        name: nameFor(mounted.path, names),
        pool: storageOfVolume(mounted.volume),
        size_gb: size,
        mount_point: mounted.path,
        ...(ro === undefined || normalFlag(ro) === '0' ? {} : { read_only: true }),
        ...treated,
      });
    }
  }
  return { binds, volumes };
}

/** How a mount or the root disk is mounted and treated, where that is set; whether it is read only is declared by its own field, if it has one. */
function treatment(conf: Unclaimed, key: string, keys: DriveKeys): Record<string, Json> {
  const mount = conf.properties(key, 'volume');
  const isSet = parseProperties(conf.peek(key) ?? '', 'volume');
  const options = isSet['mountoptions'] === undefined ? undefined : mount('mountoptions');
  const flags = Object.keys(keys.fields).flatMap((name) => {
    if (name === 'mountoptions' || name === 'ro' || isSet[name] === undefined) return [];
    return [[name, normalFlag(mount(name) ?? '') === '1'] as const];
  });
  return defined({
    ...(options === undefined ? {} : { mount_options: options.split(';').filter((one) => one !== '') }),
    ...Object.fromEntries(flags),
    options: writtenDriveOptions(keys, conf, { key, bare: 'volume', declared: Object.keys(keys.fields) }),
  });
}

/** Each device as its path, or as an object where it has options. */
function writtenDevices(conf: Unclaimed): Json[] {
  const indexes = indexesOf(Object.fromEntries(conf.keys().map((key) => [key, ''])), 'dev').sort((a, b) => a - b);
  return indexes.flatMap((index): Json[] => {
    // One without a path is no device, and is listed among what is left.
    if (parseProperties(conf.peek(`dev${index}`) ?? '', 'path')['path'] === undefined) return [];
    const device = conf.properties(`dev${index}`, 'path');
    const [path = '', mode, uid, gid, denied] = ['path', 'mode', 'uid', 'gid', 'deny-write'].map(device);
    const more = defined({
      mode,
      uid: uid === undefined ? undefined : Number(uid),
      gid: gid === undefined ? undefined : Number(gid),
      deny_write: denied === undefined ? undefined : normalFlag(denied) === '1',
    });
    return [Object.keys(more).length === 0 ? path : { path, ...more }];
  });
}

const VARIABLE = 'lxc.environment.runtime';
/** Raw lines with a variable each: of the first process, of hooks, and of both. */
const ENVIRONMENT = /^lxc\.environment(\.runtime|\.hooks)?$/;
/** Names of variables whose values may be secret and must not get into a repository. */
const MAY_BE_SECRET = /pass|secret|token|key|credential/i;

/** Variables of the first process as `env`, and all other raw lines as they are. Variables that may be secret are not imported. */
function writtenRaw(guest: FoundGuest): {
  readonly env: Record<string, Json>;
  readonly lines: string[];
  readonly left: LeftOver[];
} {
  const lines = guest.conf.raw.map(({ key, value }) => {
    const at = value.indexOf('=');
    const name = at < 0 ? value : value.slice(0, at);
    return { key, value, name, content: at < 0 ? '' : value.slice(at + 1) };
  });
  const isHidden = ({ key, name }: (typeof lines)[number]) => ENVIRONMENT.test(key) && MAY_BE_SECRET.test(name);
  const shown = lines.filter((line) => !isHidden(line));
  return {
    env: Object.fromEntries(shown.filter(({ key }) => key === VARIABLE).map(({ name, content }) => [name, content])),
    lines: shown.filter(({ key }) => key !== VARIABLE).map(({ key, value }) => `${key}: ${value}`),
    left: lines.filter(isHidden).map(({ key, name }) => ({
      what: `${guest.target} ${key === VARIABLE ? 'env' : key} ${name} (${guest.path})`,
      why: 'its value may be secret, and is not read into a repository: it stays as it is on the container',
    })),
  };
}

/** The name for a volume: the last part of its mount path. */
function nameFor(path: string, existing: Set<string>): string {
  const base =
    path
      .split('/')
      .findLast((part) => /^[A-Za-z0-9]/.test(part))
      ?.replaceAll(/[^A-Za-z0-9_.-]/g, '-') ?? 'volume';
  let name = base;
  for (let number = 2; existing.has(name); number += 1) name = `${base}-${number}`;
  existing.add(name);
  return name;
}
