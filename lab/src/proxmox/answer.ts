// What one of the lab's programs answers: the three things a caller of the real program sees.

/** Output, error output and exit code of one call. */
export type Answer = { readonly stdout: string; readonly stderr: string; readonly rc: number };
