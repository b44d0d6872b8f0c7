// The policy that applies to a commit, whatever the commit itself declares and however it returns.

import { beforeEach, describe, expect, test } from 'vitest';
import { guests, useTeam } from '../../support/agent/team.ts';
import { environment } from '../../support/environment.ts';
import { LONG_TEST } from '../../support/long.ts';

const team = useTeam();

describe('the policy in force', () => {
  const two = { approvals: { destroy: 2 } };
  const none = { approvals: { destroy: 0 } };
  const WAITS = /with 0 of 2 approvals/;

  beforeEach(async () => {
    await team.start('github');
    await team.phoenix.push(guests({ 101: {}, 102: {}, 103: {} }, two));
  });

  test('applies to the commit that loosens it, to its replay, and to the next commit', async () => {
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

  test(
    'is that of a commit once its run has ended, and the same for a replay as for the commit',
    LONG_TEST,
    async () => {
      const { phoenix } = team;
      const { commit } = await phoenix.push(guests({ 101: {}, 102: {}, 103: {} }, none));
      expect(await phoenix.ledger.policyInForce()).toMatchObject({ commit, policy: { approvals: { destroy: 0 } } });
      const run = await phoenix.agent().command({ verb: 'delete', targets: ['102'], by: 'ada' });
      await phoenix.reached(run, 'blocked');
      const { statuses } = await phoenix.push(guests({ 101: {}, 103: {} }, none));
      expect(statuses['phoenix/lxc/102']).toBe('success: applied');
    },
  );

  test(
    'protects guests, requires named persons and limits deletions for a replay as for the push',
    LONG_TEST,
    async () => {
      const { phoenix } = team;
      const strict = { approvers: ['grace'], protected: [103], max_delete_percent: 40 };
      await phoenix.push(guests({ 101: {}, 102: {}, 103: {} }, strict));
      const { commit, statuses } = await phoenix.push(guests({ 101: {} }, { max_delete_percent: 100 }));
      expect(statuses['phoenix/apply']).toMatch(/than 40 % of them; phoenix validate says what to do$/);
      const replay = await phoenix.agent().replay({ commit, by: 'ada' });
      await phoenix.reached(replay, 'invalid');
      const second = await phoenix.push(guests({ 101: {}, 102: {} }, { max_delete_percent: 100 }));
      expect(second.statuses['phoenix/lxc/103']).toMatch(/it is protected/);
      const again = await phoenix.agent().replay({ commit: second.commit, by: 'ada' });
      await phoenix.reached(again, 'blocked');
      expect(team.told(second.commit, 'lxc/103')).toMatch(/it is protected/);
      expect(await team.host.commands()).not.toContain('box drop 103');
    },
  );

  test('shows the limit of deletions as written, also when only the host section has it', async () => {
    await team.phoenix.push(environment({ 101: {}, 102: {}, 103: {} }, { behavior: { max_delete_share: 0.29 } }));
    expect((await team.phoenix.ledger.policyInForce())?.policy.maxDeletePercent).toBe(29);
  });
});
