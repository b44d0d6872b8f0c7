// Plans the changes from one commit to another, from their declarations alone, without observing a host. Pure.

import type { TargetId } from '../model/ids.ts';
import type { Change, Impact, Plan } from '../model/plan.ts';
import type { Policy } from '../model/policy.ts';
import type { ClassifiedProblem, Problem } from '../model/problem.ts';
import type { Target } from '../model/target.ts';
import { markNew } from './new-problems.ts';
import { makePlan } from './plan.ts';
import { hideSecrets } from './secret.ts';

/** What a commit declares. */
export interface Side {
  /** Null for an empty configuration. */
  readonly commit: string | null;
  /** Whether its configuration is readable. */
  readonly readable: boolean;
  readonly targets: ReadonlyMap<TargetId, Target>;
  readonly problems: readonly Problem[];
}

export interface Between {
  /** Secrets are hidden. */
  readonly plan: Plan;
  readonly problems: readonly ClassifiedProblem[];
  /** Targets that are blocked by errors that existed before. */
  readonly held: readonly TargetId[];
  /** `to` has no new error. */
  readonly ok: boolean;
}

/** No steps where `to` is unreadable: a plan to delete everything would be wrong. */
export function planBetween(
  from: Side,
  to: Side,
  { impact, policy }: { readonly impact: (change: Change) => Impact; readonly policy: Policy },
): Between {
  const before = to.readable ? from.targets : to.targets;
  const ends = { from: from.commit, to: to.commit ?? '' };
  const made = makePlan({ ...ends, before, after: to.targets, impact, policy });
  const problems = markNew(from.problems, to.problems);
  const errors = problems.filter(({ severity }) => severity === 'error');
  const held = new Set(errors.flatMap((error) => (error.new || error.target === null ? [] : [error.target])));
  const plan = hideSecrets({ ...ends, steps: made.kind === 'plan' ? made.plan.steps : [], policy });
  return { plan, problems, held: [...held], ok: made.kind === 'plan' && !errors.some((error) => error.new) };
}
