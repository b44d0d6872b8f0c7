// The problems of a rule, as the reader of a message sees them: the line of the file and the message.

import type { ProblemCode } from '../../../src/model/problem.ts';
import { type Files, loadFiles } from '../environment.ts';

/** `text of the line | message`, for each problem with the code, in the order of the files. */
export function found(code: ProblemCode, files: Files): string[] {
  return loadFiles(files)
    .problems.filter((problem) => problem.code === code)
    .map(({ file, line, message }) => `${lineOf(files[file], line)} | ${message}`);
}

function lineOf(content: unknown, line: number): string {
  const text = typeof content === 'string' ? content : JSON.stringify(content, null, 2);
  return text.split('\n')[line - 1]?.trim() ?? `no line ${line}`;
}
