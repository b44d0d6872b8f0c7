// Approvals in the message of a commit: who wrote the line decides whether it counts, and it counts once.

import { beforeEach, describe, expect, test } from 'vitest';
import { guests, useTeam } from '../../support/agent/team.ts';
import { LONG_TEST, longUnless } from '../../support/long.ts';
import { until } from '../../support/until.ts';

const TRAILER = 'Phoenix-Approve: destroy lxc/102';
const both = guests({ 101: {}, 102: {}, 103: {} });
const less = guests({ 101: {}, 103: {} });

const team = useTeam();

/** The recorded reason why a line does not count as an approval. */
async function notes(): Promise<readonly string[]> {
  return (await team.phoenix.ledger.run(await team.run()))?.notes ?? [];
}

describe('an approval by trailer', () => {
  beforeEach(async () => {
    await team.start('github');
    await team.phoenix.push(both);
  });

  test('in a merged commit does not count, which is reported before and after the merge', async () => {
    const { number } = await team.propose('less', less, { message: `Less\n\n${TRAILER}` });
    await until(() => team.said(number).includes('approves nothing: it already stood in'), 'it to be said before');
    const commit = await team.merge(number);
    expect(team.told(commit)).toMatch(/would destroy it/);
    expect(await notes()).toEqual([
      expect.stringMatching(/^"Phoenix-Approve: destroy lxc\/102" approves nothing: it stands in/),
    ]);
    await until(() => team.said(number).includes('only the message of the pushed head counts'), 'it to be said after');
  });

  test(
    'does not count if the author wrote it into the description and removed it after the merge',
    LONG_TEST,
    async () => {
      const { number } = await team.propose('less', less, { body: `Removes it.\n\n${TRAILER}` });
      team.phoenix.forge.decideDeliveries(() => 'delay');
      const merged = team.phoenix.forge.mergePull(number, 'ada', { message: `Less (#${number})\n\n${TRAILER}` });
      await team.phoenix.forge.editPull(number, { body: 'Removes it.' });
      team.phoenix.forge.decideDeliveries(() => 'deliver');
      await team.phoenix.forge.release();
      const commit = (await merged).merged?.sha as never;
      await team.phoenix.answered(commit);
      expect(team.told(commit)).toMatch(/would destroy it/);
    },
  );

  test('counts in a merge commit, by the user who merges', async () => {
    const { number } = await team.propose('less', less);
    const commit = await team.merge(number, { message: `Less (#${number})\n\n${TRAILER}` });
    expect(team.told(commit)).toBe('success: applied');
  });
});

describe.each(['github', 'gitea', 'gitlab'] as const)('approvals in the message of a squash, on %s', (forge) => {
  beforeEach(async () => {
    await team.start(forge);
    await team.phoenix.push(both);
  });

  test('do not count in the parts that the forge assembled', longUnless(forge === 'github'), async () => {
    const { number } = await team.propose('less', less, { message: `Less\n\n${TRAILER}` });
    const commit = await team.merge(number, { squash: true });
    expect(team.told(commit)).toMatch(/would destroy it/);
    expect(await notes()).toEqual([expect.stringContaining(`it already stood in pull request ${number}`)]);
  });

  test('count in the text of the user who merges, in their name', longUnless(forge === 'github'), async () => {
    const { number } = await team.propose('less', less);
    const commit = await team.merge(number, { squash: true, message: `Less (#${number})\n\n${TRAILER}` });
    expect(team.told(commit)).toBe('success: applied');
    const run = await team.phoenix.ledger.run(await team.run());
    expect(run?.approvals).toMatchObject([
      { target: 'lxc/102', by: 'ada', where: `the message of ${commit.slice(0, 7)}` },
    ]);
  });
});
