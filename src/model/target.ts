// One thing that Phoenix keeps as declared, with everything that decides how it should be.

import type { TargetId } from './ids.ts';
import type { JsonObject } from './json.ts';

export interface Target {
  readonly id: TargetId;
  /** Normalised: defaults filled in, keys in order, blob ids of the files it uses. Secrets only as references. */
  readonly spec: JsonObject;
  /** Targets in which it lies or by which it was made: it is looked at again when one of them is recreated, though its own spec stays. */
  readonly within?: readonly TargetId[];
  /** Targets that must be applied first. */
  readonly needs: readonly TargetId[];
  /** `"protected": true` in the configuration: never destroyed or recreated, not even when approved. */
  readonly protected: boolean;
}

/** Proof that a target was brought to what a commit says: written only after an observation left nothing to do. */
export interface Applied {
  readonly target: TargetId;
  readonly commit: string;
  /** Digest of the spec that was applied. */
  readonly digest: string;
  /** Keyed digests of the values that its secrets had, by reference; the key is not here. Absent in records from before they were kept. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** When it was proved, ISO 8601. Absent in records from before it was kept. */
  readonly at?: string;
  /** When it was last recreated, ISO 8601; absent where that was never noted. What lay in it before that is gone. */
  readonly made?: string;
}

/** What carries Phoenix's mark on the host. */
export interface MarkedTarget {
  /** What it is there. */
  readonly target: TargetId;
  /** Its name there; empty for none. */
  readonly name: string;
  /** What its mark says that it is: another target for a copy. */
  readonly markedAs: TargetId;
}
