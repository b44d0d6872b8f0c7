// How steps end, from a push to the statuses on the commit, over real Git, a real Redis and the lab's forge: failures, health, rollback. Only what a
// person sees is asserted: commands on the host, statuses, runs.

import { describe, expect, test } from 'vitest';
import { targetId } from '../../../src/model/ids.ts';
import { useBoxAgent } from '../../support/agent/box-agent.ts';
import { environment } from '../../support/environment.ts';
import { LONG_TEST } from '../../support/long.ts';

const boxes = useBoxAgent();
const { commands, newestRun } = boxes;

describe('a step', () => {
  test('a failing target stops only what needs it', async () => {
    boxes.host.order('box start 101', { exit: 255, stderr: 'unable to start\n' });
    const files = environment({ 101: {}, 102: { dependencies: [101] }, 103: { dependencies: [102] }, 104: {} });
    const { statuses } = await boxes.phoenix.push(files);
    expect(statuses).toEqual({
      'phoenix/apply': 'failure: 1 of 4 failed: lxc/101: box start 101: exit 255: unable to start',
      'phoenix/lxc/101': 'failure: box start 101: exit 255: unable to start',
      'phoenix/lxc/102': 'error: skipped: it needs lxc/101, which failed',
      'phoenix/lxc/103': 'error: skipped: it needs lxc/101, which failed',
      'phoenix/lxc/104': 'success: applied',
    });
    const log = await boxes.phoenix.ledger.readLog(await newestRun(), targetId('lxc', 101), 0);
    expect(log.lines).toEqual(['> put 101', '= exit 0', '> start 101', 'unable to start', '', '= exit 255']);
  });

  test('an interrupted change is completed by the next commit, also by one that reverts it', async () => {
    await boxes.phoenix.push(environment({ 101: {} }));
    boxes.host.order('box put 101', { exit: 1, stderr: 'no' });
    await boxes.phoenix.push(environment({ 101: { memory_mb: 1024 } }));
    await commands();
    const { statuses } = await boxes.phoenix.push(environment({ 101: {} }));
    expect(statuses['phoenix/apply']).toBe('success: applied 1 target');
    expect((await boxes.phoenix.ledger.targets()).touched.size).toBe(0);
  });

  test('a partly created guest that is no longer declared is removed', async () => {
    await boxes.phoenix.push(environment({ 101: {} }));
    boxes.host.order('box start 102', { exit: 1, stderr: 'no' });
    await boxes.phoenix.push(environment({ 101: {}, 102: {} }));
    await commands();
    const { statuses } = await boxes.phoenix.push(environment({ 101: {} }), 'Back\n\nPhoenix-Approve: destroy lxc/102');
    expect(statuses).toMatchObject({ 'phoenix/lxc/102': 'success: applied' });
    expect(await commands()).toEqual(['box drop 102']);
  });

  test('a foreign guest stays, and the status says so', async () => {
    await boxes.host.run({
      kind: 'command',
      program: 'box',
      args: ['put', '101', '{"foreign":true}'],
      timeoutSeconds: 1,
    });
    await commands();
    const { statuses } = await boxes.phoenix.push(environment({ 101: {}, 102: { dependencies: [101] } }));
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
    boxes.host.order('box probe 101', { exit: 1, stdout: 'connection refused' });
    boxes.host.order('box probe 101', { exit: 1, stdout: 'connection refused' });
    const { statuses } = await boxes.phoenix.push(environment({ 101: { tags: ['probed'] } }));
    expect(statuses['phoenix/lxc/101']).toBe('failure: changed, but not healthy: box 101 answers: connection refused');
    expect((await boxes.phoenix.ledger.targets()).applied.size).toBe(0);
  });

  test('it is retried as often as it declares', async () => {
    boxes.host.order('box probe 101', { exit: 1 });
    const { statuses } = await boxes.phoenix.push(environment({ 101: { tags: ['probed'] } }));
    expect(statuses['phoenix/lxc/101']).toBe('success: applied');
  });

  test('a risky change that fails is rolled back', async () => {
    const rollback = { behavior: { rollback_on_failure: true } };
    await boxes.phoenix.push(environment({ 101: {} }, rollback));
    await commands();
    boxes.host.order('box put 101', { exit: 1, stderr: 'cannot do that' });
    const { statuses } = await boxes.phoenix.push(environment({ 101: { memory_mb: 600 } }, rollback));
    expect(statuses['phoenix/lxc/101']).toMatch(/^failure: rolled back to the snapshot before the change: box put 101/);
    expect(await commands()).toEqual(['box snapshot 101', 'box put 101', 'box rollback 101']);
    await boxes.phoenix.push(environment({ 101: { memory_mb: 700 } }, rollback));
    expect(await commands()).toEqual(['box snapshot 101', 'box put 101', 'box forget 101']);
  });

  test('a snapshot that a broken-off change left is removed when all is well', LONG_TEST, async () => {
    const rollback = { behavior: { rollback_on_failure: true } };
    await boxes.phoenix.push(environment({ 101: {} }, rollback));
    let surprises = 0;
    boxes.host.before = async (line) => {
      if (line === 'box show 101' && (await commands()).includes('box put 101') && surprises === 0) {
        surprises += 1;
        throw new Error('the connection was lost');
      }
    };
    const { statuses } = await boxes.phoenix.push(environment({ 101: { memory_mb: 600 } }, rollback));
    expect(statuses['phoenix/lxc/101']).toBe('success: applied');
    expect((await boxes.host.commands()).slice(-3)).toEqual(['box snapshot 101', 'box put 101', 'box forget 101']);
  });

  test('a host that claims success and changes nothing is found out', async () => {
    boxes.host.order('box put 101', {});
    boxes.host.order('box put 101', {});
    const { statuses } = await boxes.phoenix.push(environment({ 101: {} }));
    expect(statuses['phoenix/lxc/101']).toMatch(
      /^failure: still differs after everything was done: the action "put 101" succeeded and had no effect/,
    );
  });
});
