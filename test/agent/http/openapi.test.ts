// The API description against the API: it has every route, and every response that it names was received from the server and is as described.

import { readFile } from 'node:fs/promises';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Router } from 'express';
import { describe, expect, test } from 'vitest';
import { openAccess, STRICTEST } from '../../../src/agent/http/access.ts';
import { type ApiDeps, apiRoutes } from '../../../src/agent/http/api.ts';
import { answerSchemas, openApiDocument } from '../../../src/agent/http/openapi/document.ts';
import { API_ROUTES, type ApiRoute, type Content } from '../../../src/agent/http/openapi/routes.ts';
import type { TargetId } from '../../../src/model/ids.ts';
import { DEFAULT_POLICY } from '../../../src/model/policy.ts';
import { clock } from '../../support/agent/agent.ts';
import type { TestRedis } from '../../support/redis/redis.ts';
import { eachServer } from '../each-server.ts';
import { BEGAN, finishStep, LXC, planRun, VM } from '../planned-run.ts';
import { ADMIN_TOKEN, COMMIT, openTestServer, pushPayload, sign, type TestServer } from '../test-server.ts';

let server: TestServer;
let redis: TestRedis;
eachServer((opened, started) => {
  [server, redis] = [opened, started];
});

describe('the description', () => {
  test('is OpenAPI 3.1, and what the server serves', async () => {
    const answer = await fetch(`${server.url}/api/openapi.json`);
    expect(await answer.json()).toEqual(openApiDocument());
    expect(await new Validator().validate(openApiDocument() as never)).toMatchObject({ valid: true });
  });

  test('is listed route by route in docs/api.md, in the same words', async () => {
    const page = await readFile(new URL('../../../docs/api.md', import.meta.url), 'utf8');
    for (const { method, path, summary } of API_ROUTES) {
      const row = page.split('\n').find((line) => line.startsWith(`| \`${method.toUpperCase()} ${path}\``));
      expect(row, `${method} ${path}`).toContain(summary);
    }
  });

  test('has every route of the API, and no other', () => {
    // None of them is called.
    const nobody = { adminToken: null, rules: STRICTEST, listen: '127.0.0.1', people: null, forge: null, clock };
    const access = openAccess(nobody);
    const routes: Router = apiRoutes({ closing: new AbortController().signal } as ApiDeps, access);
    const served = routes.stack.flatMap(({ route }) => {
      if (route === undefined || typeof route.path !== 'string') return [];
      const path = `/api${route.path === '/' ? '' : route.path.replace(/:(\w+)/g, '{$1}')}`;
      return route.stack.map(({ method }) => `${method} ${path}`);
    });
    const described = API_ROUTES.map(({ method, path }) => `${method} ${path}`).filter((each) => / \/api/.test(each));
    expect(served.toSorted()).toEqual(described.toSorted());
  });
});

/** The request for an answer of a route: the path with its parameters, and options. */
interface Asked {
  readonly route: string;
  readonly status: number;
  readonly path?: string;
  readonly body?: unknown;
  readonly init?: RequestInit;
  /** Of several kinds. */
  readonly kind?: Content;
}

const STRICT = new Ajv2020({ strict: false, allowUnionTypes: true });
const schemas = answerSchemas({ isStrict: true });

function wrongWith(name: keyof typeof schemas, value: unknown): string | null {
  return STRICT.validate(schemas[name], value) ? null : STRICT.errorsText();
}

