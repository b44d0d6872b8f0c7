// The lab's Gitea differs from GitHub where the real one does: signatures, event formats, statuses, and the absence of checks and deliveries.

import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LONG_TEST } from '../../../test/support/long.ts';
import { type Json, openScene, type Scene, SECRET } from './harness.ts';

let scene: Scene;
let sha: string;

beforeEach(async () => {
  scene = await openScene({ kind: 'gitea' });
  sha = await scene.branch('main');
});
afterEach(() => scene.close());

test('a push is signed for readers of Gitea and of GitHub, and does not say what kind it is', async () => {
  await scene.branch('side');
  await scene.copy.push(':side');
  const [first, , last] = await scene.received();
  const signed = createHmac('sha256', SECRET)
    .update(first?.text ?? '')
    .digest('hex');
  const id = first?.headers['x-gitea-delivery'];
  expect(first?.headers).toMatchObject({
    'x-gitea-event': 'push',
    'x-gitea-signature': signed,
    'x-hub-signature-256': `sha256=${signed}`,
    'x-github-event': 'push',
    'x-github-delivery': id,
  });
  expect(first?.body).toMatchObject({
    ref: 'refs/heads/main',
    after: sha,
    total_commits: 1,
    sender: { login: 'phoenix' },
  });
  expect(last?.body).toMatchObject({ ref: 'refs/heads/side', after: '0'.repeat(40), commits: [], head_commit: null });
  for (const field of ['created', 'deleted', 'forced']) expect(first?.body).not.toHaveProperty(field);
  expect(first?.body.sender).not.toHaveProperty('type');
});

test('statuses answer with a key of their own', async () => {
  const long = 'x'.repeat(500);
  const made = await scene.call('POST', `/statuses/${sha}`, {
    body: { state: 'warning', context: 'a', description: long },
  });
  expect(made).toMatchObject({
    status: 201,
    body: { status: 'warning', context: 'a', description: long, target_url: '' },
  });
  expect(made.body).not.toHaveProperty('state');
  await scene.call('POST', `/statuses/${sha}`, { body: { state: 'success', context: 'a' } });
  const combined = await scene.call('GET', '/commits/main/status');
  expect(combined.body).toMatchObject({ state: 'success', sha, total_count: 1, statuses: [{ status: 'success' }] });
  const listed = await scene.call('GET', `/commits/${sha}/statuses?limit=1&page=2`);
  expect([listed.headers.get('x-total-count'), listed.body[0].status]).toEqual(['2', 'warning']);
  expect(scene.forge.latestStatuses(sha)).toMatchObject([{ state: 'success' }]);
  const unknown = '1'.repeat(40);
  const lost = await scene.call('POST', `/statuses/${unknown}`, { body: { state: 'success' } });
  expect([lost.status, lost.body.message]).toEqual([500, '']);
  expect((await scene.call('GET', `/commits/${unknown}/status`)).status).toBe(404);
  expect((await scene.call('GET', `/statuses/${unknown}`)).body).toEqual([]);
  // Any name of a commit is accepted, and any state.
  const odd = await scene.call('POST', `/statuses/${sha.slice(0, 10)}`, { body: { state: 'done' } });
  expect(odd).toMatchObject({ status: 201, body: { status: 'done', context: 'default' } });
});

test('there are no checks, no deliveries and no Apps', async () => {
  expect((await scene.call('POST', '/check-runs', { body: { name: 'a', head_sha: sha } })).status).toBe(404);
  expect((await scene.call('GET', '/hooks/1/deliveries')).status).toBe(404);
  expect((await scene.call('GET', '/app')).status).toBe(404);
  expect((await scene.call('GET', '/pulls', { token: 'wrong' })).status).toBe(401);
  expect((await fetch(`${scene.forge.apiUrl}/repos/phoenix/config`)).status).toBe(401);
  expect((await fetch(`${scene.forge.url}/repos/phoenix/config`)).status).toBe(404);
});

