// Phoenix's comment under a pull request: a foreign comment is never taken for it, and changes to it are reverted.

import { beforeEach, describe, expect, test } from 'vitest';
import { guests, useTeam } from '../../support/agent/team.ts';
import { longUnless } from '../../support/long.ts';
import { until } from '../../support/until.ts';

const both = guests({ 101: {}, 102: {}, 103: {} });
const less = guests({ 101: {}, 103: {} });

const team = useTeam();

describe.each(['github', 'gitea', 'gitlab'] as const)('the comment of Phoenix, on %s', (forge) => {
  beforeEach(async () => {
    await team.start(forge);
    await team.phoenix.push(both);
  });

  test(
    'is only its own: a copy by somebody else is left alone, even if it seems older',
    longUnless(forge === 'github'),
    async () => {
      const { forge: lab, ledger } = team.phoenix;
      const { number } = await team.propose('less', less);
      await until(() => team.said(number) !== '', 'the comment');
      const copy = await lab.comment(number, team.said(number), 'eve');
      await team.phoenix.stopAgent();
      await team.phoenix.redis.clear();
      await team.phoenix.startAgent();
      await until(async () => (await ledger.pullPlan(number)) !== null, 'the plan to be made again');
      await until(async () => (await ledger.nextReport()) === null, 'it to be said');
      expect(lab.comments(number).filter(({ author }) => author !== 'eve')).toHaveLength(1);
      expect(lab.comments(number).find(({ id }) => id === copy.id)?.body).toBe(copy.body);
    },
  );

  test('is restored when somebody else has edited it, and says so', longUnless(forge === 'github'), async () => {
    const { forge: lab } = team.phoenix;
    const { number } = await team.propose('less', less);
    await until(() => team.said(number).includes('1 to delete'), 'the comment');
    const [ours] = team.ours(number);
    await lab.editComment(ours?.id ?? 0, 'Nothing would change.', 'mallory');
    await until(() => team.said(number).includes('Somebody else had changed this comment'), 'it to be written anew');
    expect(team.said(number)).toContain('1 to delete');
    expect(lab.comments(number)).toHaveLength(1);
  });
});
