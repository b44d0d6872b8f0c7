// How Proxmox reads the value of an option in the file of a guest, which people may have edited. From qemu-server, PVE/QemuServer.pm: parse_vm_config,
// check_type; pve-container, PVE/LXC/Config.pm: parse_pct_config, check_type; pve-common, PVE/JSONSchema.pm: parse_property_string.

import { booleanOf } from '../parameters/perl.ts';
import { textProblem } from '../parameters/schema.ts';
import { configOption, type Schema } from '../parameters/table.ts';
import { bareKeyOf, keysOfOption, NUMBERS_IN_FILE, type OptionsOf, stemOf } from './guest-options.ts';

/**
 * The value as Proxmox reads it: a boolean as `1` or `0`, an integer without leading zeros. Undefined: Proxmox leaves the line out, with a warning in its
 * log. Whether the value is allowed is not checked, since a later Proxmox may allow more.
 *
 * @param value without surrounding blanks
 */
export function valueInFile(kind: OptionsOf, option: string, value: string): string | undefined {
  const type = configOption(kind, option)?.type;
  if (type !== 'boolean' && type !== 'integer' && type !== 'number') return textInFile(kind, option, value);
  const read = type === 'boolean' ? booleanOf(value) : numberInFile(type, value);
  // A container's file keeps what is no value of the type.
  return read ?? (kind === 'lxc' ? value : undefined);
}

function numberInFile(type: 'integer' | 'number', value: string): string | undefined {
  if (!NUMBERS_IN_FILE[type].test(value)) return undefined;
  return type === 'integer' ? value.replace(/^0+(?=\d)/, '') : value;
}

function textInFile(kind: OptionsOf, option: string, value: string): string | undefined {
  if (keysOfOption(kind, option) !== undefined)
    return holdsVolume(kind, option) || isSplit(kind, option, value) ? value : undefined;
  const isQuoted = kind === 'qemu' && option !== 'args' && configOption(kind, option)?.format === undefined;
  return isQuoted ? value.replace(/^"(.*)"$/, '$1') : value;
}

const VOLUMES: ReadonlySet<string> = new Set(
  'rootfs mp unused ide sata scsi virtio efidisk efidisk0 tpmstate tpmstate0 vmstate'.split(' '),
);

/** A volume stays, whatever is around it: without its line, its data would be taken for absent. */
export function holdsVolume(kind: OptionsOf, option: string): boolean {
  return VOLUMES.has(stemOf(kind, option));
}

/** Whether it is the line of a volume that Proxmox cannot split: a VM loses it with its next change, a container's file keeps it. */
export function isUnreadableVolume(kind: OptionsOf, option: string, value: string): boolean {
  const isProperties = keysOfOption(kind, option) !== undefined;
  return isProperties && holdsVolume(kind, option) && !isSplit(kind, option, value);
}

/** Numbered devices of a VM: what their lines say, such as the address of a network card, is nowhere else. */
const DEVICE = /^(net|ipconfig|hostpci|usb|virtiofs|serial|parallel)\d+$/;

/** Whether it is a device of a VM whose data would be lost with its line. */
export function isDevice(option: string): boolean {
  return DEVICE.test(option);
}

/**
 * Whether Proxmox surely drops a line of a VM's volume or device although it can split it: a value has not the form of its key (`size=8 G`), or a key is
 * missing that the option or another key needs. Unknown keys, values of a list and numbers of the option do not count: a later Proxmox may know them.
 *
 * @param value without surrounding blanks
 */
export function isDropped(option: string, value: string): boolean {
  return (isDevice(option) || holdsVolume('qemu', option)) && isUnreadByMachine(option, value);
}

/** The same for any option of a VM: Proxmox surely does not read the line, whatever its version. */
export function isUnreadByMachine(option: string, value: string): boolean {
  const keys = keysOfOption('qemu', option);
  if (keys === undefined) {
    // Of an option that is no property string, it only checks the format.
    const { format } = configOption('qemu', option) ?? {};
    return format !== undefined && !hasForm({ type: 'string', format }, value);
  }
  const parts = partsOf('qemu', option, value);
  const isSet = parts.flatMap(({ name }) => keysSetBy(keys, name));
  const needed = [
    ...Object.keys(keys).filter((key) => keys[key]?.optional !== 1 && keys[key]?.alias === undefined),
    ...isSet.flatMap((key) => keys[key]?.requires ?? []),
  ];
  // Proxmox writes no `scsi00`.
  if (/\D0\d+$/.test(option) || needed.some((key) => !isSet.includes(key))) return true;
  return parts.some(({ name, text }) => {
    const schema = keys[keysSetBy(keys, name)[0]];
    return schema !== undefined && !hasForm(schema, text);
  });
}

/** The saved memory of a VM or a snapshot, which Proxmox itself writes. */
const VM_STATE = 'vmstate';
/** A volume of a storage, as in `local-lvm:vm-100-disk-0,size=8G`. */
const NAMES_VOLUME = /^(file=|volume=)?[a-z][\w.-]*:[^\s,]+(,|$)/i;

/**
 * Whether something in the line of a volume or device is unknown to the table of this version of Proxmox: the number of the option (of VMs only, since a
 * container's file keeps the line), a key, or a value. A node of another version may know it, so only the node can say whether it reads the line.
 *
 * @param value without surrounding blanks
 */
