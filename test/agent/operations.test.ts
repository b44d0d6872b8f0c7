// What a person asks of the agent: to replay a commit, also an older one, and to freeze. Only what a person sees is asserted: commands on the host,
// statuses, runs.

import { describe, expect, test } from 'vitest';
import { WrongTarget } from '../../src/agent/refused.ts';
import { type TargetId, targetId } from '../../src/model/ids.ts';
import { useBoxAgent } from '../support/agent/box-agent.ts';
import { environment } from '../support/environment.ts';
import { LONG_TEST } from '../support/long.ts';
import { holdAt } from './hold-at.ts';

const boxes = useBoxAgent();
const { commands, newestRun } = boxes;

describe('replay', () => {
  test('checks every target of the commit and repairs those that differ', async () => {
    const { commit } = await boxes.phoenix.push(environment({ 101: {}, 102: {} }));
    await boxes.host.run({ kind: 'command', program: 'box', args: ['drop', '102'], timeoutSeconds: 1 });
    await commands();
    const run = await boxes.phoenix.agent().replay({ commit, by: 'ann' });
    const { statuses } = await boxes.phoenix.reached(run, 'succeeded');
    expect(statuses).toEqual({
      'phoenix/apply': 'success: applied 1 target, 1 already as declared',
      'phoenix/lxc/101': 'success: already as declared',
      'phoenix/lxc/102': 'success: applied',
    });
    expect(await commands()).toEqual(['box put 102', 'box start 102']);
  });

  test('costs one inventory of the host when nothing differs, however many targets', async () => {
    const guests = Object.fromEntries(Array.from({ length: 6 }, (_, n) => [101 + n, {}]));
    const { commit } = await boxes.phoenix.push(environment(guests));
    const before = (await boxes.host.commands(true)).length;
    await boxes.phoenix.reached(await boxes.phoenix.agent().replay({ commit, by: 'ann' }), 'succeeded');
    expect((await boxes.host.commands(true)).slice(before)).toEqual(['box list']);
  });

  test('is limited to the named targets', async () => {
    const { commit } = await boxes.phoenix.push(environment({ 101: {}, 102: {} }));
    for (const id of ['101', '102']) {
      await boxes.host.run({ kind: 'command', program: 'box', args: ['drop', id], timeoutSeconds: 1 });
    }
    await commands();
    const run = await boxes.phoenix.agent().replay({ commit, targets: [targetId('lxc', 102)], by: 'ann' });
    await boxes.phoenix.reached(run, 'succeeded');
    expect(await commands()).toEqual(['box put 102', 'box start 102']);
  });

  test('of a target that is not declared is refused at once, with the nearest, and nothing is recorded', async () => {
    const { commit, statuses } = await boxes.phoenix.push(environment({ 101: {}, 102: {} }));
    const before = await boxes.phoenix.ledger.runs(10);
    const replayed = (target: string) =>
      boxes.phoenix.agent().replay({ commit, targets: [target as TargetId], by: 'ann' });
    await expect(replayed('lxc/99')).rejects.toThrow(
      `lxc/99 is not declared at ${commit.slice(0, 7)}; phoenix status names what there is`,
    );
    await expect(replayed('lxc/99')).rejects.toThrow(WrongTarget);
    await expect(replayed('lxc/1101')).rejects.toThrow('did you mean lxc/101? phoenix status names');
    expect(await boxes.phoenix.ledger.runs(10)).toEqual(before);
    expect(boxes.phoenix.statuses(commit)).toEqual(statuses);
  });

  test('goes back when explicitly requested, and only on the branch', LONG_TEST, async () => {
    const { commit: old } = await boxes.phoenix.push(environment({ 101: {} }));
    await boxes.phoenix.push(environment({ 101: { memory_mb: 1024 } }));
    await commands();
    const agent = boxes.phoenix.agent();
    await expect(agent.replay({ commit: 'f'.repeat(40), by: 'ann' })).rejects.toThrow('not in the repository');
    const run = await agent.replay({ commit: old, rewind: true, by: 'ann' });
    await boxes.phoenix.reached(run, 'succeeded');
    expect(await commands()).toEqual(['box put 101']);
    expect(await boxes.phoenix.ledger.head()).toMatchObject({ verdict: 'rewound', base: old });
  });

  test(
    'going back pauses following: a restart, a delivery or a poll changes nothing, unfreezing resumes',
    LONG_TEST,
    async () => {
      const { commit: old } = await boxes.phoenix.push(environment({ 101: {} }));
      const { commit: newer } = await boxes.phoenix.push(environment({ 101: { memory_mb: 1024 } }));
      const back = await boxes.phoenix.agent().replay({ commit: old, rewind: true, by: 'ann' });
      await boxes.phoenix.reached(back, 'succeeded');
      await commands();
      await boxes.phoenix.stopAgent();
      await boxes.phoenix.startAgent();
      for (const { id } of [...boxes.phoenix.forge.deliveries()]) await boxes.phoenix.forge.redeliver(id);
      await boxes.phoenix.reached(await boxes.phoenix.agent().drift('ann'), 'succeeded');
      expect(await commands()).toEqual([]);
      const onward = await boxes.phoenix.agent().unfreeze('ann');
      if (onward === null) throw new Error('nothing goes on');
      const { commit } = await boxes.phoenix.reached(onward, 'succeeded');
      expect(commit).toBe(newer);
      expect(await commands()).toEqual(['box put 101']);
      expect(await boxes.phoenix.ledger.head()).toMatchObject({ verdict: 'followed', base: newer, commit: newer });
    },
  );

  test('after going back the next push is followed', LONG_TEST, async () => {
    const { commit: old } = await boxes.phoenix.push(environment({ 101: {} }));
    await boxes.phoenix.push(environment({ 101: { memory_mb: 1024 } }));
    await boxes.phoenix.reached(
      await boxes.phoenix.agent().replay({ commit: old, rewind: true, by: 'ann' }),
      'succeeded',
    );
    const { statuses } = await boxes.phoenix.push(environment({ 101: { memory_mb: 1024 }, 102: {} }));
    expect(statuses).toMatchObject({ 'phoenix/lxc/101': 'success: applied', 'phoenix/lxc/102': 'success: applied' });
  });

  test('a replay that waits while a newer commit arrives does not bring the older one back', LONG_TEST, async () => {
    const { commit: old } = await boxes.phoenix.push(environment({ 101: {} }));
    const agent = boxes.phoenix.agent();
    const gate = holdAt(boxes.host, 'box list');
    const busy = await agent.replay({ commit: old, by: 'ann' });
    await gate.held;
    const late = await agent.replay({ commit: old, by: 'ann' });
    const newer = await boxes.phoenix.repo.commit(environment({ 101: { memory_mb: 1024 } }));
    await boxes.phoenix.repo.push();
    await boxes.phoenix.forge.delivered();
    gate.open();
    const { statuses } = await boxes.phoenix.answered(newer);
    expect(statuses['phoenix/apply']).toBe('success: applied 1 target');
    await boxes.phoenix.reached(late, 'superseded');
    await boxes.phoenix.reached(busy, 'superseded', 'succeeded');
    expect((await commands()).at(-1)).toBe('box put 101');
    expect((await boxes.phoenix.ledger.targets()).applied.get(targetId('lxc', 101))?.commit).toBe(newer);
  });
});

describe('freezing', () => {
  test('nothing starts while frozen, and everything continues afterwards', async () => {
    await boxes.phoenix.push(environment({ 101: {} }));
    await commands();
    await boxes.phoenix.agent().freeze('the disk is being replaced', 'ann');
    const { commit, statuses } = await boxes.phoenix.push(environment({ 101: { memory_mb: 1024 } }));
    expect(statuses['phoenix/apply']).toBe('failure: frozen: the disk is being replaced; to go on: phoenix unfreeze');
    expect(await commands()).toEqual([]);
    await boxes.phoenix.agent().unfreeze('ann');
    await boxes.phoenix.reached(await newestRun(), 'succeeded');
    expect(boxes.phoenix.statuses(commit)['phoenix/apply']).toBe('success: applied 1 target');
  });
});
