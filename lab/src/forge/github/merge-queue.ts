// GitHub's merge queue: each pull request in it gets a branch of its own on top of what is before it, and moves the base once the checks
// that are required are green there. Whoever fails is thrown out, and what was behind is built anew. From GitHub's description (@octokit/openapi
// 23.0.2: `merge-group`, the `merge_queue` rule with ALLGREEN) and the `merge_group` example of @octokit/webhooks-examples 7.6.1.

import type { Parts } from '../parts.ts';
import { branchRef, type LabPull } from '../pulls.ts';
import { asPush } from '../pushes.ts';
import { type Refused, refuse } from '../refused.ts';
import { mergeCommit } from '../trial-merge.ts';

/** One pull request in the queue. */
export interface LabQueued {
  readonly pull: number;
  readonly base: string;
  /** What its branch stands on: the head of the base, or of the one before it. */
  readonly baseSha: string;
  readonly headRef: string;
  readonly headSha: string;
}

/** Who moves the branch then. */
const QUEUE = 'github-merge-queue[bot]';

export function enqueue(parts: Parts, pull: LabPull): Promise<LabQueued | Refused> {
  return parts.oneByOne(() => add(parts, pull));
}

async function add(parts: Parts, { number, base, head }: LabPull): Promise<LabQueued | Refused> {
  const { bare, queue, tell } = parts;
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
  tell({ kind: 'group', action: 'checks_requested', group, by: QUEUE });
  return group;
}

/** What a required check says of a head: null while it says nothing, or waits. */
export type Verdict = (sha: string) => 'success' | 'failure' | null;

/** Merges from the front whatever is green, throws out what failed, and leaves the rest to wait. */
export function advance(parts: Parts, verdict: Verdict): Promise<void> {
  return parts.oneByOne(async () => {
    const green = parts.queue.findIndex(({ headSha }) => verdict(headSha) !== 'success');
    await mergeGroup(parts, parts.queue.splice(0, green === -1 ? parts.queue.length : green));
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

/** All with one move of the branch; each pull request became its own merge. */
async function mergeGroup(parts: Parts, groups: readonly LabQueued[]): Promise<void> {
  const last = groups.at(-1);
  if (last === undefined) return;
  await asPush(parts, QUEUE, async () => {
    await parts.bare.git('update-ref', branchRef(last.base, null), last.headSha);
    for (const { pull: number, headSha } of groups) {
      const pull = parts.pulls.get(number);
      if (pull === undefined) continue;
      parts.tell({ kind: 'pull', action: 'closed', pull: parts.pulls.settle(pull, headSha, QUEUE), by: QUEUE });
    }
  });
  for (const group of groups) await destroy(parts, group, 'merged');
}

async function destroy(parts: Parts, group: LabQueued, reason: 'merged' | 'invalidated' | 'dequeued'): Promise<void> {
  await asPush(parts, QUEUE, async () => {
    await parts.bare.git('update-ref', '-d', group.headRef);
  });
  parts.tell({ kind: 'group', action: 'destroyed', group, reason, by: QUEUE });
}
