// What a step works with, and how it ends.

import type { Manager, Wanted } from '../../managers/manager.ts';
import type { Action } from '../../model/action.ts';
import type { Outcome } from '../../model/run.ts';
import type { RecordedDifference } from './differences.ts';
import type { Performing } from './perform.ts';
import type { SecretDigests } from './seal.ts';

export interface Ending {
  readonly outcome: Extract<Outcome, 'applied' | 'unchanged' | 'failed' | 'blocked'>;
  readonly reason: string | null;
  /** Sentences of what would be done, where nothing may be done, or not yet. */
  readonly would?: readonly string[];
  /** Fields that differ from the declaration, where nothing was changed; absent where nothing was observed or something was done. */
  readonly differs?: readonly RecordedDifference[];
  /** Keyed digests of the secrets that it has now, by reference. */
  readonly secrets?: SecretDigests;
  /** It was created or recreated, so its former content is gone. */
  readonly anew?: boolean;
}

/** A transient obstacle; the message names it. */
export class TransientError extends Error {
  override readonly name = 'TransientError';
}

export interface StepWork extends Performing {
  readonly manager: Manager;
  readonly wanted: Wanted;
  /** A step began to change the target, and its state was not proved since. */
  readonly touched: boolean;
  /** Restore the state before when the change fails, where it can be saved. */
  readonly rollback: boolean;
  /** Change nothing. `differs`: a difference counts as failed; `would`: only report what would be done. */
  readonly readOnly: 'differs' | 'would' | false;
  /** One inventory of the whole host, which may settle the step; null: the target itself is observed at once. */
  readonly inventory: (() => Promise<unknown>) | null;
  /** Digests of the secrets that it had when it was last proved; absent: unknown. */
  readonly known?: SecretDigests;
  /** Fields of an existing target whose differences are ignored; absent for none. */
  readonly leaves?: readonly string[];
  /**
   * Why these actions may not be done yet, since a person has to approve them first; absent: they may. @param begun whether other actions of this
   * step were done before
   */
  readonly unapproved?: (actions: readonly Action[], begun: boolean) => string | null;
  /** The actions that a person was shown and approved: nothing else is begun. Absent where nobody was shown any. */
  readonly shown?: readonly string[] | null;
}
