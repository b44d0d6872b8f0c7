// A run: the execution of a plan for one commit, as stored in the ledger and shown by the API.

import type { RunId, TargetId } from './ids.ts';
import type { Json } from './json.ts';
import type { Impact, Verb } from './plan.ts';
import type { CommandVerb } from './verbs.ts';

export type Trigger = 'push' | 'replay' | 'drift' | 'command';
export type RunState = 'planned' | 'applying' | 'succeeded' | 'failed' | 'blocked' | 'superseded' | 'invalid';
export type Outcome = 'applied' | 'unchanged' | 'failed' | 'skipped' | 'blocked' | 'superseded';

export interface ActionRecord {
  readonly summary: string;
  /** Null if it was aborted or not executed: in a read-only run and for a step that waits for approval. */
  readonly exit: number | null;
  /** Duration in milliseconds. */
  readonly ms: number;
}

/** A field that differs from its declaration. Secrets are hidden and long values truncated. */
export interface FieldDifference {
  /** The field name of the file if there is one, else Proxmox's, or the path of a file on the host. */
  readonly field: string;
  /**
   * Where it is declared: the file, from the top of the repository, a JSON pointer into it, and its line, from 1: null for a file as a whole, absent in
   * records of earlier versions. Without a place where no file says it.
   */
  readonly place?: { readonly file: string; readonly path: string; readonly line?: number | null };
  /** Null: not declared. */
  readonly declared: Json;
  /** Null: not set. */
  readonly observed: Json;
  /** For a text of several lines: those that differ, `-` as declared and `+` as observed, with one line around them. */
  readonly lines?: readonly string[];
}

export interface StepRecord {
  readonly target: TargetId;
  readonly verb: Verb;
  readonly impact: Impact;
  /** Null while waiting or running. */
  readonly outcome: Outcome | null;
  /** The cause and the remedy, of a step that is tried again those of its last attempt; null if there is nothing to add. */
  readonly reason: string | null;
  readonly attempts: number;
  /** Number of unexpectedly failed attempts; absent for none. An unreachable node or a crashed worker does not count. */
  readonly failures?: number;
  /** Earliest next attempt (epoch milliseconds); absent if not deferred. */
  readonly waits?: number;
  /** ISO 8601. */
  readonly started: string | null;
  readonly ended: string | null;
  readonly actions: readonly ActionRecord[];
  /** Differences found by its drift check; absent for none. */
  readonly differs?: readonly FieldDifference[];
}

export interface Run {
  readonly id: RunId;
  readonly commit: string;
  readonly trigger: Trigger;
  /** Null for a run without a command. */
  readonly verb: CommandVerb | null;
  /** Whether it only reports what would be done. */
  readonly readOnly: boolean;
  readonly state: RunState;
  readonly created: string;
  readonly started: string | null;
  readonly ended: string | null;
  /** The requester: the pusher, `phoenix` for timers, or the name given with a command. */
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
