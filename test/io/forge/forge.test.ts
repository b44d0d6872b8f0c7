// Statuses against the lab forge, which refuses what GitHub refuses.

import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LabForge, startForge } from 'phoenix-lab/forge';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { accessOf } from '../../../src/io/forge/access.ts';
import { openForge, placeOf } from '../../../src/io/forge/forge.ts';
import type { ForgeOptions } from '../../../src/io/forge/options.ts';
import type { CommitStatus } from '../../../src/model/report.ts';
import type { Forge } from '../../../src/ports/forge.ts';
import { workingCopy } from '../../support/git/git.ts';
import { type StatusChanges, SUBJECT } from '../../support/status.ts';

const TOKEN = 'forge-token';

let folder: string;
let lab: LabForge;
let commit: string;
const servers: Server[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-statuses-'));
  lab = await startForge({ folder, secret: 's', token: TOKEN });
  const copy = await workingCopy(lab.pushUrl);
  commit = await copy.commit({ a: '1' });
  await copy.push();
  await copy.remove();
});

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

afterAll(async () => {
  await lab.close();
  await rm(folder, { recursive: true, force: true });
});

function options(changes: Partial<ForgeOptions> = {}): ForgeOptions {
  const login = { as: 'token', token: () => TOKEN } as const;
  return { kind: 'github', api: lab.url, login, repository: lab.repository, branch: 'main', ...changes };
}

function forge(changes: Partial<ForgeOptions> = {}): Forge {
  return openForge(options(changes)) as Forge;
}

function status(changes: StatusChanges = {}): CommitStatus {
  return {
    commit,
    context: 'phoenix/apply',
    state: 'success',
    description: 'applied',
    url: null,
    about: SUBJECT,
    ...changes,
  };
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a status arrives as it was said', async () => {
  expect(await forge().setStatus(status({ url: 'https://phoenix.example.internal/runs/1' }), null, null)).toEqual({
    sent: true,
    handle: null,
  });
  expect(lab.latestStatuses(commit)).toMatchObject([
    {
      context: 'phoenix/apply',
      state: 'success',
      description: 'applied',
      target_url: 'https://phoenix.example.internal/runs/1',
    },
  ]);
});

test('a description with characters that GitHub refuses arrives without them, and whole at Gitea', async () => {
  const description = 'vm/7 \u{1F41B}: fails \uD83D';
  expect(await forge().setStatus(status({ context: 'phoenix/vm/7', description }), null, null)).toMatchObject({
    sent: true,
  });
  expect(lab.latestStatuses(commit).find(({ context }) => context === 'phoenix/vm/7')).toMatchObject({
    description: 'vm/7 \uFFFD: fails \uFFFD',
  });
  let body = '';
  const url = await serve(async (request, response) => {
    for await (const chunk of request) body += chunk;
    response.writeHead(201, { 'content-type': 'application/json' }).end('{"status":"success"}');
  });
  await forge({ kind: 'gitea', api: url }).setStatus(status({ description: '\u{1F41B}' }), null, null);
  expect(JSON.parse(body)).toMatchObject({ description: '\u{1F41B}' });
});

test('Gitea has the same below /api/v1', async () => {
  const seen: unknown[] = [];
  const url = await serve((request, response) => {
    seen.push([request.method, request.url, request.headers.authorization]);
    response.writeHead(201, { 'content-type': 'application/json' }).end('{"status":"success"}');
  });
  expect(await forge({ kind: 'gitea', api: `${url}/` }).setStatus(status(), null, null)).toEqual({
    sent: true,
    handle: null,
  });
  expect(await forge({ kind: 'gitea', api: `${url}/git/api/v1` }).setStatus(status(), null, null)).toEqual({
    sent: true,
    handle: null,
  });
  expect(seen).toEqual([
    ['POST', `/api/v1/repos/phoenix/config/statuses/${commit}`, `token ${TOKEN}`],
    ['POST', `/git/api/v1/repos/phoenix/config/statuses/${commit}`, `token ${TOKEN}`],
  ]);
});

describe('what a person has locked', () => {
  test.each([
    ['a conversation', 'Unable to create comment because issue is locked.'],
    ['a repository', 'Repository was archived so is read-only.'],
  ])('%s waits to be unlocked, and asks for no right', async (_, message) => {
    lab.faults.rest({ kind: 'answer', status: 403, message });
    const result = await forge().setStatus(status(), null, null);
    expect(result).toMatchObject({ sent: false, retryAfterSeconds: 60, holds: false });
    expect(result).toHaveProperty('reason', expect.stringMatching(/locked .*; unlock it there$/));
  });
});

