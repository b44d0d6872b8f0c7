// Problems as a check or a comment shows them: errors first, since they decide; warnings folded, at the end. What is said of many
// places is said once. Pure.

import type { ClassifiedProblem } from '../../model/problem.ts';
import { code, folded, plain } from './markdown.ts';

/** Places of one sentence that are named; the others are counted. */
const MAX_PLACES = 10;

/** New errors whole, older problems counted; empty for none. */
export function errorList(problems: readonly ClassifiedProblem[]): string {
  const older = problems.filter((problem) => !problem.new).length;
  const rest =
    older === 0 ? [] : [`- ${older} ${older === 1 ? 'problem that was' : 'problems that were'} there before`];
  return [...items(problems, 'error'), ...rest].join('\n');
}

/** New warnings, to be opened by hand; empty for none. */
export function warningList(problems: readonly ClassifiedProblem[]): string {
  const lines = items(problems, 'warning');
  const count = problems.filter((problem) => problem.new && problem.severity === 'warning').length;
  return lines.length === 0 ? '' : folded(`${count} ${count === 1 ? 'warning' : 'warnings'}`, lines.join('\n'));
}

function items(problems: readonly ClassifiedProblem[], severity: ClassifiedProblem['severity']): string[] {
  const told = problems.filter((problem) => problem.new && problem.severity === severity);
  const alike = Map.groupBy(told, ({ code: name, message, hint }) => JSON.stringify([name, message, hint]));
  return [...alike.values()].map(itemOf);
}

function itemOf(alike: readonly ClassifiedProblem[]): string {
  const [first] = alike;
  if (first === undefined) return '';
  const { severity, code: name, message, hint } = first;
  const places = alike.slice(0, MAX_PLACES).map(({ file, line }) => code(`${file}:${line}`));
  const rest = alike.length > places.length ? ` and ${alike.length - places.length} more places` : '';
  const more = hint === null ? '' : ` ${plain(hint)}`;
  return `- **${severity}** ${places.join(', ')}${rest} ${name}: ${plain(message)}.${more}`;
}
