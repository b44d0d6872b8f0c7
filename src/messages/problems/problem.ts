// How problems of a configuration are shown: one line that an editor or terminal can jump to, and what to do below it.

import type { Problem } from '../../model/problem.ts';
import { printable } from '../printable.ts';

/** `etc/phoenix_lxc_configs.json:12:5: error DUPLICATE_IP: …`, with the hint on a line of its own. */
export function problemText({ severity, code, file, line, column, message, hint }: Problem): string {
  const first = printable(`${file}:${line}:${column}: ${severity} ${code}: ${message}`);
  return hint === null ? first : `${first}\n    ${printable(hint)}`;
}

/** A problem that was there before, on one line: what to do about it was said then. */
export function olderProblemText({ severity, code, file, line, column, message }: Problem): string {
  return printable(`${file}:${line}:${column}: older ${severity} ${code}: ${message}`);
}

/** `2 errors and 1 warning`; `no errors and no warnings` when there is nothing. */
export function problemCounts(problems: readonly Problem[]): string {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  return `${count(errors, 'error')} and ${count(problems.length - errors, 'warning')}`;
}

function count(number: number, noun: string): string {
  return `${number === 0 ? 'no' : number} ${noun}${number === 1 ? '' : 's'}`;
}
