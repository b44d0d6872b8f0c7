// Who approves what by a comment: the forge says who, the pull request or run says what, and each approval counts once. Lines in the messages of
// commits are in trailers.test.ts.

import { beforeEach, describe, expect, test } from 'vitest';
import { guests, useTeam } from '../../support/agent/team.ts';
import { LONG_TEST } from '../../support/long.ts';
import { until } from '../../support/until.ts';

const both = guests({ 101: {}, 102: {}, 103: {} });
const less = guests({ 101: {}, 103: {} });

const team = useTeam();

async function comment(pull: number, body: string, by = 'ada'): Promise<void> {
  await team.phoenix.forge.comment(pull, body, by);
  await team.heard();
}

describe('an approval', () => {
  beforeEach(async () => {
    await team.start('github');
    await team.phoenix.push(both);
  });

  test('in one pull request does not count for the changes of another', async () => {
    const { number: destroys } = await team.propose('less', less);
    const { number: harmless } = await team.propose('more', guests({ 101: { memory_mb: 1024 }, 102: {}, 103: {} }));
    const commit = await team.merge(destroys);
    await comment(harmless, '/phoenix approve lxc/102');
    await until(() => team.said(harmless).includes('waits for approval'), 'an answer');
    expect(team.told(commit)).toMatch(/would destroy it/);
    await comment(destroys, '/phoenix approve lxc/102');
    await team.phoenix.reached(await team.run(), 'succeeded');
  });

  test('ends when its pull request is closed', LONG_TEST, async () => {
    const { number } = await team.propose('less', less);
    await comment(number, '/phoenix approve lxc/102');
    await until(() => team.said(number).includes('Approved: `lxc/102`'), 'the approval');
    await team.phoenix.forge.closePull(number);
    await until(async () => (await team.phoenix.ledger.approvedPulls()).length === 0, 'it to end');
    await comment(number, '/phoenix approve lxc/102');
    await team.phoenix.forge.reopenPull(number);
    await until(async () => (await team.phoenix.ledger.pulls()).has(number), 'it to be open again');
    expect(team.told(await team.merge(number))).toMatch(/would destroy it/);
  });

  test('ends with a new head, even if the plan stays the same', async () => {
    const { number } = await team.propose('less', less);
    await comment(number, '/phoenix approve lxc/102');
    await until(() => team.said(number).includes('Approved: `lxc/102`'), 'the approval');
    const head = await team.phoenix.repo.branch('less', less);
    await until(async () => (await team.phoenix.ledger.pullPlan(number))?.head === head, 'the next plan');
    expect(await team.phoenix.ledger.approvedPulls()).toEqual([]);
    expect(team.told(await team.merge(number))).toMatch(/would destroy it/);
  });

  test('is used up by the run of its merge', async () => {
    const { number } = await team.propose('less', less);
    await comment(number, '/phoenix approve lxc/102');
    await until(() => team.said(number).includes('Approved: `lxc/102`'), 'the approval');
    expect(team.told(await team.merge(number))).toBe('success: applied');
    const run = await team.phoenix.ledger.run(await team.run());
    expect(run?.approvals).toMatchObject([{ target: 'lxc/102', by: 'ada', where: `pull request ${number}` }]);
    expect(await team.phoenix.ledger.approvedPulls()).toEqual([]);
    await team.phoenix.push(both);
    const { commit, statuses } = await team.phoenix.push(less);
    expect(statuses['phoenix/lxc/102']).toMatch(/would destroy it/);
    // Nor does a new word under it reach the same change of another run.
    await comment(number, '/phoenix approve lxc/102');
    await until(() => team.said(number).includes('waits for approval'), 'an answer');
    expect(team.told(commit)).toMatch(/would destroy it/);
  });

  test('does not count if it was written before the plan, whenever it arrives, nor after days', async () => {
    const { number } = await team.propose('less', less);
    const written = (secondsAgo: number) => new Date(Date.now() - secondsAgo * 1000);
    await team.phoenix.forge.comment(number, '/phoenix approve lxc/102', 'ada', written(60));
    await until(() => team.said(number).includes('has changed since; check it and approve it again'), 'a refusal');
    await team.phoenix.forge.comment(number, '/phoenix approve lxc/102', 'ada', written(4 * 24 * 3600));
    await until(() => team.said(number).includes('more than three days old'), 'a refusal');
    expect(await team.phoenix.ledger.approvedPulls()).toEqual([]);
    await comment(number, '/phoenix approve lxc/102');
    expect(await team.phoenix.ledger.approvedPulls()).toEqual([number]);
  });

  test('counts from users who may push to the protected branch, whatever their role', LONG_TEST, async () => {
    await team.start('gitlab');
    const { forge: lab } = team.phoenix;
    await team.phoenix.push(both);
    lab.allow('dora', 'write');
    const { number } = await team.propose('less', less);
    await team.merge(number);
    await comment(number, '/phoenix approve lxc/102', 'dora');
    await until(() => team.said(number).includes('dora may not push'), 'a refusal');
    const open = [{ access_level: 30 }];
    lab.protectBranches([{ id: 1, name: 'ma*', push_access_levels: open, merge_access_levels: open }]);
    await comment(number, '/phoenix approve lxc/102', 'dora');
    await team.phoenix.reached(await team.run(), 'succeeded');
  });
});
