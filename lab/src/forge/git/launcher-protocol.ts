// The protocol between the git launcher and its clients.

export interface GitCall {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Request header: the call as base64url JSON. The request body is standard input, the response body standard output. */
export const CALL_HEADER = 'x-git';
/** Response trailers: the exit code, empty for none, and the end of standard error in base64url. */
export const EXIT_TRAILER = 'x-exit';
export const STDERR_TRAILER = 'x-stderr';
