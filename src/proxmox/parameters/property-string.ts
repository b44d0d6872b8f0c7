// Parses, validates and prints property strings (`key=value,key=value`) by the schema of their option.

import { printSize } from '../storages/sizes.ts';
import { type Properties, readProperties } from './schema.ts';
import { propertiesOf } from './table.ts';

export type { Properties };

/** The properties, or the error lines without line ends, in schema order. */
export type ParsedProperties =
  | { readonly ok: true; readonly properties: Properties }
  | { readonly ok: false; readonly errors: readonly string[] };

/**
 * Reads a property string.
 * @param format guest kind and option without its index (`lxc/net`, `lxc/rootfs`, `lxc/mp`, `lxc/features`, `qemu/net`,
 *   `qemu/scsi`, `qemu/agent`, …) or the name of one of Proxmox's formats (`pve-qm-ipconfig`)
 * @param text as written on the command line or in a config file
 * @param path what stands before each property in the errors, with a dot; empty for none
 */
export function parsePropertyString(format: string, text: string, path = ''): ParsedProperties {
  const read = readProperties(format, text, path);
  return read.ok ? read : { ok: false, errors: read.refusal.trimEnd().split('\n') };
}

/**
 * Prints properties in Proxmox's order: the default key first and without name (with the value of its alias, as in `virtio=MAC`), then required ones,
 * then the rest, each sorted by key.
 */
export function printPropertyString(format: string, properties: Readonly<Properties>): string {
  const schemas = propertiesOf(format) ?? {};
  const defaultKey = Object.keys(schemas).find((key) => schemas[key]?.default_key);
  const combined = Object.values(schemas).find((schema) => schema.keyAlias !== undefined);
  const printed = new Map<string, string>();
  const print = (key: string): void => {
    const value = properties[key];
    if (value === undefined || printed.has(key) || (combined?.alias === key && printed.has(combined.keyAlias ?? '')))
      return;
    const text = schemas[key]?.format === 'disk-size' ? printSize(value) : value;
    const other = combined?.keyAlias === key ? properties[combined.alias ?? ''] : undefined;
    printed.set(key, other !== undefined ? `${text}=${other}` : key === defaultKey ? text : `${key}=${text}`);
  };
  const sorted = Object.keys(properties).sort();
  if (defaultKey !== undefined) print(defaultKey);
  for (const key of sorted) if (!schemas[key]?.optional) print(key);
  for (const key of sorted) print(key);
  return [...printed.values()].join(',');
}
