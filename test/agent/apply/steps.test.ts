// How steps end, from a push to the statuses on the commit, over real Git, a real Redis and the lab's forge: failures, health, rollback, workers that
// lose a lease or a Redis. Only what a person sees is asserted: commands on the host, statuses, runs.

import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type RunId, targetId } from '../../../src/model/ids.ts';
import { startTestAgent } from '../../support/agent/agent.ts';
import { type BoxAgent, startBoxAgent } from '../../support/agent/box-agent.ts';
import type { Phoenix } from '../../support/agent/phoenix.ts';
import { environment } from '../../support/environment.ts';
import { BOXES, type BoxHost } from '../../support/host/boxes.ts';
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

const commands = () => boxes.commands();

async function newestRun(): Promise<RunId> {
  const [run] = await phoenix.ledger.runs(1);
  if (run === undefined) throw new Error('there is no run');
  return run.id;
}

describe('a step', () => {
  test('a failing target stops only what needs it', async () => {
    host.order('box start 101', { exit: 255, stderr: 'unable to start\n' });
    const files = environment({ 101: {}, 102: { dependencies: [101] }, 103: { dependencies: [102] }, 104: {} });
    const { statuses } = await phoenix.push(files);
    expect(statuses).toEqual({
      'phoenix/apply': 'failure: 1 of 4 failed: lxc/101: box start 101: exit 255: unable to start',
      'phoenix/lxc/101': 'failure: box start 101: exit 255: unable to start',
      'phoenix/lxc/102': 'error: skipped: it needs lxc/101, which failed',
      'phoenix/lxc/103': 'error: skipped: it needs lxc/101, which failed',
      'phoenix/lxc/104': 'success: applied',
    });
    const log = await phoenix.ledger.readLog(await newestRun(), targetId('lxc', 101), 0);
    expect(log.lines).toEqual(['> put 101', '= exit 0', '> start 101', 'unable to start', '', '= exit 255']);
  });

  test('an interrupted change is completed by the next commit, also by one that reverts it', async () => {
    await phoenix.push(environment({ 101: {} }));
    host.order('box put 101', { exit: 1, stderr: 'no' });
    await phoenix.push(environment({ 101: { memory_mb: 1024 } }));
    await commands();
    const { statuses } = await phoenix.push(environment({ 101: {} }));
    expect(statuses['phoenix/apply']).toBe('success: applied 1 target');
    expect((await phoenix.ledger.targets()).touched.size).toBe(0);
  });

  test('a partly created guest that is no longer declared is removed', async () => {
    await phoenix.push(environment({ 101: {} }));
    host.order('box start 102', { exit: 1, stderr: 'no' });
    await phoenix.push(environment({ 101: {}, 102: {} }));
    await commands();
    const { statuses } = await phoenix.push(environment({ 101: {} }), 'Back\n\nPhoenix-Approve: destroy lxc/102');
    expect(statuses).toMatchObject({ 'phoenix/lxc/102': 'success: applied' });
    expect(await commands()).toEqual(['box drop 102']);
  });

  test('a foreign guest stays, and the status says so', async () => {
    await host.run({ kind: 'command', program: 'box', args: ['put', '101', '{"foreign":true}'], timeoutSeconds: 1 });
    await commands();
    const { statuses } = await phoenix.push(environment({ 101: {}, 102: { dependencies: [101] } }));
    expect(statuses).toEqual({
      'phoenix/apply': 'failure: lxc/101: box 101 is not ours',
      'phoenix/lxc/101': 'failure: box 101 is not ours',
      'phoenix/lxc/102': 'error: skipped: it needs lxc/101, which is blocked',
    });
    expect(await commands()).toEqual([]);
  });
});

