// Collects the output and the end of one command into its result.

import type { CommandResult } from '../../ports/host.ts';
import type { Redactor } from '../redact.ts';
import { type Capture, captureText, limitLines } from './capture.ts';
import type { ProgramEnd } from './program.ts';

/** Enough for the complete state of a large cluster as JSON, which must not be truncated. */
const STDOUT_LIMIT = 32 * 1024 * 1024;
const STDERR_LIMIT = 256 * 1024;
/** Limit of the lines that are passed on while the command runs. */
const LINES_LIMIT = 256 * 1024;

export interface Output {
  readonly stdout: Capture;
  readonly stderr: Capture;
  neverStarted(error: unknown): CommandResult;
}

export function openOutput(
  redactor: Redactor,
  onOutput: ((line: string) => void) | undefined,
  take?: (line: string) => boolean,
): Output {
  const lines = onOutput === undefined ? {} : { onLine: limitLines(onOutput, LINES_LIMIT) };
  return {
    stdout: captureText({ redactor, limit: STDOUT_LIMIT, ...lines }),
    stderr: captureText({ redactor, limit: STDERR_LIMIT, ...lines, ...(take === undefined ? {} : { take }) }),
    neverStarted: (error) => ({
      exit: null,
      ended: 'not found',
      ms: 0,
      stdout: '',
      stderr: redactor.redact(error instanceof Error ? error.message : String(error)),
    }),
  };
}

export function describeEnd({ exit, ended, ms, reason }: ProgramEnd, { stdout, stderr }: Output): CommandResult {
  return { exit, ended, ms, stdout: stdout.end(), stderr: [stderr.end(), reason ?? ''].join('') };
}
