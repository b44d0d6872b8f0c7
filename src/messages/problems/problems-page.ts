// The page docs/problems.md: every problem code and every known failure of Proxmox, with what to do.

import type { ProblemCode } from '../../model/problem.ts';
import { type Explanation, isError, PROBLEMS } from './explanations.ts';
import { KNOWN_FAILURES } from './known-failures.ts';

/** Remedies are written to follow a semicolon; this makes one a sentence. */
export function sentence(remedy: string): string {
  return `${remedy.slice(0, 1).toUpperCase()}${remedy.slice(1)}.`;
}

export function problemsPage(): string {
  const head = [
    '# Problems of a configuration',
    '',
    'What `phoenix validate`, `plan` and the checks of pull requests say, by code. An error refuses the commit; a warning does not. The message',
    'at the line names the place and the values; `phoenix explain CODE` prints what stands here.',
  ];
  const codes = (Object.entries(PROBLEMS) as [ProblemCode, Explanation][]).flatMap(([code, { means, remedy }]) => [
    '',
    `## ${code}`,
    '',
    `${isError(code) ? 'Error' : 'Warning'}. ${means}`,
    '',
    `What to do: ${remedy}`,
  ]);
  const failures = KNOWN_FAILURES.flatMap(({ code, means, remedy }) => {
    return ['', `### ${code}`, '', means, '', `What to do: ${sentence(remedy)}`];
  });
  const also =
    'Not of a configuration: what a step of a run may say. `phoenix explain` finds these by the message itself too.';
  return [...head, ...codes, '', '## Failures of Proxmox', '', also, ...failures, ''].join('\n');
}
