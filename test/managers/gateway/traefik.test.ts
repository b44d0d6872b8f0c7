// Traefik behind the gateway: its routes by the contract of every manager, what it refuses, and what may be declared.

import { cpSync, lstatSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { carryOut as carryOutStep } from '../../../src/agent/apply/carry-out.ts';
import type { Config } from '../../../src/config/config.ts';
import { routesOf } from '../../../src/config/derive/traefik/routes.ts';
import { gateway } from '../../../src/managers/gateway/manager.ts';
import { faultOf } from '../../../src/managers/gateway/traefik/check.ts';
import { renderTraefik, type TraefikSpec } from '../../../src/managers/gateway/traefik/spec.ts';
import type { Manager } from '../../../src/managers/manager.ts';
import type { Target } from '../../../src/model/target.ts';
import { type LabHost, openLabHost } from '../../support/lab-host.ts';
import { must } from '../certificate/environment.ts';
import { testContract } from '../contract.ts';
import { TEMPLATE, wanted } from '../guests.ts';
import { environmentOf, PROXY } from './environment.ts';

const manager = gateway as Manager;
const targetOf = (config: Config): Target => {
  const found = gateway.targets(config).find(({ id }) => id === 'gateway/traefik');
  if (found === undefined) throw new Error('no proxy');
  return found;
};
const NAME = 'qdrant.example.internal';
const FILE = '/etc/traefik/dynamic/phoenix.yml';
const inside = (host: LabHost, command: string, stdin?: string): Promise<string> =>
  must(host, ['exec', '102', '--', 'sh', '-c', command], stdin);

/** A container in which Traefik runs, as the feature leaves it. */
async function setUp(): Promise<LabHost> {
  const host = await openLabHost([{ id: 'rpool', type: 'dir', content: ['rootdir', 'images'] }]);
  const net = `name=eth0,bridge=vmbr0,ip=${PROXY}/24,gw=10.0.0.1`;
  await must(host, ['create', '102', TEMPLATE, '--hostname', 'ct-102', '--rootfs', 'rpool:4', '--net0', net]);
  await must(host, ['start', '102']);
  const script = new URL('../../../etc/features/traefik/install.sh', import.meta.url);
  await must(host, ['exec', '102', '--', 'sh', '-s'], await readFile(script, 'utf8'));
  return host;
}

let model: Promise<LabHost> | undefined;
afterAll(async () => (await model)?.close());

async function openProxy(): Promise<LabHost> {
  model ??= setUp();
  const { dir } = await model;
  const host = await openLabHost();
  // Its links are there already.
  cpSync(dir, host.dir, { recursive: true, filter: (path) => !lstatSync(path).isSymbolicLink() });
  return host;
}

testContract(manager, [
  {
    name: 'gateway/traefik',
    open: openProxy,
    target: targetOf(environmentOf()),
    changed: targetOf(environmentOf({ more: true })),
    state: (host) => inside(host, `cat ${FILE} /var/lib/phoenix/gateway/traefik.yml; true`),
    looks: 1,
    // What a container serves goes with the container.
    removable: false,
    foreign: {
      make: async (host) => void (await inside(host, `mkdir -p /etc/traefik/dynamic; cat >${FILE}`, 'http: {}\n')),
      state: (host) => inside(host, `cat ${FILE}`),
      refused: 'was written by somebody else',
    },
  },
]);

describe('a change that Traefik does not take', () => {
  let host: LabHost;
  beforeEach(async () => {
    host = await openProxy();
  });
  afterEach(() => host.close());

  /** As a worker of the agent carries it out. */
  function step(target: Target) {
    const keeper = { stillMine: async () => {}, touch: async () => {}, record: async () => {} };
    const log = { write: () => {}, flush: async () => {} };
    const signal = new AbortController().signal;
    const work = { touched: false, rollback: false, readOnly: false, survey: null, keeper, log, signal } as const;
    return carryOutStep({ host, manager, wanted: wanted(target), ...work });
  }

  const ask = () =>
    host.request({
      kind: 'http',
      method: 'GET',
      url: `http://${NAME}/`,
      address: PROXY,
      trust: 'none',
      timeoutSeconds: 5,
    });

  test('is told in its own words, and the routes of before are back', async () => {
    expect(await step(targetOf(environmentOf()))).toEqual({ outcome: 'applied', reason: null });
    const served = await inside(host, `cat ${FILE}`);
    expect((await ask()).status).toBe(502);

    // Nobody here knows whether a person's own file defines it; Traefik does.
    const labels = [...LABELS, 'traefik.http.routers.qdrant.middlewares=mine@file'];
    const end = await step(targetOf(environmentOf({ labels })));
    expect(end.outcome).toBe('failed');
    expect(end.reason).toContain('middleware "mine@file" does not exist');
    expect(end.reason).toContain('what served before is back in place');
    expect(await inside(host, `cat ${FILE}`)).toBe(served);
    expect((await ask()).status).toBe(502);

    const own = 'http: { middlewares: { mine: { compress: {} } } }\n';
    await inside(host, 'cat >/etc/traefik/dynamic/mine.yml', own);
    expect(await step(targetOf(environmentOf({ labels })))).toEqual({ outcome: 'applied', reason: null });
    expect(await inside(host, 'cat /etc/traefik/dynamic/mine.yml')).toBe(own);
  });

  test('leaves nothing behind where there was nothing before', async () => {
    const labels = [...LABELS, 'traefik.http.routers.qdrant.middlewares=mine@file'];
    expect((await step(targetOf(environmentOf({ labels })))).outcome).toBe('failed');
    expect(await inside(host, 'ls /etc/traefik/dynamic')).toBe('');
  });

  test('a Traefik that was stopped is started, its routes are kept, and it comes up with its container', async () => {
    await step(targetOf(environmentOf()));
    await inside(host, 'systemctl stop traefik');
    expect((await ask()).status).toBeNull();
    expect(await step(targetOf(environmentOf()))).toEqual({ outcome: 'applied', reason: null });
    expect((await ask()).status).toBe(502);
    await inside(host, 'systemctl stop traefik');
    await must(host, ['stop', '102']);
    await must(host, ['start', '102']);
    expect(await step(targetOf(environmentOf()))).toEqual({ outcome: 'unchanged', reason: null });
    expect((await ask()).status).toBe(502);
  });
});

const LABELS = [
  'traefik.enable=true',
  `traefik.http.routers.qdrant.rule=Host(\`${NAME}\`)`,
  'traefik.http.services.qdrant.loadbalancer.server.port=6333',
];

test('whatever labels are accepted, Traefik understands what is written', () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
  const text = fc.string({ minLength: 1, maxLength: 12 });
  const label = fc.oneof(
    fc
      .tuple(word, text)
      .map(([name, value]) => `traefik.http.middlewares.${name}.headers.customrequestheaders.X=${value}`),
    fc.tuple(word, word).map(([name, path]) => `traefik.http.middlewares.${name}.stripprefix.prefixes=/${path},/b`),
    word.map((name) => `traefik.http.middlewares.${name}.redirectscheme.scheme=https`),
    word.map((name) => `traefik.http.middlewares.${name}.compress=true`),
    fc.tuple(word, word).map(([name, other]) => `traefik.http.middlewares.${name}.chain.middlewares=${other}`),
    fc.array(word, { minLength: 1, maxLength: 3 }).map((names) => `traefik.http.routers.qdrant.middlewares=${names}`),
    fc
      .tuple(word, text)
      .map(
        ([name, path]) =>
          `traefik.http.routers.${name}.rule=Host(\`${name}.example.internal\`) && PathPrefix(\`/${path}\`)`,
      ),
    fc.nat().map((priority) => `traefik.http.routers.qdrant.priority=${priority}`),
    text.map((path) => `traefik.http.services.qdrant.loadbalancer.healthcheck.path=${path}`),
    fc.boolean().map((flag) => `traefik.http.services.qdrant.loadbalancer.sticky.cookie.secure=${flag}`),
  );
  let understood = 0;
  fc.assert(
    fc.property(fc.array(label, { maxLength: 6 }), (drawn) => {
      const config = environmentOf({ labels: [...LABELS, ...drawn] });
      if (routesOf(config).findings.length > 0) return;
      understood += 1;
      const { dynamic } = targetOf(config).spec as TraefikSpec;
      expect(faultOf(dynamic)).toBeNull();
      const { text: written, revision } = renderTraefik({ dynamic });
      const { http, ...rest } = parse(written);
      const { [revision]: mark, ...middlewares } = http.middlewares;
      expect(mark).toBeDefined();
      const declared = dynamic['http'] as { middlewares?: object };
      expect({ ...rest, http: { ...http, middlewares } }).toEqual({
        ...dynamic,
        http: { ...declared, middlewares: declared.middlewares ?? {} },
      });
    }),
    { numRuns: 300 },
  );
  expect(understood).toBeGreaterThan(30);
});
