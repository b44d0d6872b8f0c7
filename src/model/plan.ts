// A plan: which targets change, why, with which impact and in which order. Made from Git alone; a run executes it.

import type { TargetId } from './ids.ts';
import type { Json, JsonObject } from './json.ts';
import type { Policy } from './policy.ts';

export type Verb = 'create' | 'update' | 'delete';

/** The impact of a change: none visible, a restart of the guest, its recreation, or its deletion. */
export type Impact = 'live' | 'restart' | 'recreate' | 'destroy';

export interface FieldChange {
  /** JSON pointer into the spec. */
  readonly path: string;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

/** A place in a file of the config repo. */
export interface WrittenPlace {
  /** Path below the config root, as in problems. */
  readonly file: string;
  /** JSON pointer into the file of the plan's target commit; for removed values, of the previous one. */
  readonly path: string;
}

/** A change in a config file, with the values of the file. */
export interface WrittenChange extends WrittenPlace {
  /** Field name for display: `memory_mb`, `network_config.ip`; prefixed with the owner for another target's entry: `lxc/101 (nginx) name`. */
  readonly field: string;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
  /** Its previous place, if different: for a moved list entry. */
  readonly was?: string;
  /** For derived changes: the places that cause them. */
  readonly because?: readonly WrittenPlace[];
}

/** A change of one target, before its impact and order are determined. */
export interface Change<Spec = JsonObject> {
  readonly target: TargetId;
  readonly verb: Verb;
  readonly before: Spec | undefined;
  readonly after: Spec | undefined;
  readonly fields: readonly FieldChange[];
}

export interface PlanStep {
  readonly target: TargetId;
  readonly kind: string;
  readonly verb: Verb;
  readonly impact: Impact;
  /** Steps of this plan that must succeed first. */
  readonly needs: readonly TargetId[];
  /** From 1; steps of one wave are independent of each other. */
  readonly wave: number;
  /** Whether it waits as `blocked` until approved. */
  readonly approval: boolean;
  /** Number of required approvers; `approval` is whether it is more than zero. */
  readonly approvals: number;
  /** Whether `"protected": true` forbids the step even with approval. */
  readonly protected: boolean;
  /** Changes of the spec with internal names: the basis for impact, approvals and applying. */
  readonly changes: readonly FieldChange[];
  /** The same with the field names of the files, for display; absent in plans from before it was recorded and if the files are not available. */
  readonly written?: readonly WrittenChange[];
  /** The changes are not in the files, but follow from `written`. Absent for no. */
  readonly derived?: true;
  /** Display name of the target, such as a guest's name; absent if it has none. */
  readonly name?: string;
  /** Secret references that are new for the target; absent for none. */
  readonly secrets?: readonly string[];
}

export interface Plan {
  readonly from: string | null;
  readonly to: string;
  /** In a valid order of execution. */
  readonly steps: readonly PlanStep[];
  /** Requirements for executing it; absent: the defaults. */
  readonly policy?: Policy;
}
