// Actions one after the other, each with leave and with a record of how it ended.

import type { Action } from '../../model/action.ts';
import type { ActionRecord } from '../../model/run.ts';
import { hidePlainSecrets } from '../../model/secret-shapes.ts';
import type { Host } from '../../ports.ts';
import { actionFailure } from '../../say/failure.ts';
import { Stopped } from './lease.ts';
import { runAction } from './run-action.ts';
import type { StepLog } from './step-log.ts';

/** Who lets a step act and remembers what it did. Each fails with `Stopped` when somebody else has taken over. */
export interface Keeper {
  /** Asked before every action. */
  stillMine(): Promise<void>;
  /** Told before the first action: whatever was proved of the target is no proof any more. */
  touch(): Promise<void>;
  record(action: ActionRecord): Promise<void>;
}

export interface Performing {
  readonly host: Host;
  readonly keeper: Keeper;
  readonly log: StepLog;
  /** Aborted when the work must stop at once. */
  readonly signal: AbortSignal;
}

/** Resolves to why one failed, or null. Fails with `Stopped` when the work was told to stop. */
export async function perform(work: Performing, actions: readonly Action[]): Promise<string | null> {
  return (await performRound(work, actions)).failure;
}

/** `overtaken`: a file was no longer as it had been looked at, so nothing was written, and the next look decides anew. */
export async function performRound(
  work: Performing,
  actions: readonly Action[],
): Promise<{ readonly failure: string | null; readonly overtaken: boolean }> {
  for (const action of actions) {
    stopIfTold(work);
    await work.keeper.stillMine();
    const result = await runAction(work.host, action, work);
    await work.keeper.record({
      summary: hidePlainSecrets(action.summary),
      exit: result.exit,
      ms: Math.round(result.ms),
    });
    if (result.exit === 0 || action.failure === 'observe') continue;
    const overtaken = action.do.kind === 'file' && action.do.expects !== undefined;
    return { failure: actionFailure(action, result), overtaken };
  }
  return { failure: null, overtaken: false };
}

export function stopIfTold({ signal }: Pick<Performing, 'signal'>): void {
  if (signal.aborted) throw new Stopped();
}
