// The values of an object's options in three forms: as declared, as arguments, and in a canonical form for comparison.

import { parseNetwork, spelling } from '../../../config/address.ts';
import type { Json, JsonObject } from '../../../model/json.ts';
import { booleanOf, splitList } from '../../../proxmox/parameters/perl.ts';
import { parsePropertyString, printPropertyString } from '../../../proxmox/parameters/property-string.ts';
import { propertiesOf, type Schema } from '../../../proxmox/parameters/table.ts';
import { isList } from './row-options.ts';

/** The arguments for a declared value: several where the option is given several times. */
export function textsOf(schema: Schema, value: Json): readonly string[] {
  if (Array.isArray(value)) {
    return isList(schema) ? [value.map(plain).join(',')] : value.flatMap((one) => textsOf(schema.items ?? {}, one));
  }
  if (typeof value === 'object' && value !== null) {
    const properties = Object.entries(value as JsonObject).map(([key, one]) => [key, plain(one ?? null)]);
    return [printPropertyString(schema.format ?? '', Object.fromEntries(properties))];
  }
  return [plain(value)];
}

/** The names in a value that refers to other objects. */
export function wordsOf(value: Json | undefined): string[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value.map(String) : [String(value)];
}

/** The canonical form of a value, independent of the order of its words and properties. */
export function meaningOf(schema: Schema, texts: readonly string[]): string {
  if (schema.type === 'array') return JSON.stringify(texts.map((text) => meaningOf(schema.items ?? {}, [text])));
  const text = texts.at(-1) ?? '';
  if (schema.type === 'boolean') return booleanOf(text) ?? text;
  if (schema.type === 'integer' || schema.type === 'number') return String(Number(text));
  // A node without a priority has the lowest one.
  if (schema.format === 'pve-ha-node-list')
    return JSON.stringify(
      splitList(text)
        .map((node) => node.replace(/:0*([1-9]\d*)?$/, (_, priority) => (priority === undefined ? '' : `:${priority}`)))
        .sort(),
    );
  if (isList(schema)) return JSON.stringify([...new Set(splitList(text))].sort());
  if (ADDRESSES.has(schema.format ?? '')) return networkMeaning(text.trim());
  if (schema.format === undefined || propertiesOf(schema.format) === undefined) return text.trim();
  const parsed = parsePropertyString(schema.format, text);
  if (!parsed.ok) return text;
  const properties = propertiesOf(schema.format) ?? {};
  const meanings = Object.entries(parsed.properties).map(([key, value]) => [
    key,
    ADDRESSES.has(properties[key]?.format ?? '') ? networkMeaning(value) : value,
  ]);
  return JSON.stringify(meanings.sort());
}

/** Formats whose values have several spellings: `fd00::1` and `fd00:0:0:0:0:0:0:1`. */
const ADDRESSES: ReadonlySet<string> = new Set(['IPorCIDR', 'CIDR', 'CIDRv4', 'CIDRv6', 'ipv4', 'ipv6']);

/** A network with a single address equals that address. */
function networkMeaning(text: string): string {
  const network = parseNetwork(text);
  return network === undefined ? text : `${spelling(network.address)}/${network.bits}`;
}

/** Sorted and without duplicates, where neither has a meaning. */
export function normalised(schema: Schema, value: Json): Json {
  if (!Array.isArray(value) || !isList(schema)) return value;
  return [...new Set(value.map(plain))].sort();
}

function plain(value: Json): string {
  return typeof value === 'boolean' ? (value ? '1' : '0') : String(value);
}