export function isUnknownInFile(kind: OptionsOf, option: string, value: string): boolean {
  const keys = keysOfOption(kind, option);
  if (configOption(kind, option) === undefined) return kind === 'qemu' && isUnknownOption(option, value);
  if (keys === undefined) return false;
  if (kind === 'qemu') return (isDevice(option) || holdsVolume(kind, option)) && isUncertainForMachine(option, value);
  return partsOf(kind, option, value).some(({ name, text }) => !isRight(keys[keysSetBy(keys, name)[0]], text));
}

/** Whether something in the property string of any option of a VM is unknown to the table of this version of Proxmox. */
export function isUncertainForMachine(option: string, value: string): boolean {
  const keys = keysOfOption('qemu', option);
  if (keys === undefined) return false;
  return partsOf('qemu', option, value).some(({ name, text }) => !isRight(keys[keysSetBy(keys, name)[0]], text));
}

/** Whether data or a device would be lost with the line: it is named like one, or names a volume. */
function isUnknownOption(option: string, value: string): boolean {
  if (option === VM_STATE) return false;
  return isDevice(option) || VOLUMES.has(option.replace(/\d+$/, '')) || NAMES_VOLUME.test(value);
}

/** Whether a value has the type and the format of its key, whatever its bounds and its list of values are. */
function hasForm({ type, format }: Schema, text: string): boolean {
  return isRight({ ...(type === undefined ? {} : { type }), ...(format === undefined ? {} : { format }) }, text);
}

/** The parts of a property string; without a key, by the name of the default key. */
function partsOf(
  kind: OptionsOf,
  option: string,
  value: string,
): readonly { readonly name: string; readonly text: string }[] {
  const parts = value.split(',').filter((part) => part.trim() !== '');
  return parts.map((part) => {
    const at = part.indexOf('=');
    return at < 0
      ? { name: bareKeyOf(kind, option) ?? '', text: part }
      : { name: part.slice(0, at), text: part.slice(at + 1) };
  });
}

/**
 * What of a property string that Proxmox cannot read as a whole is right by itself, so that it can be kept where the line is written anew: the address of a
 * network card, for example. Undefined for other options, and where nothing is right. Of a key that is there twice, the first counts.
 */
export function readableParts(kind: OptionsOf, option: string, value: string): string | undefined {
  const keys = keysOfOption(kind, option);
  if (keys === undefined) return undefined;
  const kept = new Map<string, string>();
  const isSet = new Set<string>();
  for (const part of value.split(',').map((each) => each.trim())) {
    const at = part.indexOf('=');
    const [name = '', text] =
      at < 0 ? [bareKeyOf(kind, option), part] : [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    const [key, ...others] = keysSetBy(keys, name);
    if (isSet.has(key) || !isRight(keys[key], text)) continue;
    // With another model before it, only the address of `virtio=ADDRESS` is left.
    const isWhole = !others.some((other) => isSet.has(other));
    kept.set(key, at < 0 ? text : `${isWhole ? name : key}=${text}`);
    for (const each of [key, ...others]) isSet.add(each);
  }
  return kept.size === 0 ? undefined : [...kept.values()].join(',');
}

/** The keys that a part of this name sets: `virtio=ADDRESS` sets the address of a network card, and its model. */
function keysSetBy(keys: Readonly<Record<string, Schema>>, name: string): readonly [string, ...string[]] {
  const { alias = name, keyAlias } = keys[name] ?? {};
  return keyAlias === undefined ? [alias] : [alias, keyAlias];
}

function isRight(schema: Schema | undefined, text: string): boolean {
  if (schema === undefined || text === '') return false;
  return schema.type === 'boolean' ? booleanOf(text) !== undefined : textProblem(text, schema, '') === undefined;
}

/**
 * Whether Proxmox can split a property string: each key once, by its own name or another, with a value, and none with a blank, as after
 * `bridge=vmbr0, `; a value without a key only where the option has a default key. (pve-common, PVE/JSONSchema.pm, parse_property_string)
 */
function isSplit(kind: OptionsOf, option: string, value: string): boolean {
  const keys = keysOfOption(kind, option) ?? {};
  const bareKey = bareKeyOf(kind, option);
  const isSet = new Map<string, string>();
  let hasBare = false;
  for (const part of value.split(',').filter((each) => each.trim() !== '')) {
    const isBare = !part.includes('=');
    const [, name, text = ''] = isBare ? ['', bareKey, part] : (/^([^=\s]+)=(.+)$/.exec(part) ?? []);
    if (name === undefined || (isBare && hasBare)) return false;
    const set = keysSetBy(keys, name);
    // A value without its key takes the place of a zero with it, as in `enabled=0,1`.
    const mayReplace = (key: string): boolean => isBare && isZero(keys[key], isSet.get(key) ?? '');
    if (set.some((key) => isSet.has(key) && !mayReplace(key))) return false;
    for (const key of set) isSet.set(key, text);
    hasBare ||= isBare;
  }
  return true;
}

function isZero(schema: Schema | undefined, text: string): boolean {
  return text === '0' || (schema?.type === 'boolean' && booleanOf(text) === '0');
}
