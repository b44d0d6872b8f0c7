// Signing in through a forge over HTTP: redirects, the user's identity, and the user's rights.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LabForge, startForge } from 'phoenix-lab/forge';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { placeOf } from '../../src/io/forge/forge.ts';
import { openForgeSignIn } from '../../src/io/forge/sign-in.ts';
import { secret } from '../../src/model/secret.ts';
import { type ForgeSignIn, SignInRefused } from '../../src/ports/forge-sign-in.ts';
import { readSettings } from '../../src/settings.ts';
import { LONG_TEST } from '../support/long.ts';

const CALLBACK = 'https://phoenix.example.internal/signed-in';
const APPLICATION = { clientId: 'phoenix-pages', clientSecret: 'the-secret-of-the-application', callback: CALLBACK };

describe.each(['github', 'gitea'] as const)('at %s', (kind) => {
  let folder: string;
  let lab: LabForge;
  let forge: ForgeSignIn;
  const openWith = (client: string) =>
    openForgeSignIn({
      kind,
      api: kind === 'gitea' ? lab.url : lab.apiUrl,
      login: { as: 'token', token: () => 'forge-token' },
      repository: lab.repository,
      branch: 'main',
      client: { id: APPLICATION.clientId, secret: secret(client) },
    });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phoenix-sign-in-'));
    lab = await startForge({
      folder,
      secret: 's',
      token: 'forge-token',
      tokenRight: 'write',
      kind,
      oauth: APPLICATION,
    });
    for (const right of ['admin', 'maintain', 'write', 'triage', 'read', 'none'] as const)
      lab.allow(`has-${right}`, right);
    forge = openWith(APPLICATION.clientSecret);
  });
  afterAll(async () => {
    await lab.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** As a browser does: to the forge, where that user agrees, and back. */
  async function cameBack(url: string, login: string): Promise<URL> {
    const answer = await fetch(`${url}&as=${login}`, { redirect: 'manual' });
    expect(answer.status).toBe(302);
    return new URL(answer.headers.get('location') ?? '');
  }

  async function roleOf(login: string) {
    const { url, ...begun } = await forge.begin(CALLBACK);
    const person = await forge.person(await cameBack(url, login), begun, CALLBACK);
    expect(person.login).toBe(login);
    return forge.roleOf(person.login, person.grant);
  }

  test('gives each user the role of their permission on the repository', async () => {
    const rights = ['admin', 'maintain', 'write', 'triage', 'read', 'none'];
    const roles = [];
    for (const right of rights) roles.push(await roleOf(`has-${right}`));
    expect(roles).toEqual(['admin', 'operator', 'operator', 'reader', 'reader', null]);
  });

  test('a revoked permission takes effect at once, and an expired grant does not count', async () => {
    lab.allow('bob', 'write');
    const { url, ...begun } = await forge.begin(CALLBACK);
    const { login, grant } = await forge.person(await cameBack(url, 'bob'), begun, CALLBACK);
    lab.allow('bob', 'none');
    expect(await forge.roleOf(login, grant)).toBeNull();
    lab.allow('bob', 'admin');
    expect(await forge.roleOf(login, grant)).toBe('admin');
    lab.expireGrants();
    expect(await forge.roleOf(login, grant)).toBe(kind === 'gitea' ? null : 'admin');
  });

  test('refuses another user’s code, state or proof, a second use, and a denied request', async () => {
    const refused = (answer: URL, begun: { state: string; verifier: string }, by = forge) =>
      expect(by.person(answer, begun, CALLBACK)).rejects.toThrow(SignInRefused);
    const { url, ...begun } = await forge.begin(CALLBACK);
    const other = await forge.begin(CALLBACK);
    const back = await cameBack(url, 'has-admin');
    await refused(back, other);
    await refused(back, { ...begun, verifier: other.verifier });
    // Even a wrong proof uses the code up.
    await refused(back, begun);
    const again = await cameBack(url, 'has-admin');
    await refused(again, begun, openWith('another-secret'));
    const denied = await cameBack(url, 'stranger');
    await expect(forge.person(denied, begun, CALLBACK)).rejects.toThrow('The user has denied your application access');
  });

  test('a forge that does not answer gives nobody a role', LONG_TEST, async () => {
    lab.faults.decide(() => ({ kind: 'answer', status: 500 }));
    if (kind === 'github') await expect(forge.roleOf('has-admin', null)).rejects.toThrow();
    await expect(openForgeSignIn({ ...options(), api: 'http://127.0.0.1:1' }).roleOf('x', 'grant')).rejects.toThrow();
    lab.faults.decide(() => undefined);
  });

  const options = () => ({
    kind,
    login: { as: 'token', token: () => 'forge-token' } as const,
    repository: lab.repository,
    branch: 'main',
    client: { id: 'x', secret: secret('x') },
  });
});

