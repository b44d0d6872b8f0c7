// Statuses at GitLab, where each is a job of a pipeline, against the lab's, which refuses what GitLab's own source refuses.

import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LabForge, startForge } from 'phoenix-lab/forge';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { observeHooks } from '../../../src/io/forge/doctor/hooks.ts';
import { openForge } from '../../../src/io/forge/forge.ts';
import type { CommitSha } from '../../../src/model/ids.ts';
import type { CommitStatus } from '../../../src/model/report.ts';
import type { Forge, SendResult } from '../../../src/ports/forge.ts';
import { type ConfigRepo, openConfigRepo } from '../../support/git/config-repo.ts';
import { LONG_TEST } from '../../support/long.ts';
import { type StatusChanges, SUBJECT } from '../../support/status.ts';

const TOKEN = 'forge-token';

let folder: string;
let lab: LabForge;
let repo: ConfigRepo;
let forge: Forge;
let head: CommitSha;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-gitlab-'));
  const options = { folder: join(folder, 'forge'), secret: 's', token: TOKEN, kind: 'gitlab' } as const;
  lab = await startForge({ ...options, tokenRight: 'maintain' });
  repo = await openConfigRepo(join(folder, 'ada'), lab.pushUrl);
  head = await repo.commit({ 'etc/a.json': '1' });
  await repo.push();
  const login = { as: 'token', token: () => TOKEN } as const;
  const opened = openForge({ kind: 'gitlab', api: lab.url, login, repository: lab.repository, branch: 'main' });
  if (opened === null) throw new Error('there is no forge');
  forge = opened;
});

afterEach(async () => {
  await lab.close();
  await rm(folder, { recursive: true, force: true });
});

const status = (changes: StatusChanges = {}): CommitStatus => ({
  commit: head,
  context: 'phoenix/apply',
  state: 'success',
  description: 'applied',
  url: null,
  about: SUBJECT,
  ...changes,
});

/** Sends it; resolves to the id for the next one. */
async function sent(told: CommitStatus, handle: string | null = null): Promise<string | null> {
  const result = await forge.setStatus(told, null, handle);
  if (!result.sent) throw new Error(result.reason);
  return result.handle;
}

const reasonOf = (result: SendResult) => (result.sent ? '' : result.reason);

/** As GitLab shows them, whichever pipeline each is in. */
async function shown(commit = head): Promise<[string, string, string | null, string | null][]> {
  const found = [...new Map(lab.statuses().map((each) => [each.id, each])).values()];
  return found
    .filter(({ sha }) => sha === commit)
    .map(({ context, state, description, target_url }) => [context, state, description, target_url]);
}

describe('a status', () => {
  test('of the head of a fork is for the merge request', async () => {
    const theirs = await repo.branch('patch', { 'etc/a.json': '2' }, { to: lab.forkUrl('eve') });
    const { number } = await lab.openPull({ title: 'Theirs', head: 'patch', by: 'eve', fork: 'eve' });
    const about = { kind: 'pull', pull: number } as const;
    await sent(status({ commit: theirs, context: 'phoenix/plan', about }));
    expect(await shown(theirs)).toEqual([['phoenix/plan', 'success', 'applied', null]]);
  });

  test('of a commit that a force push took away arrives', async () => {
    const lost = await repo.branch('side', { 'etc/a.json': '2' });
    await lab.moveBranch('side', head);
    await sent(status({ commit: lost, state: 'error', description: 'superseded' }));
    expect(await shown(lost)).toEqual([['phoenix/apply', 'canceled', 'superseded', null]]);
  });

  test('that waits has its newest description once it starts', async () => {
    const waits = await sent(status({ state: 'pending', description: 'waits for its turn' }));
    const next = await sent(status({ state: 'pending', description: 'applies 2 targets' }), waits);
    expect(await shown()).toEqual([['phoenix/apply', 'running', 'applies 2 targets', null]]);
    await sent(status({ state: 'pending', description: 'applies the rest' }), next);
    expect(await shown()).toEqual([['phoenix/apply', 'running', 'applies 2 targets', null]]);
    await sent(status(), next);
    expect(await shown()).toEqual([['phoenix/apply', 'success', 'applied', null]]);
  });

  test('ends in the pipeline in which it waits, though another has begun', async () => {
    const waits = await sent(status({ state: 'pending', description: 'applies' }));
    lab.startPipeline(head, 'main', 'build');
    await sent(status(), waits);
    expect((await shown()).map(([, state]) => state)).toEqual(['success', 'success']);
    expect(await forge.pending(head)).toEqual([]);
  });

  test('that waits on in a pipeline that has begun ends in the one before', async () => {
    const waits = await sent(status({ state: 'pending', description: 'waits for its turn' }));
    lab.startPipeline(head, 'main', 'build');
    const next = await sent(status({ state: 'pending', description: 'applies' }), waits);
    expect((await shown()).map(([, state]) => state)).toEqual(['canceled', 'pending']);
    await sent(status(), next);
    expect(await forge.pending(head)).toEqual([]);
  });

  test('with an address that is too long leads to the run', async () => {
    const run = 'https://phoenix.example.org/runs/12';
    await sent(status({ url: `${run}/stack/${'x'.repeat(240)}` }));
    expect(await shown()).toEqual([['phoenix/apply', 'success', 'applied', run]]);
  });

  test('that conflicts with another one for a moment is sent again', async () => {
    const message = 'Another update to this commit status is in progress';
    lab.faults.rest({ kind: 'answer', status: 409, message });
    expect(await forge.setStatus(status(), null, null)).toMatchObject({ retryAfterSeconds: 15, holds: false });
  });

  test('with the name of a job of GitLab’s own is given up, and said why', async () => {
    lab.startPipeline(head, 'main', 'phoenix/apply');
    const result = await forge.setStatus(status(), null, null);
    expect(result).toMatchObject({ sent: false, retryAfterSeconds: null });
    expect(reasonOf(result)).toContain('name has already been taken');
  });

  test('of a protected branch waits until the token may change it, and names the required role', async () => {
    lab.allow('phoenix-agent', 'write');
    const result = await forge.setStatus(status(), null, null);
    expect(result).toMatchObject({ sent: false, retryAfterSeconds: 60, holds: false });
    expect(reasonOf(result)).toContain('a role that may push to or merge into the branch');
    const side = await repo.branch('side', { 'etc/a.json': '2' });
    await sent(status({ commit: side }));
  });
});

