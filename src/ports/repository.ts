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
 * The config repo, of which one branch is followed. Only the needed part of its history is local; a question that needs more
 * fetches it, and fails where that is impossible.
 */
export interface Repository {
  /**
   * Fetches the branch. Resolves to its head, or null when the branch does not exist. Fails with `HeadNotFetched` of
   * `ports/head-not-fetched.ts` where the head is known but cannot be fetched.
   */
  fetch(): Promise<CommitSha | null>;
  /** Names of all branches that the server has. */
  branches(): Promise<readonly string[]>;
  /** The files at a commit; content only of those the configuration reads. Fails with `NotFound` for an unknown commit. */
  snapshot(commit: CommitSha): Promise<Snapshot>;
  /** Full id of a commit, given in full, abbreviated or as a branch or tag name; null when there is none. */
  resolve(revision: string): Promise<CommitSha | null>;
  commit(commit: CommitSha): Promise<CommitInfo>;
  /** The commit object, byte for byte, as a signature covers it. */
  object(commit: CommitSha): Promise<Uint8Array>;
  /** Whether `ancestor` equals `descendant` or is an ancestor of it. */
  isAncestor(ancestor: CommitSha, descendant: CommitSha): Promise<boolean>;
  /** A best common ancestor of two commits; null when there is none. */
  mergeBase(one: CommitSha, other: CommitSha): Promise<CommitSha | null>;
  /** The commits from `base` (exclusive) to `head`, nearest to the head first, at most `most`. */
  commitsSince(base: CommitSha, head: CommitSha, most: number): Promise<readonly CommitInfo[]>;
  /** Content of one blob. */
  blob(blob: string): Promise<Uint8Array>;
  /** Ends running operations, which then fail. */
  close(): Promise<void>;
}
