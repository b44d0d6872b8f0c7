// A pull request in GitHub's merge queue.

export interface LabQueued {
  readonly pull: number;
  readonly base: string;
  /** The parent of its branch: the head of the base branch, or that of the queued pull request before it. */
  readonly baseSha: string;
  readonly headRef: string;
  readonly headSha: string;
}
