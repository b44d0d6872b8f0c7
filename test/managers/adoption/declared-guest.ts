// Declares a guest from its configuration file: every field that the schema supports and the file contains, and no other.

import { parseGuestFile } from 'phoenix-lab/state';
import { type GuestConf, parseConf } from '../../../src/managers/guest/proxmox/conf.ts';
import { normalFlag, type Properties, parseProperties } from '../../../src/managers/guest/proxmox/property-string.ts';
import { gigabytes } from '../../../src/managers/guest/proxmox/size.ts';
import { normaliseLxc } from '../../../src/managers/lxc/normalise.ts';
import { lxcGuest } from '../../../src/managers/lxc/schema.ts';
import { normaliseVm } from '../../../src/managers/vm/normalise.ts';
import { vmGuest } from '../../../src/managers/vm/schema.ts';
import type { Target } from '../../../src/model/target.ts';
import { TEMPLATE, targetOf } from '../guests.ts';

export type Kind = 'lxc' | 'vm';

export type Declared =
  | { readonly written: Record<string, unknown>; readonly target: Target }
  /** Why the schema has no words for it. */
  | { readonly missing: string };

export function declaredGuest(kind: Kind, id: number, text: string, running: boolean): Declared {
  const conf = settled(parseConf(text, kind === 'lxc' ? 'pct' : 'qm'));
  const said = kind === 'lxc' ? writtenContainer(conf, rawLines(id, text)) : writtenMachine(conf);
  const written = pruned({ ...said, state: running ? 'running' : 'stopped' });
  return targetOfWritten(kind, id, saidAtAll(kind, id, written));
}

/** Fields that need not be said. */
const OPTIONAL =
  /^(disk_size_gb|description|tags|boot_order|boot_delay|user_config|ostype|mac_address|pct_options|lxc_options|mount_points|zfs_volumes|network_config\/(?!ip$).*)(\/|$)/;

/** Without what the schema cannot express, such as a size that it does not accept. */
function saidAtAll(kind: Kind, id: number, written: Record<string, unknown>): Record<string, unknown> {
  const read = kind === 'lxc' ? lxcGuest.safeParse(written) : vmGuest.safeParse({ ...written, vmid: id });
  if (read.success) return written;
  const said = structuredClone(written);
  const faults = read.error.issues.map(({ path }) => path.map(String)).filter((path) => OPTIONAL.test(path.join('/')));
  for (const path of faults) {
    const [field = '', inner] = path;
    const value = said[field];
    // Only the entry of a list is removed; later entries keep their positions until all have been checked.
    if (Array.isArray(value)) value[Number(inner)] = undefined;
    else if (field === 'network_config') delete (value as Record<string, unknown>)[inner ?? ''];
    else delete said[field];
  }
  for (const [field, value] of Object.entries(said))
    if (Array.isArray(value)) said[field] = value.filter((entry) => entry !== undefined);
  return faults.length === 0 ? written : saidAtAll(kind, id, said);
}

/** The target of a guest as it is written in a file of the config repo. */
export function targetOfWritten(kind: Kind, id: number, written: Record<string, unknown>): Declared {
  const context = { id, at: { file: '', path: '' }, files: new Map() };
  if (kind === 'lxc') {
    const read = lxcGuest.safeParse(written);
    if (!read.success) return { missing: faultOf(read.error) };
    return { written, target: targetOf(normaliseLxc(read.data, { writtenRoles: new Set() }, context)) };
  }
  const read = vmGuest.safeParse({ ...written, vmid: id });
  if (!read.success) return { missing: faultOf(read.error) };
  return { written, target: targetOf(normaliseVm(read.data, { nfsServer: null }, context)) };
}

/** The value of a setting with a pending change is ambiguous. */
function settled(conf: GuestConf): GuestConf {
  const waiting = [...Object.keys(conf.pending), ...conf.pendingDeletes];
  const settings = Object.entries(conf.settings).filter(([key]) => !waiting.includes(key));
  return { ...conf, settings: Object.fromEntries(settings) };
}

function faultOf(error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] }): string {
  return error.issues.map(({ path, message }) => `${path.join('/')}: ${message}`).join('; ');
}

function shared({ settings, description }: GuestConf): Record<string, unknown> {
  const startup = parseProperties(settings['startup'] ?? '', 'order');
  return {
    cores: numberOf(settings['cores']),
    memory_mb: numberOf(parseProperties(settings['memory'] ?? '', 'current')['current']),
    start_at_boot: flagOf(settings['onboot']),
    boot_order: numberOf(startup['order']),
    boot_delay: numberOf(startup['up']),
    tags: settings['tags']?.split(/[,;\s]+/).filter((tag) => tag !== ''),
    // What the schema cannot express stays as it was written.
    description: description.length > 1000 ? undefined : description || undefined,
  };
}

