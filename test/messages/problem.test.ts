// A problem as text, with its place and remedy, and no control characters of others.

import { expect, test } from 'vitest';
import { olderProblemText, problemCounts, problemText } from '../../src/messages/problems/problem.ts';
import type { Problem } from '../../src/model/problem.ts';

const problem: Problem = {
  severity: 'error',
  code: 'DUPLICATE_IP',
  file: 'etc/phoenix_lxc_configs.json',
  path: '/lxc_configs/101/network_config/ip',
  line: 12,
  column: 5,
  target: null,
  message: '10.0.0.5 is taken',
  hint: 'Choose another.',
};

test('a problem is printed with its place and, below it, what to do', () => {
  expect(problemText(problem)).toBe(
    'etc/phoenix_lxc_configs.json:12:5: error DUPLICATE_IP: 10.0.0.5 is taken\n    Choose another.',
  );
  expect(problemText({ ...problem, hint: null })).not.toContain('\n');
});

test('an older problem is one line', () => {
  expect(olderProblemText(problem)).toBe(
    'etc/phoenix_lxc_configs.json:12:5: older error DUPLICATE_IP: 10.0.0.5 is taken',
  );
});

test('text of a repository has no effect on the terminal', () => {
  const hostile = { ...problem, file: 'etc/\u001b]0;x\u0007.json', message: 'a\nb\u202e', hint: '\u009b2J' };
  expect(problemText(hostile)).toBe('etc/?]0;x?.json:12:5: error DUPLICATE_IP: a?b?\n    ?2J');
});

test('problems are counted by severity', () => {
  expect(problemCounts([])).toBe('no errors and no warnings');
  expect(problemCounts([problem, problem, { ...problem, severity: 'warning' }])).toBe('2 errors and 1 warning');
});
