// The HTTP API over a real server: the shapes of the contract, who may request an operation, and that no answer contains an internal error.

import { connect } from 'node:net';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { describe, expect, test } from 'vitest';
import { type TargetId, targetId } from '../../../src/model/ids.ts';
import { LONG_TEST } from '../../support/long.ts';
import type { TestRedis } from '../../support/redis/redis.ts';
import { eachServer } from '../each-server.ts';
import { BEGAN, finishStep, LXC, planRun, VM } from '../planned-run.ts';
import { ADMIN_TOKEN, COMMIT, openTestServer, type TestServer } from '../test-server.ts';

let server: TestServer;
let redis: TestRedis;
eachServer((opened, started) => {
  [server, redis] = [opened, started];
});

async function get(path: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${server.url}${path}`);
  return { status: response.status, body: await response.json() };
}

function post(path: string, body: unknown, token: string | null = ADMIN_TOKEN, url = server.url): Promise<Response> {
  const headers = {
    'content-type': 'application/json',
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
  };
  return fetch(`${url}${path}`, {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

describe('reading', () => {
  test('a run has the shape of the contract', async () => {
    const run = await planRun(server.ledger);
    await finishStep(server.ledger, run, LXC);
    const { status, body } = await get(`/api/runs/${run}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ id: run, commit: COMMIT, trigger: 'push', created: BEGAN, ended: null, by: 'ada' });
    expect((body as { steps: unknown[] }).steps).toEqual([
      {
        target: LXC,
        verb: 'update',
        impact: 'live',
        outcome: 'applied',
        reason: null,
        attempts: 1,
        started: BEGAN,
        ended: BEGAN,
        actions: [{ summary: 'set memory of lxc/101', exit: 0, ms: 700 }],
      },
      expect.objectContaining({ target: VM, outcome: null, started: null, actions: [] }),
    ]);
    expect(JSON.stringify(body)).not.toContain('digests');
  });

  test('runs are listed newest first, up to the requested number', async () => {
    const first = await planRun(server.ledger);
    const second = await planRun(server.ledger);
    expect((await get('/api/runs')).body).toMatchObject([{ id: second }, { id: first }]);
    expect((await get('/api/runs?limit=1')).body).toMatchObject([{ id: second }]);
  });

  test('targets tell what is proved, and where it came from', async () => {
    const run = await planRun(server.ledger);
    await finishStep(server.ledger, run, LXC);
    const expected = {
      target: LXC,
      kind: 'lxc',
      name: '101',
      state: 'applied',
      proved: null,
      look: null,
      doubt: null,
      commit: COMMIT,
      declared: true,
      running: 'stopped',
      run,
      outcome: 'applied',
      reason: null,
    };
    server.known.push({ target: LXC, running: 'stopped', needs: [] });
    expect((await get('/api/targets')).body).toEqual([expected]);
    expect((await get('/api/targets/lxc/101')).body).toEqual(expected);
    expect((await get('/api/status')).body).toEqual({
      head: null,
      frozen: null,
      policy: null,
      reports: null,
      deliveries: { last: null, refused: null },
      nodes: { away: {} },
      faults: [],
      lasting: [],
      targets: [expected],
      orphans: [],
    });
    expect((await get('/api/targets/lxc/999')).status).toBe(404);
    server.known.push({ target: VM, running: 'absent', needs: [] });
    expect((await get('/api/targets/vm/1001')).body).toMatchObject({
      state: 'declared',
      commit: '',
      running: 'absent',
    });
  });

  test('the output of a step can be read on from where one was', async () => {
    const run = await planRun(server.ledger);
    await finishStep(server.ledger, run, LXC);
    expect((await get(`/api/runs/${run}/logs/lxc/101`)).body).toEqual({ lines: ['output of lxc/101'], next: 1 });
    expect((await get(`/api/runs/${run}/logs/lxc/101?offset=1`)).body).toEqual({ lines: [], next: 1 });
    expect((await get(`/api/runs/${run}/logs/lxc/999`)).status).toBe(404);
    const text = await fetch(`${server.url}/api/runs/${run}/logs/lxc/101?format=text`);
    expect(text.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(text.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await text.text()).toBe('output of lxc/101\n');
  });

  test.each(['/api/runs/999', '/api/runs/..%2f..', '/api/nothing', '/nothing', '/api/runs/999/events'])(
    '%s is not there',
    async (path) => {
      const { status, body } = await get(path);
      expect(status).toBe(404);
      expect(body).toEqual({ error: { message: expect.any(String), hint: expect.any(String) } });
    },
  );

  test.each(['/api/runs?limit=0', '/api/runs?limit=many', '/api/runs/%zz', '/api/targets/LXC/101'])(
    '%s cannot be understood',
    async (path) => {
      expect(await get(path)).toEqual({
        status: 400,
        body: { error: { message: expect.any(String), hint: expect.any(String) } },
      });
    },
  );
});

