// A branch that was rewritten, and how people go on from there.

import { expect, test } from 'vitest';
import { useBoxAgent } from '../../support/agent/box-agent.ts';
import { environment } from '../../support/environment.ts';
import { LONG_TEST } from '../../support/long.ts';
import { until } from '../../support/until.ts';

const boxes = useBoxAgent();
const { commands } = boxes;

const short = (sha: string) => sha.slice(0, 7);

test('nothing goes back by itself: a rewritten branch is refused, and so is an older commit without a rewind', async () => {
  const { commit: base } = await boxes.phoenix.push(environment({ 101: {} }));
  await boxes.phoenix.push(environment({ 101: { memory_mb: 600 } }));
  await commands();
  await expect(boxes.phoenix.agent().replay({ commit: base, by: 'ann' })).rejects.toThrow(
    /going back undoes a later commit \([0-9a-f]{7} ".*" by .*\); add --rewind/,
  );
  await boxes.phoenix.repo.reset(base);
  const forked = await boxes.phoenix.repo.commit(environment({ 101: { memory_mb: 700 } }), 'Another way');
  await boxes.phoenix.repo.push('--force');
  const { statuses } = await boxes.phoenix.answered(forked);
  expect(statuses['phoenix/apply']).toMatch(
    new RegExp(`^failure: refused: .*phoenix replay ${short(forked)} --rewind`),
  );
  expect(await commands()).toEqual([]);
});

test('a rewritten branch is refused until a person decides how to continue', LONG_TEST, async () => {
  const { commit: base } = await boxes.phoenix.push(environment({ 101: {} }));
  await boxes.phoenix.push(environment({ 101: { memory_mb: 600 } }));
  await commands();
  await boxes.phoenix.repo.reset(base);
  const forked = await boxes.phoenix.repo.commit(environment({ 101: { memory_mb: 700 } }), 'Another way');
  await boxes.phoenix.repo.push('--force');
  await boxes.phoenix.answered(forked);

  const run = await boxes.phoenix.agent().replay({ commit: short(forked), rewind: true, by: 'ann' });
  expect((await boxes.phoenix.reached(run, 'succeeded')).statuses['phoenix/apply']).toBe('success: applied 1 target');
  expect(await commands()).toEqual(['box put 101']);
  const { statuses: next, commit: onIt } = await boxes.phoenix.push(environment({ 101: { memory_mb: 800 } }));
  expect(next['phoenix/apply']).toBe('success: applied 1 target');
  expect(await boxes.phoenix.ledger.head()).toMatchObject({ commit: onIt, verdict: 'followed', base: onIt });

  // An approval that was used does not allow a repetition.
  await commands();
  await boxes.phoenix.repo.reset(base);
  const again = await boxes.phoenix.repo.commit(environment({ 101: { memory_mb: 900 } }), 'A third way');
  await boxes.phoenix.repo.push('--force');
  expect((await boxes.phoenix.answered(again)).statuses['phoenix/apply']).toMatch(/^failure: refused: /);
  expect(await commands()).toEqual([]);
});

test(
  'what was pushed onto a rewritten branch before it was accepted is followed then, and so is what comes after',
  LONG_TEST,
  async () => {
    const { commit: base } = await boxes.phoenix.push(environment({ 101: {} }));
    await boxes.phoenix.push(environment({ 101: { memory_mb: 600 } }));
    await boxes.phoenix.repo.reset(base);
    const forked = await boxes.phoenix.repo.commit(environment({ 101: { memory_mb: 700 } }), 'Another way');
    await boxes.phoenix.repo.push('--force');
    await boxes.phoenix.answered(forked);
    const { commit: onIt, statuses: refused } = await boxes.phoenix.push(environment({ 101: { memory_mb: 800 } }));
    expect(refused['phoenix/apply']).toMatch(/^failure: refused: /);

    await boxes.phoenix.reached(
      await boxes.phoenix.agent().replay({ commit: forked, rewind: true, by: 'ann' }),
      'succeeded',
    );
    // Its first answer, that it is refused, is still there when the head is followed.
    await until(
      () => boxes.phoenix.statuses(onIt)['phoenix/apply'] === 'success: applied 1 target',
      'the head to be followed and applied',
    );
    const { statuses } = await boxes.phoenix.push(environment({ 101: { memory_mb: 900 } }));
    expect(statuses['phoenix/apply']).toBe('success: applied 1 target');
  },
);

test('who goes back behind a rewritten branch stays there, until something is pushed', LONG_TEST, async () => {
  const { commit: base } = await boxes.phoenix.push(environment({ 101: {} }));
  await boxes.phoenix.push(environment({ 101: { memory_mb: 600 } }));
  await boxes.phoenix.repo.reset(base);
  const forked = await boxes.phoenix.repo.commit(environment({ 101: { memory_mb: 700 } }), 'Another way');
  await boxes.phoenix.repo.push('--force');
  await boxes.phoenix.answered(forked);
  await boxes.phoenix.reached(
    await boxes.phoenix.agent().replay({ commit: base, rewind: true, by: 'ann' }),
    'succeeded',
  );
  await commands();
  await boxes.phoenix.reached(await boxes.phoenix.agent().drift('ann'), 'succeeded');
  expect(await boxes.phoenix.ledger.head()).toMatchObject({ commit: forked, verdict: 'rewound', base });
  expect(await commands()).toEqual([]);
  const { statuses } = await boxes.phoenix.push(environment({ 101: { memory_mb: 800 } }));
  expect(statuses['phoenix/apply']).toBe('success: applied 1 target');
});

test('an invalid head may be removed by a force push', LONG_TEST, async () => {
  const { commit: good } = await boxes.phoenix.push(environment({ 101: {} }));
  await boxes.phoenix.push(environment({ 101: { cores: -1 } }));
  await boxes.phoenix.repo.reset(good);
  const better = await boxes.phoenix.repo.commit(environment({ 101: { cores: 2 } }));
  await boxes.phoenix.repo.push('--force');
  expect((await boxes.phoenix.answered(better)).statuses['phoenix/apply']).toBe('success: applied 1 target');
});
