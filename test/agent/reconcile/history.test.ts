// A branch that was rewritten, and how people go on from there.

import { afterEach, beforeEach, expect, test } from 'vitest';
import { type BoxAgent, startBoxAgent } from '../../support/agent/box-agent.ts';
import type { Phoenix } from '../../support/agent/phoenix.ts';
import { environment } from '../../support/environment.ts';
import { LONG_TEST } from '../../support/long.ts';
import { until } from '../../support/until.ts';

let boxes: BoxAgent;
let phoenix: Phoenix;

beforeEach(async () => {
  boxes = await startBoxAgent();
  ({ phoenix } = boxes);
});
afterEach(() => boxes.close());

const short = (sha: string) => sha.slice(0, 7);

const commands = () => boxes.commands();

test('nothing goes back by itself: a rewritten branch is refused, and so is an older commit without a rewind', async () => {
  const { commit: base } = await phoenix.push(environment({ 101: {} }));
  await phoenix.push(environment({ 101: { memory_mb: 600 } }));
  await commands();
  await expect(phoenix.agent().replay({ commit: base, by: 'ann' })).rejects.toThrow(
    /going back undoes a later commit \([0-9a-f]{7} ".*" by .*\); add --rewind/,
  );
  await phoenix.repo.reset(base);
  const forked = await phoenix.repo.commit(environment({ 101: { memory_mb: 700 } }), 'Another way');
  await phoenix.repo.push('--force');
  const { statuses } = await phoenix.answered(forked);
  expect(statuses['phoenix/apply']).toMatch(
    new RegExp(`^failure: refused: .*phoenix replay ${short(forked)} --rewind`),
  );
  expect(await commands()).toEqual([]);
});

test('a rewritten branch is refused until a person decides how to continue', LONG_TEST, async () => {
  const { commit: base } = await phoenix.push(environment({ 101: {} }));
  await phoenix.push(environment({ 101: { memory_mb: 600 } }));
  await commands();
  await phoenix.repo.reset(base);
  const forked = await phoenix.repo.commit(environment({ 101: { memory_mb: 700 } }), 'Another way');
  await phoenix.repo.push('--force');
  await phoenix.answered(forked);

  const run = await phoenix.agent().replay({ commit: short(forked), rewind: true, by: 'ann' });
  expect((await phoenix.reached(run, 'succeeded')).statuses['phoenix/apply']).toBe('success: applied 1 target');
  expect(await commands()).toEqual(['box put 101']);
  const { statuses: next, commit: onIt } = await phoenix.push(environment({ 101: { memory_mb: 800 } }));
  expect(next['phoenix/apply']).toBe('success: applied 1 target');
  expect(await phoenix.ledger.head()).toMatchObject({ commit: onIt, verdict: 'followed', base: onIt });

  // An approval that was used does not allow a repetition.
  await commands();
  await phoenix.repo.reset(base);
  const again = await phoenix.repo.commit(environment({ 101: { memory_mb: 900 } }), 'A third way');
  await phoenix.repo.push('--force');
  expect((await phoenix.answered(again)).statuses['phoenix/apply']).toMatch(/^failure: refused: /);
  expect(await commands()).toEqual([]);
});

test(
  'what was pushed onto a rewritten branch before it was accepted is followed then, and so is what comes after',
  LONG_TEST,
  async () => {
    const { commit: base } = await phoenix.push(environment({ 101: {} }));
    await phoenix.push(environment({ 101: { memory_mb: 600 } }));
    await phoenix.repo.reset(base);
    const forked = await phoenix.repo.commit(environment({ 101: { memory_mb: 700 } }), 'Another way');
    await phoenix.repo.push('--force');
    await phoenix.answered(forked);
    const { commit: onIt, statuses: refused } = await phoenix.push(environment({ 101: { memory_mb: 800 } }));
    expect(refused['phoenix/apply']).toMatch(/^failure: refused: /);

    await phoenix.reached(await phoenix.agent().replay({ commit: forked, rewind: true, by: 'ann' }), 'succeeded');
    // Its first answer, that it is refused, is still there when the head is followed.
    await until(
      () => phoenix.statuses(onIt)['phoenix/apply'] === 'success: applied 1 target',
      'the head to be followed and applied',
    );
    const { statuses } = await phoenix.push(environment({ 101: { memory_mb: 900 } }));
    expect(statuses['phoenix/apply']).toBe('success: applied 1 target');
  },
);

test('who goes back behind a rewritten branch stays there, until something is pushed', LONG_TEST, async () => {
  const { commit: base } = await phoenix.push(environment({ 101: {} }));
  await phoenix.push(environment({ 101: { memory_mb: 600 } }));
  await phoenix.repo.reset(base);
  const forked = await phoenix.repo.commit(environment({ 101: { memory_mb: 700 } }), 'Another way');
  await phoenix.repo.push('--force');
  await phoenix.answered(forked);
  await phoenix.reached(await phoenix.agent().replay({ commit: base, rewind: true, by: 'ann' }), 'succeeded');
  await commands();
  await phoenix.reached(await phoenix.agent().drift('ann'), 'succeeded');
  expect(await phoenix.ledger.head()).toMatchObject({ commit: forked, verdict: 'rewound', base });
  expect(await commands()).toEqual([]);
  const { statuses } = await phoenix.push(environment({ 101: { memory_mb: 800 } }));
  expect(statuses['phoenix/apply']).toBe('success: applied 1 target');
});

test('an invalid head may be removed by a force push', LONG_TEST, async () => {
  const { commit: good } = await phoenix.push(environment({ 101: {} }));
  await phoenix.push(environment({ 101: { cores: -1 } }));
  await phoenix.repo.reset(good);
  const better = await phoenix.repo.commit(environment({ 101: { cores: 2 } }));
  await phoenix.repo.push('--force');
  expect((await phoenix.answered(better)).statuses['phoenix/apply']).toBe('success: applied 1 target');
});
