// A team on each forge: plans on pull requests, merges, approvals and replays by button or comment, all through the real HTTP server. The host is one
// of boxes, whose commands are counted.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CommitSha } from '../../../src/model/ids.ts';
import type { CommitStatus } from '../../../src/model/report.ts';
import { type Phoenix, type PhoenixOptions, startPhoenix } from '../../support/agent/phoenix.ts';
import { environment } from '../../support/environment.ts';
import { BOXES, type BoxHost, openBoxHost } from '../../support/host/boxes.ts';
import { LONG_TEST, longUnless } from '../../support/long.ts';
import { until } from '../../support/until.ts';

let folder: string;
let host: BoxHost;
let phoenix: Phoenix;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-review-'));
  host = await openBoxHost(folder);
});

afterEach(async () => {
  await phoenix.stop();
  await rm(folder, { recursive: true, force: true });
});

async function start(forge: PhoenixOptions['forge'], options: PhoenixOptions['options'] = {}): Promise<void> {
  phoenix = await startPhoenix({ host, managers: BOXES, ...(forge === undefined ? {} : { forge }), options });
  // In a new GitLab project, no lower role may push to its first branch.
  phoenix.forge.allow('ada', 'maintain');
  phoenix.forge.allow('eve', 'read');
}

/** The plan of a commit, once it exists. */
async function planOf(commit: CommitSha, not = ''): Promise<string> {
  const plan = () => phoenix.statuses(commit)['phoenix/plan'];
  await until(() => plan() !== undefined && plan() !== not, `a plan on ${commit}`);
  return plan() ?? '';
}

/** Merges it; resolves to the commit that it became. */
async function merged(pull: number): Promise<CommitSha> {
  return (await phoenix.forge.mergePull(pull)).merged?.sha as CommitSha;
}

const two = environment({ 101: {}, 102: {} });
const LOST = { 101: {} };

