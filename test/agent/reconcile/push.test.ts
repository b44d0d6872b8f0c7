// A push from Git to the statuses on the commit, over real Git, a real Redis and the lab's forge. Only what a person sees is asserted: commands on the
// host, statuses, runs.

import { describe, expect, test } from 'vitest';
import type { CommitSha } from '../../../src/model/ids.ts';
import { useBoxAgent } from '../../support/agent/box-agent.ts';
import { environment } from '../../support/environment.ts';
import { LONG_TEST } from '../../support/long.ts';
import { until } from '../../support/until.ts';
import { holdAt } from '../hold-at.ts';

const boxes = useBoxAgent();
const { commands } = boxes;

const short = (sha: string) => sha.slice(0, 7);

describe('a push', () => {
  test('the first brings up every target, in the order of their needs', async () => {
    const { statuses } = await boxes.phoenix.push(environment({ 101: {}, 102: { dependencies: [101] } }));
    expect(statuses).toEqual({
      'phoenix/apply': 'success: applied 2 targets',
      'phoenix/lxc/101': 'success: applied',
      'phoenix/lxc/102': 'success: applied',
    });
    expect(await commands()).toEqual(['box put 101', 'box start 101', 'box put 102', 'box start 102']);
  });

  test('a change touches what changed and nothing else', async () => {
    await boxes.phoenix.push(environment({ 101: {}, 102: {}, 103: {} }));
    await commands();
    const { statuses } = await boxes.phoenix.push(
      environment({ 101: { memory_mb: 1024 }, 102: {}, 103: { cores: 2 } }),
    );
    expect(statuses).toEqual({
      'phoenix/apply': 'success: applied 2 targets',
      'phoenix/lxc/101': 'success: applied',
      'phoenix/lxc/103': 'success: applied',
    });
    expect((await commands()).sort()).toEqual(['box put 101', 'box put 103']);
  });

  test('without a difference it is answered at once and sends the host no command at all', async () => {
    await boxes.phoenix.push(environment({ 101: {} }));
    const before = await boxes.host.commands(true);
    const files = { ...environment({ 101: {} }), 'README.md': 'hello\n' };
    const { statuses } = await boxes.phoenix.push(files);
    expect(statuses).toEqual({ 'phoenix/apply': 'success: nothing to do: everything is as this commit says' });
    expect(await boxes.host.commands(true)).toEqual(before);
  });

  test('an invalid commit changes nothing, and its status names the first problem with its line', async () => {
    await boxes.phoenix.push(environment({ 101: {} }));
    await commands();
    const { commit, statuses } = await boxes.phoenix.push(environment({ 101: { memory_mb: 'much' }, 102: {} }));
    expect(statuses).toEqual({
      'phoenix/apply': expect.stringMatching(
        /^failure: 1 error, nothing was changed. etc\/phoenix_lxc_configs.json:\d+: /,
      ),
    });
    expect(await commands()).toEqual([]);
    expect(await boxes.phoenix.ledger.runs(1)).toMatchObject([{ commit, state: 'invalid', steps: [] }]);
    const { statuses: fixed } = await boxes.phoenix.push(environment({ 101: {}, 102: {} }));
    expect(fixed['phoenix/apply']).toBe('success: applied 1 target');
  });
});

