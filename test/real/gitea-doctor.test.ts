// The doctor on tokens and webhooks of a real Gitea.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { checkForge } from '../../src/cli/doctor/checks.ts';
import { checkHooks } from '../../src/cli/doctor/webhook.ts';
import { observeHooks } from '../../src/io/forge/doctor/hooks.ts';
import { makeGiteaToken } from '../../src/io/forge/doctor/make-gitea-token.ts';
import type { ForgeOptions } from '../../src/io/forge/options.ts';
import { readSettings } from '../../src/settings.ts';
import { phoenix, start } from '../cli/phoenix.ts';
import { GITEA, type Gitea, PASSWORD, startGitea } from '../support/git/gitea.ts';
import { freePort } from '../support/programs.ts';
import { until } from '../support/until.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 });

const REPOSITORY = 'ada/config';
const PATH = `/repos/${REPOSITORY}`;
const HERE = 'http://127.0.0.1:9/webhooks';

describe.skipIf(GITEA === undefined)('a real Gitea (PHOENIX_TEST_GITEA names it where it is not on PATH)', () => {
  let gitea: Gitea;

  beforeAll(async () => {
    gitea = await startGitea(GITEA ?? '');
    for (const login of ['ada', 'bot', 'reader', 'chief']) await gitea.person(login);
    const made = { name: 'config', private: true, default_branch: 'main', auto_init: true };
    await gitea.must('POST', '/user/repos', made, 'ada');
    for (const [login, permission] of [
      ['bot', 'write'],
      ['reader', 'read'],
      ['chief', 'admin'],
    ]) {
      await gitea.must('PUT', `${PATH}/collaborators/${login}`, { permission }, 'ada');
    }
  });
  afterAll(() => gitea?.remove());

  async function said(login: string, ...scopes: readonly string[]): Promise<string[]> {
    const environment = {
      PHOENIX_REPO_URL: `${gitea.url}/${REPOSITORY}.git`,
      PHOENIX_FORGE: 'gitea',
      PHOENIX_FORGE_TOKEN: (await gitea.token(login, ...scopes)).value,
    };
    const { settings } = readSettings(environment, () => '', { receiving: false });
    if (settings === null) throw new Error('the settings are wrong');
    return (await checkForge(settings)).map(({ state, message, hint }) => `${state} ${message} | ${hint}`);
  }

  async function options(login: string): Promise<ForgeOptions> {
    const { value } = await gitea.token(login, 'write:repository', 'write:issue');
    const as = { as: 'token', token: () => value } as const;
    return { kind: 'gitea', api: gitea.url, repository: REPOSITORY, branch: 'main', login: as };
  }

  test.each(['bot', 'chief', 'ada'])('a token of %s with the scopes of docs/forges.md is fit', async (login) => {
    expect(await said(login, 'write:repository', 'write:issue')).toEqual([
      'ok the token may write statuses and comments | null',
    ]);
  });

  test('so is one that it makes for a password, and a wrong password makes none', async () => {
    const made = await makeGiteaToken(gitea.url, { user: 'ada', password: PASSWORD }, 'phoenix of a test');
    const token = 'token' in made ? made.token : '';
    const environment = {
      PHOENIX_REPO_URL: `${gitea.url}/${REPOSITORY}.git`,
      PHOENIX_FORGE: 'gitea',
      PHOENIX_FORGE_TOKEN: token,
    };
    const { settings } = readSettings(environment, () => '', { receiving: false });
    if (settings === null) throw new Error('the settings are wrong');
    expect((await checkForge(settings)).map(({ state }) => state)).toEqual(['ok']);
    const wrong = await makeGiteaToken(gitea.url, { user: 'ada', password: 'another' }, 'phoenix of another');
    expect(wrong).toEqual({ refused: expect.stringMatching(/^HTTP 401/) });
  });

  test('of an administrator of the site too, whom Gitea gives longer error messages', async () => {
    await gitea.person('site');
    await gitea.must('PATCH', '/admin/users/site', { admin: true, login_name: 'site', source_id: 0 });
    expect(await said('site', 'write:repository', 'write:issue')).toEqual([expect.stringMatching(/^ok /)]);
  });

  test('for a token that may only read, both missing scopes are named', async () => {
    expect(await said('bot', 'read:repository', 'read:issue')).toEqual([
      expect.stringMatching(/^failed the token may not write statuses \(HTTP 403: .*\| the scope write:repository/),
      expect.stringMatching(/^failed the token may not write comments \(HTTP 403: .*\| the scope write:issue/),
    ]);
  });

  test.each([
    [['write:repository'], /^failed the token may not write comments .*\| the scope write:issue/],
    [['write:issue'], /^failed the token may not read the repository .*\| the scope write:repository/],
  ])('a token with %j alone is told what is missing', async (scopes, message) => {
    expect(await said('bot', ...scopes)).toEqual([expect.stringMatching(message)]);
  });

  test('for a sufficient token of somebody who may only read, it is reported that its owner may not push', async () => {
    expect(await said('reader', 'write:repository', 'write:issue')).toEqual([
      expect.stringMatching(/^failed the token may not write statuses .*\| make the owner of the token a collaborator/),
    ]);
  });

  test('nothing was written to find out', async () => {
    const head = (await gitea.must('GET', `${PATH}/branches/main`, undefined, 'ada')).commit.id;
    expect(await gitea.must('GET', `${PATH}/commits/${head}/statuses`, undefined, 'ada')).toEqual([]);
    expect(await gitea.must('GET', `${PATH}/issues/comments`, undefined, 'ada')).toEqual([]);
  });

  test('webhooks are seen by administrators of the repository alone', async () => {
    const config = { url: HERE, content_type: 'form', secret: 's' };
    const hook = { type: 'gitea', config, events: ['push', 'pull_request_comment'], active: true };
    await gitea.must('POST', `${PATH}/hooks`, hook, 'ada');
    const sent = { publicUrl: 'http://127.0.0.1:9', webhookContentType: 'json' } as const;
    expect(await observeHooks(await options('bot'))).toMatchObject({
      seen: false,
      why: expect.stringContaining('HTTP 403'),
    });

    const chief = await options('chief');
    const seen = await observeHooks(chief);
    const judged = checkHooks(seen, chief, sent);
    expect(judged.diagnostics.map(({ message }) => message)).toEqual([
      'it is sent as application/x-www-form-urlencoded',
      'it does not send "Pull Request", "Pull Request Synchronized", "Pull Request Reviewed"',
    ]);
    if (!seen.seen || judged.hook === null) throw new Error('the webhook is not seen');
    expect(await seen.test?.(judged.hook)).toBeNull();
  });

  test('a test delivery goes from Gitea to the agent, and the doctor reports it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'phoenix-real-doctor-'));
    const port = await freePort();
    const settings = {
      PHOENIX_REPO_URL: `${gitea.url}/${REPOSITORY}.git`,
      PHOENIX_FORGE: 'gitea',
      PHOENIX_FORGE_TOKEN: (await gitea.token('chief', 'write:repository', 'write:issue')).value,
      PHOENIX_WEBHOOK_SECRET: 'the secret of the webhook',
      PHOENIX_LISTEN: `127.0.0.1:${port}`,
      PHOENIX_PUBLIC_URL: `http://127.0.0.1:${port}`,
      PHOENIX_DATA_DIR: join(folder, 'data'),
      PHOENIX_HOST: 'lab',
      PHOENIX_POLL_SECONDS: '3600',
    };
    const config = {
      url: `http://127.0.0.1:${port}/webhooks`,
      content_type: 'json',
      secret: 'the secret of the webhook',
    };
    const events = ['push', 'pull_request', 'pull_request_comment', 'pull_request_review'];
    await gitea.must('POST', `${PATH}/hooks`, { type: 'gitea', config, events, active: true }, 'ada');
    const agent = start(['serve'], settings);
    try {
      await until(
        () => agent.output.stderr.includes('listening on'),
        () => agent.output.stderr,
      );
      const { stdout } = await phoenix(['doctor', '--json'], settings);
      const { checks } = JSON.parse(stdout) as { readonly checks: readonly Record<string, string | null>[] };
      const said = checks.filter(({ check }) => check === 'webhook').map(({ state, message }) => `${state} ${message}`);
      expect(said).toContain('ok a test delivery arrived at the agent (push)');
      expect(said).toContain(`ok ${config.url} has every required setting`);
    } finally {
      agent.child.kill('SIGTERM');
      await agent.ended;
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('a webhook with every box counts as complete', async () => {
    const boxes = ['push', 'pull_request_only', 'pull_request_sync', 'pull_request_comment', 'pull_request_review'];
    for (const { id } of await gitea.must('GET', `${PATH}/hooks`, undefined, 'ada')) {
      await gitea.must('DELETE', `${PATH}/hooks/${id}`, undefined, 'ada');
    }
    const config = { url: HERE, content_type: 'json', secret: 's' };
    await gitea.must('POST', `${PATH}/hooks`, { type: 'gitea', config, events: boxes, active: true }, 'ada');
    const chief = await options('chief');
    const { diagnostics } = checkHooks(await observeHooks(chief), chief, {
      publicUrl: null,
      webhookContentType: 'json',
    });
    expect(diagnostics).toMatchObject([{ state: 'ok' }]);
  });
});
