// Describes a kind of datacenter object in one row, from which its schema, observation and commands follow.

import type { Command, FileWrite, SecretReference } from '../../model/action.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import type { Impact } from '../../model/plan.ts';
import type { Options } from '../../proxmox/files/section-config.ts';
import type { FoundDifference } from '../comparison.ts';
import type { Decision, HostReader, Wanted } from '../manager.ts';
import type { Part } from './lists/part.ts';
import type { ObjectObservation } from './observe.ts';

/** The sorts of thing that an option may refer to and that must exist first. */
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
      | 'cluster node'
    )
  | ('group' | 'user' | 'role' | 'realm' | 'token' | 'controller' | 'zone' | 'vnet' | 'fabric' | 'IPAM' | 'DNS server');

/** A reference to another object, and where in the options it is. */
export interface Reference {
  readonly sort: ReferenceSort;
  readonly name: string;
  /** Path of keys below the object; empty where the object's own name is the reference. */
  readonly at: readonly (string | number)[];
}

/** Which of all options one type of an object has. */
interface TypeOptions {
  readonly required: readonly string[];
  readonly optional: readonly string[];
  /** Options that Proxmox cannot change in place, although the update call accepts them. */
  readonly fixed?: readonly string[];
}

/** How it shows whether an object has a secret: the place where Proxmox stores it is never read. */
type SecretPresence =
  | { readonly by: 'options'; readonly has: (options: JsonObject) => boolean }
  /** The host names the objects that have it. @throws Error where the host cannot say */
  | { readonly by: 'host'; readonly objects: (host: HostReader) => Promise<ReadonlySet<string>> }
  /** Nobody can tell: why, where that matters; null where the object cannot have one. */
  | { readonly by: 'nothing'; readonly why: (options: JsonObject) => string | null };

/** A secret of an object. It is declared by reference and passed to Proxmox without appearing on a command line. */
interface SecretOption {
  readonly describes: string;
  /** Why an object cannot have this secret; null where it can. */
  refuses(name: string, options: JsonObject): string | null;
  /** The action that sets it. Absent: it is an option of the create or update call, passed inside the process (`proxmox/secret-arguments.ts`). */
  readonly setAction?: (name: string, secret: SecretReference) => Command | FileWrite;
  /** How an import learns whether an object has the secret. Absent: the import supposes that none has, or their names are in Proxmox's file. */
  readonly stored?: SecretPresence;
  /** The create call also prompts for it on standard input. */
  readonly promptedOnCreate?: true;
  /** Whether Proxmox creates no such object without it. */
  readonly requiredOnCreate?: (options: JsonObject) => boolean;
  /**
   * Proxmox accepts it only at creation, together with the option named here, and never shows either again: a different value means recreating the
   * object.
   */
  readonly onlyAtCreation?: { readonly beside: string };
  /** There may be several, each with its own name. */
  readonly multiple?: true;
  /** Encoding in the option of the call. Default: none. */
  readonly encoding?: 'base64url';
}

/** How to find what depends on an object that is to be deleted: the files to read, and a sentence on the dependent; null for none. */
interface Dependents {
  readonly folders: readonly string[];
  /** @param own content of the file that the object itself is in */
  findDependent(name: string, files: ReadonlyMap<string, string>, own: string): string | null;
}

