// Where a forge has no checks: one comment of the plan, kept up to date, and replies to commands.

import { expect, test } from 'vitest';
import { LOST, two, useTeam } from '../../support/agent/team.ts';
import { environment } from '../../support/environment.ts';
import { until } from '../../support/until.ts';

const team = useTeam();
const { start, planOf, merged } = team;

test('a comment that somebody else wrote beforehand is left alone', async () => {
  await start('github');
  await team.phoenix.push(two);
  const head = await team.phoenix.repo.branch('less', environment(LOST));
  const text = '<!-- phoenix: kept up to date -->\nNothing would change.';
  team.phoenix.forge.decideDeliveries(() => 'drop');
  const { number } = await team.phoenix.forge.openPull({ title: 'One less', head: 'less', base: 'main', by: 'eve' });
  await team.phoenix.forge.comment(number, text, 'eve');
  team.phoenix.forge.decideDeliveries(() => 'deliver');
  await team.phoenix.agent().delivered({ kind: 'pull' });
  await planOf(head);
  await until(() => team.phoenix.forge.comments(number).length === 2, 'a comment of its own');
  expect(team.phoenix.forge.comments(number)[0]).toMatchObject({ author: 'eve', body: text });
});

test('a reply follows its command, and the comment of the plan shows what was approved', async () => {
  await start('gitea');
  const { forge: lab } = team.phoenix;
  await team.phoenix.push(two);
  const head = await team.phoenix.repo.branch('less', environment(LOST));
  const { number } = await lab.openPull({ title: 'One less', head: 'less' });
  await planOf(head);
  await until(() => lab.comments(number).length === 1, 'the comment');
  expect(lab.comments(number)[0]?.body).toContain('Waits for approval');
  await lab.comment(number, '/phoenix approve lxc/102', 'ada');
  await until(() => lab.comments(number).length === 3, 'an answer');
  const [, asked, answer] = lab.comments(number).map(({ body }) => body);
  expect(asked).toBe('/phoenix approve lxc/102');
  expect(answer).toContain('ada wrote `/phoenix approve lxc/102`\n\nApproved: `lxc/102`.');
  await until(() => lab.comments(number)[0]?.body.includes('`lxc/102` approved by ada') === true, 'it to be kept');
  expect(lab.comments(number)[0]?.body).not.toContain('Waits for approval');
});

test('one comment is updated, from the plan to the outcome of the merge, also when it is deleted', async () => {
  await start('gitea');
  const { forge: lab } = team.phoenix;
  await team.phoenix.push(two);
  await team.phoenix.repo.branch('less', environment(LOST));
  const { number } = await lab.openPull({ title: 'One less', head: 'less', base: 'main' });
  const ours = () => team.ours(number);
  await until(() => ours().length === 1, 'the comment');
  expect(ours()[0]?.body).toContain('Phoenix-Approve: destroy lxc/102');
  await merged(number);
  await until(() => ours()[0]?.body.includes('Merged as') === true, 'the comment to tell of the merge');
  expect(ours()).toHaveLength(1);
  expect(ours()[0]?.body).toContain('/phoenix approve lxc/102');
});
