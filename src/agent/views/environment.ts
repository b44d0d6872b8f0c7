// The followed commit as a whole, for who looks at the environment.

import { environmentOf } from '../../managers/environment.ts';
import type { DeclaredEnvironment } from '../../model/environment.ts';
import type { Context } from '../context.ts';
import { declaredAt } from '../reconcile/gather.ts';

/** Null before the first commit, and where what was followed cannot be read any more. */
export async function environment(context: Context): Promise<DeclaredEnvironment | null> {
  const base = (await context.ledger.head())?.base;
  const declared = base ? await declaredAt(context, base) : undefined;
  if (declared === undefined || declared.config === null) return null;
  return environmentOf(declared.config, declared.commit);
}
