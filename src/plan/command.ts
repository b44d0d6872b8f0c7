// From a person's verb to a plan: who is taken along, who is in the way, and in which order. Pure.

import { kindOf, type TargetId } from '../model/ids.ts';
import type { Plan, PlanStep } from '../model/plan.ts';
import type { CommandVerb } from '../model/run.ts';
import type { Target } from '../model/target.ts';
import { compareTargets } from './compare-targets.ts';
import { makePlan, type PlanInput } from './plan.ts';
import { dependants, withNeeds } from './scope.ts';

/** Verbs that have a plan of their own; the others bring targets to what is declared. */
export type SwitchVerb = 'start' | 'stop' | 'restart' | 'delete' | 'health-check';

const SWITCHES: ReadonlySet<CommandVerb> = new Set<SwitchVerb>(['start', 'stop', 'restart', 'delete', 'health-check']);

export function isSwitch(verb: CommandVerb | null | undefined): verb is SwitchVerb {
  return verb !== null && verb !== undefined && SWITCHES.has(verb);
}

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
  readonly verb: SwitchVerb;
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
 * `start` begins with what is needed and does not run, `stop` with what runs and needs the target, `delete` also with what is applied
 * in it or by it, such as a stack, but both only when told to take it along; `restart` is the target alone. Parts of the host are
 * never deleted with something else.
 */
export function choose({ verb, targets: asked, cascade }: Asked, situation: Situation): Choice {
  const { targets, states, resting } = situation;
  const switches = verb === 'start' || verb === 'stop' || verb === 'restart';
  const idle = switches ? asked.filter((target) => !states.has(target)) : [];
  if (idle.length > 0) return refused('does not run', idle);
  const kept = verb === 'start' || verb === 'restart' ? asked.filter((target) => resting.has(target)) : [];
  if (kept.length > 0) return refused('is a template', kept);

  const chosen = new Set(asked);
  if (verb === 'start') {
    const lacking = [...withNeeds(asked, targets)].filter(
      (need) => states.has(need) && states.get(need) !== 'running' && !resting.has(need),
    );
    return { kind: 'chosen', targets: new Set([...chosen, ...lacking]) };
  }
  if (verb === 'stop' || verb === 'delete') {
    // What does not run is needed by nobody: it can be stopped, again, without asking.
    const ends = verb === 'delete' ? asked : asked.filter((target) => states.get(target) === 'running');
    const others = [...dependants(ends, targets)].filter((each) => !chosen.has(each));
    const running = others.filter((each) => states.get(each) === 'running');
    const resting = verb === 'stop' ? [] : others.filter((each) => isAppliedOnly(each, situation));
    if (!cascade && resting.length > 0) return refused('is applied and needs it', [...running, ...resting]);
    if (!cascade && running.length > 0) return refused('is needed', running);
    const along = others.filter((each) => (states.get(each) ?? 'absent') !== 'absent');
    if (cascade) for (const each of verb === 'stop' ? running : [...along, ...resting]) chosen.add(each);
    const guarded = verb === 'delete' ? [...chosen].filter((each) => targets.get(each)?.protected === true) : [];
    if (guarded.length > 0) return refused('is protected', guarded);
  }
  return { kind: 'chosen', targets: chosen };
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
  verb: SwitchVerb,
  chosen: ReadonlySet<TargetId>,
  { targets }: Situation,
  { to, impact, policy }: Pick<PlanInput, 'to' | 'impact' | 'policy'>,
): Plan {
  const ends = verb === 'stop' || verb === 'delete';
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
  const asked = steps.map((each): PlanStep => {
    const { secrets: _, ...own } = each;
    const step = { ...own, ...shown(verb), changes: [] };
    const approvals = policy === undefined ? 0 : policy.approvals[step.impact];
    return { ...step, approvals, approval: approvals > 0 };
  });
  return { from: null, to, steps: asked, ...(policy && { policy }) };
}

function shown(verb: SwitchVerb): Partial<PlanStep> {
  switch (verb) {
    case 'delete':
      return {};
    case 'stop':
    case 'restart':
      return { verb: 'update', impact: 'restart' };
    case 'start':
      return { verb: 'update', impact: 'live' };
    case 'health-check':
      // Asking one needs no answer of another.
      return { verb: 'update', impact: 'live', needs: [], wave: 1 };
    default:
      return verb satisfies never;
  }
}
