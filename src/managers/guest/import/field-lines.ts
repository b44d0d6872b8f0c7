// Where in a guest's file the value of an imported field stands, for people who look it up. Pure.

import type { Json, JsonObject } from '../../../model/json.ts';
import { type Properties, parseProperties } from '../proxmox/property-string.ts';
import type { GuestKind } from '../settings/setting.ts';
import { settingsOf } from '../settings/values.ts';

/** Which lines `option: value` of a guest's file a field was read from. */
interface LinesOfField {
  readonly option: RegExp;
  /** Of several options alike, the one whose value this is. Absent: any. */
  readonly value?: (text: string) => boolean;
}

/**
 * The line that a field was read from, or its element in a list; from 1. Null: no line of the main section says it.
 *
 * @param text the guest's file
 * @param entry the imported entry that has the field
 * @param keys the way to the field: `networks`, `0`
 */
export function lineOfField(kind: GuestKind, text: string, entry: JsonObject, keys: readonly string[]): number | null {
  const wanted = linesOfField(kind, entry, keys);
  if (wanted === null) return null;
  const lines = text.split('\n');
  const end = lines.findIndex((line) => line.startsWith('['));
  // Of two lines alike, the later counts.
  const at = (end < 0 ? lines : lines.slice(0, end)).findLastIndex((line) => {
    const [, option = '', value = ''] = /^([a-z][a-z_.-]*\d*):\s*(.*?)\s*$/.exec(line) ?? [];
    return wanted.option.test(option) && (wanted.value?.(value) ?? true);
  });
  return at < 0 ? null : at + 1;
}

function linesOfField(kind: GuestKind, entry: JsonObject, [field = '', item]: readonly string[]): LinesOfField | null {
  const [, setting] = settingsOf(kind).find(([name]) => name === field) ?? [];
  if (setting !== undefined) return named(setting.option);
  if (field === 'options') return item === undefined ? null : named(item);
  const list = ELEMENTS[field];
  if (list !== undefined) return item === undefined ? null : list(elementOf(entry[field], item), Number(item));
  const options = OPTIONS[kind][field];
  if (options !== undefined) return named(...options);
  return field === 'root_disk' || field === 'disk_size_gb' ? named(rootDrive(entry)) : null;
}

/** Options that fields become which are no setting of the table. */
const OPTIONS: Readonly<Record<GuestKind, Readonly<Record<string, readonly string[]>>>> = {
  lxc: {
    name: ['hostname'],
    tags: ['tags'],
    is_template: ['template'],
    state: ['onboot'],
    ostype: ['ostype'],
    unprivileged: ['unprivileged'],
    storage_pool: ['rootfs'],
    storage_size_gb: ['rootfs'],
    root_disk: ['rootfs'],
    network_config: ['net0'],
    mac_address: ['net0'],
    pct_options: ['features'],
  },
  vm: {
    name: ['name'],
    tags: ['tags'],
    is_template: ['template'],
    state: ['onboot'],
    network_config: ['net0', 'ipconfig0', 'nameserver', 'searchdomain'],
    mac_address: ['net0'],
    without_network: ['net0', 'ipconfig0'],
    user_config: ['ciuser', 'sshkeys'],
    guest_agent: ['agent'],
    efi_disk: ['efidisk0'],
    tpm: ['tpmstate0'],
  },
};

/** Fields with a list, by what identifies an element in the file. */
const ELEMENTS: Readonly<Record<string, (element: JsonObject, index: number) => LinesOfField>> = {
  networks: ({ index = null }, at) => {
    const number = typeof index === 'number' ? index : at + 1;
    return named(`net${number}`, `ipconfig${number}`);
  },
  mount_points: ({ container_path }) => ({ option: /^mp\d+$/, value: has('mp', container_path) }),
  zfs_volumes: ({ mount_point }) => ({ option: /^mp\d+$/, value: has('mp', mount_point) }),
  devices: ({ path }) => ({ option: /^dev\d+$/, value: has('path', path) }),
  disks: ({ bus }) => named(String(bus)),
  passthrough: (device) => ({
    option: /^(hostpci|usb)\d+$/,
    value: (text) => PASSED.some((name) => typeof device[name] === 'string' && text.includes(device[name])),
  }),
  lxc_options: ({ path }) => ({ option: /^lxc\./, value: (text) => String(path).endsWith(`: ${text}`) }),
};

/** Fields that name a device that is passed through. */
const PASSED = ['pci', 'pci_mapping', 'usb', 'usb_mapping'];

/** An element of a list; one that is plain text as its path. */
function elementOf(list: Json | undefined, index: string): JsonObject {
  const element = Array.isArray(list) ? (list as readonly Json[])[Number(index)] : undefined;
  if (typeof element === 'string') return { path: element };
  return typeof element === 'object' && element !== null ? (element as JsonObject) : {};
}

function has(key: string, wanted: Json | undefined): (text: string) => boolean {
  return (text) => {
    const properties: Properties = parseProperties(text, key === 'path' ? 'path' : 'volume');
    return properties[key]?.replace(/(?<=.)\/+$/, '') === wanted;
  };
}

function named(...options: readonly string[]): LinesOfField {
  return { option: new RegExp(`^(${options.map((option) => RegExp.escape(option)).join('|')})$`) };
}

/** The drive of a VM's root disk. */
function rootDrive({ root_disk: disk }: JsonObject): string {
  const bus = typeof disk === 'object' && disk !== null ? (disk as JsonObject)['bus'] : undefined;
  return typeof bus === 'string' ? bus : 'scsi0';
}
