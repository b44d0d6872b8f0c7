// A kind of target: what its files declare, and how its targets are kept. Everything of a kind stands in its folder, and the
// registry (index.ts) has one line for it.

import type { JsonObject } from '../model/json.ts';
import type { Declaration } from './declaration.ts';
import type { Importer } from './importer.ts';
import type { Manager } from './manager.ts';

export interface Kind<Spec = JsonObject, Observation = unknown, Inventory = unknown, Found = unknown>
  extends Manager<Spec, Observation, Inventory> {
  readonly declares: Declaration;
  /** How what is there is brought into the files. Absent where nothing of it is written by import. */
  readonly imports?: Importer<Found, Spec, Observation, Inventory>;
}
