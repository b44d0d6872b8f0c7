// How the state of a host is imported into a config repo: the inverse of declaring a kind. One observation of the host, then pure code derives the
// files. A kind's importer is in its own folder, beside its schema, and is registered with it.

import type { JsonObject } from '../model/json.ts';
import type { Config } from './config.ts';
import type { HostReader, Wanted } from './manager.ts';

/** Something on the host that cannot be declared: it stays as it is. */
export interface LeftOver {
  /** What it is, with the host's file and line: `lxc/101 net1: … (/etc/pve/lxc/101.conf:7)`. */
  readonly what: string;
  readonly why: string;
}

/** A secret that the files refer to and that a person has to supply, since Proxmox never shows it. */
export interface NeededSecret {
  readonly reference: string;
  /** The object and its option: `storage/share password`. */
  readonly for: string;
  /** What to supply, as text. */
  readonly put: string;
  /** The file with the reference. */
  readonly file: string;
  /** JSON pointer of the reference. */
  readonly path: string;
}

export interface Imported {
  /** Parts of config files, by path: several kinds contribute different fields of one file. */
  readonly files: Readonly<Record<string, JsonObject>>;
  /** Other files, such as compose files, by path. */
  readonly texts: Readonly<Record<string, string>>;
  readonly secrets: readonly NeededSecret[];
  readonly left: readonly LeftOver[];
  /** Where on the host objects stand, by target id: `/etc/pve/storage.cfg:12`. */
  readonly places?: Readonly<Record<string, string>>;
}

/** Why something of an object was left that has no field. */
export const NO_FIELD = 'it cannot be declared: it stays as it is';

/** Something on the host that could be declared. */
export interface FoundObject {
  /** A target id or similar name: `lxc/101`, `storage/local-lvm`. */
  readonly object: string;
  /** Its display name; null for none. */
  readonly name: string | null;
}

/** How much is written: `different`: values that differ from a new object's defaults; `all`: also defaults, for a comparison. */
export type Extent = 'different' | 'all';

/** `Found` is the result of one observation of the host; `Observation` and `Inventory` are those of the kind's manager. */
export interface Importer<Found = unknown, Spec = JsonObject, Observation = unknown, Inventory = unknown> {
  /** Read-only: a constant number of commands, and at most one for each object found. */
  observe(host: HostReader): Promise<Found>;
  /** Pure. @param secretsFolder folder of the node with the files that references name, without a trailing slash */
  written(found: Found, extent: Extent, secretsFolder: string): Imported;
  /**
   * Pure: where on the host the value of a field was read, as `/etc/pve/lxc/101.conf:7`, or the file alone; null for no target of the kind.
   *
   * @param entry the target's entry of the file, as it was imported
   * @param keys the way from the entry to the field
   */
  placeOf?(found: Found, target: string, entry: JsonObject, keys: readonly string[]): string | null;
  /** Pure: every object of the kind on the host that this configuration does not declare. */
  undeclared(found: Found, config: Config): readonly FoundObject[];
  /** Fields of specs that cannot be read from a host, such as what a guest was created from: they are not compared. */
  readonly unreadableFields: readonly string[];
  /** Pure: the observation of a target from the inventory alone; null where it does not suffice. Absent where the manager's quick check does this. */
  quickCheck?(inventory: Inventory, wanted: Wanted<Spec>): Observation | null;
  /** Pure: the observation as if the object had Phoenix's owner mark. Absent for kinds without marks. */
  marked?(seen: Observation, wanted: Wanted<Spec>): Observation;
}
