// Every GitHub operation of the lab responds as GitHub's API description says: `call` validates each response.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { LONG_TEST } from '../../../test/support/long.ts';
import { OPERATIONS, problemsOf, seen } from './github-api.ts';
import { APP, appToken, openScene, type Scene } from './harness.ts';

let token: Scene;
let app: Scene;

beforeAll(async () => {
  token = await openScene({ tokenRight: 'admin' });
  app = await openScene({ app: APP });
});
afterAll(async () => {
  await token.close();
  await app.close();
});

test('an answer that GitHub would not give is found', () => {
  const permission = { permission: 'write', role_name: 'write', user: null };
  const path = '/repos/a/b/collaborators/c/permission';
  expect(problemsOf('GET', path, 200, permission)).toBe('');
  expect(problemsOf('GET', path, 200, { permission: 'write' })).toContain("must have required property 'role_name'");
  expect(problemsOf('GET', path, 200, { ...permission, role_name: 7 })).toContain('must be string');
  expect(problemsOf('GET', path, 202, permission)).toBe('no answer 202 is described');
  expect(problemsOf('POST', '/repos/a/b/pulls', 422, { errors: [] })).toContain('message');
});

test('every operation is held to it', LONG_TEST, async () => {
  seen.clear();
  const sha = await token.branch('main');
  await token.branch('side');
  token.forge.allow('grace', 'write');
  await token.call('GET', '/');
  await token.call('POST', `/statuses/${sha}`, {
    body: { state: 'success', description: 'x', target_url: 'http://x' },
  });
  await token.call('GET', `/commits/${sha}/statuses`);
  await token.call('GET', '/commits/main/status');
  await token.call('POST', '/pulls', { body: { title: 'x', head: 'side', base: 'main' } });
  await token.call('GET', '/pulls');
  await token.call('GET', '/pulls/1');
  await token.call('PATCH', '/pulls/1', { body: { title: 'y' } });
  const { body: comment } = await token.call('POST', '/issues/1/comments', { body: { body: 'x' } });
  await token.call('GET', '/issues/1/comments');
  await token.call('GET', `/issues/comments/${comment.id}`);
  await token.call('PATCH', `/issues/comments/${comment.id}`, { body: { body: 'y' } });
  await token.call('GET', '/collaborators/grace/permission');
  await token.call('GET', '/pulls/1/commits');
  await token.forge.review(1, { state: 'approved', body: 'fine' }, 'grace');
  await token.call('GET', '/pulls/1/reviews');
  const { body: merged } = await token.call('PUT', '/pulls/1/merge');
  await token.call('GET', `/commits/${merged.sha}/pulls`);
  await token.call('GET', '/activity?ref=refs/heads/main');
  await token.call('GET', '/git/matching-refs/heads%2Fmain');
  await token.call('GET', '/user');
  await token.call('GET', '/pulls?state=all');
  await token.forge.delivered();
  const { body: hooks } = await token.call('GET', '/hooks');
  await token.call('POST', `/hooks/${hooks[0].id}/pings`);
  await token.forge.delivered();
  await deliveriesOf(token, `/hooks/${hooks[0].id}`, {});

  const head_sha = await app.branch('main');
  const asApp = { token: await appToken() };
  await app.call('GET', '/app', asApp);
  await app.call('GET', '/app/installations', asApp);
  const as = { token: await app.installationToken() };
  const output = { title: 'x', summary: 'x', annotations: [annotation] };
  const { body: check } = await app.call('POST', '/check-runs', { ...as, body: { name: 'plan', head_sha, output } });
  await app.call('PATCH', `/check-runs/${check.id}`, { ...as, body: { conclusion: 'success' } });
  await app.call('GET', `/check-runs/${check.id}`, as);
  await app.call('GET', `/check-runs/${check.id}/annotations`, as);
  await app.call('GET', `/commits/${head_sha}/check-runs`, as);
  await app.forge.delivered();
  await app.call('GET', '/app/hook/config', asApp);
  await deliveriesOf(app, '/app/hook', asApp);
  const code = await manifestCode(app.forge.url);
  await app.call('POST', `/app-manifests/${code}/conversions`);

  expect([...seen].sort()).toEqual(OPERATIONS.toSorted());
});

const annotation = { path: 'a', start_line: 1, end_line: 1, annotation_level: 'failure', message: 'x' };

async function deliveriesOf({ call, forge }: Scene, hook: string, asked: { token?: string }): Promise<void> {
  const { body } = await call('GET', `${hook}/deliveries`, asked);
  await call('GET', `${hook}/deliveries/${body[0].id}`, asked);
  await call('POST', `${hook}/deliveries/${body[0].id}/attempts`, asked);
  await forge.delivered();
}

async function manifestCode(url: string): Promise<string> {
  const manifest = { url: 'http://x', redirect_url: 'http://x', default_permissions: { contents: 'read' } };
  const body = new URLSearchParams({ manifest: JSON.stringify(manifest) });
  const answer = await fetch(`${url}/settings/apps/new`, { method: 'POST', body, redirect: 'manual' });
  return new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? '';
}
