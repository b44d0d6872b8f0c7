// A target: one object that Phoenix manages, with its full desired state.

import type { TargetId } from './ids.ts';
import type { JsonObject } from './json.ts';

export interface Target {
  readonly id: TargetId;
  /** Normalised: defaults are filled in, keys are sorted, used files have blob ids. Secrets only as references. */
  readonly spec: JsonObject;
  /** Targets that contain or create it: it is checked again if one of them is recreated, even if its own spec is unchanged. */
  readonly within?: readonly TargetId[];
  /** Targets that must be applied first. */
  readonly needs: readonly TargetId[];
  /** `"protected": true` in the configuration: never destroyed or recreated, not even when approved. */
  readonly protected: boolean;
}

/** Record that a target has a commit's declared state: written only after an observation found nothing to do. */
export interface Applied {
  readonly target: TargetId;
  readonly commit: string;
  /** Digest of the applied spec. */
  readonly digest: string;
  /** Keyed digests of its secret values by reference; the key is stored elsewhere. Absent in records from before they existed. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Time of verification, ISO 8601. Absent in records from before it existed. */
  readonly at?: string;
  /** Time of the last recreation, ISO 8601; absent if unknown. Earlier content is lost. */
  readonly made?: string;
}

/** An object on the host that carries Phoenix's mark. */
export interface MarkedTarget {
  /** The object's actual identity. */
  readonly target: TargetId;
  /** Its name on the host; empty for none. */
  readonly name: string;
  /** The identity in its mark; a different target for a clone. */
  readonly markedAs: TargetId;
}
