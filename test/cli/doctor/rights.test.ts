// The doctor on tokens with too few permissions, on each kind of forge: it tries, without writing anything.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LabForge, type LabForgeOptions, startForge } from 'phoenix-lab/forge';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { checkForge } from '../../../src/cli/doctor/checks.ts';
import { readSettings } from '../../../src/settings.ts';

const TOKEN = 'the-token-of-the-forge';

let folder: string;
let forge: LabForge | undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-rights-'));
});
afterEach(async () => {
  await forge?.close();
  forge = undefined;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function said(kind: LabForge['kind'], options: Partial<LabForgeOptions>) {
  forge = await startForge({ folder: join(folder, kind), secret: 's', token: TOKEN, kind, ...options });
  return saidOf(forge);
}

async function saidOf(of: LabForge) {
  const environment = {
    PHOENIX_REPO_URL: of.repositoryUrl,
    PHOENIX_FORGE: of.kind,
    PHOENIX_FORGE_API: of.url,
    PHOENIX_FORGE_TOKEN: TOKEN,
  };
  const { settings } = readSettings(environment, () => '', { receiving: false });
  if (settings === null) throw new Error('the settings are wrong');
  return (await checkForge(settings)).map(({ state, message, hint }) => `${state} ${message} | ${hint}`);
}

const FIT: Readonly<Record<LabForge['kind'], readonly string[]>> = {
  github: ['contents:read', 'metadata:read', 'statuses:write', 'pull_requests:write'],
  gitea: ['write:repository', 'write:issue'],
  gitlab: ['api'],
};

describe.each(['github', 'gitea', 'gitlab'] as const)('%s', (kind) => {
  test('a token with what docs/forges.md names is fit, and nothing was written to find out', async () => {
    const found = await said(kind, { tokenScopes: FIT[kind] });
    expect(found).toEqual(['ok the token may write statuses and comments | null']);
    expect(forge?.statuses()).toEqual([]);
  });

  test('of a fit token whose owner may only read, the owner is named, and not the token', async () => {
    const found = await said(kind, { tokenScopes: FIT[kind], tokenRight: 'read' });
    expect(found.length).toBeGreaterThan(0);
    expect(found.join('\n')).toMatch(/^failed the token may not write statuses/);
    expect(found[0]).toMatch(/collaborator with "Write"|the role Write|the role Developer/);
    expect(found[0]).not.toMatch(/scope is|with the scope/);
  });
});

describe('the right that is missing has the name that the forge gives it', () => {
  test.each([
    [
      'gitea',
      ['read:repository', 'write:issue'],
      /write statuses \(HTTP 403: .*\) \| the scope write:repository is missing/,
    ],
    ['gitea', ['write:repository'], /write comments \(HTTP 403: .*\) \| the scope write:issue is missing/],
    ['gitea', ['write:repository', 'read:issue'], /write comments .* the scope write:issue is missing/],
    ['gitea', ['write:issue'], /read the repository .* the scope write:repository is missing/],
    ['github', ['metadata:read', 'pull_requests:write'], /write statuses .* the permission "Commit statuses: write"/],
    ['github', ['statuses:write', 'pull_requests:read'], /write comments .* the permission "Pull requests: write"/],
    [
      'gitlab',
      ['read_api', 'read_repository'],
      /its scopes are read_api, read_repository\) \| make a token with the scope api/,
    ],
  ] as const)('%s with %j', async (kind, tokenScopes, message) => {
    const found = await said(kind, { tokenScopes });
    expect(found).toEqual([expect.stringMatching(message)]);
    expect(found[0]).toMatch(/^failed the token may not /);
  });
});

test('a Gitea that fails every request does not count as one without the commit', async () => {
  forge = await startForge({ folder: join(folder, 'failing'), secret: 's', token: TOKEN, kind: 'gitea' });
  forge.faults.decide(({ path }) =>
    /statuses|commits/.test(path) ? { kind: 'answer', status: 500, message: '' } : undefined,
  );
  const [found] = await saidOf(forge);
  expect(found).toMatch(/^warning whether the token may write statuses cannot be told \(HTTP 500/);
});
