// Turns one object of a datacenter, from the options in Proxmox's file, into its declaration, and finds its line in Proxmox's file.

import type { Json, JsonObject } from '../../../model/json.ts';
import type { Options } from '../../../proxmox/files/section-config.ts';
import { booleanOf, splitList } from '../../../proxmox/parameters/perl.ts';
import { parsePropertyString } from '../../../proxmox/parameters/property-string.ts';
import { propertiesOf, type Schema } from '../../../proxmox/parameters/table.ts';
import { commentOf } from '../../guest/observe/object-mark.ts';
import type { Extent } from '../../importer.ts';
import { isList, markOf, optionsOf, typeOptionOf } from '../options/row-options.ts';
import { meaningOf } from '../options/values.ts';
import type { ObjectRow } from '../row.ts';

/** The type first, then required options, then the rest by name. */
export function writtenOptions(row: ObjectRow, options: Options, extent: Extent): JsonObject {
  const type = typeOptionOf(row);
  const first = [type, ...row.required, ...(row.types?.[options[type]?.[0] ?? '']?.required ?? [])];
  const known = [...optionsOf(row).keys()];
  const names = [...new Set([...first.filter((option) => known.includes(option)), ...known])];
  const values = names.flatMap((option): [string, Json][] => {
    const schema = optionsOf(row).get(option);
    const texts = options[option];
    if (texts === undefined || schema === undefined) return [];
    const usual = row.defaults[option];
    const isUsual = usual !== undefined && meaningOf(schema, texts) === meaningOf(schema, [usual]);
    if (isUsual && extent === 'different' && !first.includes(option)) return [];
    if (option !== markOf(row)) return [[option, declaredValue(schema, texts)]];
    const comment = commentOf(texts[0] ?? '');
    return comment === '' ? [] : [[option, comment]];
  });
  return Object.fromEntries(values);
}

/** The declared value for option texts of the host. */
function declaredValue(schema: Schema, texts: readonly string[]): Json {
  if (schema.type === 'array') return texts.map((text) => declaredValue(schema.items ?? { type: 'string' }, [text]));
  const text = texts.at(-1) ?? '';
  if (schema.enum !== undefined) return text;
  if (schema.type === 'boolean') return booleanOf(text) === '1';
  if (schema.type === 'integer' || schema.type === 'number') return Number(text);
  if (isList(schema)) {
    const words = splitList(text).filter((word) => word !== '');
    return schema.format === 'pve-vmid-list' ? words.map(Number) : words;
  }
  const properties = schema.format === undefined ? undefined : propertiesOf(schema.format);
  const parsed = properties === undefined ? null : parsePropertyString(schema.format ?? '', text);
  if (properties === undefined || parsed?.ok !== true) return text;
  return Object.fromEntries(
    Object.entries(parsed.properties).map(([key, value]) => [key, declaredValue(properties[key] ?? {}, [value])]),
  );
}

/** Whether the object's type can be declared. */
export function isOfKnownType(row: ObjectRow, options: Options): boolean {
  const type = options[typeOptionOf(row)];
  return row.types === undefined || type === undefined || Object.hasOwn(row.types, type[0] ?? '');
}

/** Whether an object is exactly as Proxmox or its installer creates it, so that nobody has to declare it. */
export function isAsInstalled(row: ObjectRow, name: string, options: Options): boolean {
  const made = row.predefined?.[name];
  if (made === undefined) return false;
  const names = new Set([...Object.keys(made), ...Object.keys(options)]);
  return [...names].every((option) => {
    const schema = optionsOf(row).get(option) ?? {};
    const [is, was] = [options[option], made[option] ?? row.defaults[option]];
    return is !== undefined && was !== undefined && meaningOf(schema, is) === meaningOf(schema, [was]);
  });
}

/** `/etc/pve/storage.cfg:12`, or the file alone where the line is not found. */
export function placeIn(file: string, text: string | null, name: string, option?: string): string {
  const lines = (text ?? '').split('\n');
  const begin = lines.findIndex((line) => headOf(line) === name.toLowerCase());
  const below = lines.slice(begin + 1).findIndex((line) => option !== undefined && isOption(line, option));
  const end = lines.slice(begin + 1).findIndex((line) => headOf(line) !== null);
  const isOwn = below >= 0 && (begin < 0 || end < 0 || below < end);
  const at = isOwn ? begin + 1 + below : begin;
  return at < 0 ? file : `${file}:${at + 1}`;
}

/** The object whose section a line opens: `dir: local`, `gpu`, `user:ada@pve:…`, `[group web]`; in lower case, null for other lines. */
function headOf(line: string): string | null {
  const [, section, plain, listed, named] =
    /^(?:[a-z0-9_-]+:\s+(\S+)\s*|([^\s:[#]+)\s*|[a-z]+:([^:\s]+):.*|\[[a-z]+\s+([^\]\s]+)\].*)$/i.exec(line) ?? [];
  return (section ?? plain ?? listed ?? named)?.toLowerCase() ?? null;
}

function isOption(line: string, option: string): boolean {
  return line.trim().split(/[\s:]/, 1)[0] === option;
}
