// Status lines of scripts on a node: each starts with a random word, so that no program prints one by accident.

import { randomBytes } from 'node:crypto';
import type { CommandResult } from '../../ports/host.ts';

/** The reported end of a program: its exit code, not found, killed by a signal, or not started since an earlier one was still running. */
type ReportedEnd = number | 'missing' | 'signal' | 'waited';

export interface Marks {
  /** The random word, passed to the script as its first argument. */
  readonly mark: string;
  /** The script's process group; undefined until it has started. */
  group(): number | undefined;
  /** Resolves to the process group once the script has started. */
  readonly begun: Promise<number>;
  /** Undefined when unknown. */
  reported(): ReportedEnd | undefined;
  /** Whether it waits or waited for an earlier program. */
  waits(): boolean;
  /** Resolves once the program has ended, also while something that it left running keeps the connection open. */
  readonly over: Promise<void>;
  /** Removes the status lines from standard error. */
  readonly take: (line: string) => boolean;
}

/** @param waiting called when it waits for an earlier program */
export function openMarks(waiting: () => void = () => {}): Marks {
  const mark = `phoenix-${randomBytes(12).toString('hex')}`;
  let group: number | undefined;
  let reported: ReportedEnd | undefined;
  let waits = false;
  const begun = Promise.withResolvers<number>();
  const over = Promise.withResolvers<void>();
  return {
    mark,
    begun: begun.promise,
    over: over.promise,
    group: () => group,
    reported: () => reported,
    waits: () => waits,
    take(line) {
      const [word, name, value] = line.split(' ');
      if (word !== mark) return false;
      if (name === 'group') group = Number(value);
      if (group !== undefined) begun.resolve(group);
      if (name === 'missing' || name === 'signal' || name === 'waited') reported = name;
      if (name === 'exit') reported = Number(value);
      if (reported !== undefined) over.resolve();
      if (name === 'waits' && !waits) {
        waits = true;
        waiting();
      }
      return true;
    },
  };
}

/** Whether a guard without a program reports that none is running. */
export function isSettled(marks: Marks): boolean {
  return marks.reported() === 0 || marks.reported() === 'waited';
}

/** Signals as a shell reports them, 128 and their number: HUP, INT, QUIT, ABRT, KILL, SEGV, PIPE, ALRM, TERM. */
const KILLED = new Set([1, 2, 3, 6, 9, 11, 13, 14, 15].map((signal) => 128 + signal));

/**
 * Corrects the exit code: it is that of the wrapper, which may itself have failed; only the status lines distinguish this.
 *
 * @param lost the message for an end that was not reported
 */
export function endByMarks(result: CommandResult, marks: Marks, program: string, lost: string): CommandResult {
  const reported = marks.reported();
  if (reported === 'waited' || (reported === undefined && result.ended === 'timed out' && marks.waits())) {
    const stderr = 'an earlier command for the same target was still running';
    return { ...result, exit: null, ended: 'not started', stderr };
  }
  if (result.ended === 'timed out' || result.ended === 'aborted' || result.ended === 'not found') return result;
  if (reported === 'missing') {
    const stderr = result.stderr.trim() === '' ? `${program}: no such program on this node` : result.stderr.trim();
    return { ...result, exit: null, ended: 'not found', stderr };
  }
  if (reported === undefined) {
    return { ...result, exit: null, ended: 'unknown', stderr: `${result.stderr.trim()}\n${lost}`.trim() };
  }
  // The blank line before the status line was added by the script.
  const stderr = result.stderr.endsWith('\n') ? result.stderr.slice(0, -1) : result.stderr;
  if (reported === 'signal' || KILLED.has(reported)) return { ...result, exit: null, ended: 'killed', stderr };
  return { ...result, exit: reported, stderr };
}
