// Turns a command into a plan: which further targets it includes, which ones prevent it, and in which order. Pure.

import { kindOf, type TargetId } from '../model/ids.ts';
import type { Plan, PlanStep } from '../model/plan.ts';
import type { Target } from '../model/target.ts';
import type { ImperativeVerb } from '../model/verbs.ts';
import { compareTargets } from './diff/compare-targets.ts';
import { dependants, withNeeds } from './order/scope.ts';
import { makePlan, type PlanInput } from './plan.ts';

export interface Situation {
  /** All declared or applied targets. */
  readonly targets: ReadonlyMap<TargetId, Target>;
  /** Power states of the targets that have one. */
  readonly states: ReadonlyMap<TargetId, 'running' | 'stopped' | 'absent'>;
  /** Targets that are never started: templates, and what is declared as stopped. */
  readonly resting: ReadonlySet<TargetId>;
  /** Targets that were applied, or whose creation was begun. */
  readonly recorded?: ReadonlySet<TargetId>;
}

export interface Asked {
  readonly row: ImperativeVerb;
  readonly targets: readonly TargetId[];
  /** Whether dependants are included. */
  readonly cascade: boolean;
}

/** Why a command is refused. */
export type Obstacle = 'does not run' | 'rests' | 'is needed' | 'is applied and needs it' | 'is protected';

export type Choice =
  | { readonly kind: 'chosen'; readonly targets: ReadonlySet<TargetId> }
  /** `targets` are the ones that prevent it. */
  | {
      readonly kind: 'refused';
      readonly because: Obstacle;
      readonly targets: readonly TargetId[];
    };

/**
 * The named targets and those that the verb includes: dependencies that do not run, or dependants if the person allows it.
 * A deletion also concerns what is applied inside or by a target, such as a stack; a stop only what runs. Sections of the host are never
 * deleted together with something else.
 */
export function choose({ row, targets: asked, cascade }: Asked, situation: Situation): Choice {
  const { targets, states, resting } = situation;
  const idle = row.of === 'everything' ? [] : asked.filter((target) => !states.has(target));
  if (idle.length > 0) return refused('does not run', idle);
  const kept = row.of === 'what can run, no templates' ? asked.filter((target) => resting.has(target)) : [];
  if (kept.length > 0) return refused('rests', kept);

  const along = additionalTargets({ row, targets: asked, cascade }, situation);
  if (along.kind === 'refused') return along;
  const chosen = new Set([...asked, ...along.targets]);
  const guarded = row.work === 'destroy' ? [...chosen].filter((each) => targets.get(each)?.protected === true) : [];
  return guarded.length > 0 ? refused('is protected', guarded) : { kind: 'chosen', targets: chosen };
}

function additionalTargets({ row, targets: asked, cascade }: Asked, situation: Situation): Choice {
  const { targets, states, resting } = situation;
  if (row.scope === 'with stopped needs') {
    const lacking = [...withNeeds(asked, targets)].filter(
      (need) => states.has(need) && states.get(need) !== 'running' && !resting.has(need),
    );
    return { kind: 'chosen', targets: new Set(lacking) };
  }
  const all = row.scope === 'with all dependants';
  if (!all && row.scope !== 'with running dependants') return { kind: 'chosen', targets: new Set() };
  // A stopped target has no running dependants, so it can be stopped again without a question.
  const ends = all ? asked : asked.filter((target) => states.get(target) === 'running');
  const others = [...dependants(ends, targets)].filter((each) => !asked.includes(each));
  const running = others.filter((each) => states.get(each) === 'running');
  const applied = all ? others.filter((each) => isAppliedOnly(each, situation)) : [];
  if (!cascade && applied.length > 0) return refused('is applied and needs it', [...running, ...applied]);
  if (!cascade && running.length > 0) return refused('is needed', running);
  if (!cascade) return { kind: 'chosen', targets: new Set() };
  const there = others.filter((each) => (states.get(each) ?? 'absent') !== 'absent');
  return { kind: 'chosen', targets: new Set(all ? [...there, ...applied] : running) };
}

/** Whether it has no power state and is applied. */
function isAppliedOnly(target: TargetId, { states, recorded = new Set() }: Situation): boolean {
  return !states.has(target) && recorded.has(target) && kindOf(target) !== 'hypervisor';
}

function refused(because: Obstacle, targets: readonly TargetId[]): Choice {
  return { kind: 'refused', because, targets: targets.toSorted(compareTargets) };
}

/**
 * Orders the steps: a start comes after its dependencies, a stop or deletion before them.
 *
 * @param policy whose approvals it needs, including that of the requester; absent: none
 */
export function commandPlan(
  { step: { order, verb, impact: own } }: ImperativeVerb,
  chosen: ReadonlySet<TargetId>,
  { targets }: Situation,
  { to, impact, policy }: Pick<PlanInput, 'to' | 'impact' | 'policy'>,
): Plan {
  const ends = order === 'dependants first';
  const made = makePlan({
    from: null,
    to,
    before: targets,
    after: ends ? new Map([...targets].filter(([id]) => !chosen.has(id))) : targets,
    also: ends ? new Set() : chosen,
    impact,
  });
  // A current configuration has no cycle; a former one may have, and then there is no order to preserve.
  const steps = made.kind === 'plan' ? made.plan.steps : [];
  const asked = steps.map(({ secrets: _, ...planned }): PlanStep => {
    const unordered = order === 'none' ? { needs: [], wave: 1 } : {};
    const step = { ...planned, verb, impact: own ?? planned.impact, ...unordered, changes: [] };
    const approvals = policy === undefined ? 0 : policy.approvals[step.impact];
    return { ...step, approvals, approval: approvals > 0 };
  });
  return { from: null, to, steps: asked, ...(policy && { policy }) };
}
