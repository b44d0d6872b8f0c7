// Runs a program of a lab in this process, for its exit code and output.

import { programsHere } from '../host.ts';

/** How a program of the lab ended. */
export interface RunHere {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Resolves each command line to how it ended. @param dir of the lab */
export function runnerHere(dir: string): (argv: readonly string[]) => Promise<RunHere> {
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
