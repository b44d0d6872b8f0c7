// Fetches the head of the branch, and records for everybody when and why that fails.

import { branchMissing } from '../../messages/faults.ts';
import type { CommitSha } from '../../model/ids.ts';
import { HeadNotFetched } from '../../ports/head-not-fetched.ts';
import type { Context } from '../context.ts';
import { messageOf, noteFault } from '../faults.ts';
import { reportNotFetched } from './record.ts';

/** The forge did not answer, or not with valid Git protocol. */
export const UNREACHABLE = Symbol('unreachable');

/** The forge answered, but its head could not be fetched: work that does not concern that commit continues. */
export const NOT_FETCHED = Symbol('not fetched');

/** Null when the branch does not exist. */
export async function fetchHead(context: Context): Promise<CommitSha | null | typeof UNREACHABLE | typeof NOT_FETCHED> {
  const { repository, memory, log } = context;
  const fetched = await repository.fetch().then(
    (head) => ({ head }),
    (error: unknown) => ({ error }),
  );
  const reason = 'error' in fetched ? messageOf(fetched.error) : fetched.head === null ? await noBranch(context) : null;
  // Each poll tries again; the same reason is logged once.
  const isNews = reason !== null && reason !== memory.fetchFailure;
  memory.fetchFailure = reason ?? '';
  if (isNews) log.warn('the repository cannot be followed', { reason });
  await noteFault(context, 'repository', reason);
  if ('head' in fetched) return fetched.head;
  if (!(fetched.error instanceof HeadNotFetched)) return UNREACHABLE;
  if (isNews) await reportNotFetched(context, fetched.error);
  return NOT_FETCHED;
}

/** The branch was deleted or renamed, or nothing was pushed yet: the other branches tell which. */
async function noBranch({ repository, options }: Context): Promise<string> {
  const others = await repository.branches().catch(() => null);
  return branchMissing(options.repositoryUrl, options.branch, others);
}
