// The contract of the port `Forge`, held by the adapter of each forge against the lab.

import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startForge } from 'phoenix-lab/forge';
import { describe, expect, test } from 'vitest';
import { openForge } from '../../src/io/forge/forge.ts';
import type { CommitSha } from '../../src/model/ids.ts';
import type { CommitStatus } from '../../src/model/report.ts';
import { type ConfigRepo, openConfigRepo } from '../support/git/config-repo.ts';
import { GITEA, startGitea } from '../support/git/gitea.ts';
import { SUBJECT } from '../support/status.ts';
import { until } from '../support/until.ts';
import { type ForgeScene, forgeContract } from './forge.contract.ts';

const TOKEN = 'forge-token';
/** As an administrator of Gitea may set it. */
const PAGE = 3;
const FILES = { 'etc/a.json': '1' };

for (const kind of ['github', 'gitea', 'gitlab'] as const) {
  describe(`the lab’s ${kind}`, () => forgeContract(() => labScene(kind), kind === 'gitea'));
}

describe.each(['github', 'github app', 'gitea', 'gitlab'] as const)('a report that %s fails to accept', (whose) => {
  test('stays in the outbox, whatever the failure, and is accepted the next time', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'phoenix-forge-fails-'));
    const kind = whose === 'github app' ? 'github' : whose;
    const keys = whose === 'github app' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : null;
    const app = keys === null ? {} : { app: { id: 7, publicKey: keys.publicKey } };
    const lab = await startForge({ folder, secret: 's', token: TOKEN, tokenRight: 'maintain', kind, ...app });
    const repo = await openConfigRepo(join(folder, 'ada'), lab.pushUrl);
    const commit = await repo.commit(FILES);
    await repo.push();
    await repo.branch('talk', { 'etc/a.json': 'talk' }, { message: 'Talk' });
    const { number: pull } = await lab.openPull({ head: 'talk', title: 'Talk' });
    const login =
      keys === null
        ? ({ as: 'token', token: () => TOKEN } as const)
        : ({ as: 'app', id: '7', key: String(keys.privateKey.export({ type: 'pkcs1', format: 'pem' })) } as const);
    const forge = openForge({ kind, api: lab.url, login, repository: lab.repository, branch: 'main' });
    if (forge === null) throw new Error('there is no forge');
    let fails = true;
    lab.faults.decide(({ method, path }) =>
      fails && method !== 'GET' && !path.includes('access_tokens') ? { kind: 'answer', status: 500 } : undefined,
    );
    const said: CommitStatus = {
      commit,
      context: 'phoenix/apply',
      state: 'success',
      description: 'applied',
      url: null,
      about: SUBJECT,
    };
    const send = async () => [
      await forge.setStatus(said, null, null),
      await forge.setComment({ pull, body: 'the plan' }, null, ''),
    ];
    const waits = { sent: false, retryAfterSeconds: expect.any(Number), holds: false };
    expect(await send()).toMatchObject([waits, waits]);
    fails = false;
    expect(await send()).toMatchObject([{ sent: true }, { sent: true }]);
    await lab.close();
    await rm(folder, { recursive: true, force: true });
  });
});

describe.skipIf(GITEA === undefined)('a real Gitea (PHOENIX_TEST_GITEA names it where it is not on PATH)', () => {
  forgeContract(realGitea, true);
});

/** Branches that a person changes. */
function branches(repo: ConfigRepo, head: CommitSha): Pick<ForgeScene, 'head' | 'branch' | 'branchOf'> {
  return {
    head,
    branch: (name, message) => repo.branch(name, { 'etc/a.json': name }, { message }),
    async branchOf(name, commits) {
      let last = head;
      for (let index = 1; index <= commits; index += 1) {
        last = await repo.branch(name, { 'etc/a.json': `${index}` }, { message: `commit ${index}` });
      }
      return last;
    },
  };
}

