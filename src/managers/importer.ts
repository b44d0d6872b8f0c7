// How what is on a host is brought into a config repo: the inverse of what a kind declares. One look at the host, then purely what the
// files would say of it. A kind has its importer in its own folder, beside its schema, and is registered with it.

import type { JsonObject } from '../model/json.ts';
import type { Config } from './config.ts';
import type { HostReader, Wanted } from './manager.ts';

/** Something on the host that the files have no words for: it stays as it is. */
export interface LeftOver {
  /** What it is, with the file of the host and its line: `lxc/101 net1: … (/etc/pve/lxc/101.conf:7)`. */
  readonly what: string;
  readonly why: string;
}

/** A secret that the files name and that somebody has to put in its place: Proxmox gives none back. */
export interface NeededSecret {
  readonly reference: string;
  /** What it is of, and what of it: `storage/share password`. */
  readonly for: string;
  /** What to put there, in words. */
  readonly put: string;
  /** The field that names it. */
  readonly file: string;
  /** JSON pointer. */
  readonly path: string;
}

export interface Imported {
  /** Parts of files of the config repo, by path: what several kinds say of one file are different fields of it. */
  readonly files: Readonly<Record<string, JsonObject>>;
  /** Other files, such as compose files, by path. */
  readonly texts: Readonly<Record<string, string>>;
  readonly secrets: readonly NeededSecret[];
  readonly left: readonly LeftOver[];
}

/** Something on the host that could be declared. */
export interface FoundObject {
  /** A target's id, or what it is called: `lxc/101`, `storage/local-lvm`. */
  readonly object: string;
  /** What people call it beside; null for nothing. */
  readonly name: string | null;
}

/** How much is written: `different`: what a new one would not get by itself; `all`: also what it would, for comparing. */
export type Extent = 'different' | 'all';

/** `Found` is what one look says; `Observation` and `Inventory` are those of the kind's manager. */
export interface Importer<Found = unknown, Spec = JsonObject, Observation = unknown, Inventory = unknown> {
  /** Looks only: a constant number of commands, and at most one for each thing found. */
  observe(host: HostReader): Promise<Found>;
  /** Pure. @param secretsFolder folder of the node that references name files in, without a slash at its end */
  written(found: Found, extent: Extent, secretsFolder: string): Imported;
  /** Pure: everything of its kind on the host that this configuration does not declare. */
  undeclared(found: Found, config: Config): readonly FoundObject[];
  /** Fields of specs that no host tells, such as what a guest was made from: they are not compared. */
  readonly unreadableFields: readonly string[];
  /** Pure: one target from the inventory alone; null where that does not tell. Absent where the quick check of the manager does. */
  quickCheck?(inventory: Inventory, wanted: Wanted<Spec>): Observation | null;
  /** Pure: the same as if it carried the mark of who keeps it. Absent for kinds without marks. */
  marked?(seen: Observation, wanted: Wanted<Spec>): Observation;
}
