// Lines of the agent's log: JSON for programs, one readable line for a person at a terminal.

import { expect, test } from 'vitest';
import { logLine } from '../../../src/cli/agent/log-line.ts';
import { openLog } from '../../../src/io/log.ts';
import { openRedactor } from '../../../src/io/redact.ts';

const entry = { level: 'info', time: '2026-01-02T03:04:05.678Z', msg: 'listening', roles: ['web'], branch: 'main' };

test('the lines are those of the log', () => {
  const lines: string[] = [];
  const log = openLog({
    level: 'info',
    redactor: openRedactor(),
    destination: { write: (line) => lines.push(logLine(line, false)) },
  });
  log.warn('no forge is set', { set: 'PHOENIX_FORGE' });
  log.error('it failed', { error: new Error('it is gone') });
  expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d warning no forge is set {2}set=PHOENIX_FORGE\n$/);
  expect(lines[1]).toMatch(/ error it failed {2}error=it is gone\n$/);
});

test('a line for people has the time, the message and the fields', () => {
  expect(logLine(`${JSON.stringify(entry)}\n`, false)).toBe('03:04:05 listening  roles=["web"]  branch=main\n');
});

test('warnings and errors are marked, in colour where supported; an error is shown by its message', () => {
  const error = { type: 'Error', message: 'it is gone', stack: 'Error: it is gone\n    at x' };
  const line = JSON.stringify({ ...entry, level: 'error', msg: 'failed', roles: undefined, branch: undefined, error });
  expect(logLine(line, false)).toBe('03:04:05 error failed  error=it is gone\n');
  expect(logLine(line, true)).toContain('\u001b[31merror\u001b[0m');
});

test.each(['not JSON\n', '"text"\n', 'null'])('%j is left as it is', (line) => {
  expect(logLine(line, false)).toBe(line);
});
