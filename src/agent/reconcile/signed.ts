// Checks that the new commits of a head are signed as the policy requires, including the policy of the previous followed commit.

import { noSigningKeys, tooManyCommits, unsigned } from '../../messages/statuses/policy.ts';
import type { FinalSentence } from '../../messages/statuses/status.ts';
import type { CommitSha } from '../../model/ids.ts';
import type { SignedCommits } from '../../model/policy.ts';
import type { Context } from '../context.ts';
import { declaredAt } from './desired-state.ts';
import { commitsSince } from './history.ts';
import { policyFor } from './policy-in-force.ts';

/** Maximum number of new commits; with more, the head is refused. */
const MAX_CHECKED = 1000;

/**
 * Why the head must not be followed; null when it may. Ancestors of the followed commit were checked before.
 *
 * @param base the followed commit before it; null when it is the first
 */
export async function signatureViolation(
  context: Context,
  base: CommitSha | null,
  head: CommitSha,
): Promise<FinalSentence | null> {
  const { repository, signatures, log } = context;
  const followed = base === null ? undefined : await declaredAt(context, base);
  const { signedCommits } = await policyFor(context, await context.declared(head));
  if (signedCommits === 'off') return null;
  // Also undefined when the repository has lost it, as after a force push.
  const from = followed?.commit ?? null;
  if (from !== null && (await repository.isAncestor(head, from))) return null;
  if (signatures === null) return noSigningKeys();
  const commits = await broughtBy(context, signedCommits, from, head);
  if (commits.length > MAX_CHECKED) return tooManyCommits(MAX_CHECKED);
  for (const commit of commits) {
    const signed = await signatures.verify(await repository.object(commit));
    if (signed.valid) continue;
    log.warn('a commit is not signed as the policy asks', { head, commit, reason: signed.reason });
    return unsigned(commit, signed.reason);
  }
  return null;
}

async function broughtBy(
  { repository }: Context,
  signedCommits: SignedCommits,
  base: CommitSha | null,
  head: CommitSha,
): Promise<CommitSha[]> {
  if (signedCommits === 'head' || base === null) return [head];
  return (await commitsSince(repository, base, head, MAX_CHECKED + 1)).map(({ sha }) => sha);
}
