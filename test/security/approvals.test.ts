// Who approves what: the forge says who, the pull request or run says what, and each approval counts once.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { guests, openTeam, type Team } from './team.ts';

const TRAILER = 'Phoenix-Approve: destroy lxc/102';
const both = guests({ 101: {}, 102: {}, 103: {} });
const less = guests({ 101: {}, 103: {} });

let team: Team;
afterEach(() => team.end());

/** Why a line approves nothing, as the run keeps it. */
async function notes(): Promise<readonly string[]> {
  return (await team.phoenix.ledger.run(await team.run()))?.notes ?? [];
}

async function comment(pull: number, body: string, by = 'ada'): Promise<void> {
  await team.phoenix.forge.comment(pull, body, by);
  await team.heard();
}

/** What Phoenix last said under the pull request. */
function said(pull: number): string {
  const ours = team.phoenix.forge.comments(pull).filter(({ body }) => body.startsWith('<!-- phoenix'));
  return ours.at(-1)?.body ?? '';
}

describe.each(['github', 'gitea', 'gitlab'] as const)('a trailer, on %s', (forge) => {
  beforeEach(async () => {
    team = await openTeam(forge);
    await team.phoenix.push(both);
  });

  test('of a commit that a merge brings approves nothing, and it is said before and after', async () => {
    const { number } = await team.propose('less', less, { message: `Less\n\n${TRAILER}` });
    await until(() => said(number).includes('approves nothing: it already stood in'), 'it to be said before');
    const commit = await team.merge(number);
    expect(team.told(commit)).toMatch(/would destroy it/);
    expect(await notes()).toEqual([
      expect.stringMatching(/^"Phoenix-Approve: destroy lxc\/102" approves nothing: it stands in/),
    ]);
    await until(() => said(number).includes('only the message of the pushed head counts'), 'it to be said after');
  });

  test('that a squash puts together from commits approves nothing', async () => {
    const { number } = await team.propose('less', less, { message: `Less\n\n${TRAILER}` });
    const commit = await team.merge(number, { squash: true });
    expect(team.told(commit)).toMatch(/would destroy it/);
    expect(await notes()).toEqual([expect.stringContaining(`it already stood in pull request ${number}`)]);
  });

  test('that the author wrote into the description, and took out after the merge, approves nothing', async () => {
    const { number } = await team.propose('less', less, { body: `Removes it.\n\n${TRAILER}` });
    team.phoenix.forge.fate(() => 'delay');
    const merged = team.phoenix.forge.mergePull(number, 'ada', { message: `Less (#${number})\n\n${TRAILER}` });
    await team.phoenix.forge.editPull(number, { body: 'Removes it.' });
    team.phoenix.forge.fate(() => 'deliver');
    await team.phoenix.forge.release();
    const commit = (await merged).merged?.sha as never;
    await team.phoenix.answered(commit);
    expect(team.told(commit)).toMatch(/would destroy it/);
  });

  test.each([true, false])('that whoever merges writes approves it, in their name (squash: %s)', async (squash) => {
    const { number } = await team.propose('less', less);
    const commit = await team.merge(number, { squash, message: `Less (#${number})\n\n${TRAILER}` });
    expect(team.told(commit)).toBe('success: applied');
    const run = await team.phoenix.ledger.run(await team.run());
    expect(run?.approvals).toMatchObject([
      { target: 'lxc/102', by: 'ada', where: `the message of ${commit.slice(0, 7)}` },
    ]);
  });
});

