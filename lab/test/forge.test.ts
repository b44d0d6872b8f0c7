import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type WorkingCopy, workingCopy } from '../../test/support/git/git.ts';
import { LONG_TEST } from '../../test/support/long.ts';
import { until } from '../../test/support/until.ts';
import { type LabForge, startForge } from '../src/forge/forge.ts';

const SECRET = 'between us';
const TOKEN = 'lab/token+1';
const ZEROS = '0'.repeat(40);

interface Received {
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

let folder: string;
let forge: LabForge;
let copy: WorkingCopy;
let receiver: Server;
let received: Received[];
let answer: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-forge-'));
  received = [];
  answer = 202;
  receiver = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      received.push({ headers: request.headers, body });
      response.writeHead(answer).end();
    });
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const { port } = receiver.address() as AddressInfo;
  forge = await startForge({ folder, secret: SECRET, token: TOKEN, webhookUrl: `http://127.0.0.1:${port}/webhooks` });
  copy = await workingCopy(forge.pushUrl);
});

afterEach(async () => {
  await forge.close();
  receiver.closeAllConnections();
  receiver.close();
  await copy.remove();
  await rm(folder, { recursive: true, force: true });
});

async function events(): Promise<Record<string, unknown>[]> {
  await forge.delivered();
  return received.map(({ body }) => JSON.parse(body));
}

function rest(path: string, init: RequestInit = {}, token = TOKEN): Promise<Response> {
  const headers = { authorization: `token ${token}`, 'content-type': 'application/json' };
  return fetch(`${forge.url}/repos/${forge.repository}${path}`, { ...init, headers });
}

function post(sha: string, status: Record<string, unknown>, token = TOKEN): Promise<Response> {
  return rest(`/statuses/${sha}`, { method: 'POST', body: JSON.stringify(status) }, token);
}

