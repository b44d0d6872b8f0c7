// Where the branch stands now.

import type { CommitSha } from '../../model/ids.ts';
import type { Context } from '../context.ts';

/** The forge did not answer, or not in a way that Git understands. */
export const UNREACHABLE = Symbol('unreachable');

/** Null when the branch does not exist. */
export async function fetchHead({ repository, log }: Context): Promise<CommitSha | null | typeof UNREACHABLE> {
  try {
    return await repository.fetch();
  } catch (error) {
    log.warn('the repository cannot be fetched', { error });
    return UNREACHABLE;
  }
}
