// Imports the objects of a datacenter from a host into declarations: the inverse of reading the file, row by row.

import { keysOf, pointer } from '../../config/read/place.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import { type Options, parseSections } from '../../proxmox/section-config.ts';
import { repositoryName } from '../guest/observe/notes.ts';
import { commentOf, markedComment } from '../guest/observe/object-mark.ts';
import {
  type Extent,
  type FoundObject,
  type Imported,
  type Importer,
  type LeftOver,
  type NeededSecret,
  NO_FIELD,
} from '../importer.ts';
import type { HostReader } from '../manager.ts';
import { DATACENTER_FILE } from '../places.ts';
import { isAsInstalled, isOfKnownType, placeIn as placeOf, writtenOptions } from './import-object.ts';
import { type ObjectInventory, type ObjectObservation, observeObjects } from './observe.ts';
import { undeclaredRights, writtenRights } from './rights-import.ts';
import type { ObjectRow } from './row.ts';
import { markOf, optionsOf } from './row-options.ts';
import { isName } from './schema.ts';
import { notesOfAdopted } from './secrets.ts';

/** What a host has of a kind. */
export interface FoundObjects extends ObjectInventory {
  /** Names of the objects that have a secret, by its option, where their options do not show it. */
  readonly stored: Readonly<Record<string, ReadonlySet<string>>>;
}

export function importerOf(row: ObjectRow): Importer<FoundObjects, JsonObject, ObjectObservation, ObjectInventory> {
  return {
    observe: async (host) => {
      const inventory = await observeObjects(row, host);
      return { ...inventory, stored: await storedSecrets(row, host, inventory) };
    },
    written: (found, extent, secretsFolder) => written(row, found, extent, secretsFolder),
    undeclared: (found, { datacenter }) =>
      undeclared(
        row,
        found,
        new Set(datacenter?.get(row.kind)?.map(({ name }) => name)),
        datacenter?.get(row.kind)?.map(({ options }) => options) ?? [],
      ),
    unreadableFields: Object.keys(row.secrets ?? {}),
    marked: (seen, wanted) => {
      const mark = markOf(row);
      if (seen.present === null) return seen;
      const { origin } = wanted;
      const noted = { ...seen, notes: { ...seen.notes, ...notesOfAdopted(row, wanted, seen) } };
      if (mark === null) return noted;
      const comment = markedComment(commentOf(seen.present[mark]?.[0] ?? ''), repositoryName(origin));
      return { ...noted, present: { ...seen.present, [mark]: [comment] } };
    },
  };
}

/** Nothing is asked where no object may have such a secret. */
async function storedSecrets(row: ObjectRow, host: HostReader, { objects }: ObjectInventory) {
  const asked = Object.entries(row.secrets ?? {}).map(async ([option, { storedAt, refuses }]) => {
    const mayHaveOne = [...objects.keys()].some((name) => refuses(name, {}) === null);
    return storedAt === undefined || !mayHaveOne ? [] : [[option, await storedAt(host)] as const];
  });
  return Object.fromEntries((await Promise.all(asked)).flat());
}

/**
 * Options that are declared elsewhere: members of a group at the users, the source node of a replication job by its guest, inbound policy in the
 * host's firewall. Legacy second factors cannot be declared at all, and whether a notification target is built in, Proxmox says itself.
 */
const DECLARED_ELSEWHERE: ReadonlySet<string> = new Set([
  'users',
  'keys',
  'source',
  'enable',
  'policy_in',
  'policy_out',
  'origin',
]);

function written(row: ObjectRow, found: FoundObjects, extent: Extent, secretsFolder: string): Imported {
  const left: LeftOver[] = [];
  const secrets: NeededSecret[] = [];
  const place = (name: string, option?: string) => placeOf(row.file, found.text, name, option);
  const entries: Record<string, JsonObject> = row.kind === 'acl' ? writtenRights(found.objects) : {};
  for (const [name, options] of row.kind === 'acl' ? [] : found.objects) {
    if (
      row.reserved?.(name) != null ||
      (extent === 'different' && isAsInstalled(row, name, options)) ||
      row.builtIn?.(name, options) === true ||
      (row.comesWith !== undefined && isEmptyObject(options))
    )
      continue;
    if (!isName(row, name)) {
      left.push({ what: `${row.label} ${name} (${place(name)})`, why: 'the file takes no such name' });
      continue;
    }
    const why = row.undeclarable?.(options) ?? null;
    if (why !== null) {
      left.push({ what: `${row.kind}/${name}`, why: `${why}: it stays as it is` });
      continue;
    }
    if (!isOfKnownType(row, options)) {
      const why = `an object of type ${options['type']?.[0]} cannot be declared: it stays as it is`;
      left.push({ what: `${row.kind}/${name} (${place(name)})`, why });
      continue;
    }
    const list = writtenList(row, found, name, options, extent);
    const plain = writtenOptions(row, options, extent);
    const needed = neededSecrets(row, name, plain, options, found.stored, secretsFolder);
    secrets.push(...needed);
    entries[name] = { ...plain, ...list.field, ...referencesTo(needed) };
    left.push(...list.left);
    for (const [option, { unknown }] of Object.entries(row.secrets ?? {})) {
      const doubt = unknown?.(plain) ?? null;
      if (doubt !== null) left.push({ what: `${row.kind}/${name} ${option} (${place(name)})`, why: doubt });
    }
    const own = (option: string) =>
      optionsOf(row).has(option) ||
      option === row.part?.field ||
      row.secrets?.[option] !== undefined ||
      DECLARED_ELSEWHERE.has(option);
    for (const option of Object.keys(options).filter((one) => !own(one)))
      left.push({
        what: `${row.kind}/${name} ${option} (${place(name, option)})`,
        why: NO_FIELD,
      });
  }
  const field = row.single === undefined ? entries : (entries[row.single] ?? {});
  const isEmpty = Object.keys(field).length === 0;
  const places = Object.fromEntries(Object.keys(entries).map((name) => [`${row.kind}/${name}`, place(name)]));
  left.push(...sectionsOfOtherTypes(row, found.text ?? ''));
  return { files: isEmpty ? {} : { [DATACENTER_FILE]: { [row.field]: field } }, texts: {}, secrets, left, places };
}