describe('an approval', () => {
  beforeEach(async () => {
    team = await openTeam('github');
    await team.phoenix.push(both);
  });

  test('under one pull request does nothing for what another shows', async () => {
    const { number: destroys } = await team.propose('less', less);
    const { number: harmless } = await team.propose('more', guests({ 101: { memory_mb: 1024 }, 102: {}, 103: {} }));
    const commit = await team.merge(destroys);
    await comment(harmless, '/phoenix approve lxc/102');
    await until(() => said(harmless).includes('waits for approval'), 'an answer');
    expect(team.told(commit)).toMatch(/would destroy it/);
    await comment(destroys, '/phoenix approve lxc/102');
    await team.phoenix.reached(await team.run(), 'succeeded');
  });

  test('ends with the close of its pull request', async () => {
    const { number } = await team.propose('less', less);
    await comment(number, '/phoenix approve lxc/102');
    await until(() => said(number).includes('Approved: `lxc/102`'), 'the approval');
    await team.phoenix.forge.closePull(number);
    await until(async () => (await team.phoenix.ledger.approvedPulls()).length === 0, 'it to end');
    await comment(number, '/phoenix approve lxc/102');
    await team.phoenix.forge.reopenPull(number);
    await until(async () => (await team.phoenix.ledger.pulls()).has(number), 'it to be open again');
    expect(team.told(await team.merge(number))).toMatch(/would destroy it/);
  });

  test('ends with a new head, also when that changes nothing that was shown', async () => {
    const { number } = await team.propose('less', less);
    await comment(number, '/phoenix approve lxc/102');
    await until(() => said(number).includes('Approved: `lxc/102`'), 'the approval');
    const head = await team.phoenix.repo.branch('less', less);
    await until(async () => (await team.phoenix.ledger.pullPlan(number))?.head === head, 'the next plan');
    expect(await team.phoenix.ledger.approvedPulls()).toEqual([]);
    expect(team.told(await team.merge(number))).toMatch(/would destroy it/);
  });

  test('is used up by the run of its merge', async () => {
    const { number } = await team.propose('less', less);
    await comment(number, '/phoenix approve lxc/102');
    await until(() => said(number).includes('Approved: `lxc/102`'), 'the approval');
    expect(team.told(await team.merge(number))).toBe('success: applied');
    const run = await team.phoenix.ledger.run(await team.run());
    expect(run?.approvals).toMatchObject([{ target: 'lxc/102', by: 'ada', where: `pull request ${number}` }]);
    expect(await team.phoenix.ledger.approvedPulls()).toEqual([]);
    await team.phoenix.push(both);
    const { statuses } = await team.phoenix.push(less);
    expect(statuses['phoenix/lxc/102']).toMatch(/would destroy it/);
  });

  test('that was written before the plan it would be for is taken for none, whenever it arrives', async () => {
    const { number } = await team.propose('less', less);
    const before = new Date(Date.now() - 60_000);
    await team.phoenix.forge.comment(number, '/phoenix approve lxc/102', 'ada', before);
    await until(() => said(number).includes('has changed since; look at it and approve it again'), 'a refusal');
    expect(await team.phoenix.ledger.approvedPulls()).toEqual([]);
    await comment(number, '/phoenix approve lxc/102');
    expect(await team.phoenix.ledger.approvedPulls()).toEqual([number]);
  });

  test('that is days old is that of another time', async () => {
    const { number } = await team.propose('less', less);
    const before = new Date(Date.now() - 4 * 24 * 3_600_000);
    await team.phoenix.forge.comment(number, '/phoenix approve lxc/102', 'ada', before);
    await until(() => said(number).includes('more than three days old'), 'a refusal');
  });

  test('is given by who may push to the protected branch, not by a role', async () => {
    await team.end();
    team = await openTeam('gitlab');
    const { forge: lab } = team.phoenix;
    await team.phoenix.push(both);
    lab.allow('dora', 'write');
    const { number } = await team.propose('less', less);
    await team.merge(number);
    await comment(number, '/phoenix approve lxc/102', 'dora');
    await until(() => said(number).includes('dora may not push'), 'a refusal');
    const open = [{ access_level: 30 }];
    lab.protectBranches([{ id: 1, name: 'ma*', push_access_levels: open, merge_access_levels: open }]);
    await comment(number, '/phoenix approve lxc/102', 'dora');
    await team.phoenix.reached(await team.run(), 'succeeded');
  });
});

