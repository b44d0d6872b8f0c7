// A push from Git to the statuses on the commit, over real Git, a real Redis and the lab's forge. Only what a person sees is asserted: commands on the
// host, statuses, runs.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CommitSha } from '../../../src/model/ids.ts';
import { type BoxAgent, startBoxAgent } from '../../support/agent/box-agent.ts';
import type { Phoenix } from '../../support/agent/phoenix.ts';
import { environment } from '../../support/environment.ts';
import type { BoxHost } from '../../support/host/boxes.ts';
import { LONG_TEST } from '../../support/long.ts';
import { until } from '../../support/until.ts';
import { holdAt } from '../hold-at.ts';

let boxes: BoxAgent;
let host: BoxHost;
let phoenix: Phoenix;

beforeEach(async () => {
  boxes = await startBoxAgent();
  ({ host, phoenix } = boxes);
});
afterEach(() => boxes.close());

const short = (sha: string) => sha.slice(0, 7);

const commands = () => boxes.commands();

describe('a push', () => {
  test('the first brings up every target, in the order of their needs', async () => {
    const { statuses } = await phoenix.push(environment({ 101: {}, 102: { dependencies: [101] } }));
    expect(statuses).toEqual({
      'phoenix/apply': 'success: applied 2 targets',
      'phoenix/lxc/101': 'success: applied',
      'phoenix/lxc/102': 'success: applied',
    });
    expect(await commands()).toEqual(['box put 101', 'box start 101', 'box put 102', 'box start 102']);
  });

  test('a change touches what changed and nothing else', async () => {
    await phoenix.push(environment({ 101: {}, 102: {}, 103: {} }));
    await commands();
    const { statuses } = await phoenix.push(environment({ 101: { memory_mb: 1024 }, 102: {}, 103: { cores: 2 } }));
    expect(statuses).toEqual({
      'phoenix/apply': 'success: applied 2 targets',
      'phoenix/lxc/101': 'success: applied',
      'phoenix/lxc/103': 'success: applied',
    });
    expect((await commands()).sort()).toEqual(['box put 101', 'box put 103']);
  });

  test('without a difference it is answered at once and sends the host no command at all', async () => {
    await phoenix.push(environment({ 101: {} }));
    const before = await host.commands(true);
    const files = { ...environment({ 101: {} }), 'README.md': 'hello\n' };
    const { statuses } = await phoenix.push(files);
    expect(statuses).toEqual({ 'phoenix/apply': 'success: nothing to do: everything is as this commit says' });
    expect(await host.commands(true)).toEqual(before);
  });

  test('an invalid commit changes nothing, and its status names the first problem with its line', async () => {
    await phoenix.push(environment({ 101: {} }));
    await commands();
    const { commit, statuses } = await phoenix.push(environment({ 101: { memory_mb: 'much' }, 102: {} }));
    expect(statuses).toEqual({
      'phoenix/apply': expect.stringMatching(
        /^failure: 1 error, nothing was changed. etc\/phoenix_lxc_configs.json:\d+: /,
      ),
    });
    expect(await commands()).toEqual([]);
    expect(await phoenix.ledger.runs(1)).toMatchObject([{ commit, state: 'invalid', steps: [] }]);
    const { statuses: fixed } = await phoenix.push(environment({ 101: {}, 102: {} }));
    expect(fixed['phoenix/apply']).toBe('success: applied 1 target');
  });
});