/** Sections of a file that several rows share, which are of none of them. */
function sectionsOfOtherTypes({ typesInFile, file }: ObjectRow, text: string): LeftOver[] {
  if (typesInFile === undefined) return [];
  return [...parseSections(text)].flatMap(([name, { type }]) =>
    typesInFile.includes(type)
      ? []
      : [
          {
            what: `${type} ${name} (${placeOf(file, text, name)})`,
            why: `an object of type ${type} cannot be declared: it stays as it is`,
          },
        ],
  );
}

/** The secrets that have to be supplied, each by reference to a file named after the object. */
function neededSecrets(
  row: ObjectRow,
  name: string,
  options: JsonObject,
  present: Options,
  stored: FoundObjects['stored'],
  folder: string,
): NeededSecret[] {
  return Object.entries(row.secrets ?? {}).flatMap(([option, { isStored, multiple, refuses, describes }]) => {
    const isKnown = isStored?.(options) === true || stored[option]?.has(name) === true;
    const isThere = multiple === undefined ? isKnown : present[option] !== undefined;
    if (!isThere || refuses(name, options) !== null) return [];
    // Where there are several, their names are in Proxmox's file.
    const keys = multiple === undefined ? [] : namesIn(present[option] ?? []);
    return (multiple === undefined ? [[option]] : keys.map((key) => [option, key])).map((at) => ({
      reference: `file:${folder}/${row.kind}-${name}.${at.join('.')}`,
      for: `${row.kind}/${name} ${at.join(' ')}`,
      put: describes.replace(/, by reference.*$/, ''),
      file: DATACENTER_FILE,
      path: pointer([row.field, name, ...at]),
    }));
  });
}

function namesIn(texts: readonly string[]): string[] {
  return texts.flatMap((text) => /(?:^|,)name=([^,]+)/.exec(text)?.[1] ?? []);
}

/** The references as options of the object: a single one, or several by name. */
function referencesTo(needed: readonly NeededSecret[]): JsonObject {
  const options: Record<string, Json> = {};
  for (const { path, reference } of needed) {
    const [, , option = '', key] = keysOf(path);
    const more = options[option] as JsonObject | undefined;
    options[option] = key === undefined ? { $secret: reference } : { ...more, [key]: { $secret: reference } };
  }
  return options;
}

/**
 * The content of an object: all of it or nothing, since a declaration covers the whole list. An empty list is not declared, so that others may fill
 * it.
 */
function writtenList(
  { part, kind, file }: ObjectRow,
  { text }: ObjectInventory,
  name: string,
  options: Options,
  extent: Extent,
): { readonly field: Readonly<Record<string, Json>>; readonly left: readonly LeftOver[] } {
  if (part === undefined) return { field: {}, left: [] };
  const lines = options[part.field] ?? [];
  if (lines.length === 0 && extent === 'different') return { field: {}, left: [] };
  const list = part.written(lines);
  if (list !== null && part.calls(lines, part.lines(list), text ?? '').length === 0)
    return { field: { [part.field]: list }, left: [] };
  const what = `${kind}/${name} ${part.field} (${placeOf(file, text, name)})`;
  return { field: {}, left: [{ what, why: 'the file has no words for something of it: it stays as it is' }] };
}

function isEmptyObject(options: Options): boolean {
  return Object.values(options).every(({ length }) => length === 0);
}

function undeclared(
  row: ObjectRow,
  { objects }: ObjectInventory,
  declared: ReadonlySet<string>,
  specs: readonly JsonObject[],
): FoundObject[] {
  // Undeclared storages are reported by the importer of the hypervisor.
  if (row.single !== undefined || row.kind === 'storage') return [];
  if (row.kind === 'acl') return undeclaredRights(objects, specs);
  const others = [...objects].filter(
    ([name, options]) =>
      !declared.has(name) &&
      row.reserved?.(name) == null &&
      row.builtIn?.(name, options) !== true &&
      (row.comesWith === undefined || !isEmptyObject(options)),
  );
  return others.map(([name]) => ({ object: `${row.kind}/${name}`, name: null }));
}
