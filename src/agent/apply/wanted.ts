// The desired state of one target in a run, with everything that its manager needs to decide.

import type { Wanted } from '../../managers/manager.ts';
import { DEFAULT_DRIFT } from '../../model/drift.ts';
import { type CommitSha, kindOf, type TargetId } from '../../model/ids.ts';
import type { JsonObject } from '../../model/json.ts';
import { stepOf } from '../../model/plan-graph.ts';
import { type CommandVerb, verbRow } from '../../model/verbs.ts';
import { ignoredFields } from '../../plan/drift.ts';
import { isGuarded, mayDestroy, mayInterrupt, policyOf } from '../../plan/policy/policy.ts';
import type { RunDetail } from '../../ports/runs.ts';
import type { Context } from '../context.ts';
import { declaredAt } from '../reconcile/desired-state.ts';
import type { SecretDigests } from './seal.ts';

export interface Task {
  readonly wanted: Wanted;
  /** A step began to change the target, and its state was not proved since. */
  readonly touched: boolean;
  /** `behavior.rollback_on_failure` of the commit. */
  readonly rollback: boolean;
  /** Whether the commit declares it. */
  readonly declared: boolean;
  /** Fields whose drift is ignored, and that this commit does not change. */
  readonly leaves: readonly string[];
  /** Digests of the secrets that it had when it was last proved. */
  readonly known?: SecretDigests;
  /** When it was last recreated, if recorded. */
  readonly made?: string;
}

export async function wantedBy(context: Context, run: RunDetail, target: TargetId): Promise<Task> {
  const [declared, record] = await Promise.all([
    context.declared(run.commit as CommitSha),
    context.ledger.target(target),
  ]);
  const now = declared.targets.get(target);
  const last = record.applied ?? record.touched;
  const then = last === null ? undefined : (await declaredAt(context, last.commit))?.targets.get(target);
  const policy = policyOf(run.plan);
  const planned = run.plan === null ? undefined : stepOf(run.plan, target);
  const impact = planned?.impact ?? 'live';
  const wanted: Wanted = {
    target,
    ...specs(run.request.verb, now?.spec, then?.spec),
    origin: { repository: context.options.repositoryUrl, commit: run.commit },
    adopt: run.request.adopt ?? false,
    mayInterrupt: run.readOnly || mayInterrupt(policy, target, run.approvals),
    // A dry run shows the request as if approved. An adopted object belongs to somebody: whatever the policy says, a person must have approved its
    // loss.
    approved:
      (run.readOnly && verbRow(run.verb).showsFirst) ||
      (mayDestroy(policy, { target, impact }, run.approvals) &&
        (run.request.adopt !== true || mayInterrupt(policy, target, run.approvals))),
    protected: ((now ?? then)?.protected ?? false) || isGuarded(policy, target),
    declares: (id) => declared.targets.has(id) || run.plan?.steps.some((step) => step.target === id) === true,
    ...(now === undefined && last === null ? { orphan: true } : {}),
  };
  const rollback = declared.config?.hypervisor.behavior.rollbackOnFailure ?? false;
  const known = record.applied?.secrets;
  return {
    wanted,
    touched: record.touched !== null,
    rollback,
    declared: now !== undefined,
    leaves: ignoredFields(
      declared.config?.hypervisor.drift ?? DEFAULT_DRIFT,
      target,
      planned?.changes ?? [],
      (field) => context.managers.managerOf(kindOf(target)).ignorable?.keys?.(target, field) ?? [field],
    ),
    ...(known === undefined ? {} : { known }),
    ...(record.applied?.made === undefined ? {} : { made: record.applied.made }),
  };
}

/** A target to be deleted has no spec, though it may be declared; one that is only started or stopped may be undeclared. */
function specs(
  verb: CommandVerb | undefined,
  now: JsonObject | undefined,
  then: JsonObject | undefined,
): Pick<Wanted, 'spec' | 'before'> {
  const { work } = verbRow(verb);
  if (work === 'destroy') return { spec: undefined, before: then ?? now };
  return { spec: work === 'converge' ? now : (now ?? then), before: then };
}