describe('pushes', () => {
  test('a first push creates the branch and is announced with a valid signature', async () => {
    const commit = await copy.commit({ 'etc/a.json': '{}', 'b c': 'x' }, 'Begin\n\nwith a body');
    await copy.push();
    const [event] = await events();
    expect(event).toMatchObject({
      ref: 'refs/heads/main',
      before: ZEROS,
      after: commit,
      created: true,
      deleted: false,
      forced: false,
      commits: [
        { id: commit, message: 'Begin\n\nwith a body', added: ['b c', 'etc/a.json'], removed: [], modified: [] },
      ],
      head_commit: { id: commit, author: { name: 'Ada', email: 'ada@example.internal' } },
      pusher: { name: 'phoenix' },
      repository: { full_name: 'phoenix/config', clone_url: forge.repositoryUrl },
    });
    const { headers, body } = received[0] as Received;
    expect(headers['x-github-event']).toBe('push');
    expect(headers['x-hub-signature-256']).toBe(`sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`);
    expect(headers['x-github-delivery']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('several refs, a forced push and a deletion are one event each', async () => {
    const first = await copy.commit({ a: '1' });
    const second = await copy.commit({ a: '2' });
    await copy.git('branch', 'side', first);
    await copy.git('tag', 'v1', first);
    await copy.push('main', 'side', 'v1');
    await copy.git('reset', '--quiet', '--hard', first);
    const other = await copy.commit({ a: '3', b: 'new' });
    await copy.push('--force', 'main', ':side');
    expect(
      (await events()).map(({ ref, before, after, created, deleted, forced }) => [
        ref,
        before,
        after,
        created,
        deleted,
        forced,
      ]),
    ).toEqual([
      ['refs/heads/main', ZEROS, second, true, false, false],
      ['refs/heads/side', ZEROS, first, true, false, false],
      ['refs/tags/v1', ZEROS, first, true, false, false],
      ['refs/heads/main', second, other, false, false, true],
      ['refs/heads/side', first, ZEROS, false, true, false],
    ]);
    expect((await events())[3]).toMatchObject({ commits: [{ id: other, added: ['b'], modified: ['a'] }] });
    expect((await events())[4]).toMatchObject({ head_commit: null, commits: [] });
  });

  test('a push that changes nothing is not announced, and one with the wrong token is refused', async () => {
    await copy.commit({ a: '1' });
    await copy.push();
    await copy.push();
    await copy.git('remote', 'set-url', 'origin', forge.pushUrl.replace('lab', 'bad'));
    await expect(copy.push()).rejects.toThrow(/Authentication failed|403|401/);
    expect(await events()).toHaveLength(1);
  });

  test('a failed delivery is not repeated by itself; a redelivery keeps its id and its bytes', async () => {
    answer = 503;
    await copy.commit({ a: '1' });
    await copy.push();
    await forge.delivered();
    expect(forge.deliveries()).toMatchObject([{ status: 503, redelivery: false }]);
    answer = 202;
    const again = await forge.redeliver(forge.deliveries()[0]?.id ?? '');
    expect(again).toMatchObject({ status: 202, redelivery: true });
    expect(received[1]?.headers['x-github-delivery']).toBe(received[0]?.headers['x-github-delivery']);
    expect(received[1]?.body).toBe(received[0]?.body);
    await expect(forge.redeliver('unknown')).rejects.toThrow('no delivery unknown');
  });

  test('without a receiver the delivery is recorded as failed', async () => {
    forge.sendWebhooksTo('http://127.0.0.1:1/');
    await copy.commit({ a: '1' });
    await copy.push();
    await forge.delivered();
    expect(forge.deliveries()).toMatchObject([{ status: null }]);
  });
});

describe('statuses', () => {
  test('are kept newest first, and the newest of each context counts', async () => {
    const sha = await copy.commit({ a: '1' });
    await copy.push();
    for (const state of ['pending', 'success']) {
      const created = await post(sha, { state, context: 'phoenix/apply', description: state });
      expect(created.status).toBe(201);
    }
    await post(sha, { state: 'failure', context: 'phoenix/lxc/101' });
    const list = (await (await rest(`/commits/${sha}/statuses`)).json()) as { state: string }[];
    expect(list.map(({ state }) => state)).toEqual(['failure', 'success', 'pending']);
    const combined = await (await rest('/commits/main/status')).json();
    expect(combined).toMatchObject({ sha, state: 'failure', total_count: 2 });
    expect(forge.latestStatuses(sha).map(({ context, state }) => `${context} ${state}`)).toEqual([
      'phoenix/apply success',
      'phoenix/lxc/101 failure',
    ]);
  });

  test('are refused as GitHub refuses them', async () => {
    const sha = await copy.commit({ a: '1' });
    await copy.push();
    const state = 'success';
    expect((await post(sha, { state, description: 'é'.repeat(140) })).status).toBe(201);
    const long = await post(sha, { state, description: 'x'.repeat(141) });
    expect(long.status).toBe(422);
    expect(JSON.stringify(await long.json())).toContain('maximum is 140 characters');
    expect((await post(sha, { state: 'applied' })).status).toBe(422);
    expect((await post(sha, { state, target_url: 'ftp://x' })).status).toBe(422);
    expect((await post('1'.repeat(40), { state })).status).toBe(422);
    expect((await post(sha, { state }, 'wrong')).status).toBe(401);
    expect((await rest('/commits/unknown/status')).status).toBe(404);
  });

  test('end at a thousand for one commit and context', LONG_TEST, async () => {
    const sha = await copy.commit({ a: '1' });
    await copy.push();
    const status = { state: 'pending', context: 'phoenix/apply' };
    for (let sent = 0; sent < 1000; sent += 50) {
      const answers = await Promise.all(Array.from({ length: 50 }, () => post(sha, status)));
      expect(answers.every(({ status }) => status === 201)).toBe(true);
    }
    const refused = await post(sha, { state: 'success', context: 'Phoenix/Apply' });
    expect(refused.status).toBe(422);
    expect((await post(sha, { state: 'success', context: 'phoenix/plan' })).status).toBe(201);
  });

  test('faults happen in the order in which they were ordered', async () => {
    const sha = await copy.commit({ a: '1' });
    await copy.push();
    const later = Promise.withResolvers<void>();
    forge.faults.rest(
      { kind: 'answer', status: 403, headers: { 'retry-after': '30' } },
      { kind: 'drop' },
      { kind: 'delay', until: later.promise },
      { kind: 'hang' },
    );
    const limited = await post(sha, { state: 'success' });
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([403, '30']);
    await expect(post(sha, { state: 'success' })).rejects.toThrow();
    const delayed = post(sha, { state: 'success' });
    later.resolve();
    expect((await delayed).status).toBe(201);
    const body = JSON.stringify({ state: 'success' });
    const given = new AbortController();
    const unanswered = rest(`/statuses/${sha}`, { method: 'POST', body, signal: given.signal });
    await until(() => forge.faults.hanging() === 1, 'the request to arrive');
    given.abort();
    await expect(unanswered).rejects.toThrow();
    expect((await post(sha, { state: 'success' })).status).toBe(201);
  });
});
