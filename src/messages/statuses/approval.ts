// What is said of approvals: where one was given, and why a line or a command was taken for none. Pure.

import type { Trailer } from '../../model/trailer.ts';
import { trailerText } from '../../plan/policy/trailers.ts';
import { shortSha } from './status.ts';

export function inTheMessageOf(commit: string): string {
  return `the message of ${shortSha(commit)}`;
}

export function inPull(number: number): string {
  return `pull request ${number}`;
}

/** Why a trailer is no approval. */
export const TRAILER_IGNORED = {
  copied: (trailer: Trailer, where: string) =>
    `"${trailerText(trailer)}" approves nothing: it already stood in ${where}; only what whoever merges writes counts`,
  elsewhere: (trailer: Trailer, where: string) =>
    `"${trailerText(trailer)}" approves nothing: it stands in ${where}; only the message of the pushed head counts`,
  mayNot: (trailer: Trailer, why: string) => `"${trailerText(trailer)}" approves nothing: ${why}`,
  nameless: (trailer: Trailer) =>
    `"${trailerText(trailer)}" approves nothing: the policy asks who approves, and the forge does not say who pushed it`,
  tooMany: (trailer: Trailer) =>
    `"${trailerText(trailer)}" approves nothing: the push brings too many commits to tell where the line comes from`,
  unknown: (trailer: Trailer, why: string) =>
    `"${trailerText(trailer)}" approves nothing: nobody can tell where the line comes from (${why})`,
} as const;

/** Why a command that a delivery claims does not count. */
export const COMMAND_REFUSED = {
  anothersComment: 'the forge says that somebody else wrote the comment',
  edited: 'the comment was changed after it was written; write a new one',
  noChecks: 'only a GitHub App has buttons',
  noComment: 'the forge has no such comment under that pull request',
  counted: 'it was carried out already',
  noDelivery: 'the forge knows of no such delivery',
  noReview: 'the forge has no such review of that pull request',
  otherWords: 'the forge says that something else was written',
  tooOld: 'it is more than three days old; write a new one',
  unknown: 'it was recorded without where it stands',
} as const;

/** Why an approval under a pull request does not count, though it was given. */
export const NOT_APPROVED = {
  closed: (pull: number) => `#${pull} was closed and not merged, so there is nothing to approve`,
  elsewhere: (pull: number, base: string) => `#${pull} is to be merged into ${base}, which Phoenix does not follow`,
  moved: (pull: number) => `the plan of #${pull} has changed since; check it and approve it again`,
  noPull: (pull: number) => `the forge has no pull request ${pull}`,
  otherHead: (pull: number) => `the head of #${pull} is another now than the one that was reviewed; review it again`,
  otherCommit: 'the check is not on the commit of that run',
} as const;

/** Said above the comment of Phoenix when somebody else had changed it. */
export const COMMENT_CHANGED = '_Somebody else had changed this comment. It was rewritten._';
