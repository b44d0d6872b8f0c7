// Wraps reads from a forge, so that errors are uniform.

import { ForgeFailure } from '../../ports/forge-failure.ts';
import { classifyError } from './classify-error.ts';
import type { ForgeLogin } from './options.ts';

/**
 * @param what what is read, for example `the open pull requests`
 * @param right the required right, under the forge's own name
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
