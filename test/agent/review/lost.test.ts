// What got lost between the forge and the agent: events, reports, the ledger. Work that nobody carries out any more gets an end.

import { describe, expect, test } from 'vitest';
import type { CommitStatus } from '../../../src/model/report.ts';
import { two, useTeam } from '../../support/agent/team.ts';
import { environment } from '../../support/environment.ts';
import { LONG_TEST, longUnless } from '../../support/long.ts';
import { until } from '../../support/until.ts';

const team = useTeam();
const { start, planOf } = team;

test('a pull request whose event never came is planned all the same', LONG_TEST, async () => {
  await start('github', { options: { pollSeconds: 1 } });
  await team.phoenix.push(environment({ 101: {} }));
  team.phoenix.forge.decideDeliveries(() => 'drop');
  const head = await team.phoenix.repo.branch('more', two);
  await team.phoenix.forge.openPull({ title: 'One more', head: 'more', base: 'main' });
  expect(await planOf(head)).toBe('success: 1 to create');
});

describe.each(['github', 'github app'] as const)('on %s', (forge) => {
  test('a delivery that failed is asked for again at the next start', longUnless(forge === 'github'), async () => {
    await start(forge);
    await team.phoenix.push(two);
    const { number } = await (async () => {
      const head = await team.phoenix.repo.branch('more', environment({ 101: {}, 102: {}, 103: {} }));
      const pull = await team.phoenix.forge.openPull({ title: 'One more', head: 'more', base: 'main' });
      await planOf(head);
      return pull;
    })();
    const planned = await team.phoenix.ledger.pullPlan(number);
    await team.phoenix.stopAgent();
    team.phoenix.forge.decideDeliveries(() => 'drop');
    await team.phoenix.forge.comment(number, '/phoenix plan', 'ada');
    team.phoenix.forge.decideDeliveries(() => 'deliver');
    await team.phoenix.startAgent();
    await until(
      async () => (await team.phoenix.ledger.pullPlan(number))?.created !== planned?.created,
      'the comment to be heard after all',
    );
    const lost = team.phoenix.forge.deliveries().filter(({ event }) => event === 'issue_comment');
    expect(lost.map(({ status, redelivery }) => [status, redelivery])).toContainEqual([202, true]);
  });
});

test('that webhooks are refused is known from the record of GitHub, until they arrive', LONG_TEST, async () => {
  await start('github');
  await team.phoenix.push(environment({ 101: {} }));
  const fault = async () => (await team.phoenix.ledger.faults()).get('webhooks')?.why;
  const [{ url } = { url: '' }] = team.phoenix.forge.hooks();
  team.phoenix.forge.sendWebhooksTo(url.replace('/webhooks', '/elsewhere/webhooks'));
  await team.phoenix.repo.commit(two);
  await team.phoenix.repo.push();
  await team.phoenix.forge.delivered();
  await team.phoenix.stopAgent();
  await team.phoenix.startAgent();
  await until(async () => (await fault()) !== undefined, 'the fault');
  expect(await fault()).toMatch(
    /^the forge cannot deliver webhooks since .* UTC \(HTTP 404: Invalid HTTP Response: 404\); its address at the forge must be PHOENIX_PUBLIC_URL/,
  );
  team.phoenix.forge.sendWebhooksTo(url);
  await team.phoenix.push(environment({ 101: {}, 102: {}, 103: {} }));
  await until(async () => (await fault()) === undefined, 'the end of the fault');
});

test(
  'a token that is revoked and renewed loses no report, and a restart calls nothing interrupted',
  LONG_TEST,
  async () => {
    let late = 0;
    const clock = { now: () => new Date(Date.now() + late) };
    await start('gitea', { clock });
    const { forge: lab, ledger } = team.phoenix;
    const { commit: before } = await team.phoenix.push(environment({ 101: {} }));
    let revoked = true;
    const refusal = { kind: 'answer', status: 401, message: 'invalid username, password or token' } as const;
    lab.faults.decide((request) => (revoked && request.method !== 'GET' ? refusal : undefined));
    const commit = await team.phoenix.repo.commit(two);
    await team.phoenix.repo.push();
    await until(async () => (await team.host.commands()).includes('box start 102'), 'the host to be changed');
    await until(async () => ((await ledger.reportsHeld())?.waiting ?? 0) > 1, 'reports to wait');
    expect((await ledger.reportsHeld())?.why).toContain('renew PHOENIX_FORGE_TOKEN');
    expect(team.phoenix.statuses(commit)).toEqual({});

    await team.phoenix.stopAgent();
    revoked = false;
    // Nothing is sent for a minute after a refusal.
    late = 61_000;
    await team.phoenix.startAgent();
    const { statuses } = await team.phoenix.answered(commit);
    expect(statuses).toMatchObject({ 'phoenix/apply': 'success: applied 1 target' });
    expect(JSON.stringify([statuses, team.phoenix.statuses(before)])).not.toContain('interrupted');
    expect(await ledger.reportsHeld()).toBeNull();
  },
);

test('a pending status whose work no longer runs gets an end', async () => {
  await start('github');
  const { commit } = await team.phoenix.push(two);
  await team.phoenix.stopAgent();
  // As a version before could say it: of a step that the ledger knows the end of, of one that it knows nothing of, and of a commit
  // that waited behind another and was overtaken.
  const stray = (sha: string, context: string) =>
    ({ commit: sha, context, state: 'pending', description: 'x', url: null, about: null }) as unknown as CommitStatus;
  const overtaken = await team.phoenix.repo.branch('elsewhere', environment({ 101: {} }));
  const strays = [
    stray(commit, 'phoenix/lxc/102'),
    stray(commit, 'phoenix/lxc/999'),
    stray(overtaken, 'phoenix/apply'),
  ];
  const said = () => team.phoenix.forge.statuses().filter(({ description }) => description === 'x');
  await team.phoenix.ledger.say(strays);
  await team.phoenix.startAgent();
  await until(() => said().length === strays.length, 'the strays');
  await team.phoenix.stopAgent();
  await team.phoenix.startAgent();
  const isOver = (each: CommitStatus) =>
    !team.phoenix.statuses(each.commit as never)[each.context]?.startsWith('pending');
  await until(() => strays.every(isOver), 'an end of each');
  expect(team.phoenix.statuses(commit)['phoenix/lxc/102']).toBe('success: applied');
  expect(team.phoenix.statuses(commit)['phoenix/lxc/999']).toContain('to check again: phoenix replay');
  expect(team.phoenix.statuses(overtaken)['phoenix/apply']).toBe(`error: superseded by ${commit.slice(0, 7)}`);
});

test('when the ledger is lost, what commits before the head still wait for gets an end', async () => {
  await start('github');
  const { commit: older } = await team.phoenix.push(environment({ 101: {} }));
  const { commit } = await team.phoenix.push(two);
  await team.phoenix.stopAgent();
  await fetch(`${team.phoenix.forge.url}/repos/${team.phoenix.forge.repository}/statuses/${older}`, {
    method: 'POST',
    headers: { authorization: `token ${team.phoenix.around.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ state: 'pending', context: 'phoenix/lxc/101', description: 'update planned' }),
  });
  expect(team.phoenix.statuses(older)['phoenix/lxc/101']).toMatch(/^pending/);
  await team.phoenix.redis.clear();
  await team.phoenix.startAgent();
  await until(() => team.phoenix.statuses(older)['phoenix/lxc/101']?.startsWith('error') === true, 'an end');
  expect((await team.phoenix.answered(commit)).statuses['phoenix/apply']).toMatch(/^success: /);
});
