// Webhooks over HTTP: which are recorded, in which form, and which are refused, with which status.

import { request } from 'node:http';
import { describe, expect, test } from 'vitest';
import { noteFault } from '../../../../src/agent/faults.ts';
import { LONG_TEST } from '../../../support/long.ts';
import type { TestRedis } from '../../../support/redis/redis.ts';
import { until } from '../../../support/until.ts';
import { eachServer } from '../../each-server.ts';
import {
  COMMIT,
  openTestServer,
  pushPayload,
  sign,
  type TestServer,
  WEBHOOK_SECRET,
  WEBHOOK_SECRET_BEFORE,
} from '../../test-server.ts';

let server: TestServer;
let redis: TestRedis;
eachServer((opened, started) => {
  [server, redis] = [opened, started];
});

function deliver(body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${server.url}/webhooks`, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'push',
      'x-github-delivery': 'delivery-1',
      'x-hub-signature-256': sign(body),
      ...headers,
    },
  });
}

const push = JSON.stringify(pushPayload());
const recorded = async () =>
  (await server.ledger.unsettledDeliveries()).map(({ received: _, kind: __, ...delivery }) => delivery);

describe('a signed push to the followed branch', () => {
  test('is recorded before it is acknowledged, and passed to the agent', async () => {
    const response = await deliver(push);
    expect(await recorded()).toEqual([{ id: 'delivery-1', commit: COMMIT, by: 'ada' }]);
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ delivery: 'delivery-1', recorded: COMMIT });
    await until(() => server.told() === 1);
  });

  test.each(['/webhooks/', '/webhooks?from=forge', '/WEBHOOKS'])('is accepted at %s as well', async (path) => {
    const headers = { 'content-type': 'application/json', 'x-github-event': 'push', 'x-hub-signature-256': sign(push) };
    const response = await fetch(`${server.url}${path}`, { method: 'POST', body: push, headers });
    expect(response.status).toBe(202);
  });

  test('survives a power cut right after the 202', async () => {
    await deliver(push);
    await redis.kill();
    await redis.start();
    await until(async () => (await recorded()).length === 1);
  });

  test('delivered again is one delivery, and once dealt with it stays dealt with', async () => {
    await deliver(push);
    expect((await deliver(push)).status).toBe(202);
    expect(await recorded()).toHaveLength(1);
    await server.ledger.settleDeliveries(['delivery-1'], []);
    const again = await deliver(push);
    expect(again.status).toBe(202);
    expect(await again.json()).toMatchObject({ duplicate: COMMIT });
    expect(await recorded()).toEqual([]);
  });

  test('is accepted with the previous secret, while secrets are being rotated', async () => {
    const old = { 'x-hub-signature-256': sign(push, WEBHOOK_SECRET_BEFORE) };
    expect((await deliver(push, old)).status).toBe(202);
    const other = { 'x-hub-signature-256': sign(push, `${WEBHOOK_SECRET_BEFORE}!`), 'x-github-delivery': 'delivery-2' };
    expect((await deliver(push, other)).status).toBe(401);
    expect(await recorded()).toHaveLength(1);
  });

  test('as a form is read only where the settings say form, and then nothing else is', async () => {
    const form = `payload=${encodeURIComponent(push)}`;
    const sendForm = () =>
      deliver(form, { 'content-type': 'application/x-www-form-urlencoded', 'x-hub-signature-256': sign(form) });
    expect((await sendForm()).status).toBe(400);
    expect(await recorded()).toEqual([]);
    await server.close();
    server = await openTestServer(redis.url, {}, 0, 'form');
    expect((await sendForm()).status).toBe(202);
    expect(await recorded()).toMatchObject([{ commit: COMMIT }]);
    expect((await deliver(push)).status).toBe(400);
  });

  test('as a form of Gitea, which signs the JSON in it, is read as well', async () => {
    await server.close();
    server = await openTestServer(redis.url, {}, 0, 'form');
    const form = `payload=${encodeURIComponent(push)}`;
    const sent = { 'content-type': 'application/x-www-form-urlencoded', 'x-gitea-event': 'push' };
    expect((await deliver(form, { ...sent, 'x-hub-signature-256': sign(push) })).status).toBe(202);
    const other = `payload=${encodeURIComponent(JSON.stringify(pushPayload({ after: '2'.repeat(40) })))}`;
    expect((await deliver(other, { ...sent, 'x-hub-signature-256': sign(push) })).status).toBe(401);
    expect(await recorded()).toMatchObject([{ commit: COMMIT }]);
  });

  test('of another repository is answered with 200 and ignored', async () => {
    const other = JSON.stringify(pushPayload({ repository: { full_name: 'team/another' } }));
    const response = await deliver(other);
    expect([response.status, await response.json()]).toEqual([
      200,
      { ignored: 'Phoenix does not follow "team/another"' },
    ]);
    expect(await recorded()).toEqual([]);
  });

  test.each([
    ['Gitea', { 'x-gitea-event': 'push', 'x-gitea-delivery': 'gitea-1' }, { pusher: { login: 'grace' } }, 'grace'],
    ['Forgejo', { 'x-forgejo-event': 'push' }, { pusher: { username: 'linus' } }, 'linus'],
  ])('from %s is understood', async (_, headers, changed, by) => {
    const body = JSON.stringify(pushPayload(changed));
    const all = { 'content-type': 'application/json', 'x-hub-signature-256': sign(body), ...headers };
    const response = await fetch(`${server.url}/webhooks`, { method: 'POST', body, headers: all });
    expect(response.status).toBe(202);
    expect(await recorded()).toMatchObject([{ commit: COMMIT, by }]);
  });

  test('from GitLab is known by its token', async () => {
    const body = JSON.stringify({
      object_kind: 'push',
      ref: 'refs/heads/main',
      after: COMMIT,
      user_username: 'barbara',
    });
    const send = (token: string) =>
      fetch(`${server.url}/webhooks`, {
        method: 'POST',
        body,
        headers: { 'x-gitlab-event': 'Push Hook', 'x-gitlab-token': token, 'x-gitlab-event-uuid': 'gitlab-1' },
      });
    expect((await send(WEBHOOK_SECRET.slice(0, -1))).status).toBe(401);
    expect((await send('')).status).toBe(401);
    expect((await send(WEBHOOK_SECRET)).status).toBe(202);
    expect(await recorded()).toEqual([{ id: 'gitlab-1', commit: COMMIT, by: 'barbara' }]);
  });

  test('comes in hundreds at once, and each is recorded', LONG_TEST, async () => {
    const answers = await Promise.all(
      Array.from({ length: 700 }, (_, n) => deliver(push, { 'x-github-delivery': `delivery-${n}` })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(await recorded()).toHaveLength(700);
  });
});

describe('what is not signed is not read', () => {
  test.each([
    ['no signature', undefined],
    ['an empty header', ''],
    ['an empty signature', 'sha256='],
    ['another secret', sign(push, 'another secret of the webhook')],
    ['no secret at all', sign(push, '\0')],
    ['another body', sign(`${push} `)],
    ['SHA-1', 'sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709'],
    ['no algorithm', sign(push).slice('sha256='.length)],
    ['something very long', `sha256=${'0'.repeat(10_000)}`],
  ])('%s: 401', async (_, signature) => {
    const headers: Record<string, string> = { 'x-github-event': 'push', 'x-github-delivery': 'delivery-1' };
    if (signature !== undefined) headers['x-hub-signature-256'] = signature;
    const response = await fetch(`${server.url}/webhooks`, { method: 'POST', body: push, headers });
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ error: { message: expect.any(String), hint: expect.any(String) } });
    expect(await recorded()).toEqual([]);
    expect(server.ends).toEqual(['refused']);
  });

  test('a wrong signature of what a forge seems to have sent is recorded once a minute, and over with the next that is right', async () => {
    const told = () => server.logged.filter((line) => line.startsWith('webhooks refused'));
    await fetch(`${server.url}/webhooks`, { method: 'POST', body: push });
    expect(told()).toEqual([]);
    for (const by of ['wrong', 'wrong again']) await deliver(push, { 'x-hub-signature-256': sign(push, by) });
    expect(told()).toEqual([
      expect.stringMatching(
        /the signature of a delivery from 127\.0\.0\.1 .*; give the webhook the same secret as PHOENIX_W/,
      ),
    ]);
    // By itself it is no fault: anybody can send one.
    expect(await server.ledger.faults()).toEqual(new Map());
    await server.ledger.noteRefusal({ at: new Date().toISOString(), why: 'refused' });
    await noteFault({ ledger: server.ledger, clock: { now: () => new Date() } }, 'webhooks', 'refused');
    expect([...(await server.ledger.faults()).keys()]).toEqual(['webhooks']);
    await server.ledger.noteArrival({ at: new Date().toISOString(), id: '1', event: 'push' });
    expect([await server.ledger.faults(), await server.ledger.lastRefusal()]).toEqual([new Map(), null]);
  });

  test('the token of GitLab does not stand in for a wrong signature', async () => {
    const headers = { 'x-hub-signature-256': sign(push, 'wrong'), 'x-gitlab-token': WEBHOOK_SECRET };
    expect((await deliver(push, headers)).status).toBe(401);
  });

  test('the bytes are verified, not what they mean', async () => {
    const spaced = JSON.stringify(pushPayload(), null, 2);
    expect((await deliver(spaced, { 'x-hub-signature-256': sign(push) })).status).toBe(401);
    const bytes = Buffer.from([0x7b, 0xff, 0xfe, 0x7d]);
    expect((await deliver(bytes as unknown as string, { 'x-hub-signature-256': sign('{}') })).status).toBe(401);
  });

  test('an address that keeps guessing is no longer listened to', async () => {
    const guess = () => deliver(push, { 'x-hub-signature-256': sign(push, 'guess') });
    let last = await guess();
    for (let n = 0; n < 700 && last.status === 401; n += 1) last = await guess();
    expect(last.status).toBe(429);
  });
});

describe('what is of no interest is answered with 200 and why', () => {
  test.each([
    ['ping', { 'x-github-event': 'ping' }, { zen: 'Keep it logically awesome.' }, 'ping'],
    ['another event', { 'x-github-event': 'issues' }, {}, 'issues'],
    ['another branch', {}, pushPayload({ ref: 'refs/heads/feature' }), 'refs/heads/feature'],
    ['a tag of the same name', {}, pushPayload({ ref: 'refs/tags/main' }), 'refs/tags/main'],
    ['the deletion of the branch', {}, pushPayload({ after: '0'.repeat(40), deleted: true }), 'deleted'],
  ])('%s', async (_, headers, payload, reason) => {
    const response = await deliver(JSON.stringify(payload), headers);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ ignored: expect.stringContaining(reason) });
    expect(await recorded()).toEqual([]);
  });
});

describe('what no forge sends is refused', () => {
  test.each([
    ['text', 'hello'],
    ['an unfinished document', push.slice(0, -1)],
    ['a list', '[]'],
    ['null', 'null'],
    ['a push without a head', JSON.stringify({ ref: 'refs/heads/main' })],
    ['a head that is no commit', JSON.stringify(pushPayload({ after: '--upload-pack=x' }))],
    ['deep nesting', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
  ])('%s: 400', async (_, body) => {
    expect((await deliver(body)).status).toBe(400);
    expect(await recorded()).toEqual([]);
  });

  test('no event: 400', async () => {
    const headers = { 'x-hub-signature-256': sign(push) };
    expect((await fetch(`${server.url}/webhooks`, { method: 'POST', body: push, headers })).status).toBe(400);
  });

  test('an announced length over 25 MiB: 413 before a byte is sent', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sending = request(`${server.url}/webhooks`, {
        method: 'POST',
        headers: { 'content-length': 26 * 1024 * 1024 },
      });
      sending.on('response', (response) => {
        resolve(response.statusCode);
        sending.destroy();
      });
      sending.on('error', reject);
      sending.flushHeaders();
    });
    expect(status).toBe(413);
  });

  test('more than 25 MiB without announcing it: 413 while it streams', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 0x20);
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sending = request(`${server.url}/webhooks`, {
        method: 'POST',
        headers: { 'transfer-encoding': 'chunked' },
      });
      let open = true;
      sending.on('response', (response) => {
        open = false;
        resolve(response.statusCode);
        sending.destroy();
      });
      sending.on('error', (error) => open && reject(error));
      const more = () => open && sending.write(chunk, () => setImmediate(more));
      more();
    });
    expect(status).toBe(413);
  });

  test('a signed body just under the limit is accepted', async () => {
    const body = JSON.stringify(pushPayload({ padding: 'x'.repeat(25 * 1024 * 1024 - 1_000) }));
    expect((await deliver(body)).status).toBe(202);
  });
});

test(
  'without Redis the forge gets an error in bounded time, and afterwards deliveries are accepted again',
  LONG_TEST,
  async () => {
    await redis.kill();
    const response = await deliver(push);
    expect(response.status).toBe(503);
    expect(server.ends).toEqual(['failed']);
    await redis.start();
    await until(async () => (await deliver(push, { 'x-github-delivery': 'delivery-2' })).status === 202);
  },
);