describe('a login that is barred', () => {
  test.each([
    ['This installation has been suspended', 'lift the suspension'],
    ['Sorry. Your account was suspended.', 'the token of another account'],
    ['Resource protected by organization SAML enforcement. You must grant your token access.', 'Configure SSO'],
    [
      'Although you appear to have the correct authorization credentials, an IP allow list is enabled.',
      'the address of this machine',
    ],
  ])('%s: holds everything up, and asks for no right', async (message, remedy) => {
    lab.faults.rest({ kind: 'answer', status: 403, message });
    const result = await forge().setStatus(status(), null, null);
    expect(result).toMatchObject({ sent: false, retryAfterSeconds: 60, holds: true });
    expect(result).toHaveProperty('reason', expect.stringMatching(new RegExp(`; [^;]*${remedy}[^;]*$`)));
  });
});

describe('worth another try', () => {
  test.each([
    ['retry-after', { status: 403, headers: { 'retry-after': '42' } }, 42],
    ['429', { status: 429 }, 60],
    ['a secondary limit', { status: 403, message: 'You have exceeded a secondary rate limit.' }, 60],
    ['an outage', { status: 502 }, 15],
    ['a stated outage', { status: 503, headers: { 'retry-after': '120' } }, 120],
    ['a wait beyond reason', { status: 429, headers: { 'retry-after': '999999' } }, 3600],
  ])('%s', async (_, answer, seconds) => {
    lab.faults.rest({ kind: 'answer', ...answer });
    expect(await forge().setStatus(status(), null, null)).toMatchObject({ sent: false, retryAfterSeconds: seconds });
  });

  test('an hourly limit, until it is reset', async () => {
    const reset = Math.floor(Date.now() / 1000) + 1000;
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) };
    lab.faults.rest({ kind: 'answer', status: 403, headers });
    const asked = forge();
    expect(asked.limit()).toBeNull();
    const result = await asked.setStatus(status(), null, null);
    // The metrics of it.
    expect(asked.limit()).toEqual({ remaining: 0, limit: null, resets: reset });
    if (result.sent || result.retryAfterSeconds === null) throw new Error('it is worth another try');
    expect(result.retryAfterSeconds).toBeGreaterThan(990);
    expect(result.retryAfterSeconds).toBeLessThanOrEqual(1000);
  });

  test('a connection that breaks, and a forge that is silent', async () => {
    lab.faults.rest({ kind: 'drop' });
    expect(await forge().setStatus(status(), null, null)).toMatchObject({ retryAfterSeconds: 15 });
    lab.faults.rest({ kind: 'hang' });
    const silent = await forge({ timeoutMs: 50 }).setStatus(status(), null, null);
    expect(silent).toMatchObject({ retryAfterSeconds: 15 });
    expect(JSON.stringify(silent)).toContain('the forge cannot be reached');
  });
});

describe('waits for a person, who finds all of it there', () => {
  async function waiting(
    setting: Partial<ForgeOptions>,
  ): Promise<{ readonly holds: boolean; readonly reason: string }> {
    const result = await forge(setting).setStatus(status(), null, null);
    expect(JSON.stringify(result)).not.toContain(TOKEN);
    if (result.sent || result.retryAfterSeconds === null) throw new Error('it is given up');
    return result;
  }

  test('a token that was revoked, and a repository that it may not see, hold everything up', async () => {
    const revoked = await waiting({ login: { as: 'token', token: () => 'wrong' } });
    expect(revoked.holds).toBe(true);
    expect(revoked.reason).toContain('(HTTP 401: Bad credentials); renew PHOENIX_FORGE_TOKEN');
    const unseen = await waiting({ repository: 'no/where' });
    expect(unseen.holds).toBe(true);
    expect(unseen.reason).toContain('check PHOENIX_REPO_URL');
  });

  test('a missing permission only delays what needs it', async () => {
    lab.faults.rest({ kind: 'answer', status: 403, message: 'Resource not accessible by personal access token' });
    const refused = await waiting({});
    expect(refused.holds).toBe(false);
    expect(refused.reason).toContain('give PHOENIX_FORGE_TOKEN the right "Commit statuses: write"');
  });
});