async function labScene(kind: 'github' | 'gitea' | 'gitlab'): Promise<ForgeScene> {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-forge-contract-'));
  // GitLab takes statuses of a protected branch from those alone who may change it.
  const tokenRight = kind === 'gitlab' ? 'maintain' : 'write';
  const lab = await startForge({
    folder: join(folder, 'forge'),
    secret: 's',
    token: TOKEN,
    tokenRight,
    kind,
    pageSize: PAGE,
  });
  lab.allow('ada', 'maintain');
  lab.allow('eve', 'read');
  const repo = await openConfigRepo(join(folder, 'ada'), lab.pushUrl);
  const head = await repo.commit(FILES);
  await repo.push();
  const login = { as: 'token', token: () => TOKEN } as const;
  const forge = openForge({ kind, api: lab.url, login, repository: lab.repository, branch: 'main' });
  if (forge === null) throw new Error('there is no forge');
  return {
    forge,
    many: 2 * PAGE + 2,
    ...branches(repo, head),
    openPull: async (from, title, body) => (await lab.openPull({ head: from, title, body })).number,
    async openForeignPull() {
      await repo.branch('foreign', { 'etc/a.json': 'foreign' }, { to: lab.forkUrl('eve') });
      return (await lab.openPull({ head: 'foreign', title: 'Foreign', by: 'eve', fork: 'eve' })).number;
    },
    merge: async (pull) => (await lab.mergePull(pull, 'ada')).merged?.sha as CommitSha,
    comment: async (pull, body, by) => String((await lab.comment(pull, body, by)).id),
    comments: async (pull) => lab.comments(pull),
    statuses: async (commit) =>
      Object.fromEntries(
        lab.latestStatuses(commit).map(({ context, state, description }) => [context, `${state}: ${description}`]),
      ),
    async close() {
      await lab.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function realGitea(): Promise<ForgeScene> {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-forge-contract-'));
  const gitea = await startGitea(GITEA ?? '', { pageSize: PAGE });
  const repository = 'ada/config';
  const path = `/repos/${repository}`;
  for (const login of ['ada', 'eve', 'phoenix-bot']) await gitea.person(login);
  await gitea.must('POST', '/user/repos', { name: 'config', private: true, default_branch: 'main' }, 'ada');
  await gitea.must('PUT', `${path}/collaborators/phoenix-bot`, { permission: 'write' });
  await gitea.must('PUT', `${path}/collaborators/eve`, { permission: 'read' });
  const { value } = await gitea.token('phoenix-bot', 'write:repository', 'write:issue');
  const repo = await openConfigRepo(join(folder, 'ada'), gitea.pushUrl('ada', repository));
  const head = await repo.commit(FILES);
  await repo.push();
  const login = { as: 'token', token: () => value } as const;
  const forge = openForge({ kind: 'gitea', api: gitea.url, login, repository, branch: 'main' });
  if (forge === null) throw new Error('there is no forge');
  const pulls = async () => (await gitea.must('GET', `${path}/pulls?state=all`)) as { readonly number: number }[];
  return {
    forge,
    many: 2 * PAGE + 2,
    ...branches(repo, head),
    openPull: async (from, title, body) =>
      (await gitea.must('POST', `${path}/pulls`, { head: from, base: 'main', title, body }, 'ada')).number,
    async openForeignPull() {
      const known = new Set((await pulls()).map(({ number }) => number));
      const foreign = await repo.commit({ 'etc/a.json': 'foreign' });
      await repo.move(foreign, 'refs/for/main/foreign', gitea.pushUrl('eve', repository));
      await repo.reset(head);
      const found = async () => (await pulls()).find(({ number }) => !known.has(number))?.number;
      await until(async () => (await found()) !== undefined, 'the pull request without a branch');
      return (await found()) ?? 0;
    },
    async merge(pull) {
      const merging = () => gitea.call('POST', `${path}/pulls/${pull}/merge`, { Do: 'merge' }, 'ada');
      await until(async () => (await merging()).status === 200, `#${pull} to be merged`);
      return (await gitea.must('GET', `${path}/pulls/${pull}`)).merge_commit_sha;
    },
    comment: async (pull, body, by) =>
      String((await gitea.must('POST', `${path}/issues/${pull}/comments`, { body }, by)).id),
    comments: async (pull) => {
      const all = (await gitea.must('GET', `${path}/issues/${pull}/comments`)) as {
        readonly user: { readonly login: string };
        readonly body: string;
      }[];
      return all.map(({ user, body }) => ({ author: user.login, body }));
    },
    async statuses(commit) {
      const all = (await gitea.must('GET', `${path}/statuses/${commit}?sort=oldest`)) as {
        readonly context: string;
        readonly status: string;
        readonly description: string;
      }[];
      return Object.fromEntries(all.map(({ context, status, description }) => [context, `${status}: ${description}`]));
    },
    async close() {
      await gitea.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
