// `phoenix lab`: runs a command with the lab's programs on its PATH, and exits with its code.

import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runLab } from '../../../src/cli/rehearse/lab.ts';
import { openLabForge } from '../../../src/cli/rehearse/lab-forge.ts';
import { workingCopy } from '../../support/git/git.ts';
import { LONG_TEST } from '../../support/long.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'phoenix-lab-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

test('phoenix lab runs a command with the programs first on its PATH and ends with its exit code', async () => {
  const fresh = join(dir, 'fresh');
  expect(await runLab(fresh, { running: ['101'] }, ['sh', '-c', 'test "$(hostname)" = pve && exit 7'])).toBe(7);
  const unknown = join(dir, 'unknown');
  expect(await runLab(unknown, {}, ['no-such-program-here'])).toBe(127);
  expect(existsSync(unknown)).toBe(false);
  expect(await runLab(join(fresh, 'etc/hostname'), {}, ['true'])).toBe(2);
  expect(await runLab(fresh, { stopped: ['x'] }, ['true'])).toBe(2);
});

test('a folder of the PATH that cannot be looked into has no program, and the next one is searched', async () => {
  const loop = join(dir, 'loop');
  symlinkSync(loop, loop);
  const { PATH = '' } = process.env;
  process.env['PATH'] = [loop, PATH].join(delimiter);
  try {
    expect(await runLab(join(dir, 'lab'), {}, ['true'])).toBe(0);
  } finally {
    process.env['PATH'] = PATH;
  }
});

describe('the forge of --forge', () => {
  test(
    'keeps its settings, gives no number of an earlier session again, and says where its port is taken',
    LONG_TEST,
    async () => {
      const lab = join(dir, 'own');
      const says = ['sh', '-c', 'git ls-remote "$REPOSITORY" && test "$PHOENIX_LAB" = "$0"', lab];
      expect(await runLab(lab, { forge: true }, says)).toBe(0);
      const path = join(lab, 'phoenix.env');
      expect(statSync(path).mode & 0o777).toBe(0o600);
      const written = readFileSync(path, 'utf8');

      const first = await openLabForge(lab);
      await expect(openLabForge(lab)).rejects.toThrow('the forge runs already in another terminal');
      await pushBranch(first.settings['REPOSITORY'] ?? '');
      const discussed = async ({ forge }: typeof first) => {
        const { number } = await forge.openPull({ title: 'More', head: 'side' });
        const comment = await forge.comment(number, '/phoenix plan', 'ada');
        const review = await forge.review(number, { state: 'approved' }, 'grace');
        return { number, ids: [comment.id, review.id] };
      };
      const before = await discussed(first);
      await first.forge.close();
      const second = await openLabForge(lab);
      const after = await discussed(second);
      expect(after.number).toBe(2);
      expect(new Set([...before.ids, ...after.ids]).size).toBe(4);
      await second.forge.close();
      expect(readFileSync(path, 'utf8')).toBe(written);

      writeFileSync(path, written.replace(/^PHOENIX_LISTEN=.*$/m, ''));
      await expect(openLabForge(lab)).rejects.toThrow('has no PHOENIX_LISTEN');
    },
  );

  test('refuses a folder whose name would become syntax of the settings', async () => {
    await expect(openLabForge(join(dir, "o'brien"))).rejects.toThrow('has an apostrophe or a line break');
  });

  test('takes the forms of its own pages alone, and says why one is refused', async () => {
    const { forge, settings } = await openLabForge(dir);
    const page = settings['FORGE'] ?? '';
    const send = async (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) => {
      const body = new URLSearchParams(fields);
      const answer = await fetch(`${page}${path}`, { method: 'POST', body, headers, redirect: 'manual' });
      return [answer.status, await answer.text()];
    };
    await pushBranch(settings['REPOSITORY'] ?? '');
    expect(await (await fetch(page)).text()).toContain('Open a pull request');
    const foreign = [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://elsewhere.example' }, { origin: 'null' }];
    for (const headers of foreign) expect((await send('/pulls', { title: 'X', head: 'side' }, headers))[0]).toBe(403);
    expect(await send('/pulls', { title: '<b>More</b>', head: 'side' })).toEqual([303, `${page}/pull/1\n`]);
    expect(await send('/pull/1/comments', { body: ' ' })).toEqual([422, expect.stringContaining('needs a text')]);
    expect((await send('/pull/1/comments', { body: 'Why <i>this</i>?', by: 'grace' }))[0]).toBe(303);
    expect((await send('/pull/1/reviews', {}))[0]).toBe(303);
    for (const act of ['burn', 'toString']) expect((await send(`/pull/1/${act}`, {}))[0]).toBe(404);
    expect((await send('/pull/9/merge', {}))[0]).toBe(404);
    const shown = await (await fetch(`${page}/pull/1`)).text();
    expect(shown).toContain('Why &lt;i&gt;this&lt;/i&gt;?');
    expect(shown).not.toContain('<b>More');
    expect((await send('/pull/1/merge', {}))[0]).toBe(303);
    expect(await send('/pull/1/merge', {})).toEqual([422, expect.stringContaining('not mergeable')]);
    expect(await (await fetch(`${page}/pull/1`)).text()).toContain('<strong>Merged</strong> by ada');
    await forge.close();
  });
});

/** A branch `main` with one commit, and `side` with one more. */
async function pushBranch(repository: string): Promise<void> {
  const copy = await workingCopy(repository);
  await copy.commit({ one: '1' });
  await copy.push('HEAD:refs/heads/main');
  await copy.commit({ two: '2' });
  await copy.push('HEAD:refs/heads/side');
  await copy.remove();
}
