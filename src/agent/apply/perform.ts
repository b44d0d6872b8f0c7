// Performs actions one after the other: each checks the lease before, and is recorded with its result.

import type { Wanted } from '../../managers/manager.ts';
import { actionFailure } from '../../messages/failure.ts';
import type { Action } from '../../model/action.ts';
import type { ActionRecord } from '../../model/run.ts';
import { hidePlainSecrets } from '../../model/secret-shapes.ts';
import type { Host } from '../../ports/host.ts';
import { Aborted } from './lease.ts';
import { drain, isOpen, runAction } from './run-action.ts';
import type { StepLog } from './step-log.ts';

/** Checks that a step may act, and records what it did. Each method fails with `Aborted` when another worker has taken over. */
export interface LeaseGuard {
  /** Called before every action. */
  assertHeld(): Promise<void>;
  /** Called before the first action: from then on the target's last proof no longer holds. */
  touch(): Promise<void>;
  record(action: ActionRecord): Promise<void>;
}

export interface Performing {
  readonly host: Host;
  /** The target that is changed: only one command for it runs on the node at a time. */
  readonly wanted: Pick<Wanted, 'target'>;
  readonly leaseGuard: LeaseGuard;
  readonly log: StepLog;
  /** Aborted when the work must stop at once. */
  readonly signal: AbortSignal;
}

/** Attempts of a repeatable action whose result is unknown. */
const MAX_TRIES = 3;

/** Performs repeatable actions. Resolves to why one failed, or null. Fails with `Aborted` when the work was aborted. */
export async function perform(work: Performing, actions: readonly Action[]): Promise<string | null> {
  for (const action of actions) {
    for (let tries = 1; ; tries += 1) {
      const { failure, mayRetry } = await performRound(work, [action]);
      if (failure === null) break;
      if (!mayRetry || tries >= MAX_TRIES) return failure;
    }
  }
  return null;
}

export interface Performed {
  /** Why one failed; null when all succeeded. */
  readonly failure: string | null;
  /**
   * The failure is not final: a file had changed since it was observed, an earlier command was still running, or the
   * connection was lost and the result is unknown. Nothing of it is running any more, and the next observation decides again.
   */
  readonly mayRetry: boolean;
}

export async function performRound(work: Performing, actions: readonly Action[]): Promise<Performed> {
  const { target } = work.wanted;
  for (const action of actions) {
    throwIfAborted(work);
    await work.leaseGuard.assertHeld();
    const result = await runAction(work.host, action, { signal: work.signal, log: work.log, target });
    await work.leaseGuard.record({
      summary: hidePlainSecrets(action.summary),
      exit: result.exit,
      ms: Math.round(result.ms),
    });
    if (isOpen(result)) {
      await drain(work.host, target, work);
      return { failure: actionFailure(action, result), mayRetry: true };
    }
    if (result.exit === 0 || action.failure === 'observe') continue;
    const overtaken = action.do.kind === 'file' && action.do.expects !== undefined;
    return { failure: actionFailure(action, result), mayRetry: overtaken };
  }
  return { failure: null, mayRetry: false };
}

export function throwIfAborted({ signal }: Pick<Performing, 'signal'>): void {
  if (signal.aborted) throw new Aborted();
}
