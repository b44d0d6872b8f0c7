// A head that the server names and does not get across.

import type { CommitSha } from '../model/ids.ts';

/** The branch has this head, and asking again brings nothing else: it is too large, or not there. */
export class HeadNotFetched extends Error {
  override readonly name = 'HeadNotFetched';
  readonly head: CommitSha;

  constructor(message: string, head: CommitSha, options?: ErrorOptions) {
    super(message, options);
    this.head = head;
  }
}
