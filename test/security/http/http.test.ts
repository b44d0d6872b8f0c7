// The HTTP server under attack: requests of strangers block nobody else, reading from another machine needs the token, only its own host name is
// accepted, and a delivery is identified by its bytes.

import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AccessRules } from '../../../src/agent/http/access.ts';
import { clientAddress, clientKeyOf, trustedProxies } from '../../../src/agent/http/address.ts';
import { countFailures } from '../../../src/agent/http/failures.ts';
import { limitStreams } from '../../../src/agent/http/streams.ts';
import { bodyReader } from '../../../src/agent/http/webhook/body.ts';
import { runs } from '../../../src/cli/agent/runs.ts';
import { status } from '../../../src/cli/agent/status.ts';
import { classifyPublicPages } from '../../../src/cli/doctor/public-pages.ts';
import { wrapping } from '../../../src/cli/io.ts';
import { readSettings } from '../../../src/settings.ts';
import { withinFrom } from '../../../src/web/links.ts';
import { BEGAN, finishStep, LXC, planRun, VM } from '../../agent/planned-run.ts';
import {
  ADMIN_TOKEN,
  COMMIT,
  openTestServer,
  pushPayload,
  sign,
  type TestServer,
  WEBHOOK_SECRET,
  WEBHOOK_SECRET_BEFORE,
} from '../../agent/test-server.ts';
import { LONG_TEST } from '../../support/long.ts';
import { findProgram, freePort } from '../../support/programs.ts';
import { startRedis, type TestRedis } from '../../support/redis/redis.ts';
import { until } from '../../support/until.ts';

const NGINX = findProgram('nginx', 'PHOENIX_TEST_NGINX');
const MIB = 1024 * 1024;
const PUBLIC: AccessRules = {
  publicUrl: 'https://phoenix.example.internal',
  allowedHosts: ['phoenix.lan'],
  trustedProxies: [],
  pages: 'signed-in',
};
/** As a browser, a person elsewhere: by the name that people use, relayed by a proxy on this machine. */
const AS_PERSON = { host: 'phoenix.example.internal', accept: 'text/html', 'x-forwarded-for': '192.0.2.7' };
const AS_PROGRAM = { host: 'phoenix.example.internal', 'x-forwarded-for': '192.0.2.7' };
const WITH_TOKEN = { authorization: `Bearer ${ADMIN_TOKEN}` };

let redis: TestRedis;
let server: TestServer;
const others: TestServer[] = [];
const sockets: Socket[] = [];

beforeAll(async () => {
  redis = await startRedis();
});
beforeEach(async () => {
  await redis.clear();
  server = await open(PUBLIC);
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const each of others.splice(0)) await each.close();
});
afterAll(() => redis.stop());

async function open(
  access: Partial<AccessRules>,
  more: Parameters<typeof openTestServer>[1] = {},
): Promise<TestServer> {
  const opened = await openTestServer(redis.url, { access: { ...PUBLIC, ...access }, ...more });
  others.push(opened);
  return opened;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly at?: TestServer;
  /** The address of loopback that it comes from. */
  readonly from?: string;
}

/** `fetch` sets the name of the host itself. */
function ask(path: string, { method = 'GET', headers = {}, body, at = server, from }: Ask = {}): Promise<Answer> {
  const { hostname, port } = new URL(at.url);
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const place = { hostname, port, path, method, headers: { ...length, ...headers }, agent: false };
    const sending = request({ ...place, ...(from === undefined ? {} : { localAddress: from }) }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString();
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
    });
    sending.on('error', reject);
    sending.end(body);
  });
}

const push = JSON.stringify(pushPayload());

function deliver(
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
  more: Ask = {},
): Promise<Answer> {
  const given = { 'content-type': 'application/json', 'x-github-event': 'push', 'x-hub-signature-256': sign(body) };
  return ask('/webhooks', { method: 'POST', body, ...more, headers: { ...given, ...headers } });
}

function freeze(token: string, headers: Readonly<Record<string, string>> = {}, more: Ask = {}): Promise<Answer> {
  const given = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  const body = JSON.stringify({ reason: 'moving the storage' });
  return ask('/api/freeze', { method: 'POST', body, ...more, headers: { ...given, ...headers } });
}

/** A connection on which so much of a request is sent, and no more. */
async function begin(text: string, at = server): Promise<{ readonly socket: Socket; readonly heard: () => string }> {
  const { hostname, port } = new URL(at.url);
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  let heard = '';
  socket.on('data', (chunk) => {
    heard += chunk;
  });
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  await new Promise((resolve) => socket.write(text, resolve));
  return { socket, heard: () => heard };
}

