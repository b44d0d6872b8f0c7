// The port to the config repo, which `io/git` implements.

import type { CommitSha } from '../model/ids.ts';
import type { Snapshot } from '../model/snapshot.ts';

export interface CommitInfo {
  readonly sha: CommitSha;
  readonly parents: readonly CommitSha[];
  readonly message: string;
  readonly author: string;
}

/**
 * The config repo: one branch of it is followed. Of its history there is only what was needed before; a question that needs more
 * brings it, and fails where it cannot be had.
 */
export interface Repository {
  /**
   * Brings the branch up to date. Resolves to its head, or null when the branch does not exist. Fails with `HeadNotFetched` of
   * `ports/head-not-fetched.ts` where the head is known and the server does not get it across.
   */
  fetch(): Promise<CommitSha | null>;
  /** The files at a commit; content only of those the configuration reads. Fails with `NotFound` for an unknown commit. */
  snapshot(commit: CommitSha): Promise<Snapshot>;
  /** Full id of a commit, given in full, abbreviated or as a branch or tag name; null when there is none. */
  resolve(revision: string): Promise<CommitSha | null>;
  commit(commit: CommitSha): Promise<CommitInfo>;
  /** The commit object, byte for byte, as a signature covers it. */
  object(commit: CommitSha): Promise<Uint8Array>;
  /** Whether `ancestor` is `descendant` or comes before it. */
  isAncestor(ancestor: CommitSha, descendant: CommitSha): Promise<boolean>;
  /** Where two commits parted: a commit that both build on; null when they have none in common. */
  mergeBase(one: CommitSha, other: CommitSha): Promise<CommitSha | null>;
  /** The commits from `base` (exclusive) to `head`, those nearest to the head first, and no more of them than `most`. */
  commitsSince(base: CommitSha, head: CommitSha, most: number): Promise<readonly CommitInfo[]>;
  /** Bytes of one blob. */
  blob(blob: string): Promise<Uint8Array>;
  /** Ends what is under way, which fails then. */
  close(): Promise<void>;
}
