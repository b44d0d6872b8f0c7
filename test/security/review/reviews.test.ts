// Code reviews: commands in their text, and approving reviews, where the policy counts them as approvals.

import { describe, expect, test } from 'vitest';

import { type ForgeKind, LOST, two, useTeam } from '../../support/agent/team.ts';
import { environment, type Files, type GuestChanges, underPolicy } from '../../support/environment.ts';
import { LONG_TEST, longUnless } from '../../support/long.ts';
import { until } from '../../support/until.ts';

const team = useTeam();
const { start, planOf } = team;

const withReviews = (guests: Readonly<Record<number, GuestChanges>>): Files =>
  underPolicy(guests, { approvals_by: 'review' });

/** A pull request that destroys a guest, planned. */
async function lessOf(forge: ForgeKind, files = withReviews): Promise<number> {
  await start(forge);
  team.phoenix.forge.allow('grace', 'write', 'team');
  // The role of an organisation's bot; GitLab accepts statuses of main from no lower role.
  team.phoenix.forge.allow('phoenix-agent', 'maintain');
  await team.phoenix.push(files({ 101: {}, 102: {} }));
  const head = await team.phoenix.repo.branch('less', files(LOST));
  const { number } = await team.phoenix.forge.openPull({ title: 'One less', head: 'less' });
  await planOf(head);
  return number;
}

const approved = async (pull: number) =>
  (await team.phoenix.ledger.earlyApprovals(pull)).map(({ target, by }) => [target, by]);
const merged = async (pull: number) => (await team.phoenix.answered(await team.merged(pull))).statuses;

describe.each(['github', 'github app', 'gitea'] as const)('on %s', (forge) => {
  test(
    'an approving review by a user with write access is an approval where the policy says so',
    longUnless(forge === 'github'),
    async () => {
      const pull = await lessOf(forge);
      await team.phoenix.forge.review(pull, { state: 'approved', body: 'Fine' }, 'ada');
      await until(async () => (await approved(pull)).length > 0, 'the approval');
      expect(await approved(pull)).toEqual([['lxc/102', 'ada']]);
      expect((await merged(pull))['phoenix/apply']).toBe('success: applied 1 target');
    },
  );

  test(
    'a command in a review is carried out, and a review by somebody who may not push does not count',
    longUnless(forge === 'github'),
    async () => {
      const pull = await lessOf(forge);
      const answered = (text: string) =>
        until(() => team.phoenix.forge.comments(pull).some(({ body }) => body.includes(text)), `the answer ${text}`);
      await team.phoenix.forge.review(pull, { state: 'approved' }, 'eve');
      await answered('eve');
      expect(await approved(pull)).toEqual([]);
      const review = { state: 'changes requested', body: 'Let it go.\n\n/phoenix approve lxc/102' } as const;
      await team.phoenix.forge.review(pull, review, 'ada');
      await answered('Approved: `lxc/102`');
      expect(await approved(pull)).toEqual([['lxc/102', 'ada']]);
    },
  );

  test('a review that is dismissed before the merge approves nothing', longUnless(forge === 'github'), async () => {
    const pull = await lessOf(forge);
    const { id } = await team.phoenix.forge.review(pull, { state: 'approved' }, 'ada');
    await until(async () => (await approved(pull)).length > 0, 'the approval');
    await team.phoenix.forge.dismissReview(id);
    expect((await merged(pull))['phoenix/lxc/102']).toContain('would destroy it; to allow it');
  });

  test('requesting changes withdraws an earlier approval', longUnless(forge === 'github'), async () => {
    const pull = await lessOf(forge);
    await team.phoenix.forge.review(pull, { state: 'approved' }, 'ada');
    await until(async () => (await approved(pull)).length > 0, 'the approval');
    await team.phoenix.forge.review(pull, { state: 'changes requested' }, 'ada');
    expect((await merged(pull))['phoenix/lxc/102']).toContain('would destroy it; to allow it');
  });

  test('the head that was reviewed is what is approved, and no other', longUnless(forge === 'github'), async () => {
    const pull = await lessOf(forge);
    await team.phoenix.forge.review(pull, { state: 'approved' }, 'ada');
    await until(async () => (await approved(pull)).length > 0, 'the approval');
    const next = await team.phoenix.repo.branch('less', withReviews({ 101: { memory_mb: 1024 } }));
    await planOf(next);
    expect(await approved(pull)).toEqual([]);
  });
});

test('by default a review approves the code, and nothing on the host', LONG_TEST, async () => {
  const pull = await lessOf('github', environment);
  await team.phoenix.forge.review(pull, { state: 'approved' }, 'ada');
  const settled = async () => (await team.phoenix.ledger.unsettledDeliveries()).length === 0;
  await until(settled, 'the review to be dealt with');
  expect(await approved(pull)).toEqual([]);
  expect((await merged(pull))['phoenix/lxc/102']).toMatch(/^failure: would destroy it/);
});

test('a change of the policy does not judge itself', async () => {
  await start('github');
  await team.phoenix.push(two);
  const head = await team.phoenix.repo.branch('less', withReviews(LOST));
  const { number } = await team.phoenix.forge.openPull({ title: 'One less', head: 'less' });
  await planOf(head);
  await team.phoenix.forge.review(number, { state: 'approved' }, 'ada');
  await until(
    async () => (await team.phoenix.ledger.unsettledDeliveries()).length === 0,
    'the review to be dealt with',
  );
  expect(await approved(number)).toEqual([]);
});

test('on Gitea the event of a review contains the rights of the pull request author, which are ignored', async () => {
  const pull = await lessOf('gitea');
  // The pull request is by ada, who may push, and eve reviews it.
  await team.phoenix.forge.review(pull, { state: 'commented', body: '/phoenix approve lxc/102' }, 'eve');
  await until(
    async () => (await team.phoenix.ledger.unsettledDeliveries()).length === 0,
    'the review to be dealt with',
  );
  expect(await approved(pull)).toEqual([]);
});

test('on GitLab an approval is of no head, so that it approves nothing', async () => {
  const pull = await lessOf('gitlab');
  await team.phoenix.forge.review(pull, { state: 'approved' }, 'ada');
  expect(await approved(pull)).toEqual([]);
});
