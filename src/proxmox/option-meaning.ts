// What the text of a guest's option says, whatever way it is written: two texts with the same meaning are the same setting.

import { hotplugFeatures, keysOfOption, type OptionsOf } from './guest-options.ts';
import { booleanOf, splitList } from './perl.ts';
import { printPropertyString } from './property-string.ts';
import { type Properties, readProperties, textProblem } from './schema.ts';
import { configOption, propertiesOf, type Schema } from './table.ts';

/**
 * The keys of an option that is a property string; undefined for one that is not, and for a text that Proxmox could not read: an option
 * that is newer than the table says nothing to us.
 */
export function readOption(kind: OptionsOf, option: string, text: string): Properties | undefined {
  const format = configOption(kind, option)?.format ?? '';
  if (propertiesOf(format) !== undefined) {
    const read = readProperties(format, text, '');
    return read.ok ? read.properties : undefined;
  }
  const keys = keysOfOption(kind, option);
  return keys === undefined ? undefined : readPlain(text, keys);
}

/** A property string that Proxmox reads by code, not by a format. */
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

/** As it is told to Proxmox. */
export function printOption(kind: OptionsOf, option: string, properties: Properties): string {
  const format = configOption(kind, option)?.format ?? '';
  if (propertiesOf(format) !== undefined) return printPropertyString(format, properties);
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

/** One form for all texts that say the same; undefined for an option that is not set. */
export function meaningOf(kind: OptionsOf, option: string, text: string | undefined): string | undefined {
  const schema = configOption(kind, option) ?? {};
  const value = text?.trim() ?? defaultOf(schema);
  if (value === undefined) return undefined;
  const properties = readOption(kind, option, value);
  return properties === undefined ? plainMeaning(schema, value) : meaningOfProperties(kind, option, properties);
}

/** Keys that have the values that an absent one counts as are left out. */
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

/** What an absent one counts as; some of Proxmox's defaults are words for people. */
function defaultOf(schema: Schema): string | undefined {
  if (schema.default === undefined) return undefined;
  const value = String(schema.default);
  return textProblem(value, schema, '') === undefined ? value : undefined;
}

/** Formats whose parts stand in any order. */
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
