// The head that could not be fetched for good, since the server would send too much: it is not requested with every poll.

import type { CommitSha } from '../../../model/ids.ts';
import { HeadNotFetched } from '../../../ports/head-not-fetched.ts';

/** Minimum delay before a request that failed permanently is repeated. */
const REFUSED_FOR_MS = 60 * 60 * 1000;

/** One at a time: a newer head is requested whatever became of the one before. */
export class RefusedHead {
  #refused: { readonly error: HeadNotFetched; readonly head: CommitSha; readonly at: number } | undefined;

  /** @throws HeadNotFetched for the commit that was refused shortly before */
  throwIfRefused(commit: string): void {
    const refused = this.#refused;
    if (refused?.head === commit && performance.now() - refused.at < REFUSED_FOR_MS) throw refused.error;
  }

  /** @returns the error that later requests for that head fail with too */
  remember(head: CommitSha, cause: Error): HeadNotFetched {
    const error = headNotFetched(head, cause);
    this.#refused = { error, head, at: performance.now() };
    return error;
  }

  forget(): void {
    this.#refused = undefined;
  }
}

export function headNotFetched(head: CommitSha, cause: Error): HeadNotFetched {
  return new HeadNotFetched(cause.message, head, { cause });
}
