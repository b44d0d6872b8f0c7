// Reads answers from a pipe or a file, one line for each question in order, as they would be typed. They are never shown: a misplaced line may be a
// secret.

import { fstatSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Io } from './io.ts';

/** Programs are often started with a pipe without input: a pipe that stays empty for this long counts as none. */
const PATIENCE_MS = 5_000;

/** Whether standard input may contain answers: it is neither a terminal nor a device such as /dev/null. */
export function isPiped({ fd }: Pick<NodeJS.Process['stdin'], 'fd'>): boolean {
  try {
    const input = fstatSync(fd);
    return input.isFIFO() || input.isFile() || input.isSocket();
  } catch {
    // Standard input is closed.
    return false;
  }
}

/** @param patienceMs maximum wait for the first line */
export function askFromPipe(
  { stdin, stderr }: Pick<NodeJS.Process, 'stdin' | 'stderr'>,
  patienceMs = PATIENCE_MS,
): NonNullable<Io['ask']> {
  let lines: AsyncIterator<string> | undefined;
  let hasEnded = false;

  /** Null at the end of input, and when no input arrives. */
  async function nextLine(): Promise<string | null> {
    if (hasEnded) return null;
    const isFirst = lines === undefined;
    lines ??= createInterface({ input: stdin })[Symbol.asyncIterator]();
    const next = lines.next();
    const read = isFirst ? await Promise.race([next, afterPatience()]) : await next;
    hasEnded = read.done === true;
    return read.done === true ? null : read.value;
  }

  function afterPatience(): Promise<IteratorReturnResult<undefined>> {
    const { promise, resolve } = Promise.withResolvers<IteratorReturnResult<undefined>>();
    setTimeout(() => resolve({ done: true, value: undefined }), patienceMs).unref();
    return promise;
  }

  return async (question) => {
    stderr.write(`${question}\n`);
    return nextLine();
  };
}