test.each(['github', 'gitea'] as const)('at %s, a public repository makes nobody a reader', async (kind) => {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-sign-in-'));
  const to = { secret: 's', token: 'forge-token', tokenRight: 'write', oauth: APPLICATION } as const;
  const lab = await startForge({ folder, kind, isPublic: true, ...to });
  try {
    for (const right of ['admin', 'write', 'triage'] as const) lab.allow(`has-${right}`, right);
    lab.allow('anybody', 'read');
    const forge = openForgeSignIn({
      kind,
      api: kind === 'gitea' ? lab.url : lab.apiUrl,
      login: { as: 'token', token: () => 'forge-token' },
      repository: lab.repository,
      branch: 'main',
      client: { id: APPLICATION.clientId, secret: secret(APPLICATION.clientSecret) },
    });
    const roles: Record<string, unknown> = {};
    for (const login of ['has-admin', 'has-write', 'has-triage', 'anybody']) {
      const { url, ...begun } = await forge.begin(CALLBACK);
      const answer = await fetch(`${url}&as=${login}`, { redirect: 'manual' });
      const person = await forge.person(new URL(answer.headers.get('location') ?? ''), begun, CALLBACK);
      roles[person.login] = await forge.roleOf(person.login, person.grant);
    }
    expect(roles).toEqual({ 'has-admin': 'admin', 'has-write': 'operator', 'has-triage': null, anybody: null });
  } finally {
    await lab.close();
    await rm(folder, { recursive: true, force: true });
  }
});

test.each([
  ['github', 'https://github.com/o/r.git', 'https://github.com/login/oauth/authorize'],
  ['github', 'https://octocorp.ghe.com/o/r.git', 'https://octocorp.ghe.com/login/oauth/authorize'],
  ['github', 'https://github.example/o/r.git', 'https://github.example/login/oauth/authorize'],
  ['gitea', 'https://code.example/git/o/r.git', 'https://code.example/git/login/oauth/authorize'],
] as const)('for %s, whoever signs in for %s is sent to %s', async (kind, address, page) => {
  const forge = openForgeSignIn({
    kind,
    ...placeOf(kind, address),
    login: { as: 'token', token: () => 'forge-token' },
    branch: 'main',
    client: { id: APPLICATION.clientId, secret: secret(APPLICATION.clientSecret) },
  });
  const { origin, pathname } = new URL((await forge.begin(CALLBACK)).url);
  expect(origin + pathname).toBe(page);
});

test('the settings require client id and secret, a forge that supports it, and a public address', () => {
  const base = { PHOENIX_REPO_URL: 'https://github.com/team/config.git', PHOENIX_FORGE_TOKEN: 'x'.repeat(20) };
  const wrong = (more: Record<string, string>) =>
    readSettings({ ...base, ...more }, () => 'from-a-file', { receiving: false }).problems.map(
      ({ message }) => message,
    );
  const all = {
    PHOENIX_OAUTH_CLIENT_ID: 'id',
    PHOENIX_OAUTH_CLIENT_SECRET_FILE: '/run/secret',
    PHOENIX_PUBLIC_URL: 'https://phoenix.example.internal',
  };
  expect(wrong(all)).toEqual([]);
  expect(wrong({ ...all, PHOENIX_OAUTH_CLIENT_SECRET_FILE: '' })).toEqual([
    expect.stringContaining('CLIENT_SECRET is not'),
  ]);
  expect(wrong({ ...all, PHOENIX_OAUTH_CLIENT_ID: '' })).toEqual([expect.stringContaining('CLIENT_ID is not')]);
  expect(wrong({ ...all, PHOENIX_PUBLIC_URL: '' })).toEqual([expect.stringContaining('not PHOENIX_PUBLIC_URL')]);
  expect(wrong({ ...all, PHOENIX_FORGE: 'gitlab' })).toEqual([
    expect.stringContaining('nobody signs in by the forge gitlab'),
  ]);
});