describe('the policy in force', () => {
  const two = { approvals: { destroy: 2 } };
  const none = { approvals: { destroy: 0 } };
  const WAITS = /with 0 of 2 approvals/;

  beforeEach(async () => {
    team = await openTeam('github');
    await team.phoenix.push(guests({ 101: {}, 102: {}, 103: {} }, two));
  });

  test('judges the commit that loosens it, its replay, and the next commit too', async () => {
    const { phoenix } = team;
    const { commit, statuses } = await phoenix.push(guests({ 101: {}, 103: {} }, none));
    expect(statuses['phoenix/lxc/102']).toMatch(WAITS);
    const replay = await phoenix.agent().replay({ commit, by: 'ada' });
    await phoenix.reached(replay, 'blocked');
    expect(team.told(commit)).toMatch(WAITS);
    const next = await phoenix.push(guests({ 101: { memory_mb: 1024 }, 103: {} }, none));
    expect(next.statuses['phoenix/lxc/102']).toMatch(WAITS);
    expect(await team.host.commands()).not.toContain('box drop 102');
    expect((await phoenix.ledger.policyInForce())?.policy.approvals.destroy).toBe(2);
  });

  test('is that of a commit once its run has come to its end, and a replay is judged as the commit was', async () => {
    const { phoenix } = team;
    const { commit } = await phoenix.push(guests({ 101: {}, 102: {}, 103: {} }, none));
    expect(await phoenix.ledger.policyInForce()).toMatchObject({ commit, policy: { approvals: { destroy: 0 } } });
    const run = await phoenix.agent().command({ verb: 'delete', targets: ['102'], by: 'ada' });
    await phoenix.reached(run, 'blocked');
    const { statuses } = await phoenix.push(guests({ 101: {}, 103: {} }, none));
    expect(statuses['phoenix/lxc/102']).toBe('success: applied');
  });

  test('holds protected guests, named persons and the share of deletions for a replay as for the push', async () => {
    const { phoenix } = team;
    const strict = { approvers: ['grace'], protected: [103], max_delete_percent: 40 };
    await phoenix.push(guests({ 101: {}, 102: {}, 103: {} }, strict));
    const { commit, statuses } = await phoenix.push(guests({ 101: {} }, { max_delete_percent: 100 }));
    expect(statuses['phoenix/apply']).toMatch(/more than 40 %/);
    const replay = await phoenix.agent().replay({ commit, by: 'ada' });
    await phoenix.reached(replay, 'invalid');
    const second = await phoenix.push(guests({ 101: {}, 102: {} }, { max_delete_percent: 100 }));
    expect(second.statuses['phoenix/lxc/103']).toMatch(/it is protected/);
    const again = await phoenix.agent().replay({ commit: second.commit, by: 'ada' });
    await phoenix.reached(again, 'blocked');
    expect(team.told(second.commit, 'lxc/103')).toMatch(/it is protected/);
    expect(await team.host.commands()).not.toContain('box drop 103');
  });
});

describe.each(['github', 'gitea', 'gitlab'] as const)('the comment of Phoenix, on %s', (forge) => {
  beforeEach(async () => {
    team = await openTeam(forge);
    await team.phoenix.push(both);
  });

  test('is its own: a copy by somebody else is left alone, also when it is older to look at', async () => {
    const { forge: lab, ledger } = team.phoenix;
    const { number } = await team.propose('less', less);
    await until(() => said(number) !== '', 'the comment');
    const copy = await lab.comment(number, said(number), 'eve');
    await team.phoenix.stopAgent();
    await team.phoenix.redis.clear();
    await team.phoenix.startAgent();
    await until(async () => (await ledger.pullPlan(number)) !== null, 'the plan to be made again');
    await until(async () => (await ledger.nextReport()) === null, 'it to be said');
    expect(lab.comments(number).filter(({ author }) => author !== 'eve')).toHaveLength(1);
    expect(lab.comments(number).find(({ id }) => id === copy.id)?.body).toBe(copy.body);
  });

  test('is written anew when somebody else has changed it, and says so', async () => {
    const { forge: lab } = team.phoenix;
    const { number } = await team.propose('less', less);
    await until(() => said(number).includes('1 to delete'), 'the comment');
    const ours = lab.comments(number).find(({ body }) => body.startsWith('<!-- phoenix'));
    await lab.editComment(ours?.id ?? 0, 'Nothing would change.', 'mallory');
    await until(() => said(number).includes('Somebody else had changed this comment'), 'it to be written anew');
    expect(said(number)).toContain('1 to delete');
    expect(lab.comments(number)).toHaveLength(1);
  });
});
