// Reading from a forge: whatever goes wrong is told in one way.

import { ForgeFailure } from '../../ports/forge-failure.ts';
import { classifyError } from './classify-error.ts';
import type { ForgeLogin } from './options.ts';

/**
 * @param what is read, for example `the open pull requests`
 * @param right that it takes, in the forge's own words
 */
export async function reading<T>(
  { what, right, as }: { readonly what: string; readonly right: string; readonly as: ForgeLogin['as'] },
  read: () => Promise<T>,
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const { reason, retryAfterSeconds } = classifyError(error, { verb: 'read', what, right, as, now: new Date() });
    throw new ForgeFailure(reason, retryAfterSeconds, { cause: error });
  }
}
