// What is said between the launcher of git and those who ask it.

export interface Asked {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Header of a request: what is asked, as JSON in base64url. The body is standard input; that of the answer standard output. */
export const ASKED = 'x-git';
/** Trailers of the answer: the exit code, empty for none, and the end of standard error in base64url. */
export const EXIT = 'x-exit';
export const STDERR = 'x-stderr';
