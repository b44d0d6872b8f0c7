// A team on a real Gitea: an organisation with a private repository, collaborators and teams with write access, a reader, a fork, pull requests
// without a branch, a revoked token, and a server that is restored from an older backup.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Agent } from '../../src/agent/deps.ts';
import { type HttpServer, startHttpServer } from '../../src/agent/http/server.ts';
import type { CommitSha } from '../../src/model/ids.ts';
import { secret } from '../../src/model/secret.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { openTestLedger, type Surroundings, startTestAgent, testLog } from '../support/agent/agent.ts';
import { environment } from '../support/environment.ts';
import { type ConfigRepo, openConfigRepo } from '../support/git/config-repo.ts';
import { GITEA, type Gitea, startGitea } from '../support/git/gitea.ts';
import { BOXES, type BoxHost, openBoxHost } from '../support/host/boxes.ts';
import { startRedis, type TestRedis } from '../support/redis/redis.ts';
import { until } from '../support/until.ts';

// A server with its own database and queue takes its time to answer.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const SECRET = 'the secret of the webhook';
const REPOSITORY = 'team/config';
const PATH = `/repos/${REPOSITORY}`;
/** As docs/forges.md names them. */
const SCOPES = ['write:repository', 'write:issue'];
const EVENTS = ['push', 'pull_request', 'pull_request_sync', 'pull_request_comment', 'pull_request_review'];