describe('newest wins', () => {
  test('running steps end, waiting ones and waiting commits are superseded, and the newest plans against what was really applied', async () => {
    const gate = holdAt(boxes.host, 'box start 101');
    const first = await boxes.phoenix.repo.commit(environment({ 101: {}, 102: { dependencies: [101] } }));
    await boxes.phoenix.repo.push();
    await gate.held;
    const second = await boxes.phoenix.repo.commit(
      environment({ 101: {}, 102: { dependencies: [101], memory_mb: 1024 } }),
    );
    await boxes.phoenix.repo.push();
    const waits = (commit: CommitSha) =>
      /waits for the running steps/.test(boxes.phoenix.statuses(commit)['phoenix/apply'] ?? '');
    await until(() => waits(second));
    const third = await boxes.phoenix.repo.commit(
      environment({ 101: {}, 102: { dependencies: [101], memory_mb: 2048 } }),
    );
    await boxes.phoenix.repo.push();
    await until(() => waits(third));
    gate.open();
    const { statuses } = await boxes.phoenix.answered(third);
    expect(statuses).toEqual({ 'phoenix/apply': 'success: applied 1 target', 'phoenix/lxc/102': 'success: applied' });
    expect(boxes.phoenix.statuses(second)).toEqual({ 'phoenix/apply': `error: superseded by ${short(third)}` });
    expect(boxes.phoenix.statuses(first)).toEqual({
      'phoenix/apply': `error: superseded by ${short(third)}`,
      'phoenix/lxc/101': 'success: applied',
      'phoenix/lxc/102': `error: superseded by ${short(second)}`,
    });
    expect(await commands()).toEqual(['box put 101', 'box start 101', 'box put 102', 'box start 102']);
  });

  test('a bad newer commit leaves the older one running', async () => {
    const gate = holdAt(boxes.host, 'box start 101');
    const first = await boxes.phoenix.repo.commit(environment({ 101: {}, 102: { dependencies: [101] } }));
    await boxes.phoenix.repo.push();
    await gate.held;
    const bad = await boxes.phoenix.push(environment({ 101: { cores: -1 } }));
    expect(bad.statuses['phoenix/apply']).toMatch(/^failure: 1 error/);
    gate.open();
    expect((await boxes.phoenix.answered(first)).statuses['phoenix/apply']).toBe('success: applied 2 targets');
  });

  test('a commit that was superseded before it was reconciled gets a status too', async () => {
    await boxes.phoenix.stopAgent();
    const first = await boxes.phoenix.repo.commit(environment({ 101: {} }));
    await boxes.phoenix.repo.push();
    const second = await boxes.phoenix.repo.commit(environment({ 101: { memory_mb: 600 } }));
    await boxes.phoenix.repo.push();
    await boxes.phoenix.forge.delivered();
    await boxes.phoenix.startAgent();
    await boxes.phoenix.answered(second);
    const { statuses } = await boxes.phoenix.answered(first);
    expect(statuses).toEqual({ 'phoenix/apply': `error: superseded by ${short(second)}` });
    expect(await boxes.phoenix.ledger.unsettledDeliveries()).toEqual([]);
  });

  test('a delivery that comes again changes nothing', async () => {
    await boxes.phoenix.push(environment({ 101: {} }));
    const all = boxes.phoenix.forge.statuses().length;
    for (const { id } of [...boxes.phoenix.forge.deliveries()]) await boxes.phoenix.forge.redeliver(id);
    await boxes.phoenix.agent().delivered({ kind: 'push' });
    await boxes.phoenix.push({ ...environment({ 101: {} }), 'README.md': 'x' });
    expect(boxes.phoenix.forge.statuses()).toHaveLength(all + 1);
    expect(await commands()).toEqual(['box put 101', 'box start 101']);
  });
});

describe('a forge in trouble', () => {
  test('statuses wait out an outage and the newest is what arrives', LONG_TEST, async () => {
    const answer = { kind: 'answer', status: 403, headers: { 'retry-after': '1' } } as const;
    const faults = [answer, { ...answer, status: 502 }];
    boxes.phoenix.forge.faults.decide(({ method }) => (method === 'POST' ? faults.shift() : undefined));
    const { statuses } = await boxes.phoenix.push(environment({ 101: {} }));
    expect(statuses).toEqual({ 'phoenix/apply': 'success: applied 1 target', 'phoenix/lxc/101': 'success: applied' });
  });

  test('a repository that cannot be fetched is retried, and recorded runs continue', LONG_TEST, async () => {
    await boxes.phoenix.stopAgent();
    const commit = await boxes.phoenix.repo.commit(environment({ 101: {} }));
    await boxes.phoenix.repo.push();
    // At its start the agent looks twice, by its timer and at once: only a retry comes after those.
    const refused = { kind: 'answer', status: 500 } as const;
    boxes.phoenix.forge.faults.git(refused, refused);
    await boxes.phoenix.startAgent();
    const { statuses } = await boxes.phoenix.answered(commit);
    expect(statuses['phoenix/apply']).toBe('success: applied 1 target');
  });
});
