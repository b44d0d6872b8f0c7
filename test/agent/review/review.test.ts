// A team on each forge: plans on pull requests, merges, approvals and replays by button or comment, all through the real HTTP server. The host is one
// of boxes, whose commands are counted. Where a forge has no checks is in no-checks.test.ts, what got lost in lost.test.ts.

import { describe, expect, test } from 'vitest';
import { LOST, two, useTeam } from '../../support/agent/team.ts';
import { environment } from '../../support/environment.ts';
import { LONG_TEST, longUnless } from '../../support/long.ts';
import { until } from '../../support/until.ts';

const team = useTeam();
const { start, planOf, merged } = team;

describe.each(['github', 'github app', 'gitea', 'gitlab'] as const)('%s', (forge) => {
  test(
    'a pull request is planned, planned again when it moves, and applied when it is merged',
    longUnless(forge === 'github'),
    async () => {
      await start(forge);
      const { forge: lab } = team.phoenix;
      await team.phoenix.push(environment({ 101: {} }));
      const before = await team.host.commands(true);
      const first = await team.phoenix.repo.branch('more', two);
      const pull = await lab.openPull({ title: 'One more', head: 'more', base: 'main' });
      expect(await planOf(first)).toBe('success: 1 to create');
      const second = await team.phoenix.repo.branch('more', environment({ 101: { memory_mb: 1024 }, 102: {} }));
      expect(await planOf(second)).toBe('success: 1 to create, 1 to update');
      expect(team.phoenix.statuses(second)['phoenix/apply']).toBeUndefined();
      expect(await team.host.commands(true)).toEqual(before);

      const onMain = await merged(pull.number);
      const { statuses } = await team.phoenix.answered(onMain);
      expect(statuses).toMatchObject({
        'phoenix/apply': 'success: applied 2 targets',
        'phoenix/lxc/101': 'success: applied',
        'phoenix/lxc/102': 'success: applied',
      });
      await until(async () => (await team.phoenix.ledger.pulls()).size === 0, 'the pull request to be forgotten');
    },
  );

  test('users with write access approve and replay, and nobody else', longUnless(forge === 'github'), async () => {
    await start(forge);
    const { forge: lab } = team.phoenix;
    await team.phoenix.push(two);
    await team.phoenix.repo.branch('less', environment(LOST));
    const { number } = await lab.openPull({ title: 'One less', head: 'less', base: 'main' });
    const onMain = await merged(number);
    const { statuses } = await team.phoenix.answered(onMain);
    expect(statuses['phoenix/lxc/102']).toMatch(
      /^(failure|failed|action_required): would destroy it; to allow it: phoenix approve/,
    );
    const dropped = async () => (await team.host.commands()).includes('box drop 102');
    const [run] = await team.phoenix.ledger.openRuns();
    const waiting = async () => (await team.phoenix.ledger.run(run?.id ?? ('' as never)))?.state === 'blocked';
    expect(await waiting()).toBe(true);

    const settled = async () => (await team.phoenix.ledger.unsettledDeliveries()).length === 0;
    if (forge === 'github app') {
      const [check] = team.phoenix.forge.latestChecks(onMain).filter(({ name }) => name === 'phoenix/lxc/102');
      if (check === undefined) throw new Error('there is no check');
      expect(check.actions.map(({ identifier }) => identifier)).toEqual(['approve', 'replay']);
      await lab.pressButton(check.id, 'approve', 'eve');
      await until(settled, 'eve to be heard');
      expect([await waiting(), await dropped()]).toEqual([true, false]);
      await lab.pressButton(check.id, 'approve', 'ada');
    } else {
      await lab.comment(number, 'Looks fine\n\n/phoenix approve lxc/102', 'eve');
      await until(() => lab.comments(number).some(({ body }) => body.includes('eve may not push')), 'an answer to eve');
      expect([await waiting(), await dropped()]).toEqual([true, false]);
      await lab.comment(number, '/phoenix approve lxc/102', 'ada');
    }
    await until(dropped, '102 to go');
    const id = run?.id;
    if (id === undefined) throw new Error('there is no run');
    const done = await team.phoenix.reached(id, 'succeeded');
    expect(done.statuses['phoenix/lxc/102']).toBe('success: applied');
    expect((await team.phoenix.ledger.run(id))?.approvals).toMatchObject([{ target: 'lxc/102', by: 'ada' }]);

    await team.host.run({ kind: 'command', program: 'box', args: ['drop', '101'], timeoutSeconds: 1 });
    if (forge === 'github app') {
      const [check] = team.phoenix.forge.latestChecks(onMain).filter(({ name }) => name === 'phoenix/apply');
      if (check === undefined) throw new Error('there is no check');
      await lab.rerequestCheck(check.id, 'ada');
    } else await lab.comment(number, '/phoenix replay', 'ada');
    await until(
      async () => (await team.host.commands()).filter((line) => line === 'box put 101').length === 2,
      'a replay',
    );
    const [newest] = await team.phoenix.ledger.runs(1);
    expect(newest).toMatchObject({ trigger: 'replay', by: 'ada', commit: onMain });
    await team.phoenix.reached(newest?.id ?? id, 'succeeded');
  });
});

