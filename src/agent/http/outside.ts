// Limits reads of host and repository to a short time: what is not available by then is unknown, which is null.

/** Maximum wait of a page or of metrics for these reads. */
const OUTSIDE_WITHIN_MS = 2_500;
/** Maximum wait for the host's state; declared targets are shown without it. */
export const HOST_WITHIN_MS = 1_500;

export function orNull<T>(pending: Promise<T>): Promise<T | null> {
  return inTime(pending).catch(() => null);
}

/** @throws when the promise takes longer; it continues, and its result is dropped */
export async function inTime<T>(asked: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${OUTSIDE_WITHIN_MS} ms`)), OUTSIDE_WITHIN_MS);
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}
