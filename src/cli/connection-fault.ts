// Why a server does not answer: fetch has the reason only in the cause of its error.

/** The code, such as `ECONNREFUSED`, or else the message. */
export function connectionFault(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  if ('code' in cause && typeof cause.code === 'string') return cause.code;
  // https://fetch.spec.whatwg.org/#port-blocking: not even tried.
  return cause.message === 'bad port' ? 'this port is one that browsers and Phoenix never connect to' : cause.message;
}
