// Code reviews: commands in their text, and approving reviews, where the policy counts them as approvals.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CommitSha } from '../../../src/model/ids.ts';
import { type Phoenix, startPhoenix } from '../../support/agent/phoenix.ts';
import { environment, type Files, type GuestChanges } from '../../support/environment.ts';
import { BOXES, type BoxHost, openBoxHost } from '../../support/host/boxes.ts';
import { LONG_TEST, longUnless } from '../../support/long.ts';
import { until } from '../../support/until.ts';

let folder: string;
let host: BoxHost;
let phoenix: Phoenix;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-reviews-'));
  host = await openBoxHost(folder);
});

afterEach(async () => {
  await phoenix.stop();
  await rm(folder, { recursive: true, force: true });
});

const withReviews = (guests: Readonly<Record<number, GuestChanges>>): Files =>
  environment(guests, { phoenix: { approvals_by: 'review' } });

/** A pull request that destroys a guest, planned. */
async function lessOf(forge: 'github' | 'github app' | 'gitea' | 'gitlab', files = withReviews): Promise<number> {
  phoenix = await startPhoenix({ host, managers: BOXES, forge });
  phoenix.forge.allow('ada', 'maintain');
  phoenix.forge.allow('grace', 'write', 'team');
  phoenix.forge.allow('eve', 'read');
  // The role of an organisation's bot; GitLab accepts statuses of main from no lower role.
  phoenix.forge.allow('phoenix-agent', 'maintain');
  await phoenix.push(files({ 101: {}, 102: {} }));
  const head = await phoenix.repo.branch('less', files({ 101: {} }));
  const { number } = await phoenix.forge.openPull({ title: 'One less', head: 'less' });
  await until(() => phoenix.statuses(head)['phoenix/plan'] !== undefined, 'the plan');
  return number;
}

const approved = async (pull: number) =>
  (await phoenix.ledger.earlyApprovals(pull)).map(({ target, by }) => [target, by]);
const merged = async (pull: number) => {
  const commit = (await phoenix.forge.mergePull(pull)).merged?.sha as CommitSha;
  return (await phoenix.answered(commit)).statuses;
};

describe.each(['github', 'github app', 'gitea'] as const)('on %s', (forge) => {
  test(
    'an approving review by a user with write access is an approval where the policy says so',
    longUnless(forge === 'github'),
    async () => {
      const pull = await lessOf(forge);
      await phoenix.forge.review(pull, { state: 'approved', body: 'Fine' }, 'ada');
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
        until(() => phoenix.forge.comments(pull).some(({ body }) => body.includes(text)), `the answer ${text}`);
      await phoenix.forge.review(pull, { state: 'approved' }, 'eve');
      await answered('eve');
      expect(await approved(pull)).toEqual([]);
      const review = { state: 'changes requested', body: 'Let it go.\n\n/phoenix approve lxc/102' } as const;
      await phoenix.forge.review(pull, review, 'ada');
      await answered('Approved: `lxc/102`');
      expect(await approved(pull)).toEqual([['lxc/102', 'ada']]);
    },
  );

  test('a review that is dismissed before the merge approves nothing', longUnless(forge === 'github'), async () => {
    const pull = await lessOf(forge);
    const { id } = await phoenix.forge.review(pull, { state: 'approved' }, 'ada');
    await until(async () => (await approved(pull)).length > 0, 'the approval');
    await phoenix.forge.dismissReview(id);
    expect((await merged(pull))['phoenix/lxc/102']).toContain('would destroy it; to allow it');
  });

  test('requesting changes withdraws an earlier approval', longUnless(forge === 'github'), async () => {
    const pull = await lessOf(forge);
    await phoenix.forge.review(pull, { state: 'approved' }, 'ada');
    await until(async () => (await approved(pull)).length > 0, 'the approval');
    await phoenix.forge.review(pull, { state: 'changes requested' }, 'ada');
    expect((await merged(pull))['phoenix/lxc/102']).toContain('would destroy it; to allow it');
  });

  test('the head that was reviewed is what is approved, and no other', longUnless(forge === 'github'), async () => {
    const pull = await lessOf(forge);
    await phoenix.forge.review(pull, { state: 'approved' }, 'ada');
    await until(async () => (await approved(pull)).length > 0, 'the approval');
    const next = await phoenix.repo.branch('less', withReviews({ 101: { memory_mb: 1024 } }));
    await until(() => phoenix.statuses(next)['phoenix/plan'] !== undefined, 'the next plan');
    expect(await approved(pull)).toEqual([]);
  });
});

test('by default a review approves the code, and nothing on the host', LONG_TEST, async () => {
  const pull = await lessOf('github', environment);
  await phoenix.forge.review(pull, { state: 'approved' }, 'ada');
  const settled = async () => (await phoenix.ledger.unsettledDeliveries()).length === 0;
  await until(settled, 'the review to be dealt with');
  expect(await approved(pull)).toEqual([]);
  expect((await merged(pull))['phoenix/lxc/102']).toMatch(/^failure: would destroy it/);
});

test('a change of the policy does not judge itself', async () => {
  phoenix = await startPhoenix({ host, managers: BOXES });
  phoenix.forge.allow('ada', 'maintain');
  await phoenix.push(environment({ 101: {}, 102: {} }));
  const head = await phoenix.repo.branch('less', withReviews({ 101: {} }));
  const { number } = await phoenix.forge.openPull({ title: 'One less', head: 'less' });
  await until(() => phoenix.statuses(head)['phoenix/plan'] !== undefined, 'the plan');
  await phoenix.forge.review(number, { state: 'approved' }, 'ada');
  await until(async () => (await phoenix.ledger.unsettledDeliveries()).length === 0, 'the review to be dealt with');
  expect(await approved(number)).toEqual([]);
});

test('on Gitea the event of a review contains the rights of the pull request author, which are ignored', async () => {
  const pull = await lessOf('gitea');
  // The pull request is by ada, who may push, and eve reviews it.
  await phoenix.forge.review(pull, { state: 'commented', body: '/phoenix approve lxc/102' }, 'eve');
  await until(async () => (await phoenix.ledger.unsettledDeliveries()).length === 0, 'the review to be dealt with');
  expect(await approved(pull)).toEqual([]);
});

test('on GitLab an approval is of no head, so that it approves nothing', async () => {
  const pull = await lessOf('gitlab');
  await phoenix.forge.review(pull, { state: 'approved' }, 'ada');
  expect(await approved(pull)).toEqual([]);
});
