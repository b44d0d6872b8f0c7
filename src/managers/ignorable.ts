// Which fields of a target may be left to people by `phoenix.drift`.

import type { TargetId } from '../model/ids.ts';
import type { JsonObject } from '../model/json.ts';

/** All methods are pure. */
export interface Ignorable<Spec = JsonObject, Observation = unknown> {
  /** Names of the fields in the file. @param target null: those of every target of the kind */
  fields(target: TargetId | null): readonly string[];
  /** The keys of the spec that such a field decides. Absent: its name. */
  keys?(target: TargetId, field: string): readonly string[];
  /** The spec with these fields undeclared, or as they were observed, so that they are neither compared nor set. */
  without(spec: Spec, fields: readonly string[], target: TargetId, observation: Observation): Spec;
}