describe('one report that fails', () => {
  test.each([
    ['with an error of the forge', { kind: 'answer', status: 500 }],
    ['without an answer', { kind: 'drop' }],
  ] as const)('%s waits alone while the forge answers otherwise', async (_, fault) => {
    lab.faults.rest(fault);
    expect(await forge().setStatus(status(), null, null)).toMatchObject({ retryAfterSeconds: 15, holds: false });
  });

  test('delays the others while the forge does not answer', async () => {
    lab.faults.rest({ kind: 'answer', status: 502 }, { kind: 'answer', status: 502 });
    expect(await forge().setStatus(status(), null, null)).toMatchObject({ retryAfterSeconds: 15, holds: true });
  });

  test('requests Gitea’s scopes, and never GitHub’s permissions', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'phoenix-statuses-scopes-'));
    const tokenScopes = ['read:repository', 'read:issue'];
    const gitea = await startForge({ folder, secret: 's', token: TOKEN, kind: 'gitea', tokenScopes });
    const there = { kind: 'gitea', api: gitea.url, repository: gitea.repository } as const;
    const refused = await forge(there).setStatus(status(), null, null);
    expect(refused).toMatchObject({ reason: expect.stringContaining('the right "write:repository"') });
    const comment = await forge(there).setComment({ pull: 9, body: 'the plan' }, null, '');
    expect(JSON.stringify([refused, comment])).not.toMatch(/Commit statuses|Pull requests/);
    await gitea.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('is dropped where Gitea does not have the commit, which it reports as 500', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'phoenix-statuses-gitea-'));
    const gitea = await startForge({ folder, secret: 's', token: TOKEN, kind: 'gitea' });
    const there = { kind: 'gitea', api: gitea.url, repository: gitea.repository } as const;
    const gone = await forge(there).setStatus(status({ commit: '1'.repeat(40) }), null, null);
    expect(gone).toEqual({
      sent: false,
      retryAfterSeconds: null,
      reason: 'the forge has nothing to write the status of 111111111111 to: it is gone',
    });
    const comment = await forge(there).setComment({ pull: 9, body: 'the plan' }, null, '');
    expect(comment).toMatchObject({ retryAfterSeconds: null });
    await gitea.close();
    await rm(folder, { recursive: true, force: true });
  });
});

describe('never going to work', () => {
  async function reason(setting: Partial<ForgeOptions>, said: StatusChanges = {}): Promise<string> {
    const result = await forge(setting).setStatus(status(said), null, null);
    expect(result).toMatchObject({ sent: false, retryAfterSeconds: null });
    return result.sent ? '' : result.reason;
  }

  test('with the reason', async () => {
    expect(await reason({}, { commit: '1'.repeat(40) })).toContain('No commit found for SHA');
  });

  test('a status of a commit that has as many of its context as GitHub keeps', async () => {
    const message = 'Validation Failed: This SHA and context has reached the maximum number of statuses.';
    lab.faults.rest({ kind: 'answer', status: 422, message });
    expect(await reason({})).toContain('has reached the maximum number of statuses');
  });
});

describe('is kept and retried', () => {
  test('what the forge does not take now, and holds nothing up', async () => {
    const long = await forge().setStatus(status({ description: 'x'.repeat(141) }), null, null);
    expect(long).toMatchObject({ sent: false, retryAfterSeconds: 60, holds: false });
    expect(long.sent ? '' : long.reason).toContain('maximum is 140 characters');
  });

  test.each([401, 403, 404, 422, 400, 410])(
    'all that waits, while the forge answers %i to everything',
    async (code) => {
      const away = await serve((_, response) => {
        response.writeHead(code, { 'content-type': 'application/json' }).end('{"message":"no"}');
      });
      const result = await forge({ api: away }).setStatus(status(), null, null);
      expect(result).toMatchObject({ sent: false, retryAfterSeconds: expect.any(Number) });
    },
  );

  test.each([
    ['token', { as: 'token', token: () => TOKEN }],
    ['app', { as: 'app', id: '1', key: '' }],
  ] as const)('all that waits, while a page answers in place of the forge, by %s', async (as, login) => {
    const page = await serve((_, response) => response.end('<html>'));
    const there = forge({ api: page, ...(as === 'token' ? { login } : {}) });
    const result = await there.setStatus(status(), null, null);
    expect(result).toMatchObject({ sent: false, retryAfterSeconds: 60, holds: true });
    expect(result.sent ? '' : result.reason).toContain('HTTP 200');
    const comment = await there.setComment({ pull: 1, body: 'x' }, null, '');
    expect(comment).toMatchObject({ sent: false, retryAfterSeconds: expect.any(Number) });
  });

  test.each([
    ['3600', 3600],
    ['99999999999', 3600],
    ['-5', 1],
    ['', 60],
    ['soon', 60],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 1],
    ['Fri, 31 Dec 9999 23:59:59 GMT', 3600],
  ])('not before Retry-After: %j, within its bounds', async (after, seconds) => {
    const limited = await serve((_, response) => {
      response.writeHead(429, { 'retry-after': after, 'content-type': 'application/json' }).end('{}');
    });
    expect(await forge({ api: limited }).setStatus(status(), null, null)).toMatchObject({
      retryAfterSeconds: seconds,
      holds: true,
    });
  });
});

