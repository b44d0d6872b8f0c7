// The lab's GitLab has the real one's job states, refusals and events, in particular that a finished status cannot begin again.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LONG_TEST } from '../../../test/support/long.ts';
import { type Answer, type Json, openScene, type Scene, SECRET, TOKEN } from './harness.ts';

const PROJECT = '/projects/phoenix%2Fconfig';

let scene: Scene;
let sha: string;

beforeEach(async () => {
  scene = await openScene({ kind: 'gitlab', tokenRight: 'maintain' });
  sha = await scene.branch('main');
});
afterEach(() => scene.close());

function call(method: string, path: string, body?: unknown, token = TOKEN): Promise<Answer> {
  const whole = path.startsWith('/users') || path.startsWith('/projects') ? path : `${PROJECT}${path}`;
  return scene.call(method, whole, { body, headers: { 'private-token': token, authorization: '' } });
}

async function told(event: string): Promise<Json[]> {
  return (await scene.received()).filter((each) => each.event === event).map(({ body }) => body);
}

describe('statuses', () => {
  const set = (state: string, more: object = {}) => call('POST', `/statuses/${sha}`, { state, name: 'apply', ...more });

  test('are jobs that proceed and do not begin twice', LONG_TEST, async () => {
    expect((await set('pending', { description: 'waits' })).body).toMatchObject({ status: 'pending', ref: 'main' });
    expect(await set('pending')).toMatchObject({
      status: 400,
      body: {
        message:
          'Cannot transition status via :enqueue from :pending (Reason(s): Status cannot transition via "enqueue")',
      },
    });
    const running = await set('running', { target_url: 'https://phoenix.example/1' });
    expect(running).toMatchObject({ status: 201, body: { status: 'running', description: 'waits' } });
    const again = await set('running');
    expect(again.status).toBe(400);
    expect(again.body.message).toMatch(/^Cannot transition status via :run from :running/);
    expect((await set('pending')).status).toBe(400);
    const ended = await set('success');
    expect(ended.body).toMatchObject({
      id: running.body.id,
      status: 'success',
      target_url: 'https://phoenix.example/1',
    });
    const next = await set('running');
    expect(next.body.id).not.toBe(ended.body.id);
    expect(scene.forge.statuses().map(({ state }) => state)).toEqual(['pending', 'running', 'success', 'running']);
    const listed = await call('GET', `/repository/commits/${sha}/statuses`);
    expect(listed.body).toMatchObject([{ name: 'apply', status: 'running' }]);
    const all = await call('GET', `/repository/commits/${sha}/statuses?all=true`);
    expect(all.body.map(({ status }: Json) => status)).toEqual(['success', 'running']);
  });

  test('are refused as GitLab refuses them', async () => {
    expect((await set('failure')).body).toEqual({ error: 'state does not have a valid value' });
    expect((await call('POST', `/statuses/${sha}`, {})).body).toEqual({ error: 'state is missing' });
    expect((await call('POST', `/statuses/${'1'.repeat(40)}`, { state: 'running' })).body.message).toBe(
      '404 Commit Not Found',
    );
    expect((await set('failed', { description: 'x'.repeat(256) })).status).toBe(400);
    expect((await set('failed', { target_url: 'phoenix/1' })).status).toBe(400);
    expect((await set('canceled', { description: 'x'.repeat(255) })).status).toBe(201);
    expect((await call('POST', `/statuses/${sha}`, { state: 'running' }, 'wrong')).status).toBe(401);
    expect((await call('POST', `/projects/9/statuses/${sha}`, { state: 'running' })).body.message).toBe(
      '404 Project Not Found',
    );
    expect((await call('POST', `/projects/1/statuses/${sha}`, { state: 'running', context: 'plan' })).body.name).toBe(
      'plan',
    );
    scene.forge.allow('phoenix-agent', 'triage');
    expect((await set('running')).status).toBe(403);
  });

  test('are for commits that a branch has', async () => {
    await scene.copy.git('remote', 'add', 'fork', scene.forge.forkUrl('mallory'));
    const theirs = await scene.copy.commit({ evil: '1' });
    await scene.copy.git('push', '--quiet', 'fork', 'HEAD:patch');
    await scene.forge.openPull({ title: 'Theirs', head: 'patch', base: 'main', fork: 'mallory' });
    const refused = await call('POST', `/statuses/${theirs}`, { state: 'running' });
    expect([refused.status, refused.body.message]).toEqual([404, '404 References for commit Not Found']);
    expect((await call('GET', '/merge_requests/1')).body).toMatchObject({
      project_id: 1,
      target_project_id: 1,
      sha: theirs,
    });
    expect((await call('GET', '/merge_requests/1')).body.source_project_id).not.toBe(1);
  });
});

