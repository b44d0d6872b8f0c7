// Actions one after the other, each with leave and with a record of how it ended.

import type { Wanted } from '../../managers/manager.ts';
import { actionFailure } from '../../messages/failure.ts';
import type { Action } from '../../model/action.ts';
import type { ActionRecord } from '../../model/run.ts';
import { hidePlainSecrets } from '../../model/secret-shapes.ts';
import type { Host } from '../../ports/host.ts';
import { Aborted } from './lease.ts';
import { drain, isOpen, runAction } from './run-action.ts';
import type { StepLog } from './step-log.ts';

/** Who lets a step act and remembers what it did. Each fails with `Aborted` when somebody else has taken over. */
export interface LeaseGuard {
  /** Asked before every action. */
  assertHeld(): Promise<void>;
  /** Told before the first action: whatever was proved of the target is no proof any more. */
  touch(): Promise<void>;
  record(action: ActionRecord): Promise<void>;
}

export interface Performing {
  readonly host: Host;
  /** What is changed: on the node, one command for it runs at a time. */
  readonly wanted: Pick<Wanted, 'target'>;
  readonly keeper: LeaseGuard;
  readonly log: StepLog;
  /** Aborted when the work must stop at once. */
  readonly signal: AbortSignal;
}

/** Tries of an action that may be done again, whose end is not known. */
const MOST_TRIES = 3;

/** Of actions that may be done again. Resolves to why one failed, or null. Fails with `Aborted` when the work was told to stop. */
export async function perform(work: Performing, actions: readonly Action[]): Promise<string | null> {
  for (const action of actions) {
    for (let tries = 1; ; tries += 1) {
      const { failure, open } = await performRound(work, [action]);
      if (failure === null) break;
      if (!open || tries >= MOST_TRIES) return failure;
    }
  }
  return null;
}

export interface Performed {
  /** Why one failed; null when all ended well. */
  readonly failure: string | null;
  /**
   * That is no failure to give up for: a file was no longer as it had been looked at, an earlier command was still at work, or the
   * connection was lost and nobody knows how it ended. Nothing of it runs any more, and the next look decides anew.
   */
  readonly open: boolean;
}

export async function performRound(work: Performing, actions: readonly Action[]): Promise<Performed> {
  const { target } = work.wanted;
  for (const action of actions) {
    stopIfTold(work);
    await work.keeper.assertHeld();
    const result = await runAction(work.host, action, { signal: work.signal, log: work.log, target });
    await work.keeper.record({
      summary: hidePlainSecrets(action.summary),
      exit: result.exit,
      ms: Math.round(result.ms),
    });
    if (isOpen(result)) {
      await drain(work.host, target, work);
      return { failure: actionFailure(action, result), open: true };
    }
    if (result.exit === 0 || action.failure === 'observe') continue;
    const overtaken = action.do.kind === 'file' && action.do.expects !== undefined;
    return { failure: actionFailure(action, result), open: overtaken };
  }
  return { failure: null, open: false };
}

export function stopIfTold({ signal }: Pick<Performing, 'signal'>): void {
  if (signal.aborted) throw new Aborted();
}
