// How Proxmox reads the value of an option in the file of a guest, which people may have edited. From qemu-server, PVE/QemuServer.pm: parse_vm_config,
// check_type; pve-container, PVE/LXC/Config.pm: parse_pct_config, check_type; pve-common, PVE/JSONSchema.pm: parse_property_string.

import { booleanOf } from '../parameters/perl.ts';
import { configOption } from '../parameters/table.ts';
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
function holdsVolume(kind: OptionsOf, option: string): boolean {
  return VOLUMES.has(stemOf(kind, option));
}

/** Whether Proxmox can split a property string: each key once, and none with a blank, as after `bridge=vmbr0, `. */
function isSplit(kind: OptionsOf, option: string, value: string): boolean {
  const parts = value.split(',').filter((part) => part.trim() !== '');
  const keys = parts.map((part) => (part.includes('=') ? part.slice(0, part.indexOf('=')) : bareKeyOf(kind, option)));
  return new Set(keys).size === keys.length && !keys.some((key) => key === '' || /\s/.test(key ?? ''));
}
