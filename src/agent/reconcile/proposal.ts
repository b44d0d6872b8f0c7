// Computes a plan from what a commit declares and what was applied, or why nothing may be done. Pure.

import { stepReason } from '../../messages/statuses/step-status.ts';
import type { TargetId } from '../../model/ids.ts';
import type { Plan } from '../../model/plan.ts';
import type { Policy } from '../../model/policy.ts';
import type { Problem } from '../../model/problem.ts';
import type { Trigger } from '../../model/run.ts';
import type { Target } from '../../model/target.ts';
import { markNew } from '../../plan/new-problems.ts';
import { makePlan, type PlanInput } from '../../plan/plan.ts';
import type { TargetRecords } from '../../ports/ledger.ts';
import type { RunRequest } from '../../ports/runs.ts';
import type { Managers } from '../deps.ts';
import type { Declared } from './desired-state.ts';

export interface Gathered {
  readonly declared: Declared;
  /** Errors that the previous followed commit already had. */
  readonly olderErrors: readonly Problem[];
  readonly records: TargetRecords;
  /** Every recorded target, as declared at the commit at which it was last applied or touched. */
  readonly before: ReadonlyMap<TargetId, Target>;
  /** Targets with a secret whose value has changed since they were applied; absent for none. */
  readonly rotated?: ReadonlySet<TargetId>;
  /** Targets that need a secret which the agent does not have, with the reason; absent for none. */
  readonly missing?: ReadonlyMap<TargetId, string>;
  /** The requirements for carrying out the plan. */
  readonly policy: Policy;
  readonly request: Pick<RunRequest, 'targets' | 'readOnly' | 'trigger' | 'verb' | 'cascade'>;
}

export type Proposal =
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] }
  | {
      readonly kind: 'plan';
      readonly plan: Plan;
      readonly digests: Readonly<Record<TargetId, string | null>>;
      readonly held: Readonly<Record<TargetId, string>>;
      /** Those of `held` that only wait for a secret. */
      readonly missing?: readonly TargetId[];
      readonly problems: readonly Problem[];
    };

/**
 * A commit with new errors is refused completely. Errors that the followed commit already had (because rules were added
 * or became stricter) block only the targets that they name.
 */
export function propose(gathered: Gathered, { impactOf }: Pick<Managers, 'impactOf'>): Proposal {
  const { declared, olderErrors, request } = gathered;
  const errors = declared.problems.filter(({ severity }) => severity === 'error');
  if (declared.config === null || markNew(olderErrors, errors).some((error) => error.new)) {
    return { kind: 'invalid', problems: declared.problems };
  }
  const chosen = request.targets === null ? null : new Set(request.targets);
  const made = makePlan({
    from: null,
    to: declared.commit,
    ...scoped(gathered.before, declared.targets, chosen),
    also: targetsToObserve(gathered),
    impact: impactOf,
    policy: gathered.policy,
  });
  if (made.kind === 'cycle') return { kind: 'invalid', problems: [ring(made.cycle)] };
  const plan = request.readOnly ? asReadOnly(made.plan, request.trigger) : made.plan;
  const steps = new Set(plan.steps.map(({ target }) => target));
  const held = errors.flatMap((error): [TargetId, string][] =>
    error.target !== null && steps.has(error.target) ? [[error.target, stepReason.held(error)]] : [],
  );
  const missing = plan.steps.flatMap(({ target, verb }): [TargetId, string][] => {
    const reason = verb === 'delete' ? undefined : gathered.missing?.get(target);
    return reason === undefined ? [] : [[target, reason]];
  });
  return {
    kind: 'plan',
    plan,
    digests: Object.fromEntries(plan.steps.map(({ target }) => [target, declared.digests.get(target) ?? null])),
    held: Object.fromEntries([...missing, ...held]),
    ...(missing.length === 0 ? {} : { missing: missing.map(([target]) => target) }),
    problems: declared.problems,
  };
}

/**
 * Targets to observe although no field changed: those that a step began to change without a proof since, those whose
 * spec was derived by other rules when it was applied, those with a changed secret, and all if a person or a timer requests them.
 */
function targetsToObserve({ declared, records, request, rotated = new Set() }: Gathered): Set<TargetId> {
  const requested = request.trigger === 'push' ? [] : (request.targets ?? [...declared.targets.keys()]);
  const otherwise = [...records.applied.values()]
    .filter(({ target, digest }) => declared.digests.get(target) !== digest)
    .map(({ target }) => target);
  return new Set(
    [...requested, ...otherwise, ...rotated, ...records.touched.keys()].filter((id) => inScope(id, request.targets)),
  );
}

function inScope(target: TargetId, targets: readonly TargetId[] | null): boolean {
  return targets === null || targets.includes(target);
}

/** If only some targets are selected, the others have no step, but still carry dependencies between the selected ones. */
function scoped(
  before: ReadonlyMap<TargetId, Target>,
  declared: ReadonlyMap<TargetId, Target>,
  chosen: ReadonlySet<TargetId> | null,
): Pick<PlanInput, 'before' | 'after'> {
  if (chosen === null) return { before, after: declared };
  const others = new Map([...before, ...declared].filter(([id]) => !chosen.has(id)));
  const only = (targets: ReadonlyMap<TargetId, Target>) => [...targets].filter(([id]) => chosen.has(id));
  return { before: new Map([...others, ...only(before)]), after: new Map([...others, ...only(declared)]) };
}

/** A plan that only observes: no approvals, and differences block nothing; a dry run keeps its order, which is part of what it shows. */
function asReadOnly(plan: Plan, trigger: Trigger): Plan {
  const alone = trigger === 'command' ? {} : { needs: [] };
  const free = { approval: false, approvals: 0, protected: false };
  return { ...plan, steps: plan.steps.map((step) => ({ ...step, ...free, ...alone })) };
}

function ring(cycle: readonly TargetId[]): Problem {
  return {
    severity: 'error',
    code: 'DEPENDENCY_CYCLE',
    file: 'etc/phoenix_lxc_configs.json',
    path: '',
    line: 1,
    column: 1,
    target: cycle[0] ?? null,
    message: `${[...cycle, cycle[0]].join(' needs ')}`,
    hint: 'take one of these dependencies away',
  };
}
