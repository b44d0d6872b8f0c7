// Comments of the lab's GitHub: what a person or a token may write, the events that follow, and the refusals and pages of the real API.

import { afterEach, beforeEach, expect, test } from 'vitest';
import { LONG_TEST } from '../../../test/support/long.ts';
import { type Json, openScene, type Scene } from './harness.ts';

let scene: Scene;

beforeEach(async () => {
  scene = await openScene();
  await scene.branch('main');
  await scene.branch('side');
  await scene.forge.openPull({ title: 'More', head: 'side', base: 'main' });
});
afterEach(() => scene.close());

async function commentEvents(): Promise<Json[]> {
  const all = await scene.received();
  return all.filter(({ event }) => event === 'issue_comment').map(({ body }) => body);
}

test('comments are created, changed and sent as events, including those of the token owner', async () => {
  const made = await scene.call('POST', '/issues/1/comments', { body: { body: 'the plan' } });
  expect(made).toMatchObject({ status: 201, body: { body: 'the plan', user: { login: 'phoenix-agent' } } });
  const changed = await scene.call('PATCH', `/issues/comments/${made.body.id}`, { body: { body: 'a new plan' } });
  expect(changed).toMatchObject({ status: 200, body: { id: made.body.id, body: 'a new plan' } });
  await scene.forge.comment(1, '/phoenix approve', 'grace');
  const issue = scene.forge.openIssue('It is broken');
  await scene.forge.comment(issue.number, '/phoenix approve', 'grace');
  expect(await commentEvents()).toMatchObject([
    { action: 'created', issue: { number: 1, pull_request: {} }, sender: { login: 'phoenix-agent', type: 'User' } },
    { action: 'edited', changes: { body: { from: 'the plan' } }, comment: { body: 'a new plan' } },
    { action: 'created', comment: { body: '/phoenix approve', user: { login: 'grace' } }, sender: { login: 'grace' } },
    { action: 'created', issue: { number: 2, title: 'It is broken' } },
  ]);
  expect((await commentEvents())[3].issue).not.toHaveProperty('pull_request');
});

test('comments come in pages, oldest first', async () => {
  for (const body of ['one', 'two', 'three']) await scene.forge.comment(1, body, 'grace');
  const page = await scene.call('GET', '/issues/1/comments?per_page=2&page=2');
  expect(page.body.map(({ body }: Json) => body)).toEqual(['three']);
  expect(page.headers.get('link')).toContain('page=1>; rel="prev"');
});

test('comments are refused as GitHub refuses them', LONG_TEST, async () => {
  const post = (body: unknown, number = 1) => scene.call('POST', `/issues/${number}/comments`, { body: { body } });
  expect((await post('x'.repeat(65_536))).status).toBe(201);
  const long = await post('x'.repeat(65_537));
  expect(long.status).toBe(422);
  expect(JSON.stringify(long.body)).toContain('maximum is 65536 characters');
  expect((await post('  ')).status).toBe(422);
  expect((await post(undefined)).status).toBe(422);
  expect((await post('x', 9)).status).toBe(404);
  expect((await scene.call('PATCH', '/issues/comments/1', { body: { body: 'x' } })).status).toBe(404);
  expect((await scene.call('GET', '/issues/1/comments', { token: 'wrong' })).status).toBe(401);
});

test('the permissions of known users are shown', async () => {
  const permission = async (login: string) => {
    const { status, body } = await scene.call('GET', `/collaborators/${login}/permission`);
    return status === 200 ? `${body.permission} ${body.role_name}` : status;
  };
  scene.forge.allow('grace', 'maintain');
  scene.forge.allow('joan', 'triage');
  scene.forge.allow('root', 'admin');
  await scene.forge.comment(1, 'hello', 'stranger');
  expect(await Promise.all(['grace', 'Grace', 'joan', 'root', 'stranger', 'nobody'].map(permission))).toEqual([
    'write maintain',
    'write maintain',
    'read triage',
    'admin admin',
    'none none',
    404,
  ]);
});

test('a token that may only read writes nothing', LONG_TEST, async () => {
  scene.forge.allow('phoenix-agent', 'read');
  expect((await scene.call('GET', '/pulls')).status).toBe(200);
  for (const [path, body] of [
    ['/issues/1/comments', { body: 'x' }],
    ['/pulls', { title: 'x', head: 'side', base: 'main' }],
    [`/statuses/${'1'.repeat(40)}`, { state: 'success' }],
  ] as const) {
    expect((await scene.call('POST', path, { body })).body.message).toBe(
      'Resource not accessible by personal access token',
    );
  }
});
