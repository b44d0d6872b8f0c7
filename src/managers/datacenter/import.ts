// What is on a host of the objects of a datacenter, as the file would say it: the inverse of reading, row by row. Storages are named in the
// file of the hypervisor, whose importer writes them.

import type { Json, JsonObject } from '../../model/json.ts';
import { booleanOf, splitList } from '../../proxmox/perl.ts';
import { parsePropertyString } from '../../proxmox/property-string.ts';
import type { Options } from '../../proxmox/section-config.ts';
import { propertiesOf, type Schema } from '../../proxmox/table.ts';
import { repositoryName } from '../guest/look/notes.ts';
import type { Extent, FoundObject, Imported, Importer, LeftOver } from '../importer.ts';
import { DATACENTER_FILE } from '../places.ts';
import { commentOf, markedComment } from './mark.ts';
import { lookAtObjects, type ObjectSeen, type Objects } from './observe.ts';
import { undeclaredRights, writtenRights } from './rights-import.ts';
import { isList, markOf, type ObjectRow, optionsOf } from './row.ts';
import { isName } from './schema.ts';
import { meaningOf } from './values.ts';

/** Undefined for a row whose objects another importer writes. */
export function importerOf(row: ObjectRow): Importer<Objects, JsonObject, ObjectSeen, Objects> | undefined {
  if (row.kind === 'storage') return undefined;
  return {
    look: (host) => lookAtObjects(row, host),
    written: (found, extent) => written(row, found, extent),
    undeclared: (found, { datacenter }) =>
      undeclared(
        row,
        found,
        new Set(datacenter?.get(row.kind)?.map(({ name }) => name)),
        datacenter?.get(row.kind)?.map(({ options }) => options) ?? [],
      ),
    untold: Object.keys(row.secrets ?? {}),
    marked: (seen, { origin }) => {
      const mark = markOf(row);
      if (seen.present === null || mark === null) return seen;
      const comment = markedComment(commentOf(seen.present[mark]?.[0] ?? ''), repositoryName(origin));
      return { ...seen, present: { ...seen.present, [mark]: [comment] } };
    },
  };
}

function written(row: ObjectRow, found: Objects, extent: Extent): Imported {
  const left: LeftOver[] = [];
  const entries: Record<string, JsonObject> = row.kind === 'acl' ? writtenRights(found.objects) : {};
  for (const [name, options] of row.kind === 'acl' ? [] : found.objects) {
    if (row.reserved?.(name) != null || row.builtIn?.(name, options) === true) continue;
    const object = writtenOptions(row, options, extent);
    const strange = Object.keys(options).filter((option) => !optionsOf(row).has(option) && row.single === undefined);
    if (!isName(row, name))
      left.push({ what: `${row.what} ${name} (${row.file})`, why: 'the file takes no such name' });
    else {
      entries[name] = object;
      for (const option of strange.filter((one) => one !== 'users' && one !== 'keys'))
        left.push({
          what: `${row.kind}/${name} ${option} (${row.file})`,
          why: 'it cannot be declared: it stays as it is',
        });
    }
  }
  const field = row.single === undefined ? entries : (entries[row.single] ?? {});
  const isEmpty = Object.keys(field).length === 0;
  return { files: isEmpty ? {} : { [DATACENTER_FILE]: { [row.field]: field } }, texts: {}, secrets: [], left };
}

function writtenOptions(row: ObjectRow, options: Options, extent: Extent): JsonObject {
  const values = [...optionsOf(row)].flatMap(([option, schema]): [string, Json][] => {
    const texts = options[option];
    if (texts === undefined) return [];
    const usual = row.defaults[option];
    const isUsual = usual !== undefined && meaningOf(schema, texts) === meaningOf(schema, [usual]);
    if (isUsual && extent === 'different' && !row.required.includes(option)) return [];
    if (option !== markOf(row)) return [[option, declaredValue(schema, texts)]];
    const comment = commentOf(texts[0] ?? '');
    return comment === '' ? [] : [[option, comment]];
  });
  return Object.fromEntries(values);
}

/** What the file says for what stands on the host. */
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

function undeclared(
  row: ObjectRow,
  { objects }: Objects,
  declared: ReadonlySet<string>,
  specs: readonly JsonObject[],
): FoundObject[] {
  if (row.single !== undefined) return [];
  if (row.kind === 'acl') return undeclaredRights(objects, specs);
  const others = [...objects].filter(
    ([name, options]) => !declared.has(name) && row.reserved?.(name) == null && row.builtIn?.(name, options) !== true,
  );
  return others.map(([name]) => ({ object: `${row.kind}/${name}`, name: null }));
}