test.each([
  ['merged', { merge_commit_sha: 'm' }, 'm'],
  ['squashed and merged', { merge_commit_sha: 'm', squash_commit_sha: 's' }, 'm'],
  ['squashed and fast-forwarded', { squash_commit_sha: 's' }, 's'],
  ['fast-forwarded', {}, 'h'],
])('a merge request that was %s became what the branch moved to', async (_, commits, expected) => {
  const told = {
    ...{ iid: 1, title: 'x', description: null, state: 'merged', author: { username: 'ada' }, sha: 'h' },
    ...{ target_branch: 'main', source_project_id: 1, target_project_id: 1 },
    ...{ merge_commit_sha: null, squash_commit_sha: null, merge_user: { username: 'ada' } },
  };
  const server = createServer((_request, response) => response.end(JSON.stringify({ ...told, ...commits })));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const login = { as: 'token', token: () => TOKEN } as const;
  const asked = openForge({ kind: 'gitlab', api, login, repository: 'a/b', branch: 'main' });
  expect(await asked?.pull(1)).toMatchObject({ mergedAs: expected, mergedBy: 'ada' });
  server.close();
  server.closeAllConnections();
});

test('a merge request without a head is left until it has one, and one that is being merged is open', async () => {
  const told = { title: 'x', description: null, author: { username: 'ada' }, target_branch: 'main' };
  const more = { source_project_id: 1, target_project_id: 1, merge_commit_sha: null, squash_commit_sha: null };
  const requests = [
    { ...told, ...more, iid: 1, state: 'opened', sha: null },
    { ...told, ...more, iid: 2, state: 'locked', sha: head },
  ];
  const server = createServer((request, response) => {
    const one = requests.find(({ iid }) => request.url?.endsWith(`/merge_requests/${iid}`));
    response.end(JSON.stringify(one ?? requests));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const login = { as: 'token', token: () => TOKEN } as const;
  const asked = openForge({ kind: 'gitlab', api, login, repository: 'a/b', branch: 'main' });
  expect((await asked?.openPulls())?.map(({ number }) => number)).toEqual([2]);
  expect(await asked?.pull(1)).toBeNull();
  expect(await asked?.pull(2)).toMatchObject({ open: true, head });
  server.close();
  server.closeAllConnections();
});

test('a note by the token of another project is a program’s', async () => {
  await repo.branch('side', { 'etc/a.json': '2' });
  const { number } = await lab.openPull({ title: 'x', head: 'side' });
  const programs = ['project_7_bot_0a1b2c', 'group_12_bot', 'project_7_botanist', 'ada'];
  const ids = await Promise.all(programs.map(async (by) => String((await lab.comment(number, 'x', by)).id)));
  const found = await Promise.all(ids.map((id) => forge.comment(number, id)));
  expect(found.map((comment) => comment?.byProgram)).toEqual([true, true, false, false]);
});

test('merge requests of a commit, and pushes before many others, are found', LONG_TEST, async () => {
  await repo.branch('side', { 'etc/a.json': '2' });
  const shared = await repo.branch('side', { 'etc/a.json': '3' });
  await lab.openPull({ title: 'x', head: 'side', by: 'ada' });
  // One more than a page of GitLab.
  const many = 100;
  for (let index = 0; index < many; index += 1) {
    await lab.moveBranch(`copy-${index}`, shared);
    await lab.openPull({ title: 'x', head: `copy-${index}` });
  }
  expect((await forge.pullsOf(shared)).length).toBe(many + 1);
  expect(await forge.pusherOf(head)).toBe('phoenix');
});

describe('the record of webhooks', () => {
  const SINCE = new Date(0);
  let answers: (number | 'nothing')[];
  let receiver: ReturnType<typeof createServer>;
  let received: (string | undefined)[];

  beforeEach(async () => {
    [answers, received] = [[], []];
    receiver = createServer((request, response) => {
      received.push(String(request.headers['idempotency-key']));
      const answer = answers.shift() ?? 202;
      if (answer === 'nothing') request.socket.destroy();
      else response.writeHead(answer, { connection: 'close' }).end();
    });
    receiver.listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    const { port } = receiver.address() as AddressInfo;
    // The first push came before there was a webhook.
    await lab.delivered();
    lab.sendWebhooksTo(`http://127.0.0.1:${port}/elsewhere`, `http://127.0.0.1:${port}/webhooks`);
  });
  afterEach(async () => {
    receiver.close();
    await once(receiver, 'close');
  });

  /** Pushes, with these answers by the agent; the other webhook arrives always. */
  async function push(...given: readonly (number | 'nothing')[]): Promise<void> {
    const { port } = receiver.address() as AddressInfo;
    for (const answer of given) {
      lab.decideDeliveries(({ url }) => (url.endsWith('/elsewhere') ? 'drop' : 'deliver'));
      answers.push(answer);
      await repo.commit({ 'etc/a.json': `${port} ${Math.random()}` });
      await repo.push();
      await lab.delivered();
    }
  }

  test('says which never arrived, since when they fail, and with what', async () => {
    expect(await forge.sentWebhooks(SINCE)).toEqual({ lost: [], failing: null, arrives: false });
    await push(202, 401, 'nothing');
    const deliveries = lab.deliveries().filter(({ url }) => url.endsWith('/webhooks'));
    const [, first, second] = deliveries;
    expect(await forge.sentWebhooks(SINCE)).toEqual({
      lost: [first?.number, second?.number],
      failing: { since: first?.at.toISOString(), code: 0, status: 'internal error' },
      arrives: false,
    });
    expect(await forge.sentWebhooks(new Date(Date.now() + 1000))).toMatchObject({ lost: [], failing: null });
  });

  test('lets lost ones be sent again, under the same id, five at a time', LONG_TEST, async () => {
    await push(...Array.from({ length: 7 }, () => 503));
    const lost = (await forge.sentWebhooks(SINCE))?.lost ?? [];
    expect(lost).toHaveLength(7);
    const ids = [...received];
    await forge.redeliver(lost);
    expect(received.slice(7)).toEqual(ids.slice(0, 5));
    const after = await forge.sentWebhooks(SINCE);
    expect([after?.lost.length, after?.failing, after?.arrives]).toEqual([2, null, true]);
    await forge.redeliver(after?.lost ?? []);
    expect(await forge.sentWebhooks(SINCE)).toEqual({ lost: [], failing: null, arrives: true });
  });

  test('leaves out what went to an earlier address, which GitLab does not resend', async () => {
    await push(...Array.from({ length: 6 }, () => 503));
    const { port } = receiver.address() as AddressInfo;
    lab.sendWebhooksTo(`http://127.0.0.1:${port}/elsewhere`, `http://127.0.0.1:${port}/new/webhooks`);
    expect(await forge.sentWebhooks(SINCE)).toEqual({ lost: [], failing: null, arrives: false });
  });

  test('of more than a page is read to its end, and what is gone is not sent again', LONG_TEST, async () => {
    await push(503, ...Array.from({ length: 21 }, () => 202));
    const { lost = [], arrives } = (await forge.sentWebhooks(SINCE)) ?? {};
    expect([lost.length, arrives]).toEqual([1, true]);
    await forge.redeliver([99_999]);
    expect(received).toHaveLength(22);
  });

  test('tells the doctor how the last delivery of each webhook ended', async () => {
    const login = { as: 'token', token: () => TOKEN } as const;
    const options = { kind: 'gitlab', api: lab.url, login, repository: lab.repository, branch: 'main' } as const;
    const last = async () => {
      const seen = await observeHooks(options);
      return seen.seen ? seen.hooks.map((hook) => hook.last) : seen.why;
    };
    expect(await last()).toEqual([null, null]);
    const unheard = { ok: false, code: 0, said: 'internal error' };
    await push(401);
    expect(await last()).toEqual([unheard, { ok: false, code: 401, said: 'HTTP 401' }]);
    await push(202);
    expect(await last()).toEqual([unheard, { ok: true, code: 202, said: 'HTTP 202' }]);
  });

  test('is none where the token may not see it, or no webhook leads here', async () => {
    lab.sendWebhooksTo('http://127.0.0.1:9/elsewhere');
    expect(await forge.sentWebhooks(SINCE)).toBeNull();
    await expect(forge.redeliver([1])).resolves.toBeUndefined();
    lab.faults.rest({ kind: 'answer', status: 403 });
    expect(await forge.sentWebhooks(SINCE)).toBeNull();
    lab.faults.rest({ kind: 'answer', status: 503 });
    await expect(forge.sentWebhooks(SINCE)).rejects.toThrow('the forge fails to read the events of the webhook');
  });
});
