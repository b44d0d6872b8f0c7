// What is said of a kind of object of a datacenter: one row, from which its schema, its observation and its commands follow.

import type { Command, FileWrite, SecretReference } from '../../model/action.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import type { Impact } from '../../model/plan.ts';
import type { Options } from '../../proxmox/section-config.ts';
import { methodSchemas, type Schema } from '../../proxmox/table.ts';
import type { Decision, HostReader, Wanted } from '../manager.ts';
import type { ObjectObservation } from './observe.ts';
import type { Part } from './part.ts';

/** What an option may name that has to be there first. */
export type ReferenceSort =
  | (
      | 'guest'
      | 'container'
      | 'virtual machine'
      | 'storage'
      | 'pool'
      | 'ha'
      | 'notification target'
      | 'ACME account'
      | 'ACME plugin'
      | 'Ceph pool'
    )
  | ('group' | 'user' | 'role' | 'realm' | 'token' | 'controller' | 'zone' | 'vnet' | 'fabric' | 'IPAM' | 'DNS server');

/** Another object that one names, and where in its options it does. */
export interface Reference {
  readonly sort: ReferenceSort;
  readonly name: string;
  /** Keys below the object; none where its own name says it. */
  readonly at: readonly (string | number)[];
}

/** What one type of an object has of the options of all types. */
interface TypeOptions {
  readonly required: readonly string[];
  readonly optional: readonly string[];
  /** Those of them that Proxmox never changes, though the call has them. */
  readonly fixed?: readonly string[];
}

/** A secret of an object, which is declared by reference and reaches Proxmox outside of any command line. */
interface SecretOption {
  readonly describes: string;
  /** Why an object cannot have it; null where it can. */
  refuses(name: string, options: JsonObject): string | null;
  /** Absent: as an option of the call, within its process (`proxmox/secret-arguments.ts`). */
  readonly setAction?: (name: string, secret: SecretReference) => Command | FileWrite;
  /** Whether an object has one, by its other options, since nobody looks where Proxmox keeps it. Absent: they do not tell. */
  readonly isStored?: (options: JsonObject) => boolean;
  /** The call that makes the object asks for it too, on its standard input. */
  readonly promptedOnCreate?: true;
  /** Proxmox makes no object without it. */
  readonly requiredOnCreate?: true;
  /** Proxmox takes it when it makes the object and never again, as it does an option beside it, and shows neither: another one is another object. */
  readonly onlyToMake?: { readonly beside: string };
  /** Several, by names of their own. */
  readonly multiple?: true;
  /** As the option of the call has it. Default: as it is. */
  readonly encoding?: 'base64url';
}

/** Who would be left without an object that is deleted: files of the host that tell, and who it is; null for nobody. */
interface Dependents {
  readonly folders: readonly string[];
  /** @param own the file that the object stands in */
  findDependent(name: string, files: ReadonlyMap<string, string>, own: string): string | null;
}