/** Those that Proxmox does not drop, and the schema has a form for. */
function rawLines(id: number, text: string): string[] {
  const { raw } = parseGuestFile('lxc', id, text).file;
  return raw.filter(([, value]) => value !== '').map(([key, value]) => `${key}: ${value}`);
}

function writtenContainer(conf: GuestConf, raw: readonly string[]): Record<string, unknown> {
  const { settings } = conf;
  const root = disk(settings['rootfs']);
  const net = settings['net0'] === undefined ? undefined : parseProperties(settings['net0']);
  const mounts = Object.entries(settings)
    .filter(([key]) => /^mp\d+$/.test(key))
    .map(([, value]) => parseProperties(value, 'volume'));
  const features = Object.entries(parseProperties(settings['features'] ?? ''));
  return {
    ...shared(conf),
    name: settings['hostname'],
    swap_mb: numberOf(settings['swap']),
    ostype: settings['ostype'] === 'redhat' ? undefined : settings['ostype'],
    template: TEMPLATE,
    is_template: flagOf(settings['template']),
    storage_pool: root?.storage,
    // A size that the file does not contain may be declared with any value, since it cannot be compared.
    storage_size_gb: root === undefined ? undefined : (root.sizeGb ?? 8),
    unprivileged: flagOf(settings['unprivileged']),
    mac_address: net?.['hwaddr'],
    network_config: net && {
      name: net['name'],
      bridge: net['bridge'],
      ...addressOf(net, 'manual'),
      nameservers: settings['nameserver'],
      searchdomain: settings['searchdomain'],
      vlan: numberOf(net['tag']),
      mtu: numberOf(net['mtu']),
    },
    pct_options: features.map(([key, value]) => `${key}=${value}`),
    lxc_options: raw,
    mount_points: mounts
      .filter(({ volume = '' }) => volume.startsWith('/'))
      .map(({ volume, mp, ro }) => pruned({ host_path: volume, container_path: mp, read_only: flagOf(ro) })),
    zfs_volumes: mounts
      .filter(({ volume = '' }) => !volume.startsWith('/'))
      .map(({ volume, mp, size }, at) => ({
        name: `volume${at}`,
        pool: disk(volume)?.storage,
        size_gb: gigabytes(size) ?? 8,
        mount_point: mp,
      })),
  };
}

function writtenMachine(conf: GuestConf): Record<string, unknown> {
  const { settings } = conf;
  const root = disk(settings[bootDisk(settings) ?? 'scsi0']);
  const net = parseProperties(settings['net0'] ?? '');
  const model = Object.entries(net).find(([, value]) => /^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$/.test(value));
  const keys = decodeURIComponent(settings['sshkeys'] ?? '').split('\n');
  return {
    ...shared(conf),
    name: settings['name'],
    is_template: flagOf(settings['template']),
    template_image: 'image.img',
    storage_pool: root?.storage,
    disk_size_gb: root?.sizeGb,
    network_config: pruned({
      bridge: net['bridge'],
      vlan: numberOf(net['tag']),
      mtu: numberOf(net['mtu']),
      mac_address: model?.[1],
      ...addressOf(parseProperties(settings['ipconfig0'] ?? ''), undefined),
      nameserver: settings['nameserver'],
      searchdomain: settings['searchdomain'],
    }),
    user_config:
      settings['ciuser'] === undefined
        ? undefined
        : { username: settings['ciuser'], ssh_keys: keys.filter((key) => key !== '') },
  };
}

function addressOf(net: Properties, without: string | undefined): Record<string, unknown> {
  // Of the two families the schema names one, and of the second only fixed addresses.
  const isSix = net['ip'] === undefined && net['ip6']?.includes('/') === true;
  return pruned({ ip: (isSix ? net['ip6'] : net['ip']) ?? without, gw: isSix ? net['gw6'] : net['gw'] });
}

function disk(setting: string | undefined): { storage: string; sizeGb: number | undefined } | undefined {
  if (setting === undefined) return undefined;
  const properties = parseProperties(setting, 'volume');
  const volume = properties['volume'] ?? properties['file'] ?? '';
  return volume.includes(':')
    ? { storage: volume.slice(0, volume.indexOf(':')), sizeGb: gigabytes(properties['size']) }
    : undefined;
}

/** The disk that a VM begins from; undefined where its file names none. */
function bootDisk(settings: GuestConf['settings']): string | undefined {
  const order = parseProperties(settings['boot'] ?? '')['order']?.split(';') ?? [];
  return order.find(
    (key) => disk(settings[key]) !== undefined && parseProperties(settings[key] ?? '')['media'] !== 'cdrom',
  );
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

function flagOf(text: string | undefined): boolean | undefined {
  return text === undefined ? undefined : normalFlag(text) === '1';
}

/** Without what the file does not contain. */
function pruned(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
