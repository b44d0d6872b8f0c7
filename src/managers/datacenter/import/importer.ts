// Imports the objects of a datacenter from a host into declarations: the inverse of reading the file, row by row.

import type { Json, JsonObject } from '../../../model/json.ts';
import { type Options, parseSections } from '../../../proxmox/files/section-config.ts';
import { repositoryName } from '../../guest/observe/notes.ts';
import { commentOf, markedComment } from '../../guest/observe/object-mark.ts';
import {
  type Extent,
  type FoundObject,
  type Imported,
  type Importer,
  type LeftOver,
  type NeededSecret,
  NO_FIELD,
} from '../../importer.ts';
import { DATACENTER_FILE } from '../../places.ts';
import { type ObjectInventory, type ObjectObservation, observeObjects } from '../observe.ts';
import { markOf, optionsOf } from '../options/row-options.ts';
import type { ObjectRow } from '../row.ts';
import { isName } from '../schema.ts';
import { notesOfAdopted } from '../secrets.ts';
import { isAsInstalled, isOfKnownType, placeIn as placeOf, writtenOptions } from './import-object.ts';
import { doubtfulSecrets, neededSecrets, referencesTo, type StoredSecrets, storedSecrets } from './import-secrets.ts';
import { undeclaredRights, writtenRights } from './rights-import.ts';

/** What a host has of a kind. */
export interface FoundObjects extends ObjectInventory {
  readonly stored: StoredSecrets;
}

export function importerOf(row: ObjectRow): Importer<FoundObjects, JsonObject, ObjectObservation, ObjectInventory> {
  return {
    observe: async (host) => {
      const inventory = await observeObjects(row, host);
      return { ...inventory, stored: await storedSecrets(row, host, inventory) };
    },
    written: (found, extent, secretsFolder) => written(row, found, { extent, secretsFolder }),
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

/** What of the host becomes declarations, and the folder of the secrets that they refer to. */
interface Writing {
  readonly extent: Extent;
  readonly secretsFolder: string;
}

function written(row: ObjectRow, found: FoundObjects, writing: Writing): Imported {
  const isRights = row.kind === 'acl';
  const present = isRights
    ? []
    : [...found.objects].filter(([name, options]) => !isOmitted(row, name, options, writing.extent));
  const objects = present.map(([name, options]) => ({
    name,
    ...writtenObject(row, found, name, options, writing),
  }));
  const entries: Record<string, JsonObject> = {
    ...(isRights ? writtenRights(found.objects) : {}),
    ...Object.fromEntries(objects.flatMap(({ name, entry }) => (entry === null ? [] : [[name, entry]]))),
  };
  const field = row.single === undefined ? entries : (entries[row.single] ?? {});
  const isEmpty = Object.keys(field).length === 0;
  const place = (name: string) => placeOf(row.file, found.text, name);
  return {
    files: isEmpty ? {} : { [DATACENTER_FILE]: { [row.field]: field } },
    texts: {},
    secrets: objects.flatMap(({ secrets }) => secrets),
    left: [...objects.flatMap(({ left }) => left), ...sectionsOfOtherTypes(row, found.text ?? '')],
    places: Object.fromEntries(Object.keys(entries).map((name) => [`${row.kind}/${name}`, place(name)])),
  };
}

/** Whether an object is neither declared nor reported: Proxmox creates it itself, or it says nothing. */
function isOmitted(row: ObjectRow, name: string, options: Options, extent: Extent): boolean {
  return (
    row.reserved?.(name) != null ||
    (extent === 'different' && isAsInstalled(row, name, options)) ||
    row.builtIn?.(name, options) === true ||
    (row.comesWith !== undefined && isEmptyObject(options))
  );
}

interface WrittenObject {
  /** The declaration; null where the object cannot be declared. */
  readonly entry: JsonObject | null;
  readonly secrets: readonly NeededSecret[];
  readonly left: readonly LeftOver[];
}

function writtenObject(
  row: ObjectRow,
  found: FoundObjects,
  name: string,
  options: Options,
  { extent, secretsFolder }: Writing,
): WrittenObject {
  const place = (option?: string) => placeOf(row.file, found.text, name, option);
  const refusal = whyUndeclarable(row, name, options, place());
  if (refusal !== null) return { entry: null, secrets: [], left: [refusal] };
  const list = writtenList(row, found, name, options, extent);
  const plain = writtenOptions(row, options, extent);
  const object = { declared: plain, present: options, stored: found.stored };
  const secrets = neededSecrets(row, name, object, secretsFolder);
  return {
    entry: { ...plain, ...list.field, ...referencesTo(secrets) },
    secrets,
    left: [
      ...list.left,
      ...doubtfulSecrets(row, name, plain, place()),
      ...Object.keys(options)
        .filter((option) => !isDeclarable(row, option))
        .map((option) => ({ what: `${row.kind}/${name} ${option} (${place(option)})`, why: NO_FIELD })),
    ],
  };
}

function whyUndeclarable(row: ObjectRow, name: string, options: Options, place: string): LeftOver | null {
  if (!isName(row, name)) return { what: `${row.label} ${name} (${place})`, why: 'the file takes no such name' };
  const why = row.undeclarable?.(options) ?? null;
  if (why !== null) return { what: `${row.kind}/${name}`, why: `${why}: it stays as it is` };
  if (isOfKnownType(row, options)) return null;
  const unknown = `an object of type ${options['type']?.[0]} cannot be declared: it stays as it is`;
  return { what: `${row.kind}/${name} (${place})`, why: unknown };
}

/** Whether a field of the object, or one elsewhere, declares the option. */
function isDeclarable(row: ObjectRow, option: string): boolean {
  return (
    optionsOf(row).has(option) ||
    option === row.part?.field ||
    row.secrets?.[option] !== undefined ||
    DECLARED_ELSEWHERE.has(option)
  );
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