test('a delivery that GitHub does not send again keeps no other one back', async () => {
  const asked: unknown[] = [];
  const url = await serve((request, response) => {
    const isList = request.method === 'GET';
    if (!isList) asked.push(request.url);
    const status = isList ? 200 : asked.length === 1 ? 422 : asked.length === 2 ? 400 : 202;
    const body = isList ? [{ id: 5, config: { url: 'https://phoenix.example.internal/webhooks' } }] : {};
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await forge({ api: url }).redeliver([1, 2, 3]);
  expect(asked).toEqual([1, 2, 3].map((id) => `/repos/phoenix/config/hooks/5/deliveries/${id}/attempts`));
});

test('the token follows no redirect to another server, but stays with its own', async () => {
  const seen: unknown[] = [];
  const thief = await serve((request, response) => {
    seen.push(request.headers);
    response.end();
  });
  const away = await serve((request, response) => {
    response.writeHead(307, { location: thief + request.url }).end();
  });
  const result = await forge({ api: away }).setStatus(status(), null, null);
  expect(result).toMatchObject({ sent: false, retryAfterSeconds: 60, holds: true });
  expect(JSON.stringify(result)).toContain(`the forge sends on to ${thief}`);
  expect(seen).toEqual([]);

  const bodies: string[] = [];
  const renamed = await serve(async (request, response) => {
    if (request.url?.startsWith('/repos/phoenix/old')) {
      response.writeHead(301, { location: `/repositories/1/statuses/${commit}` }).end();
      return;
    }
    let body = '';
    for await (const chunk of request) body += chunk;
    bodies.push(`${request.method} ${request.headers.authorization} ${body}`);
    response.writeHead(201).end();
  });
  expect(await forge({ api: renamed, repository: 'phoenix/old' }).setStatus(status(), null, null)).toEqual({
    sent: true,
    handle: null,
  });
  expect(bodies).toEqual([`POST token ${TOKEN} {"context":"phoenix/apply","state":"success","description":"applied"}`]);
});

test('doctor sees whether the token may write', async () => {
  expect(await accessOf(options())).toEqual({ kind: 'enough' });
  const wrong = options({ login: { as: 'token', token: () => 'wrong' } });
  await expect(accessOf(wrong)).rejects.toThrow('renew PHOENIX_FORGE_TOKEN');
  const reader = await serve((request, response) => {
    const [status, body] = request.method === 'GET' ? [200, { permissions: { push: false } }] : [404, {}];
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  const lacks = { what: 'write statuses', why: 'HTTP 404', remedy: expect.stringContaining('the role Write') };
  expect(await accessOf(options({ api: reader }))).toEqual({ kind: 'lacks', rights: [lacks] });
});

test('GitHub’s limits hold where GitHub itself is, and nowhere else', () => {
  const limits = { perMinute: 70, perHour: 450 };
  expect(forge({ api: 'https://api.github.com/' }).limits).toEqual(limits);
  expect(forge({ api: 'https://api.shop.ghe.com' }).limits).toEqual(limits);
  expect(forge({ api: 'https://git.example.internal/api/v3' }).limits).toBeNull();
});

test('what cannot work is refused at the start', () => {
  expect(openForge(options({ kind: 'none' }))).toBeNull();
  expect(() => forge({ kind: 'gitlab', login: { as: 'app', id: '1', key: 'k' } })).toThrow('set PHOENIX_FORGE_TOKEN');
  expect(() => forge({ repository: 'config' })).toThrow('no owner/name');
  const { api: _, ...withoutApi } = options({ kind: 'gitea' });
  expect(() => openForge(withoutApi)).toThrow('PHOENIX_FORGE_API');
});

test('the forge is found from the repository’s address', () => {
  const github = { repository: 'team/config', api: 'https://api.github.com' };
  expect(placeOf('github', 'https://github.com/team/config.git')).toEqual(github);
  expect(placeOf('github', 'https://github.com/team/config/')).toEqual(github);
  expect(placeOf('github', 'https://shop.ghe.com/team/config')).toEqual({
    repository: 'team/config',
    api: 'https://api.shop.ghe.com',
  });
  expect(placeOf('github', 'https://git.example.internal/team/config')).toMatchObject({
    api: 'https://git.example.internal/api/v3',
  });
  expect(placeOf('gitlab', 'https://gitlab.example.internal/group/team/config.git')).toEqual({
    repository: 'group/team/config',
    api: 'https://gitlab.example.internal',
  });
  expect(placeOf('gitea', 'http://git.example.internal:3000/sub/team/config.git')).toEqual({
    repository: 'team/config',
    api: 'http://git.example.internal:3000/sub',
  });
});