describe('asking needs the admin token', () => {
  const paths = ['/api/replay', '/api/runs/1/approve', '/api/freeze', '/api/unfreeze', '/api/drift', '/api/command'];

  test.each(paths)('%s', async (path) => {
    for (const token of [null, '', 'wrong', ADMIN_TOKEN.slice(0, -1), `${ADMIN_TOKEN}x`]) {
      const response = await post(path, {}, token);
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toContain('Bearer');
    }
    expect(server.asked).toEqual([]);
  });

  test('without a token in the settings every request is refused', async () => {
    const { ledger } = server;
    const closed = await openTestServer(redis.url, {
      api: {
        ledger,
        agent: {} as never,
        changes: { follow: () => () => {} },
        adminToken: null,
        clock: { now: () => new Date() },
      },
    });
    expect((await post('/api/drift', {}, '', closed.url)).status).toBe(403);
    expect((await post('/api/drift', {}, 'null', closed.url)).status).toBe(403);
    await closed.close();
  });

  test('a client that keeps guessing the token is refused for a while, and others can still read', async () => {
    let status = 401;
    for (let n = 0; n < 100 && status === 401; n += 1) status = (await post('/api/drift', {}, `guess-${n}`)).status;
    expect(status).toBe(429);
    expect((await get('/api/runs')).status).toBe(200);
  });
});

describe('asking', () => {
  test('each operation is handed to the agent and answered with its run', async () => {
    const run = await planRun(server.ledger);
    const asked: [string, unknown][] = [
      ['/api/replay', { commit: 'main', targets: [LXC], rewind: true, by: 'ada' }],
      ['/api/replay', { commit: COMMIT }],
      ['/api/freeze', { reason: 'moving the storage' }],
      ['/api/unfreeze', {}],
      ['/api/drift', {}],
      ['/api/command', { verb: 'converge', targets: [VM] }],
    ];
    for (const [path, body] of asked) {
      const response = await post(path, body);
      expect([path, response.status, await response.json()]).toEqual([path, 202, { run: '7' }]);
    }
    expect(await (await post(`/api/runs/${run}/approve`, { target: LXC })).json()).toEqual({ run });
    expect(server.asked).toEqual([
      ['replay', { commit: 'main', targets: [LXC], rewind: true, dryRun: false, now: false, by: 'ada' }],
      ['replay', { commit: COMMIT, rewind: false, dryRun: false, now: false, by: 'the API' }],
      ['freeze', 'moving the storage', 'the API'],
      ['unfreeze', 'the API'],
      ['drift', 'the API'],
      ['command', { verb: 'converge', targets: [VM], cascade: false, dryRun: false, now: false, by: 'the API' }],
      ['approve', run, LXC, 'the API'],
    ]);
  });

  test('a refusal of the agent is a 409 with the reason', async () => {
    const response = await post('/api/replay', { commit: 'unknown' });
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({
      error: { message: 'there is no commit unknown on main; fetch and look again' },
    });
  });

  test('an unexpected error is logged, and its message is not shown', async () => {
    const response = await post('/api/replay', { commit: 'surprise' });
    expect(response.status).toBe(500);
    expect(await response.text()).not.toMatch(/hunter2|at .*\.ts/);
    expect(server.logged.join()).toContain('hunter2');
  });

  test.each([
    ['broken JSON', '/api/replay', '{"commit": '],
    ['no commit', '/api/replay', {}],
    ['an unknown field', '/api/replay', { commit: 'main', force: true }],
    ['a target that is none', '/api/replay', { commit: 'main', targets: ['101'] }],
    ['no targets at all', '/api/replay', { commit: 'main', targets: [] }],
    ['no reason', '/api/freeze', { reason: ' ' }],
    ['a list', '/api/freeze', []],
    ['a strange verb', '/api/command', { verb: '; rm', targets: [] }],
    ['a key that is no field', '/api/replay', '{"commit":"main","__proto__":{"rewind":true}}'],
  ])('%s: 400', async (_, path, body) => {
    const response = await post(path, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: { message: expect.any(String), hint: expect.any(String) } });
    expect(server.asked).toEqual([]);
  });

  test('another content type is not read', async () => {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'text/plain' };
    const response = await fetch(`${server.url}/api/replay`, { method: 'POST', headers, body: '{"commit":"main"}' });
    expect(response.status).toBe(400);
  });

  test('approving in a run that is not there: 404', async () => {
    expect((await post('/api/runs/999/approve', { target: LXC })).status).toBe(404);
  });
});

