// Programs that this process starts: how they end, and that they do not outlive it.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { startChild } from '../../../src/io/host/child.ts';
import { until } from '../../support/until.ts';

const CHILD = new URL('../../../src/io/host/child.ts', import.meta.url).href;
const env = { PATH: process.env['PATH'] ?? '' };

test('says how a program ended, once all that it wrote is read', async () => {
  const child = startChild('sh', ['-c', 'read line; echo "$line"; exit 3'], { env, reads: 'stdin' });
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += chunk;
  });
  child.stdin.end('a line\n');
  expect([await child.ended, said]).toEqual([{ exit: 3, error: null }, 'a line\n']);
});

test.each([
  ['a program that is not there', 'no-such-program', [], 'ENOENT'],
  ['an argument that is none', 'echo', ['a\0b'], 'ERR_INVALID_ARG_VALUE'],
])('%s has ended with the reason', async (_what, program, args, code) => {
  const child = startChild(program, args, { env, reads: 'nothing' });
  child.stdin.end();
  child.stdout.resume();
  expect(child.kill('SIGTERM')).toBe(false);
  expect(await child.ended).toMatchObject({ exit: null, error: { code } });
});

test('what was started, and what that has started, ends with the process', async () => {
  const script = `import { startChild } from '${CHILD}';
    const child = startChild('sh', ['-c', 'sleep 60 & echo $!; wait'], { env: process.env, reads: 'nothing', ownGroup: true });
    child.stdout.once('data', (pid) => process.stdout.write(pid, () => process.exit(5)));`;
  const ended = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], { timeout: 30_000 });
  const { stdout, code } = await ended.then(
    (done) => ({ ...done, code: 0 }),
    (error: { readonly stdout: string; readonly code: number }) => error,
  );
  expect(code).toBe(5);
  const pid = Number(stdout);
  expect(pid).toBeGreaterThan(1);
  await until(() => !runs(pid), 'the program to have ended');
});

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
