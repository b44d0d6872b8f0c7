// The policy's approvals, end to end: what a push needs before it is applied, and who decides. Its windows are in windows.test.ts, signatures in
// signatures.test.ts.

import { describe, expect, test } from 'vitest';
import { targetId } from '../../../src/model/ids.ts';
import { useBoxAgent } from '../../support/agent/box-agent.ts';
import { environment, underPolicy } from '../../support/environment.ts';
import { until } from '../../support/until.ts';

const GUEST = targetId('lxc', 102);
const boxes = useBoxAgent();
const { newestRun } = boxes;

describe('approvals', () => {
  const two = { approvals: { destroy: 2 } };

  test('two persons approve, and not one twice', async () => {
    await boxes.phoenix.push(underPolicy({ 101: {}, 102: {} }, two));
    const { commit, statuses } = await boxes.phoenix.push(underPolicy({ 101: {} }, two));
    const run = await newestRun();
    expect(statuses['phoenix/lxc/102']).toBe(
      `failure: would destroy it, with 0 of 2 approvals; to allow it: phoenix approve ${run} lxc/102`,
    );
    const agent = boxes.phoenix.agent();
    await agent.approve(run, GUEST, 'ann');
    await until(
      () => /1 of 2/.test(boxes.phoenix.statuses(commit)['phoenix/lxc/102'] ?? ''),
      'the first approval to be said',
    );
    await expect(agent.approve(run, GUEST, 'Ann')).rejects.toThrow(
      'Ann has approved lxc/102 already; another person must',
    );
    await agent.approve(run, GUEST, 'bob');
    expect((await boxes.phoenix.reached(run, 'succeeded')).statuses['phoenix/lxc/102']).toBe('success: applied');
    expect(await boxes.host.commands()).toContain('box drop 102');
  });

  test('where approvers are named, nobody else approves, and no commit by the author it claims', async () => {
    const named = { ...two, approvers: ['Ann', 'bob'] };
    await boxes.phoenix.push(underPolicy({ 101: {}, 102: {} }, named));
    const { statuses } = await boxes.phoenix.push(
      underPolicy({ 101: {} }, named),
      'Remove\n\nPhoenix-Approve: destroy lxc/102',
    );
    expect(statuses['phoenix/lxc/102']).toContain('with 0 of 2 approvals');
    const run = await newestRun();
    expect((await boxes.phoenix.ledger.run(run))?.approvals).toEqual([]);
    await expect(boxes.phoenix.agent().approve(run, GUEST, 'eve')).rejects.toThrow(
      'the policy does not let eve approve; it names Ann, bob',
    );
  });

  test('every change may need an approval, and a check needs none', async () => {
    const live = { approvals: { live: 1 } };
    await boxes.phoenix.push(environment({ 101: {} }));
    const { statuses } = await boxes.phoenix.push(underPolicy({ 101: { memory_mb: 1024 } }, live));
    const run = await newestRun();
    expect(statuses['phoenix/lxc/101']).toBe(`failure: would change it; to allow it: phoenix approve ${run} lxc/101`);
    await boxes.phoenix.agent().approve(run, targetId('lxc', 101), 'ann');
    const { commit } = await boxes.phoenix.reached(run, 'succeeded');
    const again = await boxes.phoenix.agent().replay({ commit, by: 'ann' });
    await boxes.phoenix.reached(again, 'succeeded');
  });
});
