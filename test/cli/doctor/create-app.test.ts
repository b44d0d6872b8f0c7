// Creating a GitHub App with one click, as a user and a browser do it, and a doctor that finds it correct.

import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LabForge, startForge } from 'phoenix-lab/forge';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { APP_ID } from '../../support/agent/agent.ts';
import { environment } from '../../support/environment.ts';
import { openConfigRepo } from '../../support/git/config-repo.ts';
import { LONG_TEST } from '../../support/long.ts';
import { until } from '../../support/until.ts';
import { formOf, pressButton } from '../app-page.ts';
import { phoenix, start } from '../phoenix.ts';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

let folder: string;
let forge: LabForge;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-app-test-'));
  const app = { id: APP_ID, publicKey };
  forge = await startForge({ folder: join(folder, 'forge'), secret: 'a secret', token: 'the-token', app });
  const repo = await openConfigRepo(join(folder, 'person'), forge.pushUrl);
  await repo.commit(environment({ 101: {} }));
  await repo.push();
});
afterAll(async () => {
  await forge.close();
  await rm(folder, { recursive: true, force: true });
});

function settings(data: string): Record<string, string> {
  return {
    PHOENIX_REPO_URL: forge.repositoryUrl,
    PHOENIX_FORGE_API: forge.url,
    PHOENIX_PUBLIC_URL: 'https://phoenix.example.org',
    PHOENIX_DATA_DIR: join(folder, data),
  };
}

test('one click creates the App, stores its key for the user only, and prints the settings', async () => {
  const command = start(['doctor', '--create-app'], settings('pressed'));
  const page = () => /Open (http:\/\/127\.0\.0\.1:\d+)/.exec(command.output.stderr)?.[1];
  await until(() => page() !== undefined, 'the address');
  const { manifest } = await formOf(page() ?? '');
  expect(JSON.parse(manifest)).toMatchObject({
    hook_attributes: { url: 'https://phoenix.example.org/webhooks' },
    default_permissions: { checks: 'write', contents: 'read', pull_requests: 'write' },
    default_events: expect.arrayContaining(['push', 'pull_request', 'merge_group', 'check_run', 'issue_comment']),
    public: false,
  });
  // A link of another person cannot pass in their App.
  expect((await fetch(`${page()}/created?code=stolen&state=guessed`)).status).toBe(403);

  expect(await pressButton(page() ?? '')).toEqual({ status: 200, text: expect.stringContaining('The App is made') });

  const { exit, stdout, stderr } = await command.ended;
  expect([exit, stderr]).toEqual([0, expect.stringContaining('Open ')]);
  const key = /PHOENIX_APP_KEY_FILE=(.*)/.exec(stdout)?.[1] ?? '';
  const secret = /PHOENIX_WEBHOOK_SECRET_FILE=(.*)/.exec(stdout)?.[1] ?? '';
  expect(stdout).toMatch(/PHOENIX_APP_ID=\d+/);
  expect(await readFile(key, 'utf8')).toContain('PRIVATE KEY');
  for (const file of [key, secret]) expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(stdout).not.toContain((await readFile(secret, 'utf8')).trim());
});

test('it names missing settings before it opens anything', async () => {
  const { PHOENIX_PUBLIC_URL: _, ...rest } = settings('without');
  const { exit, stderr } = await phoenix(['doctor', '--create-app'], rest);
  expect([exit, stderr]).toEqual([3, expect.stringContaining('PHOENIX_PUBLIC_URL is not set')]);
});

test('the doctor accepts an installed App, and says what another lacks', LONG_TEST, async () => {
  const key = join(folder, 'app.pem');
  await writeFile(key, String(privateKey.export({ type: 'pkcs1', format: 'pem' })));
  const app = { PHOENIX_FORGE: 'github', PHOENIX_APP_ID: String(APP_ID), PHOENIX_APP_KEY_FILE: key };
  const all = { ...settings('doctor'), PHOENIX_WEBHOOK_SECRET: 'a secret of the webhook', PHOENIX_HOST: 'lab' };
  const diagnostic = async (changed: Record<string, string>, check: string) => {
    const { stdout } = await phoenix(['doctor', '--json'], { ...all, ...app, ...changed });
    const { checks } = JSON.parse(stdout) as { checks: { check: string; state: string; message: string }[] };
    return checks.find((each) => each.check === check);
  };
  expect(await diagnostic({}, 'forge')).toMatchObject({ state: 'ok', message: 'the App may write checks' });
  expect(await diagnostic({}, 'repository')).toMatchObject({ state: 'ok' });
  const other = await diagnostic({ PHOENIX_APP_ID: '1' }, 'forge');
  expect(other).toMatchObject({
    state: 'failed',
    message: expect.stringContaining('install the App on it, and check PHOENIX_APP_ID'),
  });
});
