// The policy that applies to a commit: the one in force before it, whatever the commit itself says, and the commit's own where that is stricter. A
// policy takes effect when the run of its commit has ended with nothing held back.

import type { Config } from '../../managers/config.ts';
import type { CommitSha } from '../../model/ids.ts';
import { DEFAULT_POLICY, type Policy, type PolicyRecord } from '../../model/policy.ts';
import { verbRow } from '../../model/verbs.ts';
import { stricter } from '../../plan/policy/policy.ts';
import type { RunRequest } from '../../ports/runs.ts';
import type { Context } from '../context.ts';
import type { Declared } from './desired-state.ts';

/** The policy in a configuration; where it has no limit of deletions, that of the host's behaviour applies. */
function policyOfConfig({ hypervisor: { policy, behavior } }: Config): Policy {
  // Corrects floating-point errors: 0.29 times 100 is slightly less than 29.
  const percent = Number((behavior.maxDeleteShare * 100).toFixed(6));
  return { ...policy, maxDeletePercent: policy.maxDeletePercent ?? percent };
}

/** The policy for future commits; null before anything was followed. */
async function policyInForce({ ledger, repository, declared }: Context): Promise<PolicyRecord | null> {
  const known = await ledger.policyInForce();
  if (known !== null) return known;
  // Followed by an older Phoenix that recorded no policy.
  const base = (await ledger.head())?.base;
  const commit = base == null ? null : await repository.resolve(base);
  const config = commit === null ? null : (await declared(commit)).config;
  return commit === null || config === null ? null : { commit, policy: policyOfConfig(config) };
}

/** The policy that was in force when the commit was first checked, recorded with the first call. */
async function policyBefore(context: Context, commit: CommitSha): Promise<PolicyRecord | null> {
  const { ledger } = context;
  const known = await ledger.judgeOf(commit);
  if (known !== null) return known;
  const inForce = await policyInForce(context);
  // A commit's own policy does not apply to itself: it was checked before the policy was recorded.
  if (inForce === null || inForce.commit === commit) return null;
  await ledger.noteJudge(commit, inForce);
  return inForce;
}

/** All requirements for a commit: approvals, persons, protected guests, windows, signatures, its share of deletions. */
export async function policyFor(context: Context, declared: Declared): Promise<Policy> {
  const before = await policyBefore(context, declared.commit);
  return strictest([before, await policyInForce(context)], declared);
}

/** The requirements for a commit that is not on the branch yet. */
export async function policyIfMerged(context: Context, declared: Declared): Promise<Policy> {
  return strictest([await policyInForce(context)], declared);
}

function strictest(records: readonly (PolicyRecord | null)[], { config }: Declared): Policy {
  const own = config === null ? null : policyOfConfig(config);
  const policies = [...records.map((record) => record?.policy), own].filter((policy) => policy != null);
  return policies.length === 0 ? DEFAULT_POLICY : policies.reduce(stricter);
}

/** Called before a run of the branch is recorded: if no policy is in force yet, the one that was applied becomes it. */
export async function beginWithPolicy(context: Context, commit: string): Promise<void> {
  const { ledger, declared } = context;
  if ((await ledger.policyInForce()) !== null) return;
  const older = await policyInForce(context);
  const { config } = await declared(commit as CommitSha);
  const first = older ?? (config === null ? null : { commit, policy: policyOfConfig(config) });
  if (first !== null) await ledger.enforce(first);
}

/** Called when a run has ended, before that is recorded: after a crash in between it is repeated. */
export async function enforcePolicyOf(context: Context, commit: string, request: RunRequest): Promise<void> {
  if (!appliesWholeCommit(request)) return;
  const { config } = await context.declared(commit as CommitSha);
  if (config !== null) await context.ledger.enforce({ commit, policy: policyOfConfig(config) });
}

/** Whether a run applies its whole commit: not if it is limited to some targets, only observes, or only changes power states. */
export function appliesWholeCommit({ targets, readOnly, verb }: RunRequest): boolean {
  const row = verbRow(verb);
  return targets === null && !readOnly && row.work === 'converge' && row.bringsAll;
}
