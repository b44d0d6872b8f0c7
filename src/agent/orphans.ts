// What carries Phoenix's mark for this repository on the host though nothing declares it and the ledger does not know it: a backup that
// was restored under another id, a guest whose id was changed, or one that was declared before a ledger was lost.

import type { TargetId } from '../model/ids.ts';
import type { MarkedTarget } from '../model/target.ts';
import type { Context } from './context.ts';
import { declaredAt } from './reconcile/gather.ts';
import { clockTick } from './verbs/known.ts';

/**
 * @param look names the look at the host, which is shared with whoever has the same
 * @param declared at the commit that is asked about
 */
export async function orphansAmong(
  { managers, inventories, ledger, options }: Pick<Context, 'managers' | 'inventories' | 'ledger' | 'options'>,
  look: string,
  declared: ReadonlyMap<TargetId, unknown>,
): Promise<readonly MarkedTarget[]> {
  const records = await ledger.targets();
  const isKnown = (id: TargetId) => declared.has(id) || records.applied.has(id) || records.touched.has(id);
  const origin = { repository: options.repositoryUrl, commit: '' };
  const found = await Promise.all(
    managers.marking.map(async (manager) => manager.marked?.(await inventories(look, manager), origin) ?? []),
  );
  return found.flat().filter(({ target }) => !isKnown(target));
}

/** Of the followed commit, seen some seconds ago at most; none before the first. */
export async function orphans(context: Context): Promise<readonly MarkedTarget[]> {
  const base = (await context.ledger.head())?.base;
  const declared = base ? await declaredAt(context, base) : undefined;
  return declared === undefined ? [] : orphansAmong(context, clockTick(context.clock), declared.targets);
}