describe('health and rollback', () => {
  test('a target that is not healthy is not applied', async () => {
    host.order('box probe 101', { exit: 1, stdout: 'connection refused' });
    host.order('box probe 101', { exit: 1, stdout: 'connection refused' });
    const { statuses } = await phoenix.push(environment({ 101: { tags: ['probed'] } }));
    expect(statuses['phoenix/lxc/101']).toBe('failure: changed, but not healthy: box 101 answers: connection refused');
    expect((await phoenix.ledger.targets()).applied.size).toBe(0);
  });

  test('it is retried as often as it declares', async () => {
    host.order('box probe 101', { exit: 1 });
    const { statuses } = await phoenix.push(environment({ 101: { tags: ['probed'] } }));
    expect(statuses['phoenix/lxc/101']).toBe('success: applied');
  });

  test('a risky change that fails is rolled back', async () => {
    const rollback = { behavior: { rollback_on_failure: true } };
    await phoenix.push(environment({ 101: {} }, rollback));
    await commands();
    host.order('box put 101', { exit: 1, stderr: 'cannot do that' });
    const { statuses } = await phoenix.push(environment({ 101: { memory_mb: 600 } }, rollback));
    expect(statuses['phoenix/lxc/101']).toMatch(/^failure: rolled back to the snapshot before the change: box put 101/);
    expect(await commands()).toEqual(['box snapshot 101', 'box put 101', 'box rollback 101']);
    await phoenix.push(environment({ 101: { memory_mb: 700 } }, rollback));
    expect(await commands()).toEqual(['box snapshot 101', 'box put 101', 'box forget 101']);
  });

  test('a snapshot that a broken-off change left is removed when all is well', LONG_TEST, async () => {
    const rollback = { behavior: { rollback_on_failure: true } };
    await phoenix.push(environment({ 101: {} }, rollback));
    let surprises = 0;
    host.before = async (line) => {
      if (line === 'box show 101' && (await commands()).includes('box put 101') && surprises === 0) {
        surprises += 1;
        throw new Error('the connection was lost');
      }
    };
    const { statuses } = await phoenix.push(environment({ 101: { memory_mb: 600 } }, rollback));
    expect(statuses['phoenix/lxc/101']).toBe('success: applied');
    expect((await host.commands()).slice(-3)).toEqual(['box snapshot 101', 'box put 101', 'box forget 101']);
  });

  test('a host that claims success and changes nothing is found out', async () => {
    host.order('box put 101', {});
    host.order('box put 101', {});
    const { statuses } = await phoenix.push(environment({ 101: {} }));
    expect(statuses['phoenix/lxc/101']).toMatch(
      /^failure: still differs after everything was done: the action "put 101" succeeded and had no effect/,
    );
  });
});

describe('workers', () => {
  test('of two processes each step is run once', async () => {
    const around = { ...phoenix.around, cloneFolder: `${phoenix.around.cloneFolder}-of-the-second` };
    const second = await startTestAgent(around, () => host, BOXES);
    const guests = Object.fromEntries(Array.from({ length: 8 }, (_, n) => [101 + n, {}]));
    const { statuses } = await phoenix.push(environment(guests));
    expect(statuses['phoenix/apply']).toBe('success: applied 8 targets');
    expect(new Set(await commands()).size).toBe(16);
    expect(await host.commands()).toHaveLength(16);
    await second.stop(0);
  });

  test('a step that meets a surprise is tried again, and says so until it acts', async () => {
    const gate = holdAt(host, 'box start 101');
    const { before } = host;
    let surprises = 0;
    host.before = async (line) => {
      await before(line);
      if (line === 'box show 101' && surprises === 0) {
        surprises += 1;
        throw new Error('the connection was lost');
      }
    };
    const commit = await phoenix.repo.commit(environment({ 101: {} }));
    await phoenix.repo.push();
    const reasonNow = async () => (await phoenix.ledger.runs(1))[0]?.steps[0]?.reason;
    await until(
      async () => (await reasonNow()) === 'is tried again until it passes: the connection was lost',
      'why it is tried again',
    );
    // Recorded with the reason, before the next attempt.
    const said = await phoenix.ledger.lastSaid(commit, 'phoenix/lxc/101');
    expect(said).toMatchObject({ state: 'pending', description: 'waits: the connection was lost' });
    await gate.held;
    // It acts again, so it waits for nothing any more.
    const now = await phoenix.ledger.lastSaid(commit, 'phoenix/lxc/101');
    expect(now).toMatchObject({ state: 'pending', description: 'create planned, restarts it' });
    gate.open();
    const { statuses } = await phoenix.answered(commit);
    expect(statuses['phoenix/lxc/101']).toBe('success: applied');
    expect((await phoenix.ledger.run(await newestRun()))?.steps).toMatchObject([{ attempts: 2, reason: null }]);
  });

  test('a worker that lost its lease does nothing more, and the step is done by who holds it', async () => {
    const gate = holdAt(host, 'box put 101');
    const commit = await phoenix.repo.commit(environment({ 101: {} }));
    await phoenix.repo.push();
    await gate.held;
    const redis = new Redis(phoenix.redis.socket);
    await redis.del('{phoenix}:lease:lxc/101');
    redis.disconnect();
    gate.open();
    const { statuses } = await phoenix.answered(commit);
    expect(statuses['phoenix/lxc/101']).toBe('success: applied');
    // What the first worker had sent already cannot be taken back; nothing came after it from there.
    expect(await commands()).toEqual(['box put 101', 'box start 101']);
    expect((await phoenix.ledger.run(await newestRun()))?.steps).toMatchObject([{ attempts: 2 }]);
  });

  test('a Redis that is restarted in the middle is waited for', async () => {
    const gate = holdAt(host, 'box start 101');
    const commit = await phoenix.repo.commit(environment({ 101: {}, 102: { dependencies: [101] } }));
    await phoenix.repo.push();
    await gate.held;
    await phoenix.redis.kill();
    gate.open();
    await phoenix.redis.start();
    const { statuses } = await phoenix.answered(commit);
    expect(statuses['phoenix/apply']).toBe('success: applied 2 targets');
    expect(await commands()).toEqual(['box put 101', 'box start 101', 'box put 102', 'box start 102']);
  });
});
