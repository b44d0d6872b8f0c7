// Computes a plan from two sets of targets: what changes, at what cost, in which order. Pure; nothing runs before it exists.

import { kindOf, type TargetId } from '../model/ids.ts';
import type { Change, Impact, Plan, PlanStep, Verb } from '../model/plan.ts';
import { DEFAULT_POLICY, type Policy } from '../model/policy.ts';
import type { Target } from '../model/target.ts';
import { diff } from './diff/diff.ts';
import { stepNeeds } from './order/needs.ts';
import { order } from './order/order.ts';
import { approvalsNeeded, isGuarded } from './policy/policy.ts';
import { newReferences } from './secret-references.ts';

export interface PlanInput {
  /** Revision of `before`; null when nothing was applied yet or there are several. */
  readonly from: string | null;
  readonly to: string;
  /** Targets as last applied. */
  readonly before: ReadonlyMap<TargetId, Target>;
  /** Targets as declared now. */
  readonly after: ReadonlyMap<TargetId, Target>;
  /** Targets to observe although nothing changed: each declared one becomes an update without field changes. */
  readonly also?: ReadonlySet<TargetId>;
  /** The impact of a change, by the manager of its kind. */
  readonly impact: (change: Change) => Impact;
  /** Requirements for carrying out changes. */
  readonly policy?: Policy;
}

export type Planned =
  | { readonly kind: 'plan'; readonly plan: Plan }
  /** A dependency cycle in the configuration at `to`: each target depends on the next, the last on the first. */
  | { readonly kind: 'cycle'; readonly cycle: readonly TargetId[] };

/**
 * Independent of the order of the input. No steps: nothing is to be done. Deletes are in separate waves
 * after all other steps, so that a replacement exists before the old target is deleted.
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

/** Targets that are empty afterwards, since they are created or recreated. */
function madeAnew(changes: readonly Change[], input: PlanInput): Set<TargetId> {
  const anew = changes.filter((change) => change.verb === 'create' || impactOf(change, input) === 'recreate');
  return new Set(anew.map(({ target }) => target));
}

/** Targets inside them, which are lost with them although their declaration is unchanged. */
function lostWith(anew: ReadonlySet<TargetId>, after: ReadonlyMap<TargetId, Target>): TargetId[] {
  if (anew.size === 0) return [];
  return [...after.values()].filter(({ within }) => within?.some((one) => anew.has(one))).map(({ id }) => id);
}

/** An update without field changes for each existing target in `also`. */
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
    // A protected target stays protected for the commit that removes its protection.
    protected: isGuarded(policy, change.target) || declared.some((target) => target.protected),
    changes: change.fields,
    ...(secrets.length === 0 ? {} : { secrets }),
  };
}

function impactOf(change: Change, { impact }: PlanInput): Impact {
  return change.verb === 'update' && change.fields.length === 0 ? 'live' : impact(change);
}

/** The number of steps by verb. */
export function summary(plan: Plan): Record<Verb, number> {
  const counts = { create: 0, update: 0, delete: 0 };
  for (const { verb } of plan.steps) counts[verb] += 1;
  return counts;
}
