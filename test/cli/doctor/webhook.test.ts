// The doctor on the webhook: its settings, as far as the forge shows them, and whether its deliveries arrive.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LabForge, type LabForgeOptions, startForge } from 'phoenix-lab/forge';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { checkHooks } from '../../../src/cli/doctor/webhook.ts';
import type { Hook } from '../../../src/io/forge/doctor/hooks.ts';
import { environment } from '../../support/environment.ts';
import { type ConfigRepo, openConfigRepo } from '../../support/git/config-repo.ts';
import { LONG_TEST } from '../../support/long.ts';
import { freePort } from '../../support/programs.ts';
import { phoenix } from '../phoenix.ts';
import { type ServedHere, serveHere } from '../serve-here.ts';

const SECRET = 'the secret of the webhook';
const TOKEN = 'the-token-of-the-forge';

describe('a webhook is judged by its page at the forge', () => {
  const login = { as: 'token', token: () => TOKEN } as const;
  const sent = { publicUrl: 'https://phoenix.example.internal', webhookContentType: 'json' } as const;
  const events = ['push', 'pull_request', 'pull_request_sync', 'pull_request_comment', 'pull_request_review'];
  const good: Hook = {
    id: 1,
    url: 'https://phoenix.example.internal/webhooks',
    active: true,
    contentType: 'json',
    events,
    last: null,
  };
  const judged = (changed: Partial<Hook>, kind: 'gitea' | 'github' | 'gitlab' = 'gitea') => {
    const seen = { seen: true, hooks: [{ ...good, ...changed }], test: null } as const;
    const { diagnostics } = checkHooks(seen, { kind, login }, sent);
    return diagnostics.map(({ state, message, hint }) => `${state} ${message} | ${hint}`);
  };

  test.each([
    [{}, 'ok https://phoenix.example.internal/webhooks has every required setting'],
    [{ active: false }, 'failed .* is not active'],
    [
      { contentType: 'form' as const },
      'failed its content type is application/x-www-form-urlencoded .* application/json',
    ],
    [{ url: 'https://phoenix.example.internal/' }, 'failed .* does not end in /webhooks'],
    [{ url: 'http://10.0.0.7:8080/webhooks' }, 'warning .* is not below PHOENIX_PUBLIC_URL'],
    [{ url: 'https://phoenix.example.internal.evil.example/webhooks' }, 'warning .* is not below PHOENIX_PUBLIC_URL'],
    [{ events: events.filter((each) => each !== 'pull_request_sync') }, 'failed .* "Pull Request Synchronized" '],
    [{ events: ['push'] }, 'failed .* "Pull Request", "Pull Request Synchronized", "Pull Request Comment", "Pull Req'],
    [{ last: { ok: false, code: 401, said: 'HTTP 401: Unauthorized' } }, 'failed .*HTTP 401.*PHOENIX_WEBHOOK_SECRET'],
    [
      { url: 'https://chat.example.org/hook' },
      'warning no webhook of the repository has the address of this agent .* create one',
    ],
  ])('%j', (changed, message) => {
    expect(judged(changed)).toEqual([expect.stringMatching(message)]);
  });

  test('the boxes of each forge have its own names', () => {
    expect(judged({ events: ['push'] }, 'github')).toEqual([
      expect.stringContaining('"Pull requests", "Pull request reviews", "Issue comments"'),
    ]);
    expect(judged({ events: ['push_events'] }, 'gitlab')).toEqual([
      expect.stringContaining('"Merge request events", "Comments"'),
    ]);
    expect(judged({ events: ['*'] }, 'github')).toEqual([expect.stringMatching(/^ok /)]);
  });

  test('settings that the token may not see have to be checked by a person', () => {
    const { diagnostics, hook } = checkHooks({ seen: false, why: 'HTTP 403' }, { kind: 'gitea', login }, sent);
    expect(hook).toBeNull();
    const [{ state, hint } = { state: '', hint: '' }] = diagnostics;
    expect(state).toBe('skipped');
    for (const part of ['"Pull Request Synchronized"', 'webhook.ALLOWED_HOST_LIST', '/webhooks', 'application/json'])
      expect(hint).toContain(part);
  });
});

