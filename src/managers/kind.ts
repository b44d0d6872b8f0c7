// A kind of target: its declaration in files, and its manager. Everything of a kind is in its folder, and the registry (index.ts) has one line for
// it.

import type { JsonObject } from '../model/json.ts';
import type { Declaration } from './declaration.ts';
import type { Importer } from './importer.ts';
import type { Manager } from './manager.ts';

export interface Kind<Spec = JsonObject, Observation = unknown, Inventory = unknown, Found = unknown>
  extends Manager<Spec, Observation, Inventory> {
  readonly declares: Declaration;
  /** Imports the kind from a host. Absent where import writes nothing of it. */
  readonly imports?: Importer<Found, Spec, Observation, Inventory>;
}