describe.each(['github', 'github app', 'gitea', 'gitlab'] as const)('%s', (forge) => {
  test(
    'a pull request is planned, planned again when it moves, and applied when it is merged',
    longUnless(forge === 'github'),
    async () => {
      await start(forge);
      const { forge: lab } = phoenix;
      await phoenix.push(environment({ 101: {} }));
      const before = await host.commands(true);
      const first = await phoenix.repo.branch('more', two);
      const pull = await lab.openPull({ title: 'One more', head: 'more', base: 'main' });
      expect(await planOf(first)).toBe('success: 1 to create');
      const second = await phoenix.repo.branch('more', environment({ 101: { memory_mb: 1024 }, 102: {} }));
      expect(await planOf(second)).toBe('success: 1 to create, 1 to update');
      expect(phoenix.statuses(second)['phoenix/apply']).toBeUndefined();
      expect(await host.commands(true)).toEqual(before);

      const onMain = await merged(pull.number);
      const { statuses } = await phoenix.answered(onMain);
      expect(statuses).toMatchObject({
        'phoenix/apply': 'success: applied 2 targets',
        'phoenix/lxc/101': 'success: applied',
        'phoenix/lxc/102': 'success: applied',
      });
      await until(async () => (await phoenix.ledger.pulls()).size === 0, 'the pull request to be forgotten');
    },
  );

  test('users with write access approve and replay, and nobody else', longUnless(forge === 'github'), async () => {
    await start(forge);
    const { forge: lab } = phoenix;
    await phoenix.push(two);
    await phoenix.repo.branch('less', environment(LOST));
    const { number } = await lab.openPull({ title: 'One less', head: 'less', base: 'main' });
    const onMain = await merged(number);
    const { statuses } = await phoenix.answered(onMain);
    expect(statuses['phoenix/lxc/102']).toMatch(
      /^(failure|failed|action_required): would destroy it; to allow it: phoenix approve/,
    );
    const dropped = async () => (await host.commands()).includes('box drop 102');
    const [run] = await phoenix.ledger.openRuns();
    const waiting = async () => (await phoenix.ledger.run(run?.id ?? ('' as never)))?.state === 'blocked';
    expect(await waiting()).toBe(true);

    const settled = async () => (await phoenix.ledger.unsettledDeliveries()).length === 0;
    if (forge === 'github app') {
      const [check] = phoenix.forge.latestChecks(onMain).filter(({ name }) => name === 'phoenix/lxc/102');
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
    const done = await phoenix.reached(id, 'succeeded');
    expect(done.statuses['phoenix/lxc/102']).toBe('success: applied');
    expect((await phoenix.ledger.run(id))?.approvals).toMatchObject([{ target: 'lxc/102', by: 'ada' }]);

    await host.run({ kind: 'command', program: 'box', args: ['drop', '101'], timeoutSeconds: 1 });
    if (forge === 'github app') {
      const [check] = phoenix.forge.latestChecks(onMain).filter(({ name }) => name === 'phoenix/apply');
      if (check === undefined) throw new Error('there is no check');
      await lab.rerequestCheck(check.id, 'ada');
    } else await lab.comment(number, '/phoenix replay', 'ada');
    await until(async () => (await host.commands()).filter((line) => line === 'box put 101').length === 2, 'a replay');
    const [newest] = await phoenix.ledger.runs(1);
    expect(newest).toMatchObject({ trigger: 'replay', by: 'ada', commit: onMain });
    await phoenix.reached(newest?.id ?? id, 'succeeded');
  });
});

test('on Gitea, without the right to ask who may push, who may is heard, and who reads only is not', async () => {
  await start('gitea');
  const { forge: lab } = phoenix;
  lab.allow('phoenix-agent', 'write');
  // Gitea reports no permission for her, even to administrators.
  lab.allow('grace', 'write', 'team');
  const policy = { phoenix: { approvals: { destroy: 2 } } };
  await phoenix.push(environment({ 101: {}, 102: {} }, policy));
  const head = await phoenix.repo.branch('less', environment(LOST, policy));
  const { number } = await lab.openPull({ title: 'One less', head: 'less' });
  await planOf(head);
  const approvers = async () => (await phoenix.ledger.earlyApprovals(number)).map(({ by }) => by);
  await lab.comment(number, '/phoenix approve lxc/102', 'eve');
  await until(() => lab.comments(number).some(({ body }) => body.includes('eve may not push')), 'an answer');
  expect(await approvers()).toEqual([]);
  await lab.comment(number, '/phoenix approve lxc/102', 'ada');
  await lab.comment(number, '/phoenix approve lxc/102', 'grace');
  await until(async () => (await approvers()).length === 2, 'both to be heard');
  expect((await approvers()).sort()).toEqual(['ada', 'grace']);
  const onMain = await merged(number);
  expect((await phoenix.answered(onMain)).statuses['phoenix/apply']).toBe('success: applied 1 target');
});

describe('where there are no checks', () => {
  test('a comment that somebody else wrote beforehand is left alone', async () => {
    await start('github');
    await phoenix.push(two);
    const head = await phoenix.repo.branch('less', environment(LOST));
    const text = '<!-- phoenix: kept up to date -->\nNothing would change.';
    phoenix.forge.decideDeliveries(() => 'drop');
    const { number } = await phoenix.forge.openPull({ title: 'One less', head: 'less', base: 'main', by: 'eve' });
    await phoenix.forge.comment(number, text, 'eve');
    phoenix.forge.decideDeliveries(() => 'deliver');
    await phoenix.agent().delivered({ kind: 'pull' });
    await planOf(head);
    await until(() => phoenix.forge.comments(number).length === 2, 'a comment of its own');
    expect(phoenix.forge.comments(number)[0]).toMatchObject({ author: 'eve', body: text });
  });

  test('a reply follows its command, and the comment of the plan shows what was approved', async () => {
    await start('gitea');
    const { forge: lab } = phoenix;
    await phoenix.push(two);
    const head = await phoenix.repo.branch('less', environment(LOST));
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
    const { forge: lab } = phoenix;
    await phoenix.push(two);
    await phoenix.repo.branch('less', environment(LOST));
    const { number } = await lab.openPull({ title: 'One less', head: 'less', base: 'main' });
    const ours = () => lab.comments(number).filter(({ body }) => body.startsWith('<!-- phoenix'));
    await until(() => ours().length === 1, 'the comment');
    expect(ours()[0]?.body).toContain('Phoenix-Approve: destroy lxc/102');
    await merged(number);
    await until(() => ours()[0]?.body.includes('Merged as') === true, 'the comment to tell of the merge');
    expect(ours()).toHaveLength(1);
    expect(ours()[0]?.body).toContain('/phoenix approve lxc/102');
  });
});

describe('a plan', () => {
  test('is computed again when its base branch has moved', async () => {
    await start('github');
    await phoenix.push(environment({ 101: {} }));
    const head = await phoenix.repo.branch('more', environment({ 101: {}, 102: {} }));
    await phoenix.forge.openPull({ title: 'One more', head: 'more', base: 'main' });
    expect(await planOf(head)).toBe('success: 1 to create');
    const planned = await phoenix.ledger.pullPlan(1);
    await phoenix.push(environment({ 101: {}, 103: {} }));
    await until(async () => (await phoenix.ledger.pullPlan(1))?.base !== planned?.base, 'a new plan');
    expect(await planOf(head)).toBe('success: 1 to create');
  });

  test('names what is wrong at its line, and what was wrong before it not', async () => {
    await start('github app');
    await phoenix.push(environment({ 101: {} }));
    const twice = environment({
      101: {},
      102: { network_config: { name: 'eth0', bridge: 'vmbr0', ip: '10.0.0.101/24' } },
    });
    const head = await phoenix.repo.branch('wrong', twice);
    await phoenix.forge.openPull({ title: 'Wrong', head: 'wrong', base: 'main' });
    expect(await planOf(head)).toMatch(/^failure: would be refused: \d errors?\. etc\/phoenix_lxc_configs\.json:\d+: /);
    const [check] = phoenix.forge.latestChecks(head);
    const taken = check?.annotations.filter(({ message }) => message.includes('10.0.0.101')) ?? [];
    expect(taken[0]).toMatchObject({ path: 'etc/phoenix_lxc_configs.json', annotation_level: 'failure' });
    expect(check?.summary).toContain('Refused: it brings errors');
    expect(await host.commands()).toEqual(['box put 101', 'box start 101']);
  });

  test('of a fork waits for somebody who may push', async () => {
    await start('github');
    await phoenix.push(environment({ 101: {} }));
    const head = await phoenix.repo.branch('foreign', two, { to: phoenix.forge.forkUrl('eve') });
    const { number } = await phoenix.forge.openPull({
      title: 'Hello',
      head: 'foreign',
      base: 'main',
      by: 'eve',
      fork: 'eve',
    });
    const left = await planOf(head);
    expect(left).toMatch(/^error: not planned: it comes from a fork/);
    await phoenix.forge.comment(number, '/phoenix plan', 'eve');
    await until(() => phoenix.forge.comments(number).some(({ body }) => body.includes('eve may not')), 'a refusal');
    await phoenix.forge.comment(number, '/phoenix plan', 'ada');
    expect(await planOf(head, left)).toBe('success: 1 to create');
  });

  test(
    'of what was pushed without a branch waits as that of a fork does, since readers may push so',
    LONG_TEST,
    async () => {
      await start('gitea');
      await phoenix.push(environment({ 101: {} }));
      const head = await phoenix.repo.branch('foreign', two, { to: phoenix.forge.forkUrl('eve') });
      const agit = { title: 'Hello', head: 'foreign', by: 'eve', fork: 'eve', agit: true };
      const { number } = await phoenix.forge.openPull(agit);
      const left = await planOf(head);
      expect(left).toMatch(/^error: not planned: /);
      await phoenix.forge.comment(number, '/phoenix plan', 'ada');
      expect(await planOf(head, left)).toBe('success: 1 to create');
    },
  );

  test('stays on its commit when a stranger opens a pull request with the same one', LONG_TEST, async () => {
    await start('github');
    await phoenix.push(environment({ 101: {} }));
    const head = await phoenix.repo.branch('more', two);
    await phoenix.forge.openPull({ title: 'One more', head: 'more' });
    expect(await planOf(head)).toBe('success: 1 to create');
    await phoenix.repo.move(head, 'same', phoenix.forge.forkUrl('eve'));
    const { number } = await phoenix.forge.openPull({ title: 'The same', head: 'same', by: 'eve', fork: 'eve' });
    const told = () => phoenix.forge.comments(number).some(({ body }) => body.includes('not planned'));
    await until(told, 'the stranger to be told');
    expect(await planOf(head)).toBe('success: 1 to create');
    const said = phoenix.forge.statuses().filter(({ sha, context }) => sha === head && context === 'phoenix/plan');
    expect(said.map(({ state }) => state)).toEqual(['success']);
  });

  test(
    'for a fork is computed where the settings allow it, and not for a branch that is not followed',
    LONG_TEST,
    async () => {
      await start('github', { planForks: true });
      await phoenix.push(environment({ 101: {} }));
      const head = await phoenix.repo.branch('foreign', two, { to: phoenix.forge.forkUrl('eve') });
      await phoenix.forge.openPull({ title: 'Hello', head: 'foreign', base: 'main', by: 'eve', fork: 'eve' });
      expect(await planOf(head)).toBe('success: 1 to create');
      await phoenix.repo.branch('trunk', environment({ 101: {} }));
      const other = await phoenix.repo.branch('other', environment({ 101: {}, 103: {} }));
      const { number } = await phoenix.forge.openPull({ title: 'Elsewhere', head: 'other', base: 'trunk' });
      expect(phoenix.statuses(other)).toEqual({});
      await phoenix.forge.retargetPull(number, 'main');
      expect(await planOf(other)).toMatch(/^success: /);
    },
  );

  test('approved before the merge, it is applied at once; another change waits', LONG_TEST, async () => {
    await start('github');
    const { forge: lab } = phoenix;
    await phoenix.push(environment({ 101: {}, 102: {}, 103: {} }));
    const head = await phoenix.repo.branch('less', environment({ 101: {}, 103: {} }));
    const { number } = await lab.openPull({ title: 'One less', head: 'less', base: 'main' });
    await planOf(head);
    await lab.comment(number, '/phoenix approve lxc/102', 'ada');
    await until(() => lab.comments(number).some(({ body }) => body.includes('Approved: `lxc/102`')), 'an answer');
    expect(await host.commands()).not.toContain('box drop 102');
    const onMain = await merged(number);
    expect((await phoenix.answered(onMain)).statuses['phoenix/apply']).toBe('success: applied 1 target');
    await phoenix.repo.pull();
    const { statuses } = await phoenix.push(environment({ 101: {} }));
    expect(statuses['phoenix/lxc/103']).toMatch(/^failure: would destroy it/);
  });
});

test('what is approved after the merge and before its run counts for the run', LONG_TEST, async () => {
  await start('github');
  const { forge: lab } = phoenix;
  await phoenix.push(two);
  const head = await phoenix.repo.branch('less', environment(LOST));
  const { number } = await lab.openPull({ title: 'One less', head: 'less' });
  await planOf(head);
  lab.decideDeliveries(({ event }) => (event === 'push' ? 'delay' : 'deliver'));
  const onMain = await merged(number);
  await lab.comment(number, '/phoenix approve lxc/102', 'ada');
  await until(() => lab.comments(number).some(({ body }) => body.includes('Approved: `lxc/102`')), 'an answer');
  expect(await host.commands()).not.toContain('box drop 102');
  await lab.release();
  expect((await phoenix.answered(onMain)).statuses['phoenix/apply']).toBe('success: applied 1 target');
});

describe('what was lost', () => {
  test('a pull request whose event never came is planned all the same', LONG_TEST, async () => {
    await start('github', { pollSeconds: 1 });
    await phoenix.push(environment({ 101: {} }));
    phoenix.forge.decideDeliveries(() => 'drop');
    const head = await phoenix.repo.branch('more', two);
    await phoenix.forge.openPull({ title: 'One more', head: 'more', base: 'main' });
    expect(await planOf(head)).toBe('success: 1 to create');
  });

  describe.each(['github', 'github app'] as const)('on %s', (forge) => {
    test('a delivery that failed is asked for again at the next start', longUnless(forge === 'github'), async () => {
      await start(forge);
      await phoenix.push(two);
      const { number } = await (async () => {
        const head = await phoenix.repo.branch('more', environment({ 101: {}, 102: {}, 103: {} }));
        const pull = await phoenix.forge.openPull({ title: 'One more', head: 'more', base: 'main' });
        await planOf(head);
        return pull;
      })();
      const planned = await phoenix.ledger.pullPlan(number);
      await phoenix.stopAgent();
      phoenix.forge.decideDeliveries(() => 'drop');
      await phoenix.forge.comment(number, '/phoenix plan', 'ada');
      phoenix.forge.decideDeliveries(() => 'deliver');
      await phoenix.startAgent();
      await until(
        async () => (await phoenix.ledger.pullPlan(number))?.created !== planned?.created,
        'the comment to be heard after all',
      );
      const lost = phoenix.forge.deliveries().filter(({ event }) => event === 'issue_comment');
      expect(lost.map(({ status, redelivery }) => [status, redelivery])).toContainEqual([202, true]);
    });
  });

  test('that webhooks are refused is known from the record of GitHub, until they arrive', LONG_TEST, async () => {
    await start('github');
    await phoenix.push(environment({ 101: {} }));
    const fault = async () => (await phoenix.ledger.faults()).get('webhooks')?.why;
    const [{ url } = { url: '' }] = phoenix.forge.hooks();
    phoenix.forge.sendWebhooksTo(url.replace('/webhooks', '/elsewhere/webhooks'));
    await phoenix.repo.commit(two);
    await phoenix.repo.push();
    await phoenix.forge.delivered();
    await phoenix.stopAgent();
    await phoenix.startAgent();
    await until(async () => (await fault()) !== undefined, 'the fault');
    expect(await fault()).toMatch(
      /^the forge cannot deliver webhooks since .* UTC \(HTTP 404: Invalid HTTP Response: 404\); its address at the forge must be PHOENIX_PUBLIC_URL/,
    );
    phoenix.forge.sendWebhooksTo(url);
    await phoenix.push(environment({ 101: {}, 102: {}, 103: {} }));
    await until(async () => (await fault()) === undefined, 'the end of the fault');
  });

  test(
    'a token that is revoked and renewed loses no report, and a restart calls nothing interrupted',
    LONG_TEST,
    async () => {
      let late = 0;
      const clock = { now: () => new Date(Date.now() + late) };
      phoenix = await startPhoenix({ host, managers: BOXES, forge: 'gitea', clock });
      const { forge: lab, ledger } = phoenix;
      const { commit: before } = await phoenix.push(environment({ 101: {} }));
      let revoked = true;
      const refusal = { kind: 'answer', status: 401, message: 'invalid username, password or token' } as const;
      lab.faults.decide((request) => (revoked && request.method !== 'GET' ? refusal : undefined));
      const commit = await phoenix.repo.commit(two);
      await phoenix.repo.push();
      await until(async () => (await host.commands()).includes('box start 102'), 'the host to be changed');
      await until(async () => ((await ledger.reportsHeld())?.waiting ?? 0) > 1, 'reports to wait');
      expect((await ledger.reportsHeld())?.why).toContain('renew PHOENIX_FORGE_TOKEN');
      expect(phoenix.statuses(commit)).toEqual({});

      await phoenix.stopAgent();
      revoked = false;
      // Nothing is sent for a minute after a refusal.
      late = 61_000;
      await phoenix.startAgent();
      const { statuses } = await phoenix.answered(commit);
      expect(statuses).toMatchObject({ 'phoenix/apply': 'success: applied 1 target' });
      expect(JSON.stringify([statuses, phoenix.statuses(before)])).not.toContain('interrupted');
      expect(await ledger.reportsHeld()).toBeNull();
    },
  );

  test('a pending status whose work no longer runs gets an end', async () => {
    await start('github');
    const { commit } = await phoenix.push(two);
    await phoenix.stopAgent();
    // As a version before could say it: of a step that the ledger knows the end of, of one that it knows nothing of, and of a commit
    // that waited behind another and was overtaken.
    const stray = (sha: string, context: string) =>
      ({ commit: sha, context, state: 'pending', description: 'x', url: null, about: null }) as unknown as CommitStatus;
    const overtaken = await phoenix.repo.branch('elsewhere', environment({ 101: {} }));
    const strays = [
      stray(commit, 'phoenix/lxc/102'),
      stray(commit, 'phoenix/lxc/999'),
      stray(overtaken, 'phoenix/apply'),
    ];
    const said = () => phoenix.forge.statuses().filter(({ description }) => description === 'x');
    await phoenix.ledger.say(strays);
    await phoenix.startAgent();
    await until(() => said().length === strays.length, 'the strays');
    await phoenix.stopAgent();
    await phoenix.startAgent();
    const isOver = (each: CommitStatus) => !phoenix.statuses(each.commit as never)[each.context]?.startsWith('pending');
    await until(() => strays.every(isOver), 'an end of each');
    expect(phoenix.statuses(commit)['phoenix/lxc/102']).toBe('success: applied');
    expect(phoenix.statuses(commit)['phoenix/lxc/999']).toContain('to check again: phoenix replay');
    expect(phoenix.statuses(overtaken)['phoenix/apply']).toBe(`error: superseded by ${commit.slice(0, 7)}`);
  });

  test('when the ledger is lost, what commits before the head still wait for gets an end', async () => {
    await start('github');
    const { commit: older } = await phoenix.push(environment({ 101: {} }));
    const { commit } = await phoenix.push(two);
    await phoenix.stopAgent();
    await fetch(`${phoenix.forge.url}/repos/${phoenix.forge.repository}/statuses/${older}`, {
      method: 'POST',
      headers: { authorization: `token ${phoenix.around.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ state: 'pending', context: 'phoenix/lxc/101', description: 'update planned' }),
    });
    expect(phoenix.statuses(older)['phoenix/lxc/101']).toMatch(/^pending/);
    await phoenix.redis.clear();
    await phoenix.startAgent();
    await until(() => phoenix.statuses(older)['phoenix/lxc/101']?.startsWith('error') === true, 'an end');
    expect((await phoenix.answered(commit)).statuses['phoenix/apply']).toMatch(/^success: /);
  });
});
