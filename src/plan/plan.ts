// From two sets of targets to the plan: what changes, at what cost, in which order. Pure; nothing runs before it exists.

import { kindOf, type TargetId } from '../model/ids.ts';
import type { Change, Impact, Plan, PlanStep, Verb } from '../model/plan.ts';
import { DEFAULT_POLICY, type Policy } from '../model/policy.ts';
import type { Target } from '../model/target.ts';
import { diff } from './diff.ts';
import { stepNeeds } from './needs.ts';
import { order } from './order.ts';
import { approvalsNeeded, isGuarded } from './policy.ts';
import { newReferences } from './secret-references.ts';

export interface PlanInput {
  /** Revision that `before` stems from; null when nothing was applied yet or it stems from several. */
  readonly from: string | null;
  readonly to: string;
  /** As they were last applied. */
  readonly before: ReadonlyMap<TargetId, Target>;
  /** As they should be. */
  readonly after: ReadonlyMap<TargetId, Target>;
  /** Targets to be looked at although nothing changed: each that is declared is an update without field changes. */
  readonly also?: ReadonlySet<TargetId>;
  /** What a change costs, by the manager of its kind. */
  readonly impact: (change: Change) => Impact;
  /** What changes must have before they are carried out. */
  readonly policy?: Policy;
}

export type Planned =
  | { readonly kind: 'plan'; readonly plan: Plan }
  /** Each needs the next and the last needs the first: a mistake in the configuration at `to`. */
  | { readonly kind: 'cycle'; readonly cycle: readonly TargetId[] };

/**
 * The same plan for the same targets, in whatever order they come. No steps: nothing is to be done. Deletes stand in waves
 * of their own after everything that is built, so that what replaces a target stands before it goes.
 */
export function makePlan(input: PlanInput): Planned {
  const differences = diff(input.before, input.after);
  const also = new Set([...(input.also ?? []), ...lostWith(madeAnew(differences, input), input.after)]);
  const changes = new Map([...unchangedUpdates({ ...input, also }), ...differences].map((one) => [one.target, one]));
  const found = stepNeeds([...changes.values()], input.before, input.after);
  if (found.kind === 'cycle') return found;

  const isDelete = (target: TargetId) => changes.get(target)?.verb === 'delete';
  const building = order(new Map([...found.needs].filter(([target]) => !isDelete(target))));
  const deleting = order(new Map([...found.needs].filter(([target]) => isDelete(target))));
  if (building.kind === 'cycle') return building;
  if (deleting.kind === 'cycle') return deleting;

  const lastBuilt = building.targets.at(-1);
  const builtBy = lastBuilt === undefined ? 0 : (building.wave.get(lastBuilt) ?? 0);
  const steps = [...building.targets, ...deleting.targets].flatMap((target): PlanStep[] => {
    const change = changes.get(target);
    const wave = building.wave.get(target) ?? builtBy + (deleting.wave.get(target) ?? 1);
    return change === undefined ? [] : [step(change, input, found.needs.get(target) ?? [], wave)];
  });
  return {
    kind: 'plan',
    plan: { from: input.from, to: input.to, steps, ...(input.policy && { policy: input.policy }) },
  };
}

/** Targets that stand in an empty machine afterwards. */
function madeAnew(changes: readonly Change[], input: PlanInput): Set<TargetId> {
  const anew = changes.filter((change) => change.verb === 'create' || impactOf(change, input) === 'recreate');
  return new Set(anew.map(({ target }) => target));
}

/** What lies within them is gone with them, though it is declared as before. */
function lostWith(anew: ReadonlySet<TargetId>, after: ReadonlyMap<TargetId, Target>): TargetId[] {
  if (anew.size === 0) return [];
  return [...after.values()].filter(({ within }) => within?.some((one) => anew.has(one))).map(({ id }) => id);
}

/** An update that changes no field, for each target of `also` that was there and stays. */
function unchangedUpdates({ also, before, after }: PlanInput & { readonly also: ReadonlySet<TargetId> }): Change[] {
  return [...also].flatMap((target): Change[] => {
    const [was, is] = [before.get(target)?.spec, after.get(target)?.spec];
    if (was === undefined || is === undefined) return [];
    return [{ target, verb: 'update', before: was, after: is, fields: [] }];
  });
}

function step(change: Change, input: PlanInput, needs: readonly TargetId[], wave: number): PlanStep {
  const impact = impactOf(change, input);
  const { policy = DEFAULT_POLICY } = input;
  const declared = [input.before, input.after].flatMap((side) => side.get(change.target) ?? []);
  const secrets = newReferences(change.before, change.after);
  const approvals = approvalsNeeded(policy, { impact, verb: change.verb, changes: change.fields, secrets });
  return {
    target: change.target,
    kind: kindOf(change.target),
    verb: change.verb,
    impact,
    needs,
    wave,
    approval: approvals > 0,
    approvals,
    // What was protected stays so for the commit that takes the protection off.
    protected: isGuarded(policy, change.target) || declared.some((target) => target.protected),
    changes: change.fields,
    ...(secrets.length === 0 ? {} : { secrets }),
  };
}

function impactOf(change: Change, { impact }: PlanInput): Impact {
  return change.verb === 'update' && change.fields.length === 0 ? 'live' : impact(change);
}

/** How many steps of each verb. */
export function summary(plan: Plan): Record<Verb, number> {
  const counts = { create: 0, update: 0, delete: 0 };
  for (const { verb } of plan.steps) counts[verb] += 1;
  return counts;
}