function headOf(method: string, path: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ host: '127.0.0.1', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

async function many<T>(count: number, each: (n: number) => Promise<T>): Promise<T[]> {
  const done: T[] = [];
  for (let n = 0; n < count; n += 20) {
    done.push(...(await Promise.all(Array.from({ length: Math.min(20, count - n) }, (_, i) => each(n + i)))));
  }
  return done;
}

const statusesOf = (answers: readonly Answer[]) => new Set(answers.map((answer) => answer.status));

describe('abuse by some clients keeps nobody else out', () => {
  test('after many wrong tokens, the right one still freezes, reads and signs in', async () => {
    const wrong = await many(100, (n) => freeze(`guess-${n}`));
    expect(statusesOf(wrong)).toEqual(new Set([401, 429]));
    expect(wrong.at(-1)?.headers['retry-after']).toBe('60');
    expect((await freeze(ADMIN_TOKEN)).status).toBe(202);
    expect((await ask('/api/runs', { headers: { ...AS_PROGRAM, ...WITH_TOKEN } })).status).toBe(200);
    expect((await signIn(ADMIN_TOKEN)).status).toBe(303);
    expect((await freeze('guess')).status).toBe(429);
  });

  test.each([
    ['a wrong signature', { 'x-hub-signature-256': sign(push, 'guess') }],
    ['none that could be one', { 'x-hub-signature-256': 'sha256=guess' }],
    ['a wrong token of GitLab', { 'x-hub-signature-256': '', 'x-gitlab-token': 'guess' }],
  ])('after many of %s, a signed delivery is accepted', async (_, headers) => {
    const wrong = await many(605, () => deliver(push, headers));
    expect(statusesOf(wrong)).toEqual(new Set([401, 429]));
    expect((await deliver(push)).status).toBe(202);
    const gitlab = { 'x-gitlab-token': WEBHOOK_SECRET, 'x-gitlab-event': 'Push Hook' };
    const body = JSON.stringify({ object_kind: 'push', ref: 'refs/heads/main', after: COMMIT, user_username: 'ada' });
    expect((await ask('/webhooks', { method: 'POST', body, headers: gitlab })).status).toBe(202);
    expect((await deliver(push, headers)).status).toBe(429);
  });

  test('failures are counted per address', async () => {
    await many(100, (n) => freeze(`guess-${n}`, {}, { from: '127.0.0.2' }));
    expect((await freeze('guess', {}, { from: '127.0.0.2' })).status).toBe(429);
    expect((await freeze('guess', {}, { from: '127.0.0.3' })).status).toBe(401);
  });

  test('clients behind a trusted proxy are counted apart, those behind any other are not', async () => {
    const behind = await open({ trustedProxies: ['127.0.0.1'] });
    const by = (client: string, at: TestServer) => freeze('guess', { 'x-forwarded-for': client }, { at });
    await many(100, () => by('192.0.2.1', behind));
    expect((await by('192.0.2.1', behind)).status).toBe(429);
    expect((await by('192.0.2.2', behind)).status).toBe(401);
    // A client's own claims are to the left of the address that the proxy saw.
    expect((await by('203.0.113.9, 192.0.2.1', behind)).status).toBe(429);
    await many(100, (n) => by(`192.0.2.${n}`, server));
    expect((await by('203.0.113.1', server)).status).toBe(429);
  });

  test('with a hundred open streams, the command line can follow its run', async () => {
    const run = await planRun(server.ledger);
    const idle = await Promise.all(
      Array.from({ length: 100 }, () => begin(headOf('GET', `/api/runs/${run}/events`, {}))),
    );
    await until(() => idle.every(({ heard }) => heard().includes('event: run')));
    expect((await ask(`/api/runs/${run}/events`)).status).toBe(503);
    const heard: string[] = [];
    const env = { PHOENIX_URL: server.url, PHOENIX_ADMIN_TOKEN: ADMIN_TOKEN };
    const io = wrapping({ stdout: (text: string) => heard.push(text), stderr: () => {}, env });
    const following = runs({ run, limit: 1, wait: true, json: true }, io);
    await finishStep(server.ledger, run, LXC);
    await finishStep(server.ledger, run, VM);
    await server.ledger.endRun(run, 'succeeded', BEGAN, []);
    expect(await following).toBe(0);
    expect(JSON.parse(heard.join(''))).toMatchObject({ id: run, state: 'succeeded' });
  });

  test('bodies that are only announced take up no memory', async () => {
    const headers = { 'x-hub-signature-256': sign('x'), 'content-length': String(25 * MIB) };
    const slow = await Promise.all(Array.from({ length: 60 }, () => begin(`${headOf('POST', '/webhooks', headers)}x`)));
    expect((await deliver(push)).status).toBe(202);
    expect(slow.map(({ heard }) => heard()).join('')).toBe('');
  });

  test('with many unfinished large bodies, a new one is accepted and the oldest is dropped', LONG_TEST, async () => {
    const part = Buffer.alloc(23 * MIB, 0x20);
    const headers = { 'x-hub-signature-256': sign('x'), 'content-length': String(25 * MIB) };
    const slow: Awaited<ReturnType<typeof begin>>[] = [];
    for (let n = 0; n < 9; n += 1) {
      const each = await begin(headOf('POST', '/webhooks', headers));
      await new Promise((resolve) => each.socket.write(part, resolve));
      slow.push(each);
    }
    await until(() => slow.some(({ heard }) => heard().includes('503')));
    expect((await deliver(push)).status).toBe(202);
    const large = JSON.stringify(pushPayload({ padding: 'x'.repeat(8 * MIB) }));
    expect((await deliver(large, { 'x-github-delivery': 'large' }, { from: '127.0.0.2' })).status).toBe(202);
  });

  test.each([
    ['nothing', {}],
    ['what is no signature', { 'x-hub-signature-256': 'sha256=00' }],
    ['a wrong token of GitLab', { 'x-gitlab-token': 'guess' }],
  ])('refuses a body with %s before any of it is sent', async (_, headers) => {
    const length = { 'content-length': '1000000' };
    const { heard } = await begin(headOf('POST', '/webhooks', { ...headers, ...length }));
    await until(() => heard().startsWith('HTTP/1.1 401'));
  });
});

describe('how limits are shared', () => {
  const limits = { each: 100_000, total: 20_000, within: 60_000 };
  const body = (headers: Record<string, string> = {}) => {
    const stream = new PassThrough();
    return { stream, request: Object.assign(stream, { headers }) as unknown as IncomingMessage };
  };

  test('the body that has been arriving for the longest is dropped, not the newest', async () => {
    const read = bodyReader(limits);
    const [old, other, newcomer] = [body(), body(), body()];
    const [oldRead, otherRead, newRead] = [old, other, newcomer].map(({ request: each }) =>
      read(each, 'all by one proxy'),
    );
    old.stream.write(Buffer.alloc(1_000));
    other.stream.write(Buffer.alloc(9_000));
    newcomer.stream.write(Buffer.alloc(9_000));
    newcomer.stream.end(Buffer.alloc(3_000));
    expect([await oldRead, await otherRead]).toEqual(['dropped', 'dropped']);
    expect(await newRead).toHaveLength(12_000);
  });

  test('bodies of an address that uses more than half are dropped before older ones', async () => {
    const read = bodyReader(limits);
    const [slow, greedy, newcomer] = [body(), body(), body()];
    const slowRead = read(slow.request, 'forge behind a slow line');
    const greedyRead = read(greedy.request, 'stranger');
    const newRead = read(newcomer.request, 'another forge');
    slow.stream.write(Buffer.alloc(5_000));
    greedy.stream.write(Buffer.alloc(12_000));
    newcomer.stream.end(Buffer.alloc(5_000));
    expect(await greedyRead).toBe('dropped');
    slow.stream.end();
    expect([await slowRead, await newRead].map((each) => each.length)).toEqual([5_000, 5_000]);
  });

  test('many small slow bodies do not keep a large one out', async () => {
    const read = bodyReader(limits);
    const crowd = Array.from({ length: 60 }, () => body());
    const crowdRead = crowd.map(({ request: each }, n) => read(each, `stranger ${n}`));
    for (const { stream } of crowd) stream.write(Buffer.alloc(70));
    const large = body();
    const largeRead = read(large.request, 'forge');
    large.stream.end(Buffer.alloc(9_000));
    expect(await largeRead).toHaveLength(9_000);
    expect(await Promise.race(crowdRead)).toBe('dropped');
  });

  test('many small chunks count for their overhead', async () => {
    const read = bodyReader(limits);
    const drip = body();
    const reading = read(drip.request, 'stranger');
    for (let n = 0; n < 200; n += 1) drip.stream.write('x');
    expect(await reading).toBe('dropped');
  });

  test('a body that does not arrive in time is dropped', async () => {
    const read = bodyReader({ ...limits, within: 5 });
    const slow = body();
    slow.stream.write('x');
    expect(await read(slow.request, 'stranger')).toBe('too slow');
  });

  test('the client with the most streams loses one, and an authenticated client always gets one', () => {
    const streams = limitStreams();
    const dropped: string[] = [];
    const take = (client: string, isAuthenticated: boolean, name = client) =>
      streams.open({ client, isAuthenticated, drop: () => dropped.push(name) });
    for (const client of ['a', 'b', 'c', 'd']) {
      for (let n = 0; n < 100; n += 1) expect(take(client, false, `${client}${n}`)).not.toBeNull();
      expect(take(client, false)).toBeNull();
    }
    expect(take('e', false)).not.toBeNull();
    expect(take('a', true)).not.toBeNull();
    expect(dropped).toEqual(['a0', 'b0']);
    for (let n = 0; n < 500; n += 1) expect(take('z', true)).not.toBeNull();
    expect(dropped.filter((name) => name === 'z').length).toBeGreaterThan(90);
    expect(take('new', false)).toBeNull();
  });

  test('failures of the oldest addresses are forgotten, and counted anew each minute', () => {
    let now = 0;
    const failures = countFailures(2, () => now);
    expect(['a', 'a', 'a'].map((share) => failures.note(share))).toEqual([false, false, true]);
    now = 60_001;
    expect(failures.note('a')).toBe(false);
    for (let n = 0; n < 10_000; n += 1) failures.note(`stranger ${n}`);
    expect([failures.note('a'), failures.note('a')]).toEqual([false, false]);
  });
});

describe('the client of a request', () => {
  const from = (connection: string, headers: IncomingHttpHeaders, ...proxies: string[]) =>
    clientAddress(connection, headers, trustedProxies(proxies));

  test.each([
    ['nobody is trusted', '10.0.0.1', { 'x-forwarded-for': '192.0.2.1' }, [], '10.0.0.1'],
    ['the proxy is trusted', '10.0.0.1', { 'x-forwarded-for': '192.0.2.1' }, ['10.0.0.1'], '192.0.2.1'],
    ['the client adds one', '10.0.0.1', { 'x-forwarded-for': '1.2.3.4, 192.0.2.1' }, ['10.0.0.0/24'], '192.0.2.1'],
    ['two proxies', '10.0.0.1', { 'x-forwarded-for': '1.2.3.4, 192.0.2.1, 10.0.0.2' }, ['10.0.0.0/24'], '192.0.2.1'],
    ['no address', '10.0.0.1', { 'x-forwarded-for': '192.0.2.1, unknown' }, ['10.0.0.1'], '10.0.0.1'],
    ['with ports', '10.0.0.1', { 'x-forwarded-for': '192.0.2.1:4711' }, ['10.0.0.1'], '192.0.2.1'],
    ['a mapped address', '::ffff:10.0.0.1', { 'x-forwarded-for': '192.0.2.1' }, ['10.0.0.1'], '192.0.2.1'],
    ['a mapped subnet', '10.0.0.9', { 'x-forwarded-for': '192.0.2.1' }, ['::ffff:10.0.0.0/120'], '192.0.2.1'],
    [
      'as RFC 7239',
      '10.0.0.1',
      { forwarded: 'for=1.2.3.4, for="[2001:db8::17]:4711";proto=https' },
      ['10.0.0.1'],
      '2001:db8::17',
    ],
    [
      'both the same',
      '10.0.0.1',
      { forwarded: 'for=192.0.2.1', 'x-forwarded-for': '192.0.2.1' },
      ['10.0.0.1'],
      '192.0.2.1',
    ],
    [
      'one of the client',
      '10.0.0.1',
      { forwarded: 'for=1.2.3.4', 'x-forwarded-for': '192.0.2.1' },
      ['10.0.0.1'],
      '10.0.0.1',
    ],
  ])('%s', (_, connection, headers, proxies, client) => {
    expect(from(connection, headers, ...proxies)).toBe(client);
  });

  test('the addresses of one IPv6 network share its limits', () => {
    expect(clientKeyOf('2001:db8:1:2:3:4:5:6')).toBe(clientKeyOf('2001:db8:1:2::1'));
    expect(clientKeyOf('2001:db8:1:2::1')).not.toBe(clientKeyOf('2001:db8:1:3::1'));
    expect(clientKeyOf('::ffff:192.0.2.1')).toBe(clientKeyOf('192.0.2.1'));
    expect(clientKeyOf('192.0.2.1')).not.toBe(clientKeyOf('192.0.2.2'));
  });
});

describe('the host name of a request', () => {
  const paths = [
    '/',
    '/runs/1',
    '/map',
    '/search?q=lxc',
    '/targets/lxc/101',
    '/api',
    '/api/runs',
    '/metrics',
    '/sign-in',
    '/nothing',
  ];

  test.each(paths)('%s is not answered under an unknown host name, not even with the token', async (path) => {
    for (const host of ['evil.example', 'evil.example:8080', 'phoenix.example.internal.evil.example', '192.0.2.1']) {
      const answer = await ask(path, { headers: { host, ...WITH_TOKEN } });
      expect([host, answer.status]).toEqual([host, 421]);
      expect(answer.text).toContain('PHOENIX_ALLOWED_HOSTS');
    }
  });

  test('a request under an unknown host name changes nothing', async () => {
    expect((await freeze(ADMIN_TOKEN, { host: 'evil.example' })).status).toBe(421);
    const nameless = await begin('GET /api/runs HTTP/1.0\r\n\r\n');
    await until(() => nameless.heard().startsWith('HTTP/1.1 421'));
    expect((await freeze(ADMIN_TOKEN, { host: 'evil.example', 'x-forwarded-host': '127.0.0.1' })).status).toBe(421);
    expect(server.asked).toEqual([]);
  });

  test.each(['127.0.0.1', 'localhost:8080', 'LOCALHOST', 'phoenix.localhost', '[::1]:8080', '127.0.0.9', 'localhost.'])(
    '%s names this machine',
    async (host) => {
      expect((await ask('/api/runs', { headers: { host } })).status).toBe(200);
    },
  );

  test.each(['phoenix.example.internal', 'PHOENIX.example.internal:443', 'phoenix.lan', 'phoenix.lan.:8080'])(
    '%s is named by the settings',
    async (host) => {
      expect((await ask('/api/runs', { headers: { host, ...WITH_TOKEN } })).status).toBe(200);
    },
  );

  test.each([
    'a b',
    'evil.example@127.0.0.1',
    '127.0.0.1/evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
  ])('%j is refused', async (host) => {
    expect([400, 421]).toContain((await ask('/api/runs', { headers: { host } })).status);
  });

  test('probes and forges may use names and addresses of their own network', async () => {
    const headers = { host: '10.42.0.7:8080' };
    expect((await ask('/healthz', { headers })).status).toBe(200);
    expect((await ask('/readyz', { headers })).status).toBe(200);
    expect((await deliver(push, headers)).status).toBe(202);
  });
});

describe('nothing is read from another machine without the token', () => {
  const read = ['/api', '/api/runs', '/api/status', '/api/targets', '/api/nothing', '/metrics'];

  test.each(read)('%s', async (path) => {
    for (const headers of [
      AS_PROGRAM,
      { ...AS_PROGRAM, authorization: 'Bearer wrong' },
      { ...AS_PROGRAM, cookie: 'phoenix_session=x' },
    ]) {
      const answer = await ask(path, { headers });
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toContain('Bearer');
      expect(answer.text).toContain('PHOENIX_ADMIN_TOKEN');
    }
    expect((await ask(path, { headers: { ...AS_PROGRAM, ...WITH_TOKEN } })).status).toBe(
      path.endsWith('nothing') ? 404 : 200,
    );
  });

  test('neither the events nor the output of a run are read', async () => {
    const run = await planRun(server.ledger);
    await finishStep(server.ledger, run, LXC);
    for (const path of [`/api/runs/${run}/events`, `/api/runs/${run}/logs/lxc/101?format=text`]) {
      expect((await ask(path, { headers: AS_PROGRAM })).status).toBe(401);
    }
  });

  test.each([
    'x-forwarded-for',
    'forwarded',
    'x-real-ip',
    'via',
    'x-forwarded-proto',
    'x-forwarded-host',
    'cf-connecting-ip',
    'true-client-ip',
  ])('%s shows that a proxy on this machine relays another client', async (name) => {
    expect((await ask('/api/runs', { headers: { [name]: '127.0.0.1' } })).status).toBe(401);
    for (const path of ['/', '/map', '/search?q=lxc', '/targets/lxc/101'])
      expect((await ask(path, { headers: { [name]: 'for=127.0.0.1', accept: 'text/html' } })).status).toBe(401);
  });

  test('nothing is read through a proxy that adds no header and speaks HTTP/1.0, as nginx does by default', async () => {
    const { heard } = await begin(`GET /api/runs HTTP/1.0\r\nHost: 127.0.0.1:8080\r\nConnection: close\r\n\r\n`);
    await until(() => heard().startsWith('HTTP/1.1 401'));
  });

  test.skipIf(NGINX === undefined)(
    'nothing is read through a real nginx, in its default configuration and in that of deploy/README.md',
    async () => {
      const readme = await readFile(new URL('../../../deploy/README.md', import.meta.url), 'utf8');
      const [, block = ''] = /^```nginx\n([\s\S]*?)^```$/m.exec(readme) ?? [];
      const [told, bare] = [await freePort(), await freePort()];
      const serverBlock = block
        .replace('443 ssl', `127.0.0.1:${told}`)
        .replace(/ssl_certificate.*;|deny all;|allow .*;/g, '')
        .replaceAll('http://127.0.0.1:8080', server.url);
      expect(serverBlock).toContain('proxy_set_header');
      const plain = `server { listen 127.0.0.1:${bare}; location / { proxy_pass ${server.url}; } }`;
      const nginx = await startNginx(NGINX ?? '', `${serverBlock}\n${plain}`);
      try {
        await Promise.all(
          [told, bare].map((port) =>
            until(() =>
              fetch(`http://127.0.0.1:${port}/healthz`).then(
                ({ ok }) => ok,
                () => false,
              ),
            ),
          ),
        );
        for (const port of [told, bare]) expect((await fetch(`http://127.0.0.1:${port}/api/runs`)).status).toBe(401);
        const signed = await fetch(`http://127.0.0.1:${told}/api/runs`, { headers: WITH_TOKEN });
        expect(signed.status).toBe(200);
      } finally {
        await nginx.stop();
      }
    },
  );

  test('the doctor finds a proxy that adds no header at all', () => {
    expect(classifyPublicPages(200)).toMatchObject({
      state: 'failed',
      hint: expect.stringContaining('X-Forwarded-For'),
    });
    expect([401, 403].map((code) => classifyPublicPages(code).state)).toEqual(['ok', 'ok']);
    expect([421, 502].map((code) => classifyPublicPages(code).state)).toEqual(['warning', 'warning']);
  });

  test('a trusted proxy does not make its clients trusted', async () => {
    const behind = await open({ trustedProxies: ['127.0.0.1'] });
    const headers = { 'x-forwarded-for': '127.0.0.1' };
    expect((await ask('/api/runs', { headers, at: behind })).status).toBe(401);
  });

  test('everything is read on the machine itself', async () => {
    for (const path of ['/api/runs', '/', '/map', '/search?q=lxc', '/metrics'])
      expect((await ask(path, { from: '127.0.0.1' })).status).toBe(200);
  });

  test('without a token in the settings nothing is shown, and the answer says what to set', async () => {
    const { ledger } = server;
    const agent = { known: async () => [], orphans: async () => [] } as never;
    const clock = { now: () => new Date() };
    const api = { ledger, agent, changes: { follow: () => () => {} }, adminToken: null, clock };
    const closed = await open({}, { api });
    for (const headers of [AS_PROGRAM, { ...AS_PROGRAM, authorization: 'Bearer null' }, AS_PERSON]) {
      for (const path of ['/', '/runs/1', '/map', '/search?q=lxc', '/api/runs', '/metrics']) {
        const answer = await ask(path, { headers, at: closed });
        expect([path, answer.status]).toEqual([path, 403]);
        expect(answer.text).toContain('PHOENIX_ADMIN_TOKEN');
      }
    }
    expect((await signIn('', { at: closed })).status).toBe(403);
    expect((await ask('/api/runs', { at: closed })).status).toBe(200);
  });

  test('open pages are readable by everybody and changeable by nobody without the token', async () => {
    const wide = await open({ pages: 'open' });
    for (const path of ['/', '/map', '/search?q=lxc', '/api/runs', '/metrics']) {
      expect((await ask(path, { headers: AS_PERSON, at: wide })).status).toBe(200);
    }
    expect((await freeze('wrong', AS_PROGRAM, { at: wide })).status).toBe(401);
    expect((await ask('/', { headers: { ...AS_PERSON, host: 'evil.example' }, at: wide })).status).toBe(421);
  });

  test('probes are answered without reasons', async () => {
    const checks = { redis: 'ok', repository: 'connect ECONNREFUSED 10.0.0.7:3000 as phoenix' };
    const broken = await open({}, { ready: async () => ({ ready: false, checks }) });
    const stranger = await ask('/readyz', { headers: { host: '10.42.0.7' }, at: broken });
    expect([stranger.status, JSON.parse(stranger.text)]).toEqual([
      503,
      { ready: false, checks: { redis: 'ok', repository: 'failed' } },
    ]);
    const holder = await ask('/readyz', { headers: { host: '10.42.0.7', ...WITH_TOKEN }, at: broken });
    expect(JSON.parse(holder.text)).toEqual({ ready: false, checks });
    expect(JSON.parse((await ask('/readyz', { at: broken })).text)).toEqual({ ready: false, checks });
  });

  test('the command line sends its token to read, and says what to set without one', async () => {
    // A server that does not listen on loopback treats every request as one from another machine.
    const relayed = await relay(server.url);
    try {
      const heard: string[] = [];
      const io = (env: Record<string, string>) =>
        wrapping({ stdout: (text: string) => heard.push(text), stderr: () => {}, env });
      const args = { targets: [], json: true };
      expect(await status(args, io({ PHOENIX_URL: relayed.url, PHOENIX_ADMIN_TOKEN: ADMIN_TOKEN }))).toBe(0);
      expect(JSON.parse(heard.join(''))).toMatchObject({ targets: [] });
      await expect(status(args, io({ PHOENIX_URL: relayed.url }))).rejects.toMatchObject({
        message: 'an admin token is needed',
        hint: expect.stringContaining('set PHOENIX_ADMIN_TOKEN'),
        exit: 2,
      });
    } finally {
      await relayed.close();
    }
  });
});

async function startNginx(program: string, servers: string): Promise<{ stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-server-nginx-'));
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  const main = `daemon off; master_process off; pid ${folder}/pid; error_log stderr; events {}`;
  await writeFile(join(folder, 'nginx.conf'), `${main}\nhttp { access_log off; ${places.join(' ')}\n${servers} }\n`);
  const server = spawn(program, ['-c', join(folder, 'nginx.conf')], { stdio: 'ignore' });
  const ended = once(server, 'exit');
  return {
    async stop() {
      server.kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A proxy on this machine, as usually configured: it adds headers. */
async function relay(to: string): Promise<{ readonly url: string; close(): Promise<void> }> {
  const { createServer } = await import('node:http');
  const { hostname, port } = new URL(to);
  const server = createServer((incoming, response) => {
    const { host: _, ...headers } = incoming.headers;
    const sending = request({
      hostname,
      port,
      path: incoming.url,
      method: incoming.method,
      headers: { ...headers, 'x-forwarded-for': '192.0.2.7' },
    });
    sending.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    incoming.pipe(sending);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address() as { readonly port: number };
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function signIn(
  token: string,
  { at = server, to = '/', headers = {} }: { at?: TestServer; to?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const body = new URLSearchParams({ token, to }).toString();
  const form = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' };
  return ask('/sign-in', { method: 'POST', body, headers: { ...AS_PERSON, ...form, ...headers }, at });
}

function cookieOf({ headers }: Answer): string {
  return headers['set-cookie']?.[0] ?? '';
}

describe('signing in', () => {
  const session = async (at = server) => ({ cookie: cookieOf(await signIn(ADMIN_TOKEN, { at })).split(';')[0] ?? '' });

  test('happens on the requested page, which needs no script and shows nothing before', async () => {
    const run = await planRun(server.ledger);
    const asked = await ask(`/runs/${run}?x=y`, { headers: AS_PERSON });
    expect(asked.status).toBe(401);
    expect(asked.headers['cache-control']).toBe('no-store');
    expect(asked.text).toContain('action="../sign-in"');
    expect(asked.text).toContain(`name="to" value="/runs/${run}?x=y"`);
    expect(asked.text).not.toContain(COMMIT.slice(0, 7));
    const done = await signIn(ADMIN_TOKEN, { to: `/runs/${run}?x=y` });
    expect([done.status, done.headers.location]).toEqual([303, `./runs/${run}?x=y`]);
    const shown = await ask(`/runs/${run}`, { headers: { ...AS_PERSON, cookie: cookieOf(done).split(';')[0] ?? '' } });
    expect(shown.status).toBe(200);
    expect(shown.text).toContain('action="../sign-out"');
  });

  test('shows its style and script before', async () => {
    const { text } = await ask('/', { headers: AS_PERSON });
    const [style = ''] = /static\/pages-\w+\.css/.exec(text) ?? [];
    expect((await ask(`/${style}`, { headers: AS_PERSON })).status).toBe(200);
  });

  test('sets a cookie that scripts cannot read, other sites cannot send, and that is not the token', async () => {
    const cookie = cookieOf(await signIn(ADMIN_TOKEN));
    expect(cookie).toMatch(/^phoenix_session=[\w-]{43}; HttpOnly; SameSite=Strict; Max-Age=43200; Secure$/);
    expect(cookie).not.toContain(ADMIN_TOKEN);
    const plainHttp = await open({ publicUrl: 'http://phoenix.example.internal' });
    expect(cookieOf(await signIn(ADMIN_TOKEN, { at: plainHttp }))).not.toContain('Secure');
    const byProxy = { 'x-forwarded-proto': 'https' };
    expect(cookieOf(await signIn(ADMIN_TOKEN, { at: plainHttp, headers: byProxy }))).toContain('Secure');
    expect(cookieOf(await signIn(ADMIN_TOKEN))).not.toBe(cookie);
  });

  test('gives read access to the API and its events, but changes nothing through it', async () => {
    const cookie = await session();
    const run = await planRun(server.ledger);
    expect((await ask('/api/runs', { headers: { ...AS_PROGRAM, ...cookie } })).status).toBe(200);
    const { heard } = await begin(headOf('GET', `/api/runs/${run}/events`, { ...AS_PROGRAM, ...cookie }));
    await until(() => heard().includes('event: run'));
    const body = JSON.stringify({ reason: 'by a page of a stranger' });
    const headers = { ...AS_PROGRAM, ...cookie, 'content-type': 'application/json' };
    expect((await ask('/api/freeze', { method: 'POST', body, headers })).status).toBe(401);
    expect(server.asked).toEqual([]);
  });

  test('ends by the form for signing out, wherever the cookie is', async () => {
    const cookie = await session();
    const headers = { ...AS_PERSON, ...cookie, 'content-type': 'application/x-www-form-urlencoded' };
    const signOut = (form: string) => ask('/sign-out', { method: 'POST', headers, body: `form=${form}` });
    expect([(await signOut('')).status, (await signOut('guess')).status]).toEqual([403, 403]);
    const { text } = await ask('/', { headers: { ...AS_PERSON, ...cookie } });
    const out = await signOut(/name="form" value="([\w-]{43})"/.exec(text)?.[1] ?? '');
    expect([out.status, out.headers.location]).toEqual([303, './']);
    expect(cookieOf(out)).toContain('Max-Age=0');
    expect((await ask('/', { headers: { ...AS_PERSON, ...cookie } })).status).toBe(401);
  });

  test.each(['', 'wrong', `${ADMIN_TOKEN}x`, ADMIN_TOKEN.slice(1)])('fails with %j', async (token) => {
    const answer = await signIn(token, { to: '/targets' });
    expect(answer.status).toBe(401);
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(answer.text).toContain('not the admin token');
    expect(answer.text).toContain('name="to" value="/targets"');
  });

  test('fails from a page of another site', async () => {
    for (const site of ['cross-site', 'same-site']) {
      expect((await signIn(ADMIN_TOKEN, { headers: { 'sec-fetch-site': site } })).status).toBe(403);
    }
  });

  test('fails with a form that is too large, as a fault of the client', async () => {
    expect((await signIn('x'.repeat(100_000))).status).toBe(413);
    expect(server.logged).toEqual([]);
  });

  test.each([
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example',
    '///evil.example',
    '/\t/evil.example',
    '\\\\evil.example',
    'javascript:alert(1)',
    '/..//evil.example',
    '/%2e%2e/%2e%2e/other',
    '/../../other',
    'evil.example',
    '@evil.example',
    '/\r\nx: y',
    '.evil.example',
  ])('redirects from %j to no other site', async (to) => {
    const { status: code, headers } = await signIn(ADMIN_TOKEN, { to });
    expect(code).toBe(303);
    for (const base of [
      'https://phoenix.example.internal/sign-in',
      'https://phoenix.example.internal/below/a/path/sign-in',
    ]) {
      const { origin, pathname } = new URL(headers.location ?? '', base);
      expect(origin).toBe('https://phoenix.example.internal');
      expect(pathname.startsWith(new URL('.', base).pathname)).toBe(true);
    }
    expect(withinFrom('/runs/1', to)).toMatch(/^\.\.\//);
  });

  test('the address of a page cannot change its forms', async () => {
    const { text } = await ask('/runs/%22%3E%3Cscript%3E', { headers: AS_PERSON });
    expect(text).not.toContain('<script>');
  });
});

describe('the signature of a delivery covers its bytes', () => {
  /** Bytes that are no UTF-8, all of which a lenient reader takes for the same character. */
  const withBytes = (...bytes: number[]) => {
    const [before = '', after = ''] = JSON.stringify(pushPayload({ padding: 'HERE' })).split('HERE');
    return Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
  };

  test('a signature does not count for other bytes with the same meaning', async () => {
    const [signed, other] = [withBytes(0xef, 0xbf, 0xbd), withBytes(0xff)];
    expect(signed.toString()).toBe(other.toString());
    expect((await deliver(signed)).status).toBe(202);
    expect((await deliver(other, { 'x-hub-signature-256': sign(signed) })).status).toBe(401);
    expect((await deliver(signed, { 'x-hub-signature-256': sign(other) })).status).toBe(401);
  });

  test.each([
    ['a byte that begins nothing', [0xff]],
    ['half a character', [0xc3]],
    ['an overlong form', [0xc0, 0xaf]],
    ['half of a pair', [0xed, 0xa0, 0x80]],
  ])('%s is refused, whatever its signature', async (_, bytes) => {
    const body = withBytes(...bytes);
    for (const key of [WEBHOOK_SECRET, WEBHOOK_SECRET_BEFORE]) {
      expect((await deliver(body, { 'x-hub-signature-256': sign(body, key) })).status).toBe(401);
    }
    const gitlab = { 'x-gitlab-event': 'Push Hook', 'x-gitlab-token': WEBHOOK_SECRET };
    expect((await ask('/webhooks', { method: 'POST', body, headers: gitlab })).status).toBe(400);
    expect(await server.ledger.unsettledDeliveries()).toEqual([]);
  });

  test('text with characters of several bytes is preserved', async () => {
    const body = Buffer.from(JSON.stringify(pushPayload({ pusher: { name: 'ädä 💡' } })));
    const signature = `sha256=${createHmac('sha256', WEBHOOK_SECRET_BEFORE).update(body).digest('hex')}`;
    expect((await deliver(body, { 'x-hub-signature-256': signature })).status).toBe(202);
    expect(await server.ledger.unsettledDeliveries()).toMatchObject([{ by: 'ädä 💡' }]);
  });
});

describe('the settings of access', () => {
  const least = {
    PHOENIX_REPO_URL: 'https://git.example.internal/e.git',
    PHOENIX_WEBHOOK_SECRET: 'a-secret-of-good-length',
  };
  const read = (more: Record<string, string>) => readSettings({ ...least, ...more }, () => '', { receiving: true });

  test('by default nobody is trusted and everybody has to sign in', () => {
    expect(read({}).settings).toMatchObject({ allowedHosts: [], trustedProxies: [], pages: 'signed-in' });
  });

  test.each([
    [
      'PHOENIX_TRUSTED_PROXIES',
      '10.0.0.1, 10.1.0.0/16 fd00::/64 loopback',
      { trustedProxies: ['10.0.0.1', '10.1.0.0/16', 'fd00::/64', '127.0.0.0/8', '::1/128'] },
    ],
    [
      'PHOENIX_ALLOWED_HOSTS',
      'Phoenix.lan,10.0.0.13 [fd00::1]',
      { allowedHosts: ['phoenix.lan', '10.0.0.13', 'fd00::1'] },
    ],
    ['PHOENIX_PAGES', 'open', { pages: 'open' }],
  ])('%s=%s', (name, text, settings) => {
    expect(read({ [name]: text })).toMatchObject({ settings, problems: [] });
    const { trustedProxies: proxies = [] } = read({ [name]: text }).settings ?? {};
    expect(() => trustedProxies(proxies)).not.toThrow();
  });

  test.each([
    ['PHOENIX_TRUSTED_PROXIES', 'nginx'],
    ['PHOENIX_TRUSTED_PROXIES', '10.0.0.300'],
    ['PHOENIX_TRUSTED_PROXIES', '10.0.0.0/33'],
    ['PHOENIX_TRUSTED_PROXIES', '0.0.0.0/0'],
    ['PHOENIX_TRUSTED_PROXIES', '::/0'],
    ['PHOENIX_TRUSTED_PROXIES', 'fd00:::1'],
    ['PHOENIX_ALLOWED_HOSTS', '*'],
    ['PHOENIX_ALLOWED_HOSTS', 'https://phoenix.lan'],
    ['PHOENIX_ALLOWED_HOSTS', 'phoenix.lan:8080'],
    ['PHOENIX_PAGES', 'everybody'],
  ])('%s=%s is refused', (name, text) => {
    const { settings, problems } = read({ [name]: text });
    expect(settings).toBeNull();
    expect(problems).toMatchObject([{ severity: 'error', variable: name }]);
  });
});
