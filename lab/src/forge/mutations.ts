// Mutations of the forge, requested by REST or by users in a browser: each is stored and then sent as an event. Those of pull requests wait until
// earlier ones have been updated for the pushes before them.

import type { LabComment } from './comments.ts';
import type { Parts } from './parts.ts';
import { branchRef, type LabPull, type MergeHow, type PullChange, type PullRequested } from './pulls.ts';
import { asPush } from './pushes.ts';
import { isRefused, type Refused } from './refused.ts';
import type { LabReview } from './reviews.ts';

export function openPull(parts: Parts, requested: PullRequested, by: string): Promise<LabPull | Refused> {
  return parts.serialise(async () => {
    const pull = await parts.pulls.open(requested, by);
    if (!isRefused(pull)) parts.emit({ kind: 'pull', action: 'opened', pull, by });
    return pull;
  });
}

export function changePull(parts: Parts, { number }: LabPull, to: PullChange, by: string): Promise<LabPull | Refused> {
  return parts.serialise(async () => {
    const before = parts.pulls.get(number);
    if (before === undefined) throw new Error(`there is no pull request ${number} any more`);
    const pull = await parts.pulls.change(before, to);
    if (isRefused(pull)) return pull;
    const isRetargeted = pull.base.branch !== before.base.branch;
    if (isRetargeted || pull.title !== before.title || pull.body !== before.body) {
      parts.emit({ kind: 'pull', action: 'edited', pull, before, by });
    }
    if (pull.state !== before.state) {
      parts.emit({ kind: 'pull', action: pull.state === 'open' ? 'reopened' : 'closed', pull, by });
    }
    return pull;
  });
}

export function mergePull(parts: Parts, pull: LabPull, by: string, how?: MergeHow): Promise<LabPull | Refused> {
  return parts.serialise(async () => {
    let merged: LabPull | Refused = pull;
    await asPush(parts, by, async () => {
      merged = await parts.pulls.merge(pull, by, how);
      if (!isRefused(merged)) parts.emit({ kind: 'pull', action: 'closed', pull: merged, by });
    });
    return merged;
  });
}

/** Moves a branch with the effects of a push. @param to a commit */
export function moveBranch(parts: Parts, branch: string, to: string, by: string): Promise<void> {
  return parts.serialise(() =>
    asPush(parts, by, async () => {
      await parts.bare.git('update-ref', branchRef(branch, null), to);
    }),
  );
}

export function addComment(parts: Parts, number: number, body: string, by: string, at?: Date): LabComment {
  const comment = parts.comments.add(number, by, body, at);
  parts.emit({ kind: 'comment', action: 'created', comment, by });
  return comment;
}

export function changeComment(parts: Parts, before: LabComment, body: string, by: string): LabComment {
  const comment = parts.comments.change(before, body);
  parts.emit({ kind: 'comment', action: 'edited', comment, before, by });
  return comment;
}

/** Reviews the present head of the pull request. */
export function addReview(
  parts: Parts,
  pull: LabPull,
  { state, body = '' }: { readonly state: LabReview['state']; readonly body?: string },
  by: string,
): LabReview {
  const official = ['admin', 'maintain', 'write'].includes(parts.people.findOrAdd(by).right);
  const review = parts.reviews.add({ number: pull.number, author: by, state, body, sha: pull.head.sha, official });
  parts.emit({ kind: 'review', action: 'submitted', review, by });
  return review;
}

export function dismissReview(parts: Parts, id: number, by: string): LabReview {
  const review = parts.reviews.dismiss(id);
  parts.emit({ kind: 'review', action: 'dismissed', review, by });
  return review;
}
