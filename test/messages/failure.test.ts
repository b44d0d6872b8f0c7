// Failures of commands name what ran, how it ended, the decisive line of the output, and a remedy.

import { expect, test } from 'vitest';
import { actionFailure, errorLine } from '../../src/messages/failure.ts';
import type { Action } from '../../src/model/action.ts';
import type { CommandResult } from '../../src/ports/host.ts';

const start: Action = {
  summary: 'start 101',
  impact: 'live',
  do: { kind: 'command', program: 'pct', args: ['start', '101', '--debug', '1'], timeoutSeconds: 60 },
};

function result(changes: Partial<CommandResult>): CommandResult {
  return { exit: 255, stdout: '', stderr: '', ms: 1, ended: 'exited', ...changes };
}

test('a failure says what ran, how it ended, why, and what to do', () => {
  expect(actionFailure(start, result({ stderr: 'warning: x\nCT is locked (backup)\n' }))).toBe(
    'pct start 101: exit 255: CT is locked (backup); unlock it with pct unlock or qm unlock once nothing works on it, then replay',
  );
  // Words of a program are no remedy, whatever stands between them.
  expect(actionFailure(start, result({ stderr: 'memory refused: EBUSY; giving up; 2 errors;\n' }))).toBe(
    'pct start 101: exit 255: memory refused: EBUSY, giving up, 2 errors',
  );
  for (const [ended, words] of [
    ['timed out', 'took too long and was stopped'],
    ['killed', 'was stopped'],
    ['unknown', 'lost, and its end is not known'],
  ] as const) {
    expect(actionFailure(start, result({ exit: null, ended, stderr: 'mount failed; giving up\n' }))).toBe(
      `pct start 101: ${words}: mount failed, giving up`,
    );
  }
  const ask: Action = {
    summary: 'deploy the stack paperless',
    impact: 'live',
    do: { kind: 'http', method: 'PUT', url: 'https://10.0.0.2:9443/api/stacks/1', trust: 'none', timeoutSeconds: 60 },
  };
  expect(actionFailure(ask, result({ exit: 500, stderr: 'pull failed; giving up' }))).toBe(
    'deploy the stack paperless: status 500: pull failed, giving up',
  );
  // Words of Phoenix keep their remedy.
  expect(actionFailure(ask, result({ exit: 1, stderr: 'no connection; start Portainer' }))).toMatch(
    /; start Portainer$/,
  );
  expect(actionFailure(start, result({ exit: null, ended: 'not started', stderr: 'one still runs; wait' }))).toMatch(
    /; wait$/,
  );
  expect(actionFailure(start, result({ exit: null, ended: 'timed out' }))).toBe(
    'pct start 101: took too long and was stopped',
  );
  expect(actionFailure(start, result({ exit: null, ended: 'not found' }))).toBe(
    'pct start 101: there is no such program on the node',
  );
  const write: Action = {
    summary: 'write the firewall of 101',
    impact: 'live',
    do: { kind: 'file', path: '/etc/pve/firewall/101.fw', content: { from: 'text', text: '' }, mode: 0o640 },
  };
  expect(actionFailure(write, result({ exit: 1, stderr: 'it was changed' }))).toBe(
    'write the firewall of 101: it was changed',
  );
});

test('the line that is quoted is the last one about an error, else the last one', () => {
  expect(errorLine('one\ntwo\n\n')).toBe('two');
  expect(errorLine('error: disk full\ncleaning up\n')).toBe('error: disk full');
  expect(errorLine('\n')).toBeUndefined();
});