async function ask({ route, path, body, init = {} }: Asked): Promise<Response> {
  const [method = 'get', written = ''] = route.split(' ');
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${ADMIN_TOKEN}` };
  const sent = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
  return fetch(`${server.url}${path ?? written}`, { method, headers, ...sent, ...init });
}

async function check({ answers }: ApiRoute, asked: Asked): Promise<void> {
  const answer = await ask(asked);
  const what = `${asked.route} ${asked.path ?? ''}`;
  expect(answer.status, what).toBe(asked.status);
  const [first = 'Error'] = answers[asked.status] ?? [];
  const content = asked.kind ?? first;
  if (content === 'text/event-stream') {
    const text = await answer.text();
    const end = /^event: end\n(?:id: .*\n)?data: (.*)$/m.exec(text)?.[1] ?? '{}';
    return expect(wrongWith('Run', JSON.parse(end)), what).toBeNull();
  }
  if (content === 'text/plain') return expect(answer.headers.get('content-type'), what).toMatch(/^text\/plain/);
  const json: unknown = await answer.json();
  if (content === 'document') return expect(json).toHaveProperty('openapi');
  if (typeof content === 'string') return expect(wrongWith(content, json), what).toBeNull();
  expect(json, what).toEqual(expect.arrayContaining([expect.anything()]));
  for (const each of json as unknown[]) expect(wrongWith(content.listOf, each), what).toBeNull();
}

test('every answer that is described comes from the server as it is described, with no field that is not', async () => {
  const { ledger } = server;
  const run = await planRun(ledger);
  await finishStep(ledger, run, LXC);
  await finishStep(ledger, run, VM);
  await ledger.approve(run, { target: VM, by: 'ada', at: BEGAN, where: 'pull request 5' });
  await ledger.endRun(run, 'succeeded', BEGAN, []);
  await ledger.freeze({ reason: 'moving', by: 'ada', at: BEGAN });
  await ledger.enforce({
    commit: COMMIT,
    policy: { ...DEFAULT_POLICY, applyWindows: [{ cron: '0 3 * * *', minutes: 60, timezone: 'UTC' }] },
  });
  await ledger.noteNode('pve', { since: BEGAN, why: 'no route' });
  await ledger.noteArrival({ at: BEGAN, id: 'd1', event: 'push' });
  server.seen.orphans = async () => [{ target: 'lxc/9' as TargetId, name: 'old', markedAs: LXC }];

  const signed = (payload: object, event = 'push') => {
    const body = JSON.stringify(payload);
    const headers = {
      'content-type': 'application/json',
      'x-github-event': event,
      'x-github-delivery': 'd2',
      'x-hub-signature-256': sign(body),
    };
    return { body, init: { headers } };
  };
  const busy = async () => ({ ready: false, checks: { redis: 'it does not answer' } });
  const asked: readonly Asked[] = [
    { route: 'post /webhooks', status: 202, ...signed(pushPayload()) },
    { route: 'post /webhooks', status: 200, ...signed({}, 'ping') },
    {
      route: 'post /webhooks',
      status: 400,
      body: 'x',
      init: { headers: { 'x-github-event': 'push', 'x-hub-signature-256': sign('x') } },
    },
    { route: 'post /webhooks', status: 401, body: '{}' },
    { route: 'get /healthz', status: 200 },
    { route: 'get /readyz', status: 200 },
    { route: 'get /metrics', status: 200 },
    { route: 'get /api', status: 200 },
    { route: 'get /api/openapi.json', status: 200 },
    { route: 'get /api/status', status: 200 },
    { route: 'get /api/runs', status: 200 },
    { route: 'get /api/runs', status: 400, path: '/api/runs?limit=0' },
    { route: 'get /api/runs/{id}', status: 200, path: `/api/runs/${run}` },
    { route: 'get /api/runs/{id}', status: 404, path: '/api/runs/999' },
    { route: 'get /api/runs/{id}/events', status: 200, path: `/api/runs/${run}/events` },
    { route: 'get /api/runs/{id}/events', status: 404, path: '/api/runs/999/events' },
    { route: 'get /api/runs/{id}/logs/{kind}/{name}', status: 200, path: `/api/runs/${run}/logs/lxc/101` },
    {
      route: 'get /api/runs/{id}/logs/{kind}/{name}',
      status: 200,
      path: `/api/runs/${run}/logs/lxc/101?format=text`,
      kind: 'text/plain',
    },
    { route: 'get /api/runs/{id}/logs/{kind}/{name}', status: 400, path: `/api/runs/${run}/logs/lxc/101?offset=-1` },
    { route: 'get /api/runs/{id}/logs/{kind}/{name}', status: 404, path: `/api/runs/${run}/logs/lxc/9` },
    { route: 'get /api/targets', status: 200 },
    { route: 'get /api/targets/{kind}/{name}', status: 200, path: '/api/targets/lxc/101' },
    { route: 'get /api/targets/{kind}/{name}', status: 400, path: '/api/targets/LXC/101' },
    { route: 'get /api/targets/{kind}/{name}', status: 404, path: '/api/targets/lxc/999' },
    { route: 'get /api/notifications', status: 200 },
    { route: 'post /api/replay', status: 202, body: { commit: COMMIT } },
    { route: 'post /api/replay', status: 400, body: { commits: [] } },
    { route: 'post /api/replay', status: 409, body: { commit: 'unknown' } },
    { route: 'post /api/runs/{id}/approve', status: 202, path: `/api/runs/${run}/approve`, body: { target: LXC } },
    { route: 'post /api/runs/{id}/approve', status: 400, path: `/api/runs/${run}/approve`, body: {} },
    { route: 'post /api/runs/{id}/approve', status: 404, path: '/api/runs/999/approve', body: { target: LXC } },
    ...['freeze', 'unfreeze', 'drift', 'command'].flatMap((name) => [
      {
        route: `post /api/${name}`,
        status: 202,
        body: { freeze: { reason: 'x' }, command: { verb: 'start' } }[name] ?? {},
      },
      { route: `post /api/${name}`, status: 400, body: { more: 1 } },
    ]),
    { route: 'post /api/notifications/test', status: 200, body: {} },
    { route: 'post /api/notifications/test', status: 400, body: { channel: 1 } },
    { route: 'post /api/notifications/test', status: 409, body: { channel: 'unknown' } },
  ];
  const byName = new Map(API_ROUTES.map((route) => [`${route.method} ${route.path}`, route]));
  const routeOf = ({ route: name }: Asked): ApiRoute => {
    const route = byName.get(name);
    if (route === undefined) throw new Error(`${name} is not described`);
    return route;
  };
  for (const each of asked) await check(routeOf(each), each);
  await server.close();
  server = await openTestServer(redis.url, { ready: busy });
  const notReady: Asked = { route: 'get /readyz', status: 503 };
  await check(routeOf(notReady), notReady);

  const had = new Set([...asked, notReady].map(({ route, status }) => `${route} ${status}`));
  const described = API_ROUTES.flatMap(({ method, path, answers }) =>
    Object.keys(answers).map((status) => `${method} ${path} ${status}`),
  );
  // The server refuses these as the agent decides, which is tested with replay, and a stream when there are too many.
  const alike = /^post \/api\/(freeze|unfreeze|drift|command|runs\/\{id\}\/approve) 409$|\/events 503$/;
  expect(described.filter((each) => !had.has(each) && !alike.test(each))).toEqual([]);
});
