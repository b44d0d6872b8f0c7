// Normalises the text of a guest's option: texts with the same normal form are the same setting.

import { booleanOf, splitList } from '../parameters/perl.ts';
import { printPropertyString } from '../parameters/property-string.ts';
import { type Properties, readProperties, textProblem } from '../parameters/schema.ts';
import { configOption, propertiesOf, type Schema } from '../parameters/table.ts';
import { hotplugFeatures, keysOfOption, type OptionsOf } from './guest-options.ts';

/** The keys of a property string option; undefined for other options and for unreadable text, such as from newer versions. */
export function readOption(kind: OptionsOf, option: string, text: string): Properties | undefined {
  const format = configOption(kind, option)?.format ?? '';
  if (propertiesOf(format) !== undefined) {
    const read = readProperties(format, text, '');
    return read.ok ? read.properties : undefined;
  }
  const keys = keysOfOption(kind, option);
  return keys === undefined ? undefined : readPlain(text, keys);
}

/** Parses a property string without a format. */
function readPlain(text: string, keys: Readonly<Record<string, Schema>>): Properties {
  const bare = Object.keys(keys).find((key) => keys[key]?.default_key) ?? '';
  const parts = text.split(',').filter((part) => part.trim() !== '');
  return Object.fromEntries(
    parts.map((part) => {
      const at = part.indexOf('=');
      return at < 0 ? [bare, part.trim()] : [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    }),
  );
}

/** Formats the option for Proxmox. */
export function printOption(kind: OptionsOf, option: string, properties: Properties): string {
  const format = configOption(kind, option)?.format ?? '';
  if (propertiesOf(format) !== undefined) return printPropertyString(format, properties);
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

/** The normal form of an option; undefined if not set. */
export function meaningOf(kind: OptionsOf, option: string, text: string | undefined): string | undefined {
  const schema = configOption(kind, option) ?? {};
  const value = text?.trim() ?? defaultOf(schema);
  if (value === undefined) return undefined;
  const properties = readOption(kind, option, value);
  return properties === undefined ? plainMeaning(schema, value) : meaningOfProperties(kind, option, properties);
}

/** Keys with default values are omitted. */
export function meaningOfProperties(kind: OptionsOf, option: string, properties: Properties): string {
  const keys = keysOfOption(kind, option) ?? {};
  const said = Object.entries(properties).flatMap(([key, value]) => {
    const schema = keys[key] ?? {};
    const meaning = plainMeaning(schema, String(value));
    const absent = defaultOf(schema);
    return absent !== undefined && plainMeaning(schema, absent) === meaning ? [] : [[key, meaning] as const];
  });
  return JSON.stringify(said.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The default value; some defaults in Proxmox's schemas are only descriptions. */
function defaultOf(schema: Schema): string | undefined {
  if (schema.default === undefined) return undefined;
  const value = String(schema.default);
  return textProblem(value, schema, '') === undefined ? value : undefined;
}

/** List formats without significant order. */
const SETS: ReadonlySet<string> = new Set(['pve-tag-list', 'pve-vmid-list', 'pve-storage-id-list']);
const ADDRESS = /^[0-9a-f]*:[0-9a-f:.]*(\/\d+)?$/i;

function plainMeaning({ type, format, enum: words }: Schema, value: string): string {
  if (type === 'boolean') return booleanOf(value) ?? value;
  if (type === 'integer' || type === 'number') return /^[+-]?[\d.]+$/.test(value) ? String(Number(value)) : value;
  if (words !== undefined) return value;
  if (format === 'pve-hotplug-features') return hotplugFeatures(value).toSorted().join(',');
  if (format !== undefined && SETS.has(format)) return splitList(value).toSorted().join(',');
  if (format?.endsWith('-list')) return splitList(value).join(',');
  return ADDRESS.test(value) ? value.toLowerCase() : value;
}
