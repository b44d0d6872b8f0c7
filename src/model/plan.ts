// A plan: which targets change, why, at what cost and in which order. Made from Git alone; carrying it out is a run.

import type { TargetId } from './ids.ts';
import type { Json, JsonObject } from './json.ts';
import type { Policy } from './policy.ts';

export type Verb = 'create' | 'update' | 'delete';

/** What a change costs: nothing visible, a restart of the guest, a new guest in its place, or its end. */
export type Impact = 'live' | 'restart' | 'recreate' | 'destroy';

export interface FieldChange {
  /** JSON pointer into the spec. */
  readonly path: string;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

/** A place in a file of the config repo. */
export interface WrittenPlace {
  /** Path below the config root, as problems name files. */
  readonly file: string;
  /** JSON pointer into the file: of the commit that the plan leads to, for what is gone of the one before. */
  readonly path: string;
}

/** What a person changed in a file, with the values of the file. */
export interface WrittenChange extends WrittenPlace {
  /** As people call it: `memory_mb`, `network_config.ip`; of another's entry with whose it is: `lxc/101 (nginx) name`. */
  readonly field: string;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
  /** Where the value stood before, where that is another place: an entry of a list that moved. */
  readonly was?: string;
  /** Of what is derived: the places that it follows from. */
  readonly because?: readonly WrittenPlace[];
}

/** One target's change before impact and order are known. */
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
  /** Steps of this plan that must end well first. */
  readonly needs: readonly TargetId[];
  /** From 1; steps of one wave do not need each other. */
  readonly wave: number;
  /** Waits as `blocked` until a person approves. */
  readonly approval: boolean;
  /** How many persons must approve; `approval` is that it is more than none. */
  readonly approvals: number;
  /** Where `"protected": true` forbids the step even with approval. */
  readonly protected: boolean;
  /** Of the spec, in Phoenix's own names: what impact, approvals and applying are judged by. */
  readonly changes: readonly FieldChange[];
  /** The same in the words of the files, which is what people are shown; absent in plans from before it was kept, and where the files are not at hand. */
  readonly written?: readonly WrittenChange[];
  /** Nobody wrote the changes down: they follow from what `written` names. Absent for no. */
  readonly derived?: true;
  /** What the target is called beside its id, such as a guest's name; absent where it has no other. */
  readonly name?: string;
  /** References to secrets that the target is given for the first time; absent for none. */
  readonly secrets?: readonly string[];
}

export interface Plan {
  readonly from: string | null;
  readonly to: string;
  /** In an order in which they may run. */
  readonly steps: readonly PlanStep[];
  /** What it must have before it is carried out; absent: what holds where a configuration says nothing. */
  readonly policy?: Policy;
}
