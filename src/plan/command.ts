// From a person's verb to a plan: who is taken along, who is in the way, and in which order. Pure.

import { kindOf, type TargetId } from '../model/ids.ts';
import type { Plan, PlanStep } from '../model/plan.ts';
import type { Target } from '../model/target.ts';
import type { ImperativeVerb } from '../model/verbs.ts';
import { compareTargets } from './compare-targets.ts';
import { makePlan, type PlanInput } from './plan.ts';
import { dependants, withNeeds } from './scope.ts';

export interface Situation {
  /** All that are declared or applied. */
  readonly targets: ReadonlyMap<TargetId, Target>;
  /** Of the targets that can run. */
  readonly states: ReadonlyMap<TargetId, 'running' | 'stopped' | 'absent'>;
  /** Those of them that are never started, such as templates. */
  readonly resting: ReadonlySet<TargetId>;
  /** What was applied, or begun. */
  readonly recorded?: ReadonlySet<TargetId>;
}

export interface Asked {
  readonly row: ImperativeVerb;
  readonly targets: readonly TargetId[];
  /** Dependants are taken along. */
  readonly cascade: boolean;
}

/** Why a command is refused. */
export type Obstacle = 'does not run' | 'is a template' | 'is needed' | 'is applied and needs it' | 'is protected';

export type Choice =
  | { readonly kind: 'chosen'; readonly targets: ReadonlySet<TargetId> }
  /** `targets` are the ones in the way. */
  | {
      readonly kind: 'refused';
      readonly because: Obstacle;
      readonly targets: readonly TargetId[];
    };

/**
 * The targets that were named, and whom the verb takes along: what they need and does not run, or what needs them, when the person says so.
 * A deletion concerns what is applied in a target or by it too, such as a stack; a stop only what runs. Parts of the host are never
 * deleted with something else.
 */
export function choose({ row, targets: asked, cascade }: Asked, situation: Situation): Choice {
  const { targets, states, resting } = situation;
  const idle = row.of === 'everything' ? [] : asked.filter((target) => !states.has(target));
  if (idle.length > 0) return refused('does not run', idle);
  const kept = row.of === 'what can run, no templates' ? asked.filter((target) => resting.has(target)) : [];
  if (kept.length > 0) return refused('is a template', kept);

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
  // What does not run is needed by nobody: it can be stopped, again, without asking.
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

/** It cannot run, and stands where it was applied. */
function isAppliedOnly(target: TargetId, { states, recorded = new Set() }: Situation): boolean {
  return !states.has(target) && recorded.has(target) && kindOf(target) !== 'hypervisor';
}

function refused(because: Obstacle, targets: readonly TargetId[]): Choice {
  return { kind: 'refused', because, targets: targets.toSorted(compareTargets) };
}

/**
 * What is started stands after what it needs; what is stopped or deleted stands before it.
 *
 * @param policy whose approvals it needs, that of whoever gives the command among them; absent: nobody's
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
  // The configuration that these targets stem from had an order; one that is gone may not, and then there is none to keep.
  const steps = made.kind === 'plan' ? made.plan.steps : [];
  const asked = steps.map(({ secrets: _, ...planned }): PlanStep => {
    const unordered = order === 'none' ? { needs: [], wave: 1 } : {};
    const step = { ...planned, verb, impact: own ?? planned.impact, ...unordered, changes: [] };
    const approvals = policy === undefined ? 0 : policy.approvals[step.impact];
    return { ...step, approvals, approval: approvals > 0 };
  });
  return { from: null, to, steps: asked, ...(policy && { policy }) };
}
