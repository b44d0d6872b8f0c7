// Reads everything that a proposal is computed from.

import { load } from '../../load/load.ts';
import { diagnosticsBetween } from '../../load/rules/between.ts';
import type { CommitSha, TargetId } from '../../model/ids.ts';
import type { Policy } from '../../model/policy.ts';
import type { Target } from '../../model/target.ts';
import type { Push } from '../../ports/deliveries.ts';
import type { TargetRecords } from '../../ports/ledger.ts';
import type { RunRequest } from '../../ports/runs.ts';
import { changedSecretsOrNone } from '../changed-secrets.ts';
import type { Context } from '../context.ts';
import { missingSecrets } from '../missing-secrets.ts';
import { type Declared, declaredAt } from './desired-state.ts';
import { policyFor } from './policy-in-force.ts';
import type { Gathered } from './proposal.ts';

/** Commits that are read for a target that was taken out; most are deleted with the next one. What they do not tell stays protected. */
const MAX_EARLIER = 50;

/** The run request for a new head of the branch. */
export function requestFor(head: CommitSha, deliveries: readonly Push[], created: string): RunRequest {
  const by = deliveries.findLast(({ commit }) => commit === head)?.by ?? 'phoenix';
  return { commit: head, trigger: 'push', by, created, targets: null, rewind: false, readOnly: false };
}

/** @param base the followed commit before it; null when it is the first */
export async function gather(
  context: Context,
  declared: Declared,
  base: string | null,
  request: RunRequest,
): Promise<Gathered> {
  const records = await context.ledger.targets();
  const followed = base === null ? undefined : await declaredAt(context, base);
  const before = await stillProtected(context, await asApplied(context, declared, records), followed);
  const olderErrors = followed?.problems.filter(({ severity }) => severity === 'error') ?? [];
  const policy = await policyFor(context, declared);
  // A rewind is explicitly requested, and each deletion is approved, so it is not compared with the newer commit.
  const after = request.rewind ? declared : await against(context, declared, followed, policy);
  const rotated = request.readOnly
    ? new Set<TargetId>()
    : await changedSecretsOrNone(context, declared.targets, records);
  // A timer's run observes what is applied, and reports a missing secret at its target.
  const missing =
    request.readOnly || request.trigger === 'drift'
      ? new Map<TargetId, string>()
      : ((await missingSecrets(context, declared, request.targets ?? declared.targets.keys())) ?? new Map());
  return { declared: after, records, before, request, olderErrors, rotated, missing, policy };
}

/** Each recorded target as declared at the commit at which it was last applied; where it was only touched, at that commit. */
async function asApplied(context: Context, declared: Declared, records: TargetRecords): Promise<Map<TargetId, Target>> {
  const before = new Map<TargetId, Target>();
  const elsewhere = new Map<string, TargetId[]>();
  for (const [id, { commit, digest }] of records.applied) {
    const now = declared.targets.get(id);
    if (now !== undefined && declared.digests.get(id) === digest) before.set(id, now);
    else elsewhere.set(commit, [...(elsewhere.get(commit) ?? []), id]);
  }
  // An interrupted creation is still a creation, unless the target is no longer declared: then it is to be deleted.
  for (const [id, { commit }] of records.touched) {
    if (records.applied.has(id) || declared.targets.has(id)) continue;
    elsewhere.set(commit, [...(elsewhere.get(commit) ?? []), id]);
  }
  for (const [commit, ids] of elsewhere) {
    const then = await declaredAt(context, commit);
    for (const id of ids) before.set(id, then?.targets.get(id) ?? { id, spec: {}, needs: [], protected: false });
  }
  return before;
}

/**
 * Targets that the followed commit protects stay protected, even if that commit could not be applied. Where it declares a target no longer, the commit
 * that did so last decides: taking a target out takes no protection away.
 */
async function stillProtected(
  context: Context,
  before: Map<TargetId, Target>,
  followed: Declared | undefined,
): Promise<Map<TargetId, Target>> {
  if (followed === undefined) return before;
  const gone = [...before.values()].filter((target) => !target.protected && !followed.targets.has(target.id));
  const { last, undecided } = await declaredLast(
    context,
    followed.commit,
    gone.map(({ id }) => id),
  );
  return new Map(
    [...before].map(([id, target]) => {
      const declared = followed.targets.get(id) ?? last.get(id);
      return [id, { ...target, protected: target.protected || declared?.protected === true || undecided.has(id) }];
    }),
  );
}

/**
 * Each target as the newest commit before `commit` declares it, along the branch itself. `undecided` are those of which too many commits would have to
 * be read.
 */
async function declaredLast(
  context: Context,
  commit: CommitSha,
  ids: readonly TargetId[],
): Promise<{ readonly last: ReadonlyMap<TargetId, Target>; readonly undecided: ReadonlySet<TargetId> }> {
  const last = new Map<TargetId, Target>();
  const left = new Set(ids);
  let at = commit;
  for (let looked = 0; left.size > 0 && looked < MAX_EARLIER; looked += 1) {
    const [earlier] = (await context.repository.commit(at)).parents;
    const then = earlier === undefined ? undefined : await declaredAt(context, earlier);
    // The history begins here.
    if (then === undefined) return { last, undecided: new Set() };
    for (const id of left) {
      const target = then.targets.get(id);
      if (target === undefined) continue;
      last.set(id, target);
      left.delete(id);
    }
    at = then.commit;
  }
  return { last, undecided: left };
}

/**
 * Adds errors that depend on the previous commit, such as a disk that would shrink. They are rare, so the files are read again for their line
 * numbers.
 *
 * @param policy the policy that applies to the commit
 */
export async function against(
  { repository, options }: Pick<Context, 'repository' | 'options'>,
  declared: Declared,
  followed: Declared | undefined,
  policy: Policy,
): Promise<Declared> {
  const [config, after] = [followed?.config ?? null, declared.config];
  const before = config === null ? null : { ...config, hypervisor: { ...config.hypervisor, policy } };
  if (before === null || after === null || diagnosticsBetween(before, after).length === 0) return declared;
  const { problems } = load(await repository.snapshot(declared.commit), {
    ...options.reading,
    before,
  });
  return { ...declared, problems };
}
