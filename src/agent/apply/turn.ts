// One job of a worker: a step, and the steps that it continues with.

import type { RunId, TargetId } from '../../model/ids.ts';
import type { ApplyRequest, RetryDelay } from '../../ports/queue.ts';
import type { Context } from '../context.ts';
import { scheduleAfter, scheduleBeside } from '../schedule.ts';
import { apply } from './apply.ts';

export async function turn(
  context: Context,
  id: RunId,
  target: TargetId,
  signal: AbortSignal,
): Promise<RetryDelay | ApplyRequest> {
  const end = await apply(context, id, target, signal);
  if (end === null) return null;
  if (typeof end !== 'number') return scheduleAfter(context, end.run, { target, outcome: end.outcome });
  // While the node is unreachable, other steps would fail as well.
  if (context.nodeWatch.away() !== null) return end;
  const run = await context.ledger.runStep(id, target);
  if (run !== null) await scheduleBeside(context, run, target);
  return end;
}