test('events of pull requests have a format of their own', LONG_TEST, async () => {
  const head = await scene.branch('side');
  await scene.branch('stable', { stable: '1' });
  const body = { title: 'More', head: 'side', base: 'main' };
  expect(await scene.call('POST', '/pulls', { body })).toMatchObject({
    status: 201,
    body: { number: 1, head: { ref: 'side', sha: head, repo: { fork: false } }, merged: false, mergeable: true },
  });
  expect((await scene.call('POST', '/pulls', { body })).status).toBe(409);
  expect((await scene.call('POST', '/pulls', { body: { ...body, base: 'nowhere' } })).status).toBe(404);
  await scene.copy.git('checkout', '--quiet', 'side');
  const next = await scene.branch('side', { side: '2' });
  await scene.forge.delivered();
  expect((await scene.call('PATCH', '/pulls/1', { body: { base: 'stable' } })).status).toBe(201);
  await scene.forge.closePull(1);
  await scene.forge.reopenPull(1);
  expect((await scene.call('POST', '/pulls/1/merge', { body: { Do: 'merge' } })).status).toBe(200);
  const told = (await scene.received()).filter(({ event }) => event === 'pull_request').map(({ body }) => body);
  expect(told).toMatchObject([
    { action: 'opened', pull_request: { head: { sha: head } } },
    { action: 'synchronized', pull_request: { head: { sha: next } } },
    { action: 'edited', changes: { ref: { from: 'main' } }, pull_request: { base: { ref: 'stable' } } },
    { action: 'closed', pull_request: { merged: false } },
    { action: 'reopened', pull_request: { state: 'open' } },
    { action: 'closed', pull_request: { merged: true, merged_by: { login: 'phoenix-agent' } } },
  ]);
  expect((await scene.call('GET', '/pulls')).body).toEqual([]);
  expect((await scene.copy.git('ls-remote', 'origin', 'refs/pull/1/head')).split('\t')[0]).toBe(next);
});

test('comments are created and sent as events', LONG_TEST, async () => {
  await scene.branch('side');
  await scene.forge.openPull({ title: 'More', head: 'side', base: 'main' });
  const { body: made } = await scene.call('POST', '/issues/1/comments', { body: { body: 'the plan' } });
  await scene.call('PATCH', `/issues/comments/${made.id}`, { body: { body: 'a new plan' } });
  const issue = scene.forge.openIssue('Broken');
  await scene.forge.comment(issue.number, 'hello', 'grace');
  const bodies = await scene.call('GET', '/issues/1/comments');
  expect(bodies.body.map(({ body }: Json) => body)).toEqual(['a new plan']);
  expect((await scene.call('POST', '/issues/1/comments', { body: {} })).status).toBe(422);
  expect((await scene.call('POST', '/issues/9/comments', { body: { body: 'x' } })).status).toBe(500);
  expect((await scene.call('GET', '/issues/1/comments?limit=1&page=7')).body).toHaveLength(1);
  const told = (await scene.received()).filter(({ event }) => event === 'issue_comment').map(({ body }) => body);
  expect(told).toMatchObject([
    { action: 'created', is_pull: true, issue: { number: 1 }, comment: { body: 'the plan' } },
    { action: 'edited', is_pull: true, changes: { body: { from: 'the plan' } } },
    { action: 'created', is_pull: false, sender: { login: 'grace' } },
  ]);
});

test('permissions of users are shown to administrators of the repository', async () => {
  scene.forge.allow('grace', 'maintain');
  expect((await scene.call('GET', '/collaborators/grace/permission')).status).toBe(403);
  expect((await scene.call('GET', '/collaborators/phoenix-agent/permission')).body.permission).toBe('write');
  scene.forge.allow('phoenix-agent', 'admin');
  expect((await scene.call('GET', '/collaborators/grace/permission')).body.permission).toBe('write');
  expect((await scene.call('GET', '/collaborators/nobody/permission')).status).toBe(404);
  scene.forge.allow('phoenix-agent', 'read');
  expect((await scene.call('POST', `/statuses/${sha}`, { body: { state: 'success' } })).status).toBe(403);
});
