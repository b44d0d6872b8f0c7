// Evaluates policies: who must approve what, and which of two policies is stricter. Pure.

import { kindOf, nameOf, type TargetId } from '../../model/ids.ts';
import type { Impact, PlanStep } from '../../model/plan.ts';
import { DEFAULT_POLICY, type Policy, type SignedCommits } from '../../model/policy.ts';
import type { Target } from '../../model/target.ts';

/** An approval as recorded in the ledger. */
interface Given {
  readonly target: TargetId;
  readonly by: string;
}

type Approved = Pick<PlanStep, 'target' | 'impact'>;

/** Number of persons who must approve it. A step without field changes only observes, and needs none. */
export function approvalsNeeded(
  policy: Policy,
  step: Pick<PlanStep, 'impact' | 'verb' | 'changes' | 'secrets'>,
): number {
  const { [step.impact]: byImpact, secrets = 0 } = policy.approvals;
  const sends = step.secrets !== undefined && step.secrets.length > 0;
  return step.verb === 'update' && step.changes.length === 0 ? 0 : Math.max(byImpact, sends ? secrets : 0);
}

/** Names are the forge's, which are case-insensitive. */
export function mayApprove({ approvers }: Policy, login: string): boolean {
  return approvers === null || approvers.some((each) => isSame(each, login));
}

/** The persons whose approval of the target counts, each once, in order of approval. */
export function approversOf(policy: Policy, target: TargetId, approvals: readonly Given[]): string[] {
  const given = approvals.filter((each) => each.target === target && mayApprove(policy, each.by));
  return [...new Map(given.toReversed().map(({ by }) => [by.toLowerCase(), by])).values()].reverse();
}

/** Whether enough persons have approved the step, as it was planned. */
export function isApproved(
  policy: Policy,
  step: Approved & Pick<PlanStep, 'approval'> & Partial<Pick<PlanStep, 'approvals'>>,
  approvals: readonly Given[],
): boolean {
  return approversOf(policy, step.target, approvals).length >= neededBy(step);
}

/** Plans of older versions only say whether an approval is needed. */
function neededBy({ approval, approvals }: Pick<PlanStep, 'approval'> & Partial<Pick<PlanStep, 'approvals'>>) {
  return approvals ?? (approval ? 1 : 0);
}

/**
 * Whether the step may destroy or recreate the target. If that was not planned, and only turns out on the host, it
 * needs as many approvals as the stricter of the two impacts.
 */
export function mayDestroy(policy: Policy, step: Approved, approvals: readonly Given[]): boolean {
  const { destroy, recreate } = policy.approvals;
  const needed = isDestructive(step.impact) ? policy.approvals[step.impact] : Math.max(destroy, recreate);
  return approversOf(policy, step.target, approvals).length >= needed;
}

/** Whether a guest that is being adopted may be restarted or stopped: at least one person approved it. */
export function mayInterrupt(policy: Policy, target: TargetId, approvals: readonly Given[]): boolean {
  return approversOf(policy, target, approvals).length >= Math.max(1, policy.approvals.restart);
}

export function isDestructive(impact: Impact): boolean {
  return impact === 'destroy' || impact === 'recreate';
}

/** Whether the policy protects the guest. */
export function isGuarded(policy: Policy, target: TargetId): boolean {
  const kind = kindOf(target);
  const isGuest = kind === 'lxc' || kind === 'vm';
  return policy.protected.some((each) => each === target || (isGuest && each === nameOf(target)));
}

/** The targets, with those marked as protected that the policy names. */
export function guarded(targets: ReadonlyMap<TargetId, Target>, policy: Policy): ReadonlyMap<TargetId, Target> {
  if (policy.protected.length === 0) return targets;
  return new Map(
    [...targets].map(([id, target]) => [id, isGuarded(policy, id) ? { ...target, protected: true } : target]),
  );
}

const STRICTNESS: readonly SignedCommits[] = ['off', 'head', 'all'];

/**
 * The combination of both policies, so that no commit loosens the policy that applies to it. Windows are those of `before` if it has any: two
 * sets of windows may never be open together.
 */
export function stricter(before: Policy, after: Policy): Policy {
  const { approvals: one } = before;
  const { approvals: other } = after;
  const percents = [before.maxDeletePercent, after.maxDeletePercent].filter((percent) => percent !== null);
  return {
    approvals: {
      destroy: Math.max(one.destroy, other.destroy),
      recreate: Math.max(one.recreate, other.recreate),
      restart: Math.max(one.restart, other.restart),
      live: Math.max(one.live, other.live),
      secrets: Math.max(one.secrets ?? 0, other.secrets ?? 0),
    },
    approvers: inBoth(before.approvers, after.approvers),
    approvalsBy: before.approvalsBy === 'review' && after.approvalsBy === 'review' ? 'review' : 'comment',
    maxDeletePercent: percents.length === 0 ? null : Math.min(...percents),
    protected: [...new Set([...before.protected, ...after.protected])],
    applyWindows: before.applyWindows.length > 0 ? before.applyWindows : after.applyWindows,
    signedCommits: [before, after]
      .map(({ signedCommits }) => signedCommits)
      .reduce((a, b) => (STRICTNESS.indexOf(a) >= STRICTNESS.indexOf(b) ? a : b)),
  };
}

/** The policy that applies to a commit: its own, combined with that of the previous followed one. */
export function policyBetween(before: Policy | undefined, after: Policy | undefined): Policy {
  return before === undefined ? (after ?? DEFAULT_POLICY) : stricter(before, after ?? before);
}

function inBoth(one: Policy['approvers'], other: Policy['approvers']): Policy['approvers'] {
  if (one === null || other === null) return one ?? other;
  return one.filter((each) => other.some((name) => isSame(name, each)));
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** Also for plans of versions without policies. */
export function policyOf(plan: { readonly policy?: Policy } | null): Policy {
  return plan?.policy ?? DEFAULT_POLICY;
}
