// Finds targets that are due: certificates near their end, and targets with changed secrets. They are found with one inventory and applied in a
// separate run. Failed attempts are recorded, so that the delay between attempts grows.

import { randomUUID } from 'node:crypto';
import { kindOf, type TargetId } from '../../model/ids.ts';
import { renewals } from '../../plan/renewals.ts';
import { HostAway } from '../../ports/host-failure.ts';
import type { RetryDelay } from '../../ports/queue.ts';
import { changedSecrets } from '../changed-secrets.ts';
import type { Context } from '../context.ts';
import { messageOf, noteFault } from '../faults.ts';
import { requestRun } from '../open-run.ts';
import { declaredAt } from '../reconcile/desired-state.ts';
import { TIMER } from '../statuses.ts';

/** Later due times are covered by the timer itself. */
const SOON_MS = 300_000;

/** Resolves to when the next target is due, where that is known. */
export async function renew(context: Context): Promise<RetryDelay> {
  const { ledger, clock, log } = context;
  const commit = (await ledger.head())?.base;
  if (!commit || (await ledger.frozen()) !== null) return null;
  let due: ReadonlyMap<TargetId, number>;
  try {
    due = await dueTargets(context, commit);
  } catch (error) {
    log.warn('what is due by time is not known', { error });
    // A node that is away is known to everybody.
    if (!(error instanceof HostAway)) await noteFault(context, 'renew', messageOf(error));
    return null;
  }
  await noteFault(context, 'renew', null);
  // After the observation, so that what is due immediately is due at its own time.
  const now = clock.now().getTime();
  const found = renewals(due, await ledger.renewals(), now);
  await ledger.settleRenewals(found.settled);
  const underWay = await targetsUnderWay(context);
  const targets = found.now.filter((target) => !underWay.has(target));
  if (targets.length > 0) {
    await ledger.noteRenewals(targets, now);
    await requestRun(context, { commit, trigger: 'drift', by: TIMER, targets, rewind: false, readOnly: false });
  }
  const wait = found.next === null ? Number.POSITIVE_INFINITY : found.next - now;
  return wait > SOON_MS ? null : wait;
}

/** Due times of targets that are applied and still declared. */
async function dueTargets(context: Context, commit: string): Promise<Map<TargetId, number>> {
  const { ledger, managers, inventories, options } = context;
  const declared = await declaredAt(context, commit);
  // Unknown does not mean that nothing is due: the recorded attempts are kept.
  if (declared === undefined) throw new Error(`the repository does not have ${commit} any more, which is applied`);
  const { applied } = await ledger.targets();
  const inventoryKey = `due ${randomUUID()}`;
  const due = new Map<TargetId, number>();
  for (const { id, spec, protected: isProtected } of declared.targets.values()) {
    const manager = managers.managerOf(kindOf(id));
    if (manager.due === undefined || manager.isDueByTime?.(id) === false || !applied.has(id)) continue;
    const origin = { repository: options.repositoryUrl, commit };
    const wanted = { target: id, spec, before: spec, origin, approved: false, protected: isProtected };
    const at = manager.due(await inventories(inventoryKey, manager), wanted);
    if (at !== null) due.set(id, at.getTime());
  }
  for (const id of await changedSecrets(context.host, declared.targets, { applied })) due.set(id, 0);
  return due;
}

/** Targets in an earlier such run that has not ended, perhaps because it waits for its turn or a person. */
async function targetsUnderWay({ ledger }: Context): Promise<ReadonlySet<TargetId>> {
  const open = (await ledger.openRuns()).filter(({ trigger, readOnly }) => trigger === 'drift' && !readOnly);
  return new Set(open.flatMap(({ request }) => request.targets ?? []));
}
