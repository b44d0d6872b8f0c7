// GitHub's merge queue: its attempts get the status `phoenix/plan`, without which a branch that requires it would never move.

import { describe, expect, test } from 'vitest';
import type { CommitSha } from '../../../../src/model/ids.ts';
import { useTeam } from '../../../support/agent/team.ts';
import { environment, type Files } from '../../../support/environment.ts';
import { LONG_TEST, longUnless } from '../../../support/long.ts';
import { until } from '../../../support/until.ts';

const PLAN = 'phoenix/plan';

const team = useTeam();
const { start } = team;
const planOf = (commit: string) => team.planOf(commit as CommitSha);

/** A pull request whose branch has these files on top of what main began with, and its place in the queue. */
async function queued(name: string, files: Files) {
  await team.phoenix.repo.branch(name, { ...environment({ 101: {} }), ...files });
  const { number } = await team.phoenix.forge.openPull({ title: name, head: name });
  return { number, ...(await team.phoenix.forge.enqueue(number)) };
}

describe.each(['github', 'github app'] as const)('on %s', (forge) => {
  test(
    'what the queue tries is planned with all that is before it, and merged when it is green',
    longUnless(forge === 'github'),
    async () => {
      await start(forge);
      await team.phoenix.push(environment({ 101: {} }));
      const first = await queued('one', environment({ 101: { memory_mb: 1024 } }));
      expect(await planOf(first.headSha)).toBe('success: 1 to update');
      await team.phoenix.forge.advanceQueue(PLAN);
      const { statuses } = await team.phoenix.answered(first.headSha as CommitSha);
      expect(statuses['phoenix/apply']).toBe('success: applied 1 target');
      expect(team.phoenix.forge.queue()).toEqual([]);
    },
  );

  test(
    'a pull request with an error is removed, and those behind it continue',
    longUnless(forge === 'github'),
    async () => {
      await start(forge);
      await team.phoenix.push(environment({ 101: {} }));
      const bad = await queued('bad', { 'etc/phoenix_lxc_configs.json': '{' });
      const good = await queued('good', { 'notes.txt': 'a word' });
      expect(await planOf(bad.headSha)).toMatch(
        /^failure: would be refused: 1 error\. etc\/phoenix_lxc_configs\.json:1/,
      );
      // It would contain the error too: the branch never moves to a refused commit.
      expect(await planOf(good.headSha)).toMatch(/^failure/);
      await team.phoenix.forge.advanceQueue(PLAN);
      const [again] = team.phoenix.forge.queue();
      expect(again?.pull).toBe(good.number);
      expect(await planOf(again?.headSha ?? '')).toBe('success: nothing would change');
    },
  );
});

test('one of a fork is planned in the queue, into which only people who may push put it', async () => {
  await start('github');
  await team.phoenix.push(environment({ 101: {} }));
  const head = await team.phoenix.repo.branch('theirs', environment({ 101: {}, 102: {} }), {
    to: team.phoenix.forge.forkUrl('eve'),
  });
  const { number } = await team.phoenix.forge.openPull({ title: 'Theirs', head: 'theirs', by: 'eve', fork: 'eve' });
  expect(await planOf(head)).toMatch(/^error: not planned: it comes from a fork/);
  const { headSha } = await team.phoenix.forge.enqueue(number);
  expect(await planOf(headSha)).toBe('success: 1 to create');
});

test('a lost event is recovered, and a repeated one plans nothing twice', LONG_TEST, async () => {
  await start('github', { options: { pollSeconds: 1 } });
  await team.phoenix.push(environment({ 101: {} }));
  team.phoenix.forge.decideDeliveries(({ event }) =>
    event === 'merge_group' || event === 'push' ? 'drop' : 'deliver',
  );
  const { headSha } = await queued('lost', { 'notes.txt': 'a word' });
  expect(await planOf(headSha)).toBe('success: nothing would change');
  team.phoenix.forge.decideDeliveries(() => 'duplicate');
  const lost = team.phoenix.forge.deliveries().filter(({ event }) => event === 'merge_group');
  for (const { id } of lost) await team.phoenix.forge.redeliver(id);
  await until(
    async () => (await team.phoenix.ledger.unsettledDeliveries()).length === 0,
    'the events to be dealt with',
  );
  const said = team.phoenix.forge.statuses().filter(({ sha, context }) => sha === headSha && context === PLAN);
  expect(said.length).toBe(1);
});

test(
  'two that are merged by one move of the branch each get the outcome in their own pull request',
  LONG_TEST,
  async () => {
    await start('github');
    await team.phoenix.push(environment({ 101: {} }));
    const one = await queued('one', environment({ 101: { memory_mb: 1024 } }));
    const two = await queued('two', { 'notes.txt': 'a word' });
    expect(await planOf(one.headSha)).toBe('success: 1 to update');
    expect(await planOf(two.headSha)).toBe('success: 1 to update');
    await team.phoenix.forge.advanceQueue(PLAN);
    await team.phoenix.answered(two.headSha as CommitSha);
    for (const { number } of [one, two]) {
      const told = () => team.phoenix.forge.comments(number).some(({ body }) => body.includes('Merged as'));
      await until(told, `the end under #${number}`);
    }
  },
);