describe('pushes', () => {
  test('show the secret and at most twenty commits', LONG_TEST, async () => {
    for (let n = 0; n < 25; n += 1) await scene.copy.commit({ a: String(n) });
    await scene.copy.push();
    await scene.copy.git('tag', 'v1');
    await scene.copy.push('v1');
    const [first, second] = await told('Push Hook');
    expect(first).toMatchObject({ object_kind: 'push', ref: 'refs/heads/main', after: sha, total_commits_count: 1 });
    expect(second).toMatchObject({ total_commits_count: 25, user_username: 'phoenix' });
    expect(second.commits).toHaveLength(20);
    expect(second.commits.at(-1).id).toBe(second.after);
    expect(await told('Tag Push Hook')).toMatchObject([{ object_kind: 'tag_push', ref: 'refs/tags/v1' }]);
    const [one] = await scene.received();
    expect(one?.headers).toMatchObject({ 'x-gitlab-token': SECRET, 'x-gitlab-event': 'Push Hook' });
    expect(one?.headers['idempotency-key']).toBe(one?.headers['x-gitlab-event-uuid']);
    expect(one?.headers).not.toHaveProperty('x-hub-signature-256');
  });
});

describe('merge requests', () => {
  test('are opened, updated by pushes, changed, and sent as events', LONG_TEST, async () => {
    const head = await scene.branch('side');
    await scene.branch('stable', { stable: '1' });
    const asked = { title: 'More', source_branch: 'side', target_branch: 'main' };
    expect((await call('POST', '/merge_requests', asked)).body).toMatchObject({ iid: 1, state: 'opened', sha: head });
    expect((await call('POST', '/merge_requests', asked)).status).toBe(409);
    expect((await call('POST', '/merge_requests', { title: 'x' })).body.error).toContain('source_branch is missing');
    await scene.copy.git('checkout', '--quiet', 'side');
    const next = await scene.branch('side', { side: '2' });
    await scene.forge.delivered();
    await call('PUT', '/merge_requests/1', { target_branch: 'stable' });
    await call('PUT', '/merge_requests/1', { state_event: 'close' });
    expect((await call('GET', '/merge_requests?state=opened')).body).toEqual([]);
    await call('PUT', '/merge_requests/1', { state_event: 'reopen' });
    expect((await call('PUT', '/merge_requests/1/merge', { sha: head })).status).toBe(409);
    expect((await call('PUT', '/merge_requests/1/merge', { sha: next })).body.state).toBe('merged');
    expect((await told('Merge Request Hook')).map((body) => body.object_attributes.action)).toEqual([
      'open',
      'update',
      'update',
      'close',
      'reopen',
      'merge',
    ]);
    const [, moved, retargeted] = await told('Merge Request Hook');
    expect(moved.object_attributes).toMatchObject({ oldrev: head, last_commit: { id: next }, source_branch: 'side' });
    expect(retargeted.changes).toEqual({ target_branch: { previous: 'main', current: 'stable' } });
    expect(retargeted.object_attributes).not.toHaveProperty('oldrev');
    expect((await scene.copy.git('ls-remote', 'origin', 'refs/merge-requests/1/head')).split('\t')[0]).toBe(next);
    const listed = await call('GET', '/merge_requests?per_page=1');
    expect([listed.headers.get('x-total'), listed.body[0].state]).toEqual(['1', 'merged']);
    expect((await call('GET', '/merge_requests/9')).status).toBe(404);
    expect((await call('GET', '/merge_requests?state=open')).status).toBe(400);
  });

  test('have notes, which are listed newest first', LONG_TEST, async () => {
    await scene.branch('side');
    await scene.forge.openPull({ title: 'More', head: 'side', base: 'main' });
    const { body: made } = await call('POST', '/merge_requests/1/notes', { body: 'the plan' });
    await scene.forge.comment(1, '/phoenix approve', 'grace');
    const [theirs] = (await call('GET', '/merge_requests/1/notes')).body;
    expect(theirs).toMatchObject({ body: '/phoenix approve', author: { username: 'grace' } });
    expect((await call('GET', '/merge_requests/1/notes?sort=asc&per_page=1')).body).toMatchObject([{ id: made.id }]);
    expect((await call('PUT', `/merge_requests/1/notes/${made.id}`, { body: 'a new plan' })).body.body).toBe(
      'a new plan',
    );
    expect((await call('PUT', `/merge_requests/1/notes/${theirs.id}`, { body: 'x' })).status).toBe(403);
    expect((await call('POST', '/merge_requests/1/notes', {})).body).toEqual({ error: 'body is missing' });
    expect((await call('POST', '/merge_requests/1/notes', { body: 'x'.repeat(1_000_001) })).status).toBe(400);
    expect((await call('GET', '/merge_requests/9/notes')).status).toBe(404);
    expect(await told('Note Hook')).toMatchObject([
      {
        object_attributes: { note: 'the plan', noteable_type: 'MergeRequest', action: 'create' },
        merge_request: { iid: 1 },
      },
      { object_attributes: { note: '/phoenix approve' }, user: { username: 'grace' } },
      { object_attributes: { note: 'a new plan', action: 'update' } },
    ]);
  });
});

test('people are found by name, and members by number', async () => {
  scene.forge.allow('grace', 'write');
  const [grace] = (await call('GET', '/users?username=Grace')).body;
  expect((await call('GET', `/members/all/${grace.id}`)).body).toMatchObject({ username: 'grace', access_level: 30 });
  expect((await call('GET', '/users?username=nobody')).body).toEqual([]);
  expect((await call('GET', '/members/all/99')).status).toBe(404);
  expect((await call('GET', '/projects/1')).body).toMatchObject({
    permissions: { project_access: { access_level: 40 } },
  });
});
