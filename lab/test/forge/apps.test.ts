// The lab's GitHub authenticates Apps as the real one does: a short-lived JWT gives a token that lasts an hour, and neither grants more than the
// permissions of the installation.

import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { createAppAuth } from '@octokit/auth-app';
import { Octokit } from '@octokit/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { workingCopy } from '../../../test/support/git/git.ts';
import { LONG_TEST } from '../../../test/support/long.ts';
import { APP, APP_ID, APP_KEY, appToken, openScene, type Scene } from './harness.ts';

let scene: Scene;
beforeEach(async () => {
  scene = await openScene({ app: APP });
});
afterEach(() => scene.close());

describe('an App', () => {
  test('shows who it is and gets a token that is long and lasts an hour', async () => {
    const token = await appToken();
    expect((await scene.call('GET', '/app', { token })).body).toMatchObject({ id: APP_ID, slug: 'phoenix-lab' });
    const { body } = await scene.call('GET', '/app/installations', { token });
    expect(body).toMatchObject([{ app_id: APP_ID, permissions: { checks: 'write', contents: 'read' } }]);
    const asked = { permissions: { checks: 'write', statuses: 'read' }, repositories: ['config'] };
    const made = await scene.call('POST', `/app/installations/${body[0].id}/access_tokens`, { token, body: asked });
    expect(made.status).toBe(201);
    expect(made.body.permissions).toEqual(asked.permissions);
    expect(made.body.token).toMatch(new RegExp(`^ghs_${APP_ID}_[\\w-]+\\.[\\w-]+\\.[\\w-]+$`));
    expect(made.body.token.length).toBeGreaterThan(200);
    expect(Date.parse(made.body.expires_at) - Date.now()).toBeGreaterThan(3_590_000);
  });

  test('is refused with a token that is not its own, or not of this time', async () => {
    const { privateKey: other } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const refusals: [Promise<string>, number, RegExp][] = [
      [appToken({}, other), 401, /could not be decoded/],
      [appToken({ iss: '1' }), 404, /Integration not found/],
      [appToken({ exp: -1 }), 401, /future time at which the assertion expires/],
      [appToken({ exp: 620 }), 401, /too far in the future/],
      [appToken({ iat: 90 }), 401, /'iat'/],
      [Promise.resolve('lab/token+1'), 401, /could not be decoded/],
    ];
    for (const [token, status, message] of refusals) {
      const refused = await scene.call('GET', '/app', { token: await token });
      expect([refused.status, refused.body.message]).toEqual([status, expect.stringMatching(message)]);
    }
    expect((await scene.call('GET', '/app', { token: await appToken({ iat: 50 }) })).status).toBe(200);
  });

  test('requests no permission beyond those it was granted', async () => {
    const token = await appToken();
    const { body: installation } = await scene.call('GET', '/repos/phoenix/config/installation', { token });
    const path = `/app/installations/${installation.id}/access_tokens`;
    const post = (body: object) => scene.call('POST', path, { token, body });
    expect((await post({ permissions: { contents: 'write' } })).status).toBe(422);
    expect((await post({ repositories: ['other'] })).status).toBe(422);
    expect((await scene.call('POST', '/app/installations/1/access_tokens', { token })).status).toBe(404);
    expect((await scene.call('GET', '/hooks', { token: await scene.installationToken() })).status).toBe(403);
  });

  test(
    'reads with its token over Git too, pushes only where contents are open to it, until the token ends',
    LONG_TEST,
    async () => {
      const sha = await scene.branch('main');
      const token = await scene.installationToken();
      const own = await workingCopy(scene.forge.repositoryUrl.replace('//', `//x-access-token:${token}@`));
      await own.git('fetch', '--quiet', 'origin', 'main');
      expect(await own.git('rev-parse', 'FETCH_HEAD')).toBe(sha);
      await own.git('reset', '--quiet', '--hard', 'FETCH_HEAD');
      await expect(own.push('HEAD:refs/heads/theirs')).rejects.toThrow(/403|not granted/);
      expect((await scene.call('GET', '/', { token })).status).toBe(200);
      scene.forge.expireTokens();
      expect((await scene.call('GET', '/', { token })).status).toBe(401);
      await expect(own.git('fetch', '--quiet', 'origin', 'main')).rejects.toThrow(/Authentication failed|401/);
      await own.remove();
    },
  );
});