test('on Gitea, without the right to ask who may push, who may is heard, and who reads only is not', async () => {
  await start('gitea');
  const { forge: lab } = team.phoenix;
  lab.allow('phoenix-agent', 'write');
  // Gitea reports no permission for her, even to administrators.
  lab.allow('grace', 'write', 'team');
  const policy = { phoenix: { approvals: { destroy: 2 } } };
  await team.phoenix.push(environment({ 101: {}, 102: {} }, policy));
  const head = await team.phoenix.repo.branch('less', environment(LOST, policy));
  const { number } = await lab.openPull({ title: 'One less', head: 'less' });
  await planOf(head);
  const approvers = async () => (await team.phoenix.ledger.earlyApprovals(number)).map(({ by }) => by);
  await lab.comment(number, '/phoenix approve lxc/102', 'eve');
  await until(() => lab.comments(number).some(({ body }) => body.includes('eve may not push')), 'an answer');
  expect(await approvers()).toEqual([]);
  await lab.comment(number, '/phoenix approve lxc/102', 'ada');
  await lab.comment(number, '/phoenix approve lxc/102', 'grace');
  await until(async () => (await approvers()).length === 2, 'both to be heard');
  expect((await approvers()).sort()).toEqual(['ada', 'grace']);
  const onMain = await merged(number);
  expect((await team.phoenix.answered(onMain)).statuses['phoenix/apply']).toBe('success: applied 1 target');
});

describe('a plan', () => {
  test('is computed again when its base branch has moved', async () => {
    await start('github');
    await team.phoenix.push(environment({ 101: {} }));
    const head = await team.phoenix.repo.branch('more', environment({ 101: {}, 102: {} }));
    await team.phoenix.forge.openPull({ title: 'One more', head: 'more', base: 'main' });
    expect(await planOf(head)).toBe('success: 1 to create');
    const planned = await team.phoenix.ledger.pullPlan(1);
    await team.phoenix.push(environment({ 101: {}, 103: {} }));
    await until(async () => (await team.phoenix.ledger.pullPlan(1))?.base !== planned?.base, 'a new plan');
    expect(await planOf(head)).toBe('success: 1 to create');
  });

  test('names what is wrong at its line, and what was wrong before it not', async () => {
    await start('github app');
    await team.phoenix.push(environment({ 101: {} }));
    const twice = environment({
      101: {},
      102: { network_config: { name: 'eth0', bridge: 'vmbr0', ip: '10.0.0.101/24' } },
    });
    const head = await team.phoenix.repo.branch('wrong', twice);
    await team.phoenix.forge.openPull({ title: 'Wrong', head: 'wrong', base: 'main' });
    expect(await planOf(head)).toMatch(/^failure: would be refused: \d errors?\. etc\/phoenix_lxc_configs\.json:\d+: /);
    const [check] = team.phoenix.forge.latestChecks(head);
    const taken = check?.annotations.filter(({ message }) => message.includes('10.0.0.101')) ?? [];
    expect(taken[0]).toMatchObject({ path: 'etc/phoenix_lxc_configs.json', annotation_level: 'failure' });
    expect(check?.summary).toContain('Refused: it brings errors');
    expect(await team.host.commands()).toEqual(['box put 101', 'box start 101']);
  });

  test('of a fork waits for somebody who may push', async () => {
    await start('github');
    await team.phoenix.push(environment({ 101: {} }));
    const head = await team.phoenix.repo.branch('foreign', two, { to: team.phoenix.forge.forkUrl('eve') });
    const { number } = await team.phoenix.forge.openPull({
      title: 'Hello',
      head: 'foreign',
      base: 'main',
      by: 'eve',
      fork: 'eve',
    });
    const left = await planOf(head);
    expect(left).toMatch(/^error: not planned: it comes from a fork/);
    await team.phoenix.forge.comment(number, '/phoenix plan', 'eve');
    await until(
      () => team.phoenix.forge.comments(number).some(({ body }) => body.includes('eve may not')),
      'a refusal',
    );
    await team.phoenix.forge.comment(number, '/phoenix plan', 'ada');
    expect(await planOf(head, left)).toBe('success: 1 to create');
  });

  test(
    'of what was pushed without a branch waits as that of a fork does, since readers may push so',
    LONG_TEST,
    async () => {
      await start('gitea');
      await team.phoenix.push(environment({ 101: {} }));
      const head = await team.phoenix.repo.branch('foreign', two, { to: team.phoenix.forge.forkUrl('eve') });
      const agit = { title: 'Hello', head: 'foreign', by: 'eve', fork: 'eve', agit: true };
      const { number } = await team.phoenix.forge.openPull(agit);
      const left = await planOf(head);
      expect(left).toMatch(/^error: not planned: /);
      await team.phoenix.forge.comment(number, '/phoenix plan', 'ada');
      expect(await planOf(head, left)).toBe('success: 1 to create');
    },
  );

  test('stays on its commit when a stranger opens a pull request with the same one', LONG_TEST, async () => {
    await start('github');
    await team.phoenix.push(environment({ 101: {} }));
    const head = await team.phoenix.repo.branch('more', two);
    await team.phoenix.forge.openPull({ title: 'One more', head: 'more' });
    expect(await planOf(head)).toBe('success: 1 to create');
    await team.phoenix.repo.move(head, 'same', team.phoenix.forge.forkUrl('eve'));
    const { number } = await team.phoenix.forge.openPull({ title: 'The same', head: 'same', by: 'eve', fork: 'eve' });
    const told = () => team.phoenix.forge.comments(number).some(({ body }) => body.includes('not planned'));
    await until(told, 'the stranger to be told');
    expect(await planOf(head)).toBe('success: 1 to create');
    const said = team.phoenix.forge.statuses().filter(({ sha, context }) => sha === head && context === 'phoenix/plan');
    expect(said.map(({ state }) => state)).toEqual(['success']);
  });

  test(
    'for a fork is computed where the settings allow it, and not for a branch that is not followed',
    LONG_TEST,
    async () => {
      await start('github', { options: { planForks: true } });
      await team.phoenix.push(environment({ 101: {} }));
      const head = await team.phoenix.repo.branch('foreign', two, { to: team.phoenix.forge.forkUrl('eve') });
      await team.phoenix.forge.openPull({ title: 'Hello', head: 'foreign', base: 'main', by: 'eve', fork: 'eve' });
      expect(await planOf(head)).toBe('success: 1 to create');
      await team.phoenix.repo.branch('trunk', environment({ 101: {} }));
      const other = await team.phoenix.repo.branch('other', environment({ 101: {}, 103: {} }));
      const { number } = await team.phoenix.forge.openPull({ title: 'Elsewhere', head: 'other', base: 'trunk' });
      expect(team.phoenix.statuses(other)).toEqual({});
      await team.phoenix.forge.retargetPull(number, 'main');
      expect(await planOf(other)).toMatch(/^success: /);
    },
  );

  test('approved before the merge, it is applied at once; another change waits', LONG_TEST, async () => {
    await start('github');
    const { forge: lab } = team.phoenix;
    await team.phoenix.push(environment({ 101: {}, 102: {}, 103: {} }));
    const head = await team.phoenix.repo.branch('less', environment({ 101: {}, 103: {} }));
    const { number } = await lab.openPull({ title: 'One less', head: 'less', base: 'main' });
    await planOf(head);
    await lab.comment(number, '/phoenix approve lxc/102', 'ada');
    await until(() => lab.comments(number).some(({ body }) => body.includes('Approved: `lxc/102`')), 'an answer');
    expect(await team.host.commands()).not.toContain('box drop 102');
    const onMain = await merged(number);
    expect((await team.phoenix.answered(onMain)).statuses['phoenix/apply']).toBe('success: applied 1 target');
    await team.phoenix.repo.pull();
    const { statuses } = await team.phoenix.push(environment({ 101: {} }));
    expect(statuses['phoenix/lxc/103']).toMatch(/^failure: would destroy it/);
  });
});

