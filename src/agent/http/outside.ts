// What is outside the ledger, host and repository, is asked for a short time: what is not there by then is not known, which is null.

/** Who looks at a page, or collects metrics, does not wait longer for them. */
const OUTSIDE_WITHIN_MS = 2_500;
/** What is declared is shown all the same when the host takes longer than this to say what runs. */
export const HOST_WITHIN_MS = 1_500;

export function orNull<T>(pending: Promise<T>): Promise<T | null> {
  return inTime(pending).catch(() => null);
}

/** @throws when the promise takes longer; it goes on, unheard */
export async function inTime<T>(asked: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${OUTSIDE_WITHIN_MS} ms`)), OUTSIDE_WITHIN_MS);
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}
