// A push that would destroy something: who allows it, how much at once, and what is never destroyed.

import { expect, test } from 'vitest';
import { targetId } from '../../../src/model/ids.ts';
import { useBoxAgent } from '../../support/agent/box-agent.ts';
import { environment } from '../../support/environment.ts';
import { LONG_TEST } from '../../support/long.ts';

const boxes = useBoxAgent();
const { commands, newestRun } = boxes;

test('a delete waits until it is approved', async () => {
  await boxes.phoenix.push(environment({ 101: {}, 102: { dependencies: [101] } }));
  await commands();
  const { commit, statuses } = await boxes.phoenix.push(environment({ 101: { memory_mb: 1024 } }));
  const run = await newestRun();
  const waits = `failure: would destroy it; to allow it: phoenix approve ${run} lxc/102`;
  expect(statuses).toEqual({
    'phoenix/apply': waits.replace('failure: ', 'failure: lxc/102: '),
    'phoenix/lxc/101': 'success: applied',
    'phoenix/lxc/102': waits,
  });
  expect(await commands()).toEqual(['box put 101']);
  expect((await boxes.phoenix.ledger.run(run))?.state).toBe('blocked');

  await boxes.phoenix.agent().approve(run, targetId('lxc', 102), 'ann');
  expect((await boxes.phoenix.reached(run, 'succeeded')).statuses).toEqual({
    'phoenix/apply': 'success: applied 2 targets',
    'phoenix/lxc/101': 'success: applied',
    'phoenix/lxc/102': 'success: applied',
  });
  expect(await commands()).toEqual(['box drop 102']);
  expect([...(await boxes.phoenix.ledger.targets()).applied]).toMatchObject([['lxc/101', { commit }]]);
});

test('a trailer of the pushed head approves it; one of a commit below it does not', LONG_TEST, async () => {
  const trailer = 'Phoenix-Approve: destroy lxc/102';
  await boxes.phoenix.push(environment({ 101: {}, 102: {} }));
  await boxes.phoenix.repo.commit(environment({ 101: {} }), `Remove 102\n\n${trailer}`);
  const below = await boxes.phoenix.push(environment({ 101: { memory_mb: 600 } }), 'More memory');
  expect(below.statuses['phoenix/lxc/102']).toMatch(/^failure: would destroy it/);
  expect(await boxes.phoenix.ledger.run(await newestRun())).toMatchObject({
    approvals: [],
    notes: [expect.stringContaining('only the message of the pushed head counts')],
  });
  const { statuses } = await boxes.phoenix.push(environment({ 101: { memory_mb: 700 } }), `Still more\n\n${trailer}`);
  expect(statuses['phoenix/lxc/102']).toBe('success: applied');
});

test('a guest that was protected when it was last declared is kept even with approval', async () => {
  await boxes.phoenix.push(environment({ 101: {}, 102: {} }));
  // Nothing is applied for it, so what was last applied does not say it.
  await boxes.phoenix.push(environment({ 101: {}, 102: { protected: true } }));
  await commands();
  const { statuses } = await boxes.phoenix.push(environment({ 101: {} }), 'Remove\n\nPhoenix-Approve: destroy lxc/102');
  expect(statuses['phoenix/lxc/102']).toMatch(/^failure: would destroy it, but it is protected/);
  await expect(boxes.phoenix.agent().approve(await newestRun(), targetId('lxc', 102), 'ann')).rejects.toThrow(
    'protected',
  );
  expect(await commands()).toEqual([]);
});

test(
  'such a guest is kept although the commit that protected it applied nothing, and however many commits follow',
  LONG_TEST,
  async () => {
    await boxes.phoenix.push(environment({ 101: {}, 102: {} }));
    await boxes.phoenix.push(environment({ 101: {}, 102: { protected: true } }));
    await commands();
    const approved = 'Remove\n\nPhoenix-Approve: destroy lxc/102';
    // Taking it out does not unprotect it for the commits that follow.
    for (const memory_mb of [512, 600]) {
      const { statuses } = await boxes.phoenix.push(environment({ 101: { memory_mb } }), approved);
      expect(statuses['phoenix/lxc/102']).toMatch(/^failure: would destroy it, but it is protected/);
    }
    expect(await commands()).toEqual(['box put 101']);
    // Nor does time: more commits than are read for it.
    for (let count = 0; count < 51; count += 1)
      await boxes.phoenix.repo.commit(environment({ 101: { memory_mb: 600 } }));
    const later = await boxes.phoenix.push(environment({ 101: { memory_mb: 600 } }), approved);
    expect(later.statuses['phoenix/lxc/102']).toMatch(/^failure: would destroy it, but it is protected/);
    const last = await boxes.phoenix.push(environment({ 101: { memory_mb: 600 } }), approved);
    expect(last.statuses['phoenix/lxc/102']).toMatch(/^failure: would destroy it, but it is protected/);
    await boxes.phoenix.push(environment({ 101: { memory_mb: 600 }, 102: {} }));
    const { statuses } = await boxes.phoenix.push(environment({ 101: { memory_mb: 600 } }), approved);
    expect(statuses['phoenix/lxc/102']).toBe('success: applied');
  },
);

test('too many deletes at once are refused whole', LONG_TEST, async () => {
  await boxes.phoenix.push(environment({ 101: {}, 102: {}, 103: {}, 104: {} }));
  await commands();
  const { statuses } = await boxes.phoenix.push(environment({ 101: { memory_mb: 600 }, 102: {} }));
  expect(statuses).toEqual({
    'phoenix/apply': expect.stringContaining(
      'Delete them in several commits, or raise behavior.max_delete_share of the hypervisor.',
    ),
  });
  expect(await commands()).toEqual([]);
  const none = await boxes.phoenix.push(environment({}));
  expect(none.statuses['phoenix/apply']).toMatch(/^failure: 2 errors/);
  expect(await commands()).toEqual([]);
});

test('a disk that would shrink is refused at its line, and going back to it is not', LONG_TEST, async () => {
  const small = await boxes.phoenix.push(environment({ 101: { storage_size_gb: 8 } }));
  await boxes.phoenix.push(environment({ 101: { storage_size_gb: 16 } }));
  await commands();
  const { statuses } = await boxes.phoenix.push(environment({ 101: { storage_size_gb: 8 } }, { timezone: 'Etc/UTC' }));
  expect(statuses['phoenix/apply']).toMatch(
    /^failure: 1 error, nothing was changed. etc\/phoenix_lxc_configs.json:\d+: /,
  );
  expect(await boxes.phoenix.ledger.runs(1)).toMatchObject([{ state: 'invalid' }]);
  expect(await commands()).toEqual([]);
  const run = await boxes.phoenix.agent().replay({ commit: small.commit, rewind: true, by: 'ann' });
  await boxes.phoenix.reached(run, 'succeeded');
});