describe('events', () => {
  /** Reads events until `last` returns true. */
  async function events(
    path: string,
    last: (event: EventSourceMessage) => boolean,
    headers: Record<string, string> = {},
  ) {
    const gone = new AbortController();
    const response = await fetch(`${server.url}${path}`, { headers, signal: gone.signal });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const seen: EventSourceMessage[] = [];
    let done = false;
    const parser = createParser({
      onEvent(event) {
        // What comes after the last one in the same chunk was not waited for.
        if (done) return;
        seen.push(event);
        done = last(event);
      },
    });
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      parser.feed(chunk);
      if (done) break;
    }
    gone.abort();
    return seen;
  }

  test("stream the run's progress, its output, and its end", async () => {
    const { ledger } = server;
    const run = await planRun(ledger);
    let begun = false;
    const seen = await events(`/api/runs/${run}/events`, ({ event }) => {
      if (!begun) {
        begun = true;
        void finishStep(ledger, run, LXC)
          .then(() => finishStep(ledger, run, VM))
          .then(() => ledger.endRun(run, 'succeeded', BEGAN, []));
      }
      return event === 'end';
    });
    expect(seen[0]).toMatchObject({ event: 'run', data: expect.stringContaining('"state":"planned"') });
    const lines = seen.filter(({ event }) => event === 'log').map(({ data }) => JSON.parse(data));
    expect(lines).toEqual([
      { target: LXC, lines: ['output of lxc/101'] },
      { target: VM, lines: ['output of vm/1001'] },
    ]);
    expect(JSON.parse(seen.at(-1)?.data ?? '')).toMatchObject({ id: run, state: 'succeeded', ended: BEGAN });
  });

  test('tell what changed, and not the run with every outcome', async () => {
    const { ledger } = server;
    const targets = Array.from({ length: 200 }, (_, index) => targetId('lxc', 1_000 + index));
    const run = await planRun(ledger, targets);
    let done = 0;
    const finishNext = () => finishStep(ledger, run, targets[done++] as TargetId);
    const isApplied = ({ event, data }: EventSourceMessage) =>
      event === 'step' && JSON.parse(data).outcome === 'applied';
    const seen = await events(`/api/runs/${run}/events`, (event) => {
      const begins = event.event === 'run' && JSON.parse(event.data).state === 'applying';
      if (done === 0 || begins || isApplied(event)) void finishNext();
      return done > 20;
    });
    const outcomes = seen.filter(isApplied);
    expect(outcomes.length).toBeGreaterThan(10);
    expect(new Set(seen.filter(({ event }) => event === 'run').map(({ data }) => JSON.parse(data).state))).toEqual(
      new Set(['planned', 'applying']),
    );
    expect(seen.filter(({ event }) => event === 'run')).toHaveLength(2);
    const others = seen.filter(({ event }) => event !== 'run');
    // Each outcome with its lines and a cursor, which does not grow from the first to the twentieth.
    for (const { data, id = '' } of others) expect(data.length + id.length).toBeLessThan(500);

    const rest = await events(`/api/runs/${run}/events`, ({ event }) => event === 'log', {
      'last-event-id': 'lxc/1000=1;1-18',
    });
    expect(JSON.parse(rest[0]?.data ?? '').steps).toHaveLength(200);
    expect(JSON.parse(rest.at(-1)?.data ?? '')).toMatchObject({ target: 'lxc/1019' });
  });

  test('continue after a lost connection where it ended', async () => {
    const run = await planRun(server.ledger);
    await finishStep(server.ledger, run, LXC);
    const first = await events(`/api/runs/${run}/events`, ({ event }) => event === 'log');
    const id = first.at(-1)?.id ?? '';
    await finishStep(server.ledger, run, VM);
    await server.ledger.endRun(run, 'succeeded', BEGAN, []);
    const rest = await events(`/api/runs/${run}/events`, ({ event }) => event === 'end', { 'last-event-id': id });
    expect(rest.map(({ event }) => event)).toEqual(['run', 'log', 'end']);
    expect(JSON.parse(rest[1]?.data ?? '')).toEqual({ target: VM, lines: ['output of vm/1001'] });
  });

  test('leave out what was printed before, where only the new is wanted', async () => {
    const run = await planRun(server.ledger);
    await finishStep(server.ledger, run, LXC);
    let begun = false;
    const seen = await events(`/api/runs/${run}/events?logs=new`, ({ event }) => {
      if (!begun) void finishStep(server.ledger, run, VM);
      begun = true;
      return event === 'log';
    });
    expect(JSON.parse(seen.at(-1)?.data ?? '')).toEqual({ target: VM, lines: ['output of vm/1001'] });
  });

  test('are not for any number of readers', async () => {
    const run = await planRun(server.ledger);
    const gone = new AbortController();
    const open = () => fetch(`${server.url}/api/runs/${run}/events`, { signal: gone.signal });
    const answers = await Promise.all(Array.from({ length: 110 }, open));
    expect(answers.filter(({ status }) => status === 503)).toHaveLength(10);
    gone.abort();
  });

  test('end when the server closes', async () => {
    const run = await planRun(server.ledger);
    const other = await openTestServer(redis.url);
    const response = await fetch(`${other.url}/api/runs/${run}/events`);
    await other.close();
    expect(await response.text()).toContain('event: run');
  });
});

