// The result of one of the lab's programs, as the caller of the real one sees it.

/** Output, error output and exit code of one call. */
export type Answer = { readonly stdout: string; readonly stderr: string; readonly rc: number };
