// `phoenix lab`: runs a command with the lab's programs on its PATH, and exits with its code.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runLab } from '../../../src/cli/rehearse/lab.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'phoenix-lab-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

test('phoenix lab runs a command with the programs first on its PATH and ends with its exit code', async () => {
  const fresh = join(dir, 'fresh');
  expect(await runLab(fresh, { running: ['101'] }, ['sh', '-c', 'test "$(hostname)" = pve && exit 7'])).toBe(7);
  expect(await runLab(fresh, {}, ['no-such-program-here'])).toBe(127);
  expect(await runLab(join(fresh, 'etc/hostname'), {}, ['true'])).toBe(2);
  expect(await runLab(fresh, { stopped: ['x'] }, ['true'])).toBe(2);
});

test('pveum answers in a shell of the lab', async () => {
  const lab = join(dir, 'own');
  const code = await runLab(lab, { running: [], stopped: [] }, ['pveum', 'user', 'add', 'ada@pam', '--comment', 'x']);
  expect(code).toBe(0);
  expect(readFileSync(join(lab, 'etc/pve/user.cfg'), 'utf8')).toContain('user:ada@pam:1:0::::x::\n');
});
