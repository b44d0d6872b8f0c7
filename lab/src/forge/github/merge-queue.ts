// GitHub's merge queue. Each queued pull request gets its own branch on top of those before it, and the base moves once the required checks have
// passed there. A failed one is removed, and the branches behind it are rebuilt. From GitHub's documentation (@octokit/openapi 23.0.2: `merge-group`,
// the `merge_queue` rule with ALLGREEN) and the `merge_group` example of @octokit/webhooks-examples 7.6.1.

import type { Parts } from '../parts.ts';
import { branchRef, type LabPull } from '../pulls.ts';
import { asPush } from '../pushes.ts';
import { type Refused, refuse } from '../refused.ts';
import { mergeCommit } from '../trial-merge.ts';
import type { LabQueued } from './queued.ts';

/** The user that merges from the queue. */
const QUEUE = 'github-merge-queue[bot]';

export function enqueue(parts: Parts, pull: LabPull): Promise<LabQueued | Refused> {
  return parts.serialise(() => add(parts, pull));
}

async function add(parts: Parts, { number, base, head }: LabPull): Promise<LabQueued | Refused> {
  const { bare, queue, emit } = parts;
  const tip = queue.at(-1)?.headSha ?? (await bare.commit(branchRef(base.branch, null))) ?? base.sha;
  const title = `Merge pull request #${number} from ${head.owner}/${head.branch}`;
  const headSha = await mergeCommit(bare, tip, head.sha, { by: QUEUE, title });
  if (headSha === null) return refuse('base', 'custom', 'Pull request is in unmergeable state');
  const headRef = branchRef(`gh-readonly-queue/${base.branch}/pr-${number}-${tip}`, null);
  const group = { pull: number, base: base.branch, baseSha: tip, headRef, headSha };
  queue.push(group);
  await asPush(parts, QUEUE, async () => {
    await bare.git('update-ref', headRef, headSha);
  });
  emit({ kind: 'group', action: 'checks_requested', group, by: QUEUE });
  return group;
}

/** The result of the required check for a head; null: not reported yet, or pending. */
export type Verdict = (sha: string) => 'success' | 'failure' | null;

/** Merges the passing pull requests at the front, removes those that failed, and leaves the rest queued. */
export function advance(parts: Parts, verdict: Verdict): Promise<void> {
  return parts.serialise(async () => {
    const firstOther = parts.queue.findIndex(({ headSha }) => verdict(headSha) !== 'success');
    await mergeGroup(parts, parts.queue.splice(0, firstOther === -1 ? parts.queue.length : firstOther));
    const [first] = parts.queue;
    if (first === undefined || verdict(first.headSha) !== 'failure') return;
    const behind = parts.queue.splice(0);
    for (const group of behind) await destroy(parts, group, group === first ? 'dequeued' : 'invalidated');
    for (const { pull } of behind.slice(1)) {
      const again = parts.pulls.get(pull);
      if (again !== undefined) await add(parts, again);
    }
  });
}

/** Moves the base once for all of them; each pull request has its own merge commit. */
async function mergeGroup(parts: Parts, groups: readonly LabQueued[]): Promise<void> {
  const last = groups.at(-1);
  if (last === undefined) return;
  await asPush(parts, QUEUE, async () => {
    await parts.bare.git('update-ref', branchRef(last.base, null), last.headSha);
    for (const { pull: number, headSha } of groups) {
      const pull = parts.pulls.get(number);
      if (pull === undefined) continue;
      parts.emit({ kind: 'pull', action: 'closed', pull: parts.pulls.settle(pull, headSha, QUEUE), by: QUEUE });
    }
  });
  for (const group of groups) await destroy(parts, group, 'merged');
}

async function destroy(parts: Parts, group: LabQueued, reason: 'merged' | 'invalidated' | 'dequeued'): Promise<void> {
  await asPush(parts, QUEUE, async () => {
    await parts.bare.git('update-ref', '-d', group.headRef);
  });
  parts.emit({ kind: 'group', action: 'destroyed', group, reason, by: QUEUE });
}