describe('whether it reaches the agent', () => {
  let folder: string;
  let forge: LabForge | undefined;
  let agent: ServedHere | undefined;
  let port: number;
  let repo: ConfigRepo;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phoenix-webhook-'));
  });
  afterEach(async () => {
    await agent?.stop();
    agent = undefined;
    await forge?.close();
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  async function lab(options: Partial<LabForgeOptions>): Promise<LabForge> {
    const place = await mkdtemp(join(folder, 'forge-'));
    forge = await startForge({ folder: place, secret: SECRET, token: TOKEN, kind: 'gitea', ...options });
    repo = await openConfigRepo(`${place}-person`, forge.pushUrl);
    await repo.commit(environment({}));
    await repo.push();
    port = await freePort();
    return forge;
  }

  function settings({ repositoryUrl, kind, url }: LabForge): Record<string, string> {
    return {
      PHOENIX_REPO_URL: repositoryUrl,
      PHOENIX_FORGE: kind,
      PHOENIX_FORGE_API: url,
      PHOENIX_FORGE_TOKEN: TOKEN,
      PHOENIX_WEBHOOK_SECRET: SECRET,
      PHOENIX_LISTEN: `127.0.0.1:${port}`,
      PHOENIX_DATA_DIR: join(folder, `data-${port}`),
      PHOENIX_HOST: 'lab',
      PHOENIX_POLL_SECONDS: '3600',
    };
  }

  async function serve(of: LabForge): Promise<void> {
    agent = await serveHere(settings(of));
  }

  async function said(of: LabForge): Promise<string> {
    const { stdout } = await phoenix(['doctor', '--json'], settings(of));
    const { checks } = JSON.parse(stdout) as { readonly checks: readonly Record<string, string | null>[] };
    const found = checks.filter(({ check }) => check === 'webhook');
    return found.map(({ state, message, hint }) => `${state} ${message} | ${hint}`).join('\n');
  }

  test.each(['gitea', 'github'] as const)('%s: a test delivery is requested and arrives', LONG_TEST, async (kind) => {
    const of = await lab({ kind, tokenRight: 'admin' });
    of.sendWebhooksTo(`http://127.0.0.1:${port}/webhooks`);
    await serve(of);
    expect(await said(of)).toMatch(/^ok a test delivery arrived at the agent \((push|ping)\)/m);
  });

  test('a lost test delivery is a failure, with what to check', LONG_TEST, async () => {
    const of = await lab({ tokenRight: 'admin' });
    of.sendWebhooksTo(`http://127.0.0.1:${port}/webhooks`);
    of.decideDeliveries(() => 'drop');
    await serve(of);
    expect(await said(of)).toMatch(/^failed a test delivery did not arrive .*ALLOWED_HOST_LIST/m);
  });

  test('a token that may not see webhooks learns of the last delivery from the agent', LONG_TEST, async () => {
    const of = await lab({});
    of.sendWebhooksTo(`http://127.0.0.1:${port}/webhooks`);
    await serve(of);
    // An unsigned delivery does not count as arrived.
    const forged = {
      method: 'POST',
      headers: { 'x-gitea-event': 'push', 'x-hub-signature-256': 'sha256=00' },
      body: '{}',
    };
    expect((await fetch(`http://127.0.0.1:${port}/webhooks`, forged)).status).toBe(401);
    expect(await said(of)).toMatch(/^warning no delivery has arrived at the agent yet/m);
    await repo.commit(environment({ 101: {} }));
    await repo.push();
    await of.delivered();
    const told = await said(of);
    expect(told).toMatch(/^ok the last delivery arrived at \S+ \(push\)/m);
    expect(told).toMatch(/^skipped the login may not read webhooks \(HTTP 403/m);
  });

  test('without an agent the doctor says to start it and run the doctor again', async () => {
    const of = await lab({});
    expect(await said(of)).toMatch(
      /^skipped it is not known whether webhooks arrive: no agent answers .*run phoenix doctor again/m,
    );
  });
});
