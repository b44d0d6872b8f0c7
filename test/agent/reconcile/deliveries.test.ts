// Unusual pushes through the real HTTP server: very many commits, very many pushes, branches and tags that are created and deleted.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { CommitSha } from '../../../src/model/ids.ts';
import { useBoxAgent } from '../../support/agent/box-agent.ts';
import { environment } from '../../support/environment.ts';
import { LONG_TEST } from '../../support/long.ts';
import { until } from '../../support/until.ts';

const run = promisify(execFile);

const boxes = useBoxAgent();

/** Git in the person's clone. */
async function git(...args: string[]): Promise<string> {
  const { stdout } = await run('git', args, { cwd: join(boxes.phoenix.folder, 'person') });
  return stdout.trim();
}

async function settled(): Promise<void> {
  await boxes.phoenix.forge.delivered();
  await until(
    async () => (await boxes.phoenix.ledger.unsettledDeliveries()).length === 0,
    'every delivery to be dealt with',
  );
}

/** Commits on main that change nothing, by one program. */
async function pile(commits: number): Promise<void> {
  const child = spawn('git', ['fast-import', '--quiet'], {
    cwd: join(boxes.phoenix.folder, 'person'),
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const parts = Array.from({ length: commits }, (_, index) => {
    const from = index === 0 ? 'from refs/heads/main^0\n' : '';
    const message = `Commit ${index}`;
    return `commit refs/heads/main\ncommitter Ann <ann@example.internal> ${1_700_000_000 + index} +0000\ndata ${message.length}\n${message}\n${from}\n`;
  });
  child.stdin.end(parts.join(''));
  await once(child, 'close');
}

test('a push of two thousand commits is one change', LONG_TEST, async () => {
  await boxes.phoenix.push(environment({ 101: {} }));
  await pile(2_000);
  const { commit, statuses } = await boxes.phoenix.push(environment({ 101: {}, 102: {} }));
  expect(statuses).toMatchObject({
    'phoenix/apply': 'success: applied 1 target',
    'phoenix/lxc/102': 'success: applied',
  });
  const pushed = boxes.phoenix.forge.deliveries().find(({ body }) => JSON.parse(body).after === commit);
  expect(JSON.parse(pushed?.body ?? '{}').commits.length).toBe(2_001);
  expect(await boxes.host.commands()).toEqual(['box put 101', 'box start 101', 'box put 102', 'box start 102']);
});

test('of ten pushes in a second each gets its answer, and the host is as the last says', LONG_TEST, async () => {
  await boxes.phoenix.push(environment({ 101: {} }));
  const heads: CommitSha[] = [];
  for (let push = 1; push <= 10; push += 1) {
    heads.push(await boxes.phoenix.repo.commit(environment({ 101: { memory_mb: 512 + push } })));
    await boxes.phoenix.repo.push();
  }
  const last = heads.at(-1) as CommitSha;
  expect((await boxes.phoenix.answered(last)).statuses['phoenix/apply']).toBe('success: applied 1 target');
  await settled();
  for (const head of heads.slice(0, -1)) {
    const { statuses } = await boxes.phoenix.answered(head);
    expect(statuses['phoenix/apply']).toMatch(/^(success: applied 1 target|error: superseded by [0-9a-f]{7})$/);
  }
  const { stdout } = await boxes.host.run({
    kind: 'command',
    program: 'box',
    args: ['show', '101'],
    timeoutSeconds: 1,
  });
  expect(JSON.parse(stdout)).toMatchObject({ memory_mb: 522 });
});

test(
  'tags and other branches are nothing to Phoenix; the branch that is followed may go and come back',
  LONG_TEST,
  async () => {
    const { commit } = await boxes.phoenix.push(environment({ 101: {} }));
    const before = await boxes.host.commands();
    await git('tag', 'v1');
    await git('push', '--quiet', 'origin', 'v1', 'main:refs/heads/trunk');
    await git('push', '--quiet', 'origin', ':refs/heads/main');
    await settled();
    const answers = boxes.phoenix.forge
      .deliveries()
      .slice(-3)
      .map(({ status }) => status);
    expect(answers).toEqual([200, 200, 200]);
    await boxes.phoenix.agent().delivered({ kind: 'push' });
    expect(await boxes.phoenix.ledger.head()).toMatchObject({ commit, base: commit });
    await boxes.phoenix.repo.push();
    await settled();
    expect(await boxes.host.commands()).toEqual(before);
    const { statuses } = await boxes.phoenix.push(environment({ 101: {}, 102: {} }));
    expect(statuses['phoenix/lxc/102']).toBe('success: applied');
  },
);

test('approvals that a superseded run waited for end with it', LONG_TEST, async () => {
  await boxes.phoenix.push(environment({ 101: {}, 102: {}, 103: {} }));
  const { commit } = await boxes.phoenix.push(environment({ 101: {}, 103: {} }));
  const [waiting] = await boxes.phoenix.ledger.openRuns();
  expect(waiting?.state).toBe('blocked');
  const newer = await boxes.phoenix.push(environment({ 101: { memory_mb: 1024 }, 102: {}, 103: {} }));
  const short = newer.commit.slice(0, 7);
  expect(boxes.phoenix.statuses(commit)).toMatchObject({
    'phoenix/apply': `error: superseded by ${short}`,
    'phoenix/lxc/102': `error: superseded by ${short}`,
  });
  const run = waiting?.id ?? ('' as never);
  await expect(boxes.phoenix.agent().approve(run, 'lxc/102' as never, 'ada')).rejects.toThrow(`superseded by ${short}`);
  expect(await boxes.host.commands()).not.toContain('box drop 102');
});