export interface ObjectRow {
  /** Of its targets: `backup` of `backup/nightly`. */
  readonly kind: string;
  /** Of the file. */
  readonly field: string;
  /** The field holds one object, which is there always and has this name; absent where it holds many. */
  readonly single?: string;
  /** For people: `backup job`. */
  readonly label: string;
  /** A sentence. */
  readonly describes: string;
  /** The option of the API that holds its name; null where only the file has one. */
  readonly id: string | null;
  /** Paths of the API; where one has no placeholder in it, the name is given as an option. */
  readonly paths: {
    readonly create: string;
    readonly change: string;
    /** Another call that makes one, from options of its own. */
    readonly createOtherwise?: string;
  };
  /** What stands for each placeholder of the paths. Default: the name for every one. */
  readonly placeholderValues?: (name: string) => Readonly<Record<string, string>>;
  /** What names may be. Default: letters, digits and `_ . -`, and a letter first. */
  readonly nameFormat?: { readonly pattern: RegExp; readonly expected: string };
  /** Why nobody declares an object of this name, such as one that is built in; null for one that can be. */
  readonly reserved?: (name: string) => string | null;
  /** Those that are there on a fresh node, with their options: import writes none that is still so. */
  readonly predefined?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Applied with others as one target, which the row has then none of its own of. */
  readonly appliedTogether?: true;
  /** The option by which what has no call for a change is recreated under the name that it has. */
  readonly rename?: string;
  /** Where Proxmox keeps them, and what stands there by name. */
  readonly file: string;
  readonly read: (text: string) => ReadonlyMap<string, Options>;
  /** Reads what `read` reads where the file holds what nobody is to see, or no file does; null where there is nothing. `asked`: objects as declared now
   * or before, where it is about no others. Default: the file as it stands. */
  readonly readSource?: (host: HostReader, asked?: readonly JsonObject[]) => Promise<string | null>;
  /** Why a host that has no source of them can have none: nothing is decided there. Default: it has none so far. */
  readonly withoutSource?: string;
  /** Why one that is there cannot be declared as it is; null for one that can. */
  readonly undeclarable?: (present: Options) => string | null;
  /** Its calls start a task, and end well whatever becomes of that. */
  readonly task?: true;
  /** A list in it that has calls of its own. */
  readonly part?: Part;
  /** The option that says whose it is. Default: `comment`; null: nothing says so but the ledger. */
  readonly mark?: string | null;
  /** The call takes the digest of the file that it changes, and refuses where it is another by now. */
  readonly digest?: 'sha1' | 'sha256';
  /** Options of the API that nobody declares, with the reason in the table. */
  readonly without: readonly string[];
  /** Options that must be declared. */
  readonly required: readonly string[];
  /** Options that go with every change, since Proxmox takes it for the whole of what they say. */
  readonly alwaysSent?: readonly string[];
  /** By the value of the option that says what an object is, where there is one. */
  readonly types?: Readonly<Record<string, TypeOptions>>;
  /** That option. Default: `type`. */
  readonly typeOption?: string;
  /** What Proxmox takes an option for that is not there. */
  readonly defaults: Readonly<Record<string, string>>;
  /** Other words of Proxmox for a value, by option: both mean the same. */
  readonly synonyms?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Options that cannot be taken away, and become what they are by default. */
  readonly notDeletable?: readonly string[];
  /** Lists whose order means nothing. */
  readonly unorderedLists?: readonly string[];
  /** Texts of several lines. */
  readonly prose?: readonly string[];
  /** As the call takes a text that is read and declared in another form. */
  readonly encode?: (option: string, text: string) => string;
  /** One that is there by itself and as it came: nobody's, and never gone. */
  readonly builtIn?: (name: string, present: Options) => boolean;
  /** Options that are taken away where they are false, since the call passes over that. */
  readonly deletedWhenFalse?: readonly string[];
  /** What it costs that an option becomes what it is declared as. Default: it is changed live. */
  readonly impact?: (option: string, value: Json | undefined) => Impact;
  /** Options that exclude each other: exactly one of them is declared. */
  readonly oneOf: readonly string[];
  /** How an option is taken away: by `--delete`, or by an empty text, or its default where it has one. */
  readonly clear: 'delete' | 'empty';
  /** Lists whose words are added and taken away one by one, after it is made; what others put there stays. */
  readonly members: readonly string[];
  readonly references: Readonly<Record<string, ReferenceSort>>;
  /** What its name, or an option in its own words, names beside `references`. */
  readonly furtherReferences?: (name: string, options: JsonObject) => readonly Reference[];
  readonly secrets?: Readonly<Record<string, SecretOption>>;
  /** What a call that makes it is given beside its options, and one that deletes it. */
  readonly createArgs?: readonly string[];
  readonly deleteArgs?: readonly string[];
  /** It was deleted, and Proxmox has not come to it yet. */
  readonly isBeingDeleted?: (present: Options) => boolean;
  /** Made by another program than pvesh: its first words, and the options that they say already. */
  readonly createCommand?: {
    readonly program: string;
    readonly args: (name: string, options: JsonObject) => readonly string[];
    readonly without: readonly string[];
  };
  readonly dependents?: Dependents;
  /** Of the files of firewalls, those that name it: where there is one, it is not deleted, though Proxmox would. */
  readonly firewallsNaming?: (name: string, firewalls: ReadonlyMap<string, string>) => readonly string[];
  /** What is lost when it is deleted: the end of a sentence. */
  readonly lossOnDelete: string;
  /** Faults that only show beside other options, by option. */
  readonly faults?: (
    name: string,
    options: JsonObject,
  ) => readonly { readonly option: string; readonly message: string }[];
  /** Something is noted of each beside what the row has of secrets. */
  readonly keepsNotes?: true;
  /** Whether an update deletes it and makes it again. Default: where an option is changed that Proxmox never changes. */
  readonly isRecreated?: (before: JsonObject, after: JsonObject) => boolean;
  /** Import does not look for any: what is there is no wish by itself. */
  readonly notImported?: true;
  /** For objects that Proxmox changes in another way than one by one. */
  readonly decide?: (row: ObjectRow, wanted: Wanted<JsonObject>, seen: ObjectObservation) => Decision;
}

/** Options that belong to the call and not to the object. */
const OF_CALLS = ['delete', 'digest', 'append', 'allow-move', 'check-connection', 'regenerate'];

/** Each with its schema; what only the call has that makes the object is fixed. */
interface KnownOptions {
  readonly all: ReadonlyMap<string, Schema>;
  readonly fixed: ReadonlySet<string>;
}

