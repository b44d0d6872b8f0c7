// The error for a head that the server lists but cannot be fetched.

import type { CommitSha } from '../model/ids.ts';

/** The branch has this head, and a retry would fail alike: it is too large, or missing. */
export class HeadNotFetched extends Error {
  override readonly name = 'HeadNotFetched';
  readonly head: CommitSha;

  constructor(message: string, head: CommitSha, options?: ErrorOptions) {
    super(message, options);
    this.head = head;
  }
}