test('what was approved before the merge counts while GitLab merges, too', LONG_TEST, async () => {
  await start('gitlab');
  const { forge: lab } = team.phoenix;
  await team.phoenix.push(two);
  const head = await team.phoenix.repo.branch('less', environment(LOST));
  const { number } = await lab.openPull({ title: 'One less', head: 'less' });
  await planOf(head);
  await lab.comment(number, '/phoenix approve lxc/102', 'ada');
  await until(() => lab.comments(number).some(({ body }) => body.includes('Approved: `lxc/102`')), 'an answer');
  lab.lockPull(number);
  await lab.editPull(number, { title: 'Merging' });
  await team.phoenix.agent().delivered({ kind: 'pull' });
  await until(async () => (await team.phoenix.ledger.unsettledDeliveries()).length === 0, 'a look at it');
  const onMain = await merged(number);
  expect((await team.phoenix.answered(onMain)).statuses['phoenix/apply']).toBe('success: applied 1 target');
});

test('what is approved after the merge and before its run counts for the run', LONG_TEST, async () => {
  await start('github');
  const { forge: lab } = team.phoenix;
  await team.phoenix.push(two);
  const head = await team.phoenix.repo.branch('less', environment(LOST));
  const { number } = await lab.openPull({ title: 'One less', head: 'less' });
  await planOf(head);
  lab.decideDeliveries(({ event }) => (event === 'push' ? 'delay' : 'deliver'));
  const onMain = await merged(number);
  await lab.comment(number, '/phoenix approve lxc/102', 'ada');
  await until(() => lab.comments(number).some(({ body }) => body.includes('Approved: `lxc/102`')), 'an answer');
  expect(await team.host.commands()).not.toContain('box drop 102');
  await lab.release();
  expect((await team.phoenix.answered(onMain)).statuses['phoenix/apply']).toBe('success: applied 1 target');
});