test('the client that others use for Apps works with it, and gets a new token when one has ended', async () => {
  const sha = await scene.branch('main');
  const { forge } = scene;
  const shared = { authStrategy: createAppAuth, baseUrl: forge.apiUrl };
  const auth = { appId: APP_ID, privateKey: APP_KEY };
  const place = { owner: 'phoenix', repo: 'config' };
  const { data } = await new Octokit({ ...shared, auth }).request('GET /repos/{owner}/{repo}/installation', place);
  const client = () => new Octokit({ ...shared, auth: { ...auth, installationId: data.id } });
  const path = 'POST /repos/{owner}/{repo}/check-runs';
  const made = await client().request(path, { ...place, name: 'plan', head_sha: sha, conclusion: 'success' });
  expect(made.data).toMatchObject({ status: 'completed', conclusion: 'success', app: { id: APP_ID } });
  forge.expireTokens();
  await client().request(path, { ...place, name: 'plan', head_sha: sha });
  expect(forge.latestChecks(sha)).toMatchObject([{ name: 'plan', status: 'queued' }]);
  await expect(client().request(path, { ...place, name: 'plan', head_sha: '1'.repeat(40) })).rejects.toThrow(
    'No commit found for SHA',
  );
});

describe('an App of a manifest', () => {
  const manifest = {
    name: 'Phoenix at home',
    url: 'https://phoenix.example',
    hook_attributes: { url: 'https://phoenix.example/webhooks' },
    redirect_url: 'https://phoenix.example/setup?step=2',
    public: false,
    default_permissions: { checks: 'write', contents: 'read', pull_requests: 'write' },
    default_events: ['push', 'pull_request', 'check_run'],
  };

  async function post(given: unknown, page = '/settings/apps/new?state=abc'): Promise<Response> {
    const body = new URLSearchParams({ manifest: typeof given === 'string' ? given : JSON.stringify(given) });
    return fetch(`${scene.forge.url}${page}`, { method: 'POST', body, redirect: 'manual' });
  }

  test('comes with its secrets, once, and works when it is installed', LONG_TEST, async () => {
    const hook_attributes = { url: scene.receiver };
    const answer = await post({ ...manifest, hook_attributes }, '/organizations/phoenix/settings/apps/new?state=abc');
    const back = new URL(answer.headers.get('location') ?? '');
    expect([answer.status, back.origin, back.searchParams.get('step')]).toEqual([302, 'https://phoenix.example', '2']);
    expect(back.searchParams.get('state')).toBe('abc');
    const path = `/app-manifests/${back.searchParams.get('code')}/conversions`;
    const made = await scene.call('POST', path);
    expect(made).toMatchObject({ status: 201, body: { name: 'Phoenix at home', slug: 'phoenix-at-home' } });
    expect((await scene.call('POST', path)).status).toBe(404);

    const { id, pem } = made.body;
    const token = await appToken({ iss: String(id) }, createPrivateKey(pem));
    expect((await scene.call('GET', '/repos/phoenix/config/installation', { token })).status).toBe(404);
    scene.forge.installApp(id);
    const installation = await scene.call('GET', '/repos/phoenix/config/installation', { token });
    expect(installation.body).toMatchObject({ app_id: id, events: manifest.default_events });
    await scene.branch('main');
    const pushes = (await scene.received()).filter(({ event }) => event === 'push');
    expect(pushes.map(({ headers }) => headers['x-github-hook-installation-target-id'])).toContain(String(id));
  });

  test.each<[string, unknown, RegExp]>([
    ['no JSON', '{', /not a JSON object/],
    ['a long name', { ...manifest, name: 'x'.repeat(35) }, /at most 34/],
    ['no address', { ...manifest, url: undefined }, /Url must be/],
    ['no way back', { ...manifest, redirect_url: '/setup' }, /Redirect url/],
    ['a webhook without an address', { ...manifest, hook_attributes: {} }, /Hook url/],
    ['an unknown permission', { ...manifest, default_permissions: { everything: 'write' } }, /everything: write/],
    ['an event that it may not read', { ...manifest, default_events: ['issue_comment'] }, /issue_comment/],
  ])('is refused with %s', async (_, given, message) => {
    const answer = await post(given);
    expect([answer.status, await answer.text()]).toEqual([422, expect.stringMatching(message)]);
  });

  test('is confirmed on a page', async () => {
    const page = await fetch(`${scene.forge.url}/settings/apps/new`);
    expect(await page.text()).toContain('<form method="post">');
  });
});