describe.skipIf(GITEA === undefined)('a real Gitea (PHOENIX_TEST_GITEA names it where it is not on PATH)', () => {
  let folder: string;
  let gitea: Gitea;
  let redis: TestRedis;
  let ledger: Ledger;
  let host: BoxHost;
  let repo: ConfigRepo;
  let around: Surroundings;
  let http: HttpServer;
  let agent: Agent | undefined;
  let token: { readonly id: number; readonly value: string };
  /** How far the agent's clock is ahead: pauses of minutes are not waited for. */
  let lateMs = 0;
  const clock = { now: () => new Date(Date.now() + lateMs) };
  const two = environment({ 101: {}, 102: {} });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phoenix-real-gitea-'));
    gitea = await startGitea(GITEA ?? '');
    for (const login of ['ada', 'grace', 'eve', 'phoenix-bot']) await gitea.person(login);
    await gitea.must('POST', '/orgs', { username: 'team', visibility: 'private' });
    await gitea.must('POST', '/orgs/team/repos', { name: 'config', private: true, default_branch: 'main' });
    const may = { 'repo.code': 'write', 'repo.issues': 'write', 'repo.pulls': 'write' };
    const writers = { name: 'writers', permission: 'write', units: Object.keys(may), units_map: may };
    const { id } = await gitea.must('POST', '/orgs/team/teams', { ...writers, includes_all_repositories: true });
    await gitea.must('PUT', `/teams/${id}/members/grace`);
    for (const [login, permission] of [
      ['ada', 'write'],
      ['phoenix-bot', 'write'],
      ['eve', 'read'],
    ]) {
      await gitea.must('PUT', `${PATH}/collaborators/${login}`, { permission });
    }
    token = await gitea.token('phoenix-bot', ...SCOPES);

    redis = await startRedis();
    ledger = openTestLedger(redis.url);
    host = await openBoxHost(folder);
    repo = await openConfigRepo(join(folder, 'ada'), gitea.pushUrl('ada', REPOSITORY));
    around = {
      redisUrl: redis.url,
      cloneFolder: join(folder, 'clone'),
      repositoryUrl: `${gitea.url}/${REPOSITORY}.git`,
      forgeUrl: gitea.url,
      forgeRepository: REPOSITORY,
      get token() {
        return token.value;
      },
      forgeKind: 'gitea',
      appKey: null,
    };
    http = await startHttpServer(
      {
        receive: {
          secrets: [secret(SECRET)],
          branch: 'main',
          sentAs: 'json',
          follows: async (repository) => repository === REPOSITORY,
          record: (delivery) => ledger.recordDelivery(delivery),
          recorded: async (delivery) => agent?.delivered(delivery),
          ended: () => {},
          refused: () => {},
          unsigned: () => {},
          log: testLog,
          clock,
        },
        api: null,
        pages: null,
        ready: async () => ({ ready: true, checks: {} }),
        metrics: async () => ({ contentType: 'text/plain', text: '' }),
        log: testLog,
      },
      { host: '127.0.0.1', port: 0 },
    );
    const config = { url: `${http.url}/webhooks`, content_type: 'json', secret: SECRET };
    await gitea.must('POST', `${PATH}/hooks`, { type: 'gitea', config, events: EVENTS, active: true });
    await startAgent();
  });

  afterAll(async () => {
    await agent?.stop(0);
    await http?.close();
    await ledger?.close();
    await redis?.stop();
    await gitea?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  async function startAgent(): Promise<void> {
    agent = await startTestAgent(around, () => host, BOXES, { clock });
  }

  async function stopAgent(): Promise<void> {
    await agent?.stop(0);
    agent = undefined;
  }

  /** By context, as `state: description`: every page of them, the newest of each. */
  async function statuses(commit: string): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (let page = 1; ; page += 1) {
      const all = await gitea.must('GET', `${PATH}/commits/${commit}/status?limit=50&page=${page}`);
      for (const { context, status, description } of all.statuses ?? []) found[context] = `${status}: ${description}`;
      if ((all.statuses ?? []).length < 50) return found;
    }
  }

  async function statusOf(commit: string, context: string, not = ''): Promise<string> {
    let said = '';
    await until(
      async () => {
        said = (await statuses(commit))[context] ?? 'pending';
        return !said.startsWith('pending') && said !== not;
      },
      () => `${context} of ${commit}, which reads ${said}`,
      60,
    );
    return said;
  }

  const applied = (commit: string) => statusOf(commit, 'phoenix/apply');
  /** A merge may be seen a moment before the forge knows who merged, so that approvals arrive after the first status. */
  const isApplied = (commit: string) =>
    until(
      async () => /^success: applied 1 target/.test((await statuses(commit))['phoenix/apply'] ?? ''),
      () => `${commit} to be applied`,
      60,
    );
  /** Gitea stores times in whole seconds: an approval within the second of the plan does not count. */
  const planned = async (commit: string, not?: string): Promise<string> => {
    const said = await statusOf(commit, 'phoenix/plan', not);
    const second = Math.floor(Date.now() / 1000);
    await until(() => Math.floor(Date.now() / 1000) > second, 'the next second');
    return said;
  };

  async function openPull(head: string, title: string, as = 'ada'): Promise<number> {
    return (await gitea.must('POST', `${PATH}/pulls`, { title, head, base: 'main' }, as)).number;
  }

  async function comment(pull: number, body: string, as: string): Promise<void> {
    await gitea.must('POST', `${PATH}/issues/${pull}/comments`, { body }, as);
  }

  async function answer(pull: number, words: string): Promise<void> {
    const said = async (): Promise<string> => {
      const all = await gitea.must('GET', `${PATH}/issues/${pull}/comments`);
      return all.map(({ body }: { readonly body: string }) => body).join('\n');
    };
    let last = '';
    await until(
      async () => {
        last = await said();
        return last.includes(words);
      },
      () => `${words} under #${pull}, where there is ${last}`,
      60,
    );
  }

  async function merge(pull: number, as = 'ada'): Promise<CommitSha> {
    // Gitea looks for conflicts a moment after a pull request was opened.
    const merging = () => gitea.call('POST', `${PATH}/pulls/${pull}/merge`, { Do: 'merge' }, as);
    await until(async () => (await merging()).status === 200, `#${pull} to be merged`, 60);
    return (await gitea.must('GET', `${PATH}/pulls/${pull}`)).merge_commit_sha;
  }

  test('the first push is applied, and the commit says so', async () => {
    const commit = await repo.commit(two);
    await repo.push();
    expect(await applied(commit)).toBe('success: applied 2 targets');
    expect(await statusOf(commit, 'phoenix/lxc/101')).toBe('success: applied');
  });

  test.each([
    ['ada', 'who is named in the repository'],
    ['grace', 'who may push by a team of the organisation'],
    ['root-admin', 'who administers the site'],
  ])('a command of %s, %s, is heard without administration of the bot', async (who) => {
    const head = await repo.branch(`less-${who}`, environment({ 101: {} }));
    const pull = await openPull(`less-${who}`, 'One less', who);
    expect(await planned(head)).toBe('success: 1 to delete, 1 needs approval');
    await comment(pull, '/phoenix approve lxc/102', who);
    await answer(pull, 'Approved: `lxc/102`');
    const onMain = await merge(pull, who);
    await isApplied(onMain);
    await repo.pull();
    const again = await repo.commit(two);
    await repo.push();
    expect(await applied(again)).toMatch(/^success: applied 1 target/);
  });

  test('an approving review approves what it reviewed where the policy says so, and a command in a review is heard', async () => {
    const reviewed = (guests: Readonly<Record<number, object>>) =>
      environment(guests as never, { phoenix: { approvals_by: 'review' } });
    const base = await repo.commit(reviewed({ 101: {}, 102: {} }), 'Approve by reviews');
    await repo.push();
    await applied(base);
    const head = await repo.branch('less-reviewed', reviewed({ 101: {} }));
    const pull = await openPull('less-reviewed', 'One less');
    await planned(head);
    const review = (event: string, body: string, as: string) =>
      gitea.must('POST', `${PATH}/pulls/${pull}/reviews`, { event, body }, as);
    await review('APPROVED', '', 'eve');
    await answer(pull, 'eve');
    expect(await ledger.earlyApprovals(pull)).toEqual([]);
    await review('APPROVED', 'Fine', 'grace');
    await answer(pull, 'Approved: `lxc/102`');
    const before = (await ledger.pullPlan(pull))?.created;
    await review('REQUEST_CHANGES', 'Look again.\n\n/phoenix plan', 'grace');
    await until(async () => (await ledger.pullPlan(pull))?.created !== before, 'another plan', 60);
    const second = Math.floor(Date.now() / 1000);
    await until(() => Math.floor(Date.now() / 1000) > second, 'the next second');
    await review('APPROVED', 'Fine now', 'grace');
    // The review before it counts no more, as Gitea itself dismisses it.
    const { id } = (await gitea.must('GET', `${PATH}/pulls/${pull}/reviews`)).at(-1);
    const counted = async () => (await ledger.earlyApprovals(pull)).some(({ review }) => review === String(id));
    await until(counted, 'the last approval', 60);
    const onMain = await merge(pull);
    await isApplied(onMain);
    await repo.pull();
    const again = await repo.commit(two);
    await repo.push();
    await applied(again);
  });

  test('a person who may only read is refused, with an answer', async () => {
    const head = await repo.branch('less-eve', environment({ 101: {} }));
    const pull = await openPull('less-eve', 'One less');
    await planned(head);
    await comment(pull, '/phoenix approve lxc/102', 'eve');
    await answer(pull, 'eve may not push');
    expect(await ledger.earlyApprovals(pull)).toEqual([]);
    await gitea.must('PATCH', `${PATH}/pulls/${pull}`, { state: 'closed' });
  });

  test('a fork and a pull request without a branch wait for somebody who may push, whatever their author says', async () => {
    await gitea.must('POST', `${PATH}/forks`, { name: 'config' }, 'eve');
    const fork = gitea.pushUrl('eve', 'eve/config');
    await until(async () => (await gitea.call('GET', '/repos/eve/config')).status === 200, 'the fork');
    const forked = await repo.branch('foreign', environment({ 101: {}, 102: {}, 103: {} }), { to: fork });
    const pull = await openPull('eve:foreign', 'From a fork', 'eve');
    const left = await planned(forked);
    expect(left).toMatch(/^error: not planned: /);

    const agit = await repo.commit(environment({ 101: {}, 102: {}, 104: {} }));
    await repo.move(agit, 'refs/for/main/agit', gitea.pushUrl('eve', REPOSITORY));
    await repo.reset((await gitea.must('GET', `${PATH}/branches/main`)).commit.id);
    expect(await planned(agit)).toMatch(/^error: not planned: /);

    await comment(pull, '/phoenix plan', 'ada');
    expect(await planned(forked, left)).toBe('success: 1 to create');
  });

  test('a stranger’s pull request with the same commit leaves the plan of a teammate as it is', async () => {
    const head = await repo.branch('shared', environment({ 101: {}, 102: {}, 105: {} }));
    await openPull('shared', 'Of a teammate');
    expect(await planned(head)).toBe('success: 1 to create');
    await repo.move(head, 'same', gitea.pushUrl('eve', 'eve/config'));
    const pull = await openPull('eve:same', 'Of a stranger', 'eve');
    await answer(pull, 'not planned');
    expect(await planned(head)).toBe('success: 1 to create');
  });

  test('more contexts than a page holds all get their end, also after the ledger was lost', async () => {
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [101 + index, {}]));
    const commit = await repo.commit(environment(many));
    await repo.push();
    expect(await applied(commit)).toMatch(/^success: applied 63 targets/);
    await until(async () => (await ledger.nextReport()) === null, 'everything to be sent', 60);
    await stopAgent();
    for (const id of Object.keys(many)) {
      const said = { state: 'pending', context: `phoenix/lxc/${id}`, description: 'update planned' };
      await gitea.must('POST', `${PATH}/statuses/${commit}`, said, 'phoenix-bot');
    }
    const next = await repo.commit(environment(many), 'One more');
    await repo.push();
    await redis.clear();
    await startAgent();
    await applied(next);
    const pending = async () => Object.values(await statuses(commit)).filter((said) => said.startsWith('pending'));
    await until(async () => (await pending()).length === 0, 'all contexts to get an end', 60);
  });

  test('a token that was revoked loses no report, and the next one is used without a restart', async () => {
    await gitea.revoke('phoenix-bot', token.id);
    const last = token;
    const commit = await repo.commit(two, 'Fewer');
    await repo.push();
    // Nothing can be fetched either, so the push waits as its reports do.
    await agent?.delivered({ kind: 'push' });
    token = await gitea.token('phoenix-bot', ...SCOPES);
    expect(token.value).not.toBe(last.value);
    lateMs += 120_000;
    await agent?.delivered({ kind: 'push' });
    expect(await applied(commit)).not.toContain('interrupted');
  });

  test('commits that an older copy of Gitea does not have hold up nothing', async () => {
    await gitea.kill();
    await gitea.keep();
    await gitea.begin();
    const gone = await repo.commit(environment({ 101: { memory_mb: 1024 }, 102: {} }), 'Lost with the server');
    await repo.push();
    await applied(gone);
    await gitea.kill();
    await gitea.restore();
    await ledger.say(
      Array.from({ length: 20 }, (_, index) => ({
        commit: gone,
        context: `phoenix/lxc/${200 + index}`,
        state: 'success' as const,
        description: `said later ${index}`,
        url: null,
        about: null,
      })),
    );
    await gitea.begin();
    lateMs += 600_000;
    const commit = await repo.commit(environment({ 101: { memory_mb: 2048 }, 102: {} }), 'After the loss');
    await repo.push('--force');
    expect(await applied(commit)).toMatch(/^(success|failure)/);
    await until(async () => (await ledger.reportsWaiting()) === 0, 'the outbox to be empty', 60);
  });
});
