// Summarises the configuration of the followed commit.

import { environmentOf } from '../../managers/environment.ts';
import type { DeclaredEnvironment } from '../../model/environment.ts';
import type { Context } from '../context.ts';
import { declaredAt } from '../reconcile/desired-state.ts';

/** Null before the first commit, and where the followed one can no longer be read. */
export async function environment(context: Context): Promise<DeclaredEnvironment | null> {
  const base = (await context.ledger.head())?.base;
  const declared = base ? await declaredAt(context, base) : undefined;
  if (declared === undefined || declared.config === null) return null;
  return environmentOf(declared.config, declared.commit);
}
