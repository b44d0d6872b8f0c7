// Adds to a plan what its steps change in the files, relative to the commit at which each target was last applied.

import { inTheFiles } from '../../managers/written.ts';
import type { WrittenSide } from '../../managers/written-entries.ts';
import type { Plan, PlanStep } from '../../model/plan.ts';
import type { Context } from '../context.ts';
import type { Declared } from './desired-state.ts';
import { declaredAt } from './desired-state.ts';
import type { Gathered } from './proposal.ts';

type Reading = Pick<Context, 'repository'>;

/** @param from null: nothing was applied before */
export async function planInTheFiles(context: Reading, plan: Plan, from: Declared | null, to: Declared): Promise<Plan> {
  const changes = plan.steps.some((step) => step.changes.length > 0);
  const [before, after] = await Promise.all([sideOf(context, from, changes), sideOf(context, to, changes)]);
  return inTheFiles(plan, before, after);
}

/** Files are read again only where there is a change to show. */
async function sideOf(
  { repository }: Reading,
  declared: Declared | null,
  changes: boolean,
): Promise<WrittenSide | null> {
  if (declared === null || declared.config === null) return null;
  return { config: declared.config, files: changes ? (await repository.snapshot(declared.commit)).files : new Map() };
}

/** Steps are grouped by the commit at which their target was last applied; if that is lost, they keep Phoenix's own names. */
export async function runInTheFiles(context: Context, plan: Plan, { declared, records }: Gathered): Promise<Plan> {
  const groups = Map.groupBy(plan.steps, ({ target }) => {
    return (records.applied.get(target) ?? records.touched.get(target))?.commit ?? null;
  });
  const stepsByTarget = new Map<string, PlanStep>();
  for (const [commit, steps] of groups) {
    const from = commit === null ? null : await declaredAt(context, commit);
    if (from === undefined) continue;
    const part = await planInTheFiles(context, { ...plan, steps }, from, declared);
    for (const step of part.steps) stepsByTarget.set(step.target, step);
  }
  return { ...plan, steps: plan.steps.map((step) => stepsByTarget.get(step.target) ?? step) };
}