test('without Redis a reader gets an error in bounded time', LONG_TEST, async () => {
  await redis.kill();
  try {
    const [runs, metrics] = await Promise.all([get('/api/runs'), get('/healthz')]);
    expect(runs).toEqual({ status: 503, body: { error: { message: expect.any(String), hint: expect.any(String) } } });
    expect(metrics.status).toBe(200);
  } finally {
    await redis.start();
  }
});

describe('the server itself', () => {
  test('is alive, ready, measured and names its routes', async () => {
    expect(await get('/healthz')).toEqual({ status: 200, body: { alive: true } });
    expect(await get('/readyz')).toEqual({ status: 200, body: { ready: true, checks: {} } });
    expect(await (await fetch(`${server.url}/metrics`)).text()).toBe('phoenix 1\n');
    expect(await (await fetch(`${server.url}/api`)).text()).toContain('POST /webhooks');
  });

  test('reports when it is not ready', async () => {
    const checks = { redis: 'ok', repository: 'cannot be reached' };
    const other = await openTestServer(redis.url, { ready: async () => ({ ready: false, checks }) });
    const response = await fetch(`${other.url}/readyz`);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ ready: false, checks });
    await other.close();
  });

  test('has no webhooks and no API in a process that has not their roles', async () => {
    const other = await openTestServer(redis.url, { receive: null, api: null });
    expect((await fetch(`${other.url}/webhooks`, { method: 'POST' })).status).toBe(404);
    expect((await fetch(`${other.url}/api/runs`)).status).toBe(404);
    expect((await fetch(`${other.url}/healthz`)).status).toBe(200);
    await other.close();
  });

  test('does not sign its answers and lets no browser guess', async () => {
    const { headers } = await fetch(`${server.url}/api/runs`);
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  test('refuses an address that is in use', async () => {
    const { port } = new URL(server.url);
    const { startHttpServer } = await import('../../../src/agent/http/server.ts');
    const parts = {
      receive: null,
      api: null,
      pages: null,
      ready: async () => ({ ready: true, checks: {} }),
      metrics: async () => ({ contentType: '', text: '' }),
    };
    const log = { info() {}, warn() {}, error() {} };
    await expect(startHttpServer({ ...parts, log }, { host: '127.0.0.1', port: Number(port) })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });

  test('closes although somebody keeps a connection open', LONG_TEST, async () => {
    const other = await openTestServer(redis.url);
    const { hostname, port } = new URL(other.url);
    const idle = connect(Number(port), hostname);
    await new Promise((resolve) => idle.once('connect', resolve));
    await other.close();
    idle.destroy();
  });
});
