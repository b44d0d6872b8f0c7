// Why a server does not answer: fetch has the reason only in the cause of its error.

/** The code, such as `ECONNREFUSED`, or else the message. */
export function connectionFault(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (cause instanceof Error) return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message;
  return String(cause);
}
