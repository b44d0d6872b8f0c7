// Runs a program of a lab in this process, for its exit code and output.

import { programsHere } from '../host.ts';

/** Resolves each command line to how it ended. @param dir of the lab */
export function runnerHere(
  dir: string,
): (
  argv: readonly string[],
) => Promise<{ readonly exit: number | null; readonly stdout: string; readonly stderr: string }> {
  const run = programsHere(dir);
  return async ([program = '', ...args]) => {
    let [stdout, stderr] = ['', ''];
    const { exit } = await run({
      program,
      args,
      input: undefined,
      onStdout: (chunk) => {
        stdout += Buffer.from(chunk).toString();
      },
      onStderr: (chunk) => {
        stderr += Buffer.from(chunk).toString();
      },
    });
    return { exit, stdout, stderr };
  };
}
