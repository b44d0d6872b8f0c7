// Finds orphans: objects with this repository's owner mark that neither a declaration nor the ledger knows. Such as a backup restored under another
// id, a guest whose id was changed, or one from before a ledger was lost.

import type { TargetId } from '../model/ids.ts';
import type { MarkedTarget } from '../model/target.ts';
import type { Context } from './context.ts';
import { declaredAt } from './reconcile/desired-state.ts';
import { clockTick } from './verbs/known-targets.ts';

/**
 * @param look key of the inventory, which is shared by callers with the same key
 * @param declared the targets of the commit in question
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

/** Orphans relative to the followed commit, observed at most some seconds ago; empty before the first commit. */
export async function orphans(context: Context): Promise<readonly MarkedTarget[]> {
  const base = (await context.ledger.head())?.base;
  const declared = base ? await declaredAt(context, base) : undefined;
  return declared === undefined ? [] : orphansAmong(context, clockTick(context.clock), declared.targets);
}
