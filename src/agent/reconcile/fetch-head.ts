// Fetches the head of the branch.

import type { CommitSha } from '../../model/ids.ts';
import { HeadNotFetched } from '../../ports/head-not-fetched.ts';
import type { Context } from '../context.ts';
import { reportNotFetched } from './record.ts';

/** The forge did not answer, or not with valid Git protocol. */
export const UNREACHABLE = Symbol('unreachable');

/** The forge answered, but its head could not be fetched: work that does not concern that commit continues. */
export const NOT_FETCHED = Symbol('not fetched');

/** Null when the branch does not exist. */
export async function fetchHead(context: Context): Promise<CommitSha | null | typeof UNREACHABLE | typeof NOT_FETCHED> {
  const { repository, memory, log } = context;
  try {
    const head = await repository.fetch();
    memory.fetchFailure = '';
    return head;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    // Each poll tries again; the same error is logged once.
    if (reason !== memory.fetchFailure) {
      log.warn('the repository cannot be fetched', {
        reason,
        ...(error instanceof HeadNotFetched ? { head: error.head } : {}),
      });
      if (error instanceof HeadNotFetched) await reportNotFetched(context, error);
    }
    memory.fetchFailure = reason;
    return error instanceof HeadNotFetched ? NOT_FETCHED : UNREACHABLE;
  }
}
