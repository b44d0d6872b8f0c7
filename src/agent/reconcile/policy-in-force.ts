// The policy that judges a commit: the one that was in force before it, whatever the commit itself says, and the commit's own where
// that asks for more. A policy takes force when the run of the commit that brings it has come to its end with nothing held back.

import type { Config } from '../../managers/config.ts';
import type { CommitSha } from '../../model/ids.ts';
import { DEFAULT_POLICY, type Policy, type PolicyRecord } from '../../model/policy.ts';
import { verbRow } from '../../model/verbs.ts';
import { stricter } from '../../plan/policy.ts';
import type { RunRequest } from '../../ports/runs.ts';
import type { Context } from '../context.ts';
import type { Declared } from './desired-state.ts';

/** What of the configuration is policy: where the policy names no share of deletions, that of the host's behaviour is it. */
function policyOfConfig({ hypervisor: { policy, behavior } }: Config): Policy {
  // 0.29 times 100 is a little less than 29.
  const percent = Number((behavior.maxDeleteShare * 100).toFixed(6));
  return { ...policy, maxDeletePercent: policy.maxDeletePercent ?? percent };
}

/** What judges every commit to come; null before anything was followed. */
async function policyInForce({ ledger, repository, declared }: Context): Promise<PolicyRecord | null> {
  const known = await ledger.policyInForce();
  if (known !== null) return known;
  // Followed by a Phoenix that recorded none.
  const base = (await ledger.head())?.base;
  const commit = base == null ? null : await repository.resolve(base);
  const config = commit === null ? null : (await declared(commit)).config;
  return commit === null || config === null ? null : { commit, policy: policyOfConfig(config) };
}

/** What was in force before the commit when it was first judged, noted with the first call. */
async function policyBefore(context: Context, commit: CommitSha): Promise<PolicyRecord | null> {
  const { ledger } = context;
  const known = await ledger.judgeOf(commit);
  if (known !== null) return known;
  const inForce = await policyInForce(context);
  // A commit does not judge itself: it was judged before anything was noted.
  if (inForce === null || inForce.commit === commit) return null;
  await ledger.noteJudge(commit, inForce);
  return inForce;
}

/** Everything that a commit must have: approvals, persons, protected guests, windows, signatures, its share of deletions. */
export async function policyFor(context: Context, declared: Declared): Promise<Policy> {
  const before = await policyBefore(context, declared.commit);
  return strictest([before, await policyInForce(context)], declared);
}

/** The same for a commit that is not on the branch yet. */
export async function policyIfMerged(context: Context, declared: Declared): Promise<Policy> {
  return strictest([await policyInForce(context)], declared);
}

function strictest(records: readonly (PolicyRecord | null)[], { config }: Declared): Policy {
  const own = config === null ? null : policyOfConfig(config);
  const asked = [...records.map((record) => record?.policy), own].filter((policy) => policy != null);
  return asked.length === 0 ? DEFAULT_POLICY : asked.reduce(stricter);
}

/** Called before a run is recorded that follows the branch: where nothing is in force yet, what judged it is. */
export async function beginWithPolicy(context: Context, commit: string): Promise<void> {
  const { ledger, declared } = context;
  if ((await ledger.policyInForce()) !== null) return;
  const older = await policyInForce(context);
  const { config } = await declared(commit as CommitSha);
  const first = older ?? (config === null ? null : { commit, policy: policyOfConfig(config) });
  if (first !== null) await ledger.enforce(first);
}

/** Called when the run has come to its end, before that is recorded: a crash in between does it again. */
export async function enforcePolicyOf(context: Context, commit: string, request: RunRequest): Promise<void> {
  if (!appliesWholeCommit(request)) return;
  const { config } = await context.declared(commit as CommitSha);
  if (config !== null) await context.ledger.enforce({ commit, policy: policyOfConfig(config) });
}

/** It brings everything to its commit: a part of it, a look and what switches something do not. */
export function appliesWholeCommit({ targets, readOnly, verb }: RunRequest): boolean {
  const row = verbRow(verb);
  return targets === null && !readOnly && row.work === 'converge' && row.bringsAll;
}