const optionsByRow = new WeakMap<ObjectRow, KnownOptions>();

/** What may be declared of an object, by Proxmox's own names; secrets aside. */
export function optionsOf(row: ObjectRow): ReadonlyMap<string, Schema> {
  return known(row).all;
}

/** Whether Proxmox never changes an option of an object once it is there. */
export function isFixed(row: ObjectRow, option: string, options: JsonObject): boolean {
  const type = String(options[typeOptionOf(row)]);
  const isOnlyToMake = row.secrets?.[option]?.onlyToMake !== undefined;
  return isOnlyToMake || known(row).fixed.has(option) || row.types?.[type]?.fixed?.includes(option) === true;
}

/** Options that Proxmox takes and shows to nobody: what they were when the object was made stands in the note of the secret that they are beside. */
export function isUnread({ secrets }: ObjectRow, option: string): boolean {
  return Object.values(secrets ?? {}).some(({ onlyToMake }) => onlyToMake?.beside === option);
}

/** The option that says what an object is, where the row has types. */
export function typeOptionOf({ typeOption }: ObjectRow): string {
  return typeOption ?? 'type';
}

function known(row: ObjectRow): KnownOptions {
  const found = optionsByRow.get(row);
  if (found !== undefined) return found;
  const secrets = Object.keys(row.secrets ?? {});
  const own = [row.id, row.rename].flatMap((option) => (option == null ? [] : [option]));
  // What must be declared stands for a placeholder by itself.
  const fromName = placeholders(row).filter((option) => !row.required.includes(option));
  const without = [...own, ...fromName, ...OF_CALLS, ...row.without, ...secrets];
  const method = `${row.rename === undefined ? 'PUT' : 'POST'} ${changeOf(row).path}`;
  const changed = methodSchemas(method, without);
  if (changed === undefined) throw new Error(`Proxmox has no method ${method}`);
  const { create, createOtherwise } = row.paths;
  const calls = [...(createOtherwise === undefined ? [] : [createOtherwise]), create];
  const made = new Map(
    calls.flatMap((path) => [...(methodSchemas(`POST ${path}`, without) ?? new Map<string, Schema>())]),
  );
  const options = new Map([...made, ...changed].sort(([a], [b]) => (a < b ? -1 : 1)));
  const entry = { all: options, fixed: new Set([...made.keys()].filter((option) => !changed.has(option))) };
  optionsByRow.set(row, entry);
  return entry;
}

function placeholders({ paths }: ObjectRow): string[] {
  return [...`${paths.create}${paths.change}`.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
}

/** The call of `pvesh` that changes an object, with its path as in Proxmox's table. */
function changeOf({ paths, rename }: ObjectRow): { readonly verb: 'set' | 'create'; readonly path: string } {
  return rename === undefined ? { verb: 'set', path: paths.change } : { verb: 'create', path: paths.create };
}

/** A path of the API with what stands for its placeholders. */
export function pathOf(row: ObjectRow, template: string, name: string): string {
  const parts = row.placeholderValues?.(name) ?? {};
  return template.replace(/\{(\w+)\}/g, (_, key: string) => parts[key] ?? name);
}

/** Whether a path of a row holds the name of the object: else the name is given as an option. */
export function isAddressed({ id }: ObjectRow, path: string): boolean {
  return id === null || path.replace('/nodes/{node}/', '/').includes('{');
}

/** The option that says whose an object is; null where none does. */
export function markOf(row: ObjectRow): string | null {
  return row.mark === undefined ? 'comment' : row.mark;
}

export function isList({ format }: Schema): boolean {
  return format?.endsWith('-list') === true;
}

/** Kinds of targets that an object of a sort may be. */
export function kindsOf(sort: ReferenceSort): readonly string[] {
  return KINDS[sort] ?? [sort];
}

const KINDS: Partial<Readonly<Record<ReferenceSort, readonly string[]>>> = {
  guest: ['lxc', 'vm'],
  container: ['lxc'],
  'virtual machine': ['vm'],
  'notification target': ['sendmail', 'smtp', 'gotify', 'webhook'],
  'ACME account': ['acmeaccount'],
  'ACME plugin': ['acmeplugin'],
  IPAM: ['ipam'],
  'DNS server': ['sdndns'],
  'Ceph pool': ['cephpool'],
};

/** Everything that an object names, with its place. */
export function referencesOf(row: ObjectRow, name: string, options: JsonObject): Reference[] {
  const listed = Object.entries(row.references).flatMap(([option, sort]) => {
    const value = options[option];
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) return [{ sort, name: String(value), at: [option] }];
    return value.map((each, index) => ({ sort, name: String(each), at: [option, index] }));
  });
  return [...listed, ...(row.furtherReferences?.(name, options) ?? [])];
}
