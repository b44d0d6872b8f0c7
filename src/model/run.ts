// The carrying out of one plan for one commit, as the ledger keeps it and the API shows it.

import type { RunId, TargetId } from './ids.ts';
import type { Impact, Verb } from './plan.ts';

export type Trigger = 'push' | 'replay' | 'drift' | 'command';
export type RunState = 'planned' | 'applying' | 'succeeded' | 'failed' | 'blocked' | 'superseded' | 'invalid';
export type Outcome = 'applied' | 'unchanged' | 'failed' | 'skipped' | 'blocked' | 'superseded';

export interface ActionRecord {
  readonly summary: string;
  readonly exit: number | null;
  /** Wall time in milliseconds. */
  readonly ms: number;
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
  /** ISO 8601. */
  readonly started: string | null;
  readonly ended: string | null;
  readonly actions: readonly ActionRecord[];
}

export interface Run {
  readonly id: RunId;
  readonly commit: string;
  readonly trigger: Trigger;
  readonly state: RunState;
  readonly created: string;
  readonly started: string | null;
  readonly ended: string | null;
  /** Who asked: the pusher, `phoenix` for timers, or the name given with a command. */
  readonly by: string;
  readonly steps: readonly StepRecord[];
}