describe('newest wins', () => {
  test('running steps end, waiting ones and waiting commits are superseded, and the newest plans against what was really applied', async () => {
    const gate = holdAt(host, 'box start 101');
    const first = await phoenix.repo.commit(environment({ 101: {}, 102: { dependencies: [101] } }));
    await phoenix.repo.push();
    await gate.held;
    const second = await phoenix.repo.commit(environment({ 101: {}, 102: { dependencies: [101], memory_mb: 1024 } }));
    await phoenix.repo.push();
    const waits = (commit: CommitSha) =>
      /waits for the running steps/.test(phoenix.statuses(commit)['phoenix/apply'] ?? '');
    await until(() => waits(second));
    const third = await phoenix.repo.commit(environment({ 101: {}, 102: { dependencies: [101], memory_mb: 2048 } }));
    await phoenix.repo.push();
    await until(() => waits(third));
    gate.open();
    const { statuses } = await phoenix.answered(third);
    expect(statuses).toEqual({ 'phoenix/apply': 'success: applied 1 target', 'phoenix/lxc/102': 'success: applied' });
    expect(phoenix.statuses(second)).toEqual({ 'phoenix/apply': `error: superseded by ${short(third)}` });
    expect(phoenix.statuses(first)).toEqual({
      'phoenix/apply': `error: superseded by ${short(third)}`,
      'phoenix/lxc/101': 'success: applied',
      'phoenix/lxc/102': `error: superseded by ${short(second)}`,
    });
    expect(await commands()).toEqual(['box put 101', 'box start 101', 'box put 102', 'box start 102']);
  });

  test('a bad newer commit leaves the older one running', async () => {
    const gate = holdAt(host, 'box start 101');
    const first = await phoenix.repo.commit(environment({ 101: {}, 102: { dependencies: [101] } }));
    await phoenix.repo.push();
    await gate.held;
    const bad = await phoenix.push(environment({ 101: { cores: -1 } }));
    expect(bad.statuses['phoenix/apply']).toMatch(/^failure: 1 error/);
    gate.open();
    expect((await phoenix.answered(first)).statuses['phoenix/apply']).toBe('success: applied 2 targets');
  });

  test('a commit that was superseded before it was reconciled gets a status too', async () => {
    await phoenix.stopAgent();
    const first = await phoenix.repo.commit(environment({ 101: {} }));
    await phoenix.repo.push();
    const second = await phoenix.repo.commit(environment({ 101: { memory_mb: 600 } }));
    await phoenix.repo.push();
    await phoenix.forge.delivered();
    await phoenix.startAgent();
    await phoenix.answered(second);
    const { statuses } = await phoenix.answered(first);
    expect(statuses).toEqual({ 'phoenix/apply': `error: superseded by ${short(second)}` });
    expect(await phoenix.ledger.unsettledDeliveries()).toEqual([]);
  });

  test('a delivery that comes again changes nothing', async () => {
    await phoenix.push(environment({ 101: {} }));
    const all = phoenix.forge.statuses().length;
    for (const { id } of [...phoenix.forge.deliveries()]) await phoenix.forge.redeliver(id);
    await phoenix.agent().delivered({ kind: 'push' });
    await phoenix.push({ ...environment({ 101: {} }), 'README.md': 'x' });
    expect(phoenix.forge.statuses()).toHaveLength(all + 1);
    expect(await commands()).toEqual(['box put 101', 'box start 101']);
  });
});

describe('a forge in trouble', () => {
  test('statuses wait out an outage and the newest is what arrives', LONG_TEST, async () => {
    const answer = { kind: 'answer', status: 403, headers: { 'retry-after': '1' } } as const;
    const faults = [answer, { ...answer, status: 502 }];
    phoenix.forge.faults.decide(({ method }) => (method === 'POST' ? faults.shift() : undefined));
    const { statuses } = await phoenix.push(environment({ 101: {} }));
    expect(statuses).toEqual({ 'phoenix/apply': 'success: applied 1 target', 'phoenix/lxc/101': 'success: applied' });
  });

  test('a repository that cannot be fetched is retried, and recorded runs continue', LONG_TEST, async () => {
    await phoenix.stopAgent();
    const commit = await phoenix.repo.commit(environment({ 101: {} }));
    await phoenix.repo.push();
    // At its start the agent looks twice, by its timer and at once: only a retry comes after those.
    const refused = { kind: 'answer', status: 500 } as const;
    phoenix.forge.faults.git(refused, refused);
    await phoenix.startAgent();
    const { statuses } = await phoenix.answered(commit);
    expect(statuses['phoenix/apply']).toBe('success: applied 1 target');
  });
});
