// The result of a program in a guest, from the output of `qm guest exec`.

import { expect, test } from 'vitest';
import { readAnswer } from '../../../../src/managers/guest/proxmox/answer.ts';
import type { Command } from '../../../../src/model/action.ts';

const COMMAND: Command = { kind: 'command', program: 'qm', args: [], timeoutSeconds: 1, answer: 'guest-exec' };

function answer(stdout: string, stderr = '') {
  return readAnswer(COMMAND, { exit: 0, stdout, stderr, ms: 1, ended: 'exited' });
}

test('the exit code inside counts, not that of qm', () => {
  const failed = answer('{\n   "err-data" : "boom\\n",\n   "exitcode" : 3,\n   "exited" : 1\n}\n');
  expect(failed).toMatchObject({ exit: 3, stderr: 'boom\n', ended: 'exited' });
  const done = answer('{\n   "exitcode" : 0,\n   "exited" : 1,\n   "out-data" : "Linux\\n"\n}\n');
  expect(done).toMatchObject({ exit: 0, stdout: 'Linux\n' });
});

test('a program that is still running has not succeeded', () => {
  const running = answer('{\n   "pid" : 79\n}\n', 'timeout reached, returning pid\n');
  expect(running).toMatchObject({ exit: null, ended: 'timed out' });
  expect(running.stderr).toContain('process 79');
});

test('a killed program did not succeed either', () => {
  expect(answer('{"exited":1,"signal":9}')).toMatchObject({ exit: null, ended: 'killed' });
});

test('no JSON is no success, and other commands are left alone', () => {
  expect(answer('hello').exit).toBe(1);
  const { answer: _, ...plain } = COMMAND;
  expect(readAnswer(plain, { exit: 0, stdout: 'hello', stderr: '', ms: 1, ended: 'exited' }).exit).toBe(0);
});
