// Why something that a person asked for is refused, and what to ask for instead.

import type { CommitInfo } from '../../ports/repository.ts';
import { shortSha } from './status.ts';

const MAX_NAMED = 5;
const MAX_SUBJECT_LENGTH = 60;

/** @param undone the commits that would be reverted, the newest first; none when `commit` is no ancestor of `base` */
export function rewindRefusal(commit: string, base: string, undone: readonly CommitInfo[]): string {
  const [asked, applied] = [shortSha(commit), shortSha(base)];
  if (undone.length === 0) {
    return `${asked} does not come after ${applied}, which was applied; add --rewind to apply it anyway`;
  }
  const named = undone.slice(0, MAX_NAMED).map(({ sha, message, author }) => {
    return `${shortSha(sha)} "${subject(message)}" by ${author}`;
  });
  const more = undone.length > named.length ? [`${undone.length - named.length} more`] : [];
  const what = undone.length === 1 ? 'a later commit' : `${undone.length} later commits`;
  return `${asked} comes before ${applied}, which was applied: going back undoes ${what} (${[...named, ...more].join(', ')}); add --rewind to go back. The branch is then followed again with the next push, or with phoenix unfreeze`;
}

export function approvalRefusal(by: string, approvers: readonly string[]): string {
  return `the policy does not let ${by} approve; it names ${approvers.join(', ')}`;
}

function subject(message: string): string {
  const line = message.split('\n')[0] ?? '';
  return line.length > MAX_SUBJECT_LENGTH ? `${line.slice(0, MAX_SUBJECT_LENGTH - 1)}…` : line;
}
