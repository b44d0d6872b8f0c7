// Why a server does not answer, which fetch says in the cause of its error alone.

/** `ECONNREFUSED`, or a message where there is no code. */
export function connectionFault(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (cause instanceof Error) return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message;
  return String(cause);
}
