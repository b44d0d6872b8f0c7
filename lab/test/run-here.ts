// Runs a program of a lab in this process, for its exit code and errors.

import { programsHere } from '../host.ts';

/** Resolves each command line to how it ended. @param dir of the lab */
export function runnerHere(
  dir: string,
): (argv: readonly string[]) => Promise<{ readonly exit: number | null; readonly stderr: string }> {
  const run = programsHere(dir);
  return async ([program = '', ...args]) => {
    let stderr = '';
    const { exit } = await run({
      program,
      args,
      input: undefined,
      onStdout: () => {},
      onStderr: (chunk) => {
        stderr += Buffer.from(chunk).toString();
      },
    });
    return { exit, stderr };
  };
}
