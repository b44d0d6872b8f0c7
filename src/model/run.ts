// The carrying out of one plan for one commit, as the ledger keeps it and the API shows it.

import type { RunId, TargetId } from './ids.ts';
import type { Json } from './json.ts';
import type { Impact, Verb } from './plan.ts';
import type { CommandVerb } from './verbs.ts';

export type Trigger = 'push' | 'replay' | 'drift' | 'command';
export type RunState = 'planned' | 'applying' | 'succeeded' | 'failed' | 'blocked' | 'superseded' | 'invalid';
export type Outcome = 'applied' | 'unchanged' | 'failed' | 'skipped' | 'blocked' | 'superseded';

export interface ActionRecord {
  readonly summary: string;
  /** Null when it was stopped, and for what would be done: in a run that only looks, and of a step that waits for a person. */
  readonly exit: number | null;
  /** Wall time in milliseconds. */
  readonly ms: number;
}

/** A field that a look found otherwise than it is declared. Secrets are hidden and long values cut. */
export interface FieldDifference {
  /** In the words of the file where it has some, else in Proxmox's. */
  readonly field: string;
  /** Null: it is to have none. */
  readonly declared: Json;
  /** Null: it has none. */
  readonly observed: Json;
}

export interface StepRecord {
  readonly target: TargetId;
  readonly verb: Verb;
  readonly impact: Impact;
  /** Null while it waits or runs. */
  readonly outcome: Outcome | null;
  /** Why it ended so, and what to do; null when there is nothing to say. */
  readonly reason: string | null;
  readonly attempts: number;
  /** Tries that failed unexpectedly; absent for none. A node that was away, and a worker that died, are none. */
  readonly failures?: number;
  /** Not tried before then (epoch milliseconds); absent while nothing is waited for. */
  readonly waits?: number;
  /** ISO 8601. */
  readonly started: string | null;
  readonly ended: string | null;
  readonly actions: readonly ActionRecord[];
  /** What its look found otherwise than declared; absent where it found nothing, or the kind is not compared field by field. */
  readonly differs?: readonly FieldDifference[];
}

export interface Run {
  readonly id: RunId;
  readonly commit: string;
  readonly trigger: Trigger;
  /** Null for a run that no verb asked for. */
  readonly verb: CommandVerb | null;
  /** It says what would be done, and does nothing. */
  readonly readOnly: boolean;
  readonly state: RunState;
  readonly created: string;
  readonly started: string | null;
  readonly ended: string | null;
  /** Who asked: the pusher, `phoenix` for timers, or the name given with a command. */
  readonly by: string;
  readonly steps: readonly StepRecord[];
}

export function endedWell(outcome: Outcome): boolean {
  switch (outcome) {
    case 'applied':
    case 'unchanged':
      return true;
    case 'failed':
    case 'skipped':
    case 'blocked':
    case 'superseded':
      return false;
    default:
      return outcome satisfies never;
  }
}