export interface ObjectRow {
  /** The kind in the ids of its targets: `backup` in `backup/nightly`. */
  readonly kind: string;
  /** The field of the configuration file that holds the objects. */
  readonly field: string;
  /** The field holds a single object of this name, which always exists; absent where it holds many. */
  readonly single?: string;
  /**
   * It is there as long as another object is, so that it is never created or deleted, nobody owns it, and only what is declared of it is managed. Says
   * why there is none of a name.
   */
  readonly comesWith?: (name: string) => string;
  /** Display name: `backup job`. */
  readonly label: string;
  /** Description in the schema: one sentence. */
  readonly describes: string;
  /** The API option that holds the object's name; null where only the file has a name. */
  readonly id: string | null;
  /** API paths. Where a path has no placeholder, the name is passed as an option. */
  readonly paths: {
    readonly create: string;
    readonly change: string;
    /** A second call that creates the object, with options of its own. */
    readonly createOtherwise?: string;
  };
  /** Values of the paths' placeholders. Default: the name, for each of them. */
  readonly placeholderValues?: (name: string) => Readonly<Record<string, string>>;
  /** Valid names. Default: letters, digits and `_ . -`, starting with a letter. */
  readonly nameFormat?: { readonly pattern: RegExp; readonly expected: string };
  /** Why an object of this name cannot be declared, such as a built-in one; null where it can. */
  readonly reserved?: (name: string) => string | null;
  /** Objects of a fresh node with their options: import skips those that are unchanged. */
  readonly predefined?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Applied together with other rows as one target, so that this row has no targets of its own. */
  readonly appliedTogether?: true;
  /** The option that gives a recreated object its name, for kinds that have no update call. */
  readonly rename?: string;
  /** The file in which Proxmox stores the objects, and how it is parsed, by name. */
  readonly file: string;
  readonly read: (text: string) => ReadonlyMap<string, Options>;
  /**
   * Reads the text for `read` where the file holds secrets, or no file exists; null where there is nothing. `asked`: current and former declarations
   * of the objects of interest; absent: all. Default: the file itself.
   */
  readonly readSource?: (host: HostReader, asked?: readonly JsonObject[]) => Promise<string | null>;
  /** Why a host without a source for them can have none, so that nothing is decided there. Default: there are none yet. */
  readonly withoutSource?: string;
  /** Why an existing object cannot be declared in its present form; null where it can. */
  readonly undeclarable?: (present: Options) => string | null;
  /** Why Proxmox would lose something of the file with any change of an object, and what to do; null where it would not. */
  readonly losing?: (text: string, name: string) => string | null;
  /** Its calls start a task and succeed whatever becomes of that task. */
  readonly task?: true;
  /** A list inside the object that has its own calls. */
  readonly part?: Part;
  /** The option that carries the owner mark. Default: `comment`; null: there is none, and only the ledger knows the owner. */
  readonly mark?: string | null;
  /** The update call accepts the digest of the file, and refuses when the file has changed. */
  readonly digest?: 'sha1' | 'sha256';
  /** API options that cannot be declared; the reason is a comment at the row. */
  readonly without: readonly string[];
  /** Options that must be declared. */
  readonly required: readonly string[];
  /** Options that every update must repeat, since Proxmox takes the call as the complete new value. */
  readonly alwaysSent?: readonly string[];
  /** Options that an update must repeat with another one, since Proxmox looks for them in the call alone and not in its file. */
  readonly sentWith?: Readonly<Record<string, readonly string[]>>;
  /** By the value of `typeOption`, for kinds that have types. */
  readonly types?: Readonly<Record<string, TypeOptions>>;
  /** The option that says what type an object is. Default: `type`. */
  readonly typeOption?: string;
  /** The values that absent options have in Proxmox. */
  readonly defaults: Readonly<Record<string, string>>;
  /** Alternative spellings of values that mean the same to Proxmox, by option. */
  readonly synonyms?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Options that cannot be deleted, and are set to their default instead. */
  readonly notDeletable?: readonly string[];
  /** Lists whose order has no meaning. */
  readonly unorderedLists?: readonly string[];
  /** Options that hold text of several lines. */
  readonly prose?: readonly string[];
  /** Encodes an option for the call, where Proxmox stores it in another form than it accepts. */
  readonly encode?: (option: string, text: string) => string;
  /** Whether an object is built in and unchanged: nobody owns it, and it cannot be deleted. */
  readonly builtIn?: (name: string, present: Options) => boolean;
  /** Options that are deleted instead of set to false, since the call ignores false. */
  readonly deletedWhenFalse?: readonly string[];
  /** The impact of changing an option to this value. Default: `live`. */
  readonly impact?: (option: string, value: Json | undefined) => Impact;
  /** Options that exclude each other: exactly one of them is declared. */
  readonly oneOf: readonly string[];
  /** How an option is unset: by `--delete`, or by setting it to its default or the empty text. */
  readonly clear: 'delete' | 'empty';
  /** Lists whose members are added and removed one by one after creation; members that others added stay. */
  readonly members: readonly string[];
  readonly references: Readonly<Record<string, ReferenceSort>>;
  /** References in the name, or in an option that needs its own parser, beside `references`. */
  readonly furtherReferences?: (name: string, options: JsonObject) => readonly Reference[];
  readonly secrets?: Readonly<Record<string, SecretOption>>;
  /** Fixed arguments of the create call and of the delete call. */
  readonly createArgs?: readonly string[];
  readonly deleteArgs?: readonly string[];
  /** Whether the object is marked as deleted and Proxmox has not removed it yet. */
  readonly isBeingDeleted?: (present: Options) => boolean;
  /** Created by a program other than pvesh: its first arguments, and the options that these already imply. */
  readonly createCommand?: {
    readonly program: string;
    readonly args: (name: string, options: JsonObject) => readonly string[];
    readonly without: readonly string[];
  };
  readonly dependents?: Dependents;
  /** Firewall files that refer to the object: while there is one, it is not deleted, although Proxmox would. */
  readonly firewallsNaming?: (name: string, firewalls: ReadonlyMap<string, string>) => readonly string[];
  /** What deleting it loses: the end of a sentence. */
  readonly lossOnDelete: string;
  /** Faults that depend on several options together, by option. */
  readonly faults?: (
    name: string,
    options: JsonObject,
  ) => readonly { readonly option: string; readonly message: string }[];
  /** It has notes on the host even without a secret. */
  readonly keepsNotes?: true;
  /** Whether a change means recreating the object. Default: when an option changes that Proxmox cannot change in place. */
  readonly isRecreated?: (before: JsonObject, after: JsonObject) => boolean;
  /** All types of sections in the file, at one of the rows that share it: import lists those of other types. */
  readonly typesInFile?: readonly string[];
  /** Import skips this kind: what exists on the host does not show that anybody wants it declared. */
  readonly notImported?: true;
  /** Replaces the comparison option by option, for kinds that Proxmox does not change that way. */
  readonly asWhole?: WholeObject;
}

/** The comparison of an object that Proxmox does not change option by option. */
interface WholeObject {
  readonly decide: (row: ObjectRow, wanted: Wanted<JsonObject>, seen: ObjectObservation) => Decision;
  /** Whether anything of what is declared is there; null where that is not known. */
  readonly isThere: (spec: JsonObject | undefined, seen: ObjectObservation) => boolean | null;
  /** The differences to what is declared, for people to read. */
  readonly differences: (
    row: ObjectRow,
    wanted: Wanted<JsonObject>,
    seen: ObjectObservation,
  ) => readonly FoundDifference[];
}

/** The kinds of target that can satisfy a reference of a sort. */
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
  // Nothing declares the nodes of a cluster.
  'cluster node': [],
};

/** All references of an object, each with its place. */
export function referencesOf(row: ObjectRow, name: string, options: JsonObject): Reference[] {
  const listed = Object.entries(row.references).flatMap(([option, sort]) => {
    const value = options[option];
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) return [{ sort, name: String(value), at: [option] }];
    return value.map((each, index) => ({ sort, name: String(each), at: [option, index] }));
  });
  return [...listed, ...(row.furtherReferences?.(name, options) ?? [])];
}
