// How problems of a configuration are shown: one line that an editor or terminal can jump to, and what to do below it.

import type { Problem } from '../model/problem.ts';
import type { DatedProblem } from '../plan/new-problems.ts';

/** `etc/phoenix_lxc_configs.json:12:5: error DUPLICATE_IP: …`, with the hint on a line of its own. */
export function problemText({ severity, code, file, line, column, message, hint }: Problem): string {
  const first = `${file}:${line}:${column}: ${severity} ${code}: ${message}`;
  return hint === null ? first : `${first}\n    ${hint}`;
}

/** The same, saying of a problem that it was there before. */
export function datedProblemText(problem: DatedProblem): string {
  return problem.new
    ? problemText(problem)
    : `${problemText(problem)}\n    It was there before: only ${problem.target ?? 'what it touches'} is held back.`;
}

/** `2 errors and 1 warning`; `no errors and no warnings` when there is nothing. */
export function problemCounts(problems: readonly Problem[]): string {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  return `${count(errors, 'error')} and ${count(problems.length - errors, 'warning')}`;
}

function count(number: number, noun: string): string {
  return `${number === 0 ? 'no' : number} ${noun}${number === 1 ? '' : 's'}`;
}
