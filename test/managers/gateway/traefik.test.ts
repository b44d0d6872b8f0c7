// Traefik behind the gateway: its routes against the contract of managers, its refusals, and what may be declared.

import { cpSync, lstatSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { TransientError } from '../../../src/agent/apply/step-work.ts';
import { checkHealth } from '../../../src/agent/verbs/check-health.ts';
import type { Config } from '../../../src/managers/config.ts';
import { gateway } from '../../../src/managers/gateway/manager.ts';
import { faultOf } from '../../../src/managers/gateway/traefik/check.ts';
import { renderStatic } from '../../../src/managers/gateway/traefik/static.ts';
import { renderTraefik, type TraefikSpec } from '../../../src/managers/gateway/traefik/traefik-spec.ts';
import type { Manager } from '../../../src/managers/manager.ts';
import { routesOf } from '../../../src/managers/routes/routes.ts';
import type { Target } from '../../../src/model/target.ts';
import { type LabHost, openLabHost } from '../../support/host/lab-host.ts';
import { testAuthority } from '../../support/services/tls.ts';
import { must } from '../certificate/environment.ts';
import { testContract } from '../contract.ts';
import { TEMPLATE, wanted } from '../guests.ts';
import { asWorker } from '../step.ts';
import { environmentOf, GATEWAY, OLD_STATIC, PROXY } from './environment.ts';

const manager = gateway as Manager;
/** In a lab nothing has to be waited for. */
const hasty: Manager = {
  ...manager,
  decide(asked, seen) {
    const decision = manager.decide(asked, seen);
    if (decision.kind !== 'actions') return decision;
    return { ...decision, actions: decision.actions.map(({ until: _, ...action }) => action) };
  },
};
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
    // The services of a container disappear with the container.
    removable: false,
    foreign: {
      make: async (host) => void (await inside(host, `mkdir -p /etc/traefik/dynamic; cat >${FILE}`, 'http: {}\n')),
      state: (host) => inside(host, `cat ${FILE}`),
      refused: 'was written by somebody else',
    },
  },
]);

describe('a fault that Traefik reports', () => {
  let host: LabHost;
  beforeEach(async () => {
    host = await openProxy();
  });
  afterEach(() => host.close());

  /** As a worker of the agent carries it out. */
  function step(target: Target, readOnly: 'differs' | false = false) {
    return asWorker(hasty, host, wanted(target), readOnly);
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

  const restarts = () => host.commands.filter((line) => line.includes('systemctl restart traefik')).length;

  test('is not looked for in a container that is frozen, which is waited for', async () => {
    await host.run({ kind: 'command', program: 'lxc-freeze', args: ['-n', '102'], timeoutSeconds: 10 });
    await expect(step(targetOf(environmentOf()))).rejects.toThrow(TransientError);
  });

  test('of a single router is quoted, and the other routes work', async () => {
    expect(await step(targetOf(environmentOf()))).toEqual({ outcome: 'applied', reason: null });
    expect((await ask()).status).toBe(502);

    // Phoenix does not know whether a person's own file defines it; Traefik does.
    const labels = [...LABELS, ...MORE, 'traefik.http.routers.more.middlewares=mine@file'];
    const target = targetOf(environmentOf({ labels }));
    const end = await step(target);
    expect(end.outcome).toBe('failed');
    expect(end.reason).toContain('router qdrant-more of stack qdrant: middleware "mine@file" does not exist');
    expect(end.reason).toContain('all other routes are served');
    expect(end.reason).not.toContain('back in place');
    expect((await ask()).status).toBe(502);

    // Each observation reports it again, without actions.
    const written = await inside(host, `cat ${FILE}`);
    expect(written).toContain('mine@file');
    host.forget();
    expect(await step(target)).toEqual(end);
    expect(host.commands).toHaveLength(1);
    expect(await inside(host, `cat ${FILE}`)).toBe(written);
    // Nor does a look for drift, or for health, call it well.
    const differs = [
      { field: 'router qdrant-more', declared: 'served', observed: 'middleware "mine@file" does not exist' },
    ];
    expect(await step(target, 'differs')).toMatchObject({ ...end, differs });
    const { signal } = new AbortController();
    const log = { write: () => {}, flush: async () => {} };
    expect(await checkHealth({ host, manager, wanted: wanted(target), log, signal })).toEqual(end);

    const own = 'http: { middlewares: { mine: { compress: {} } } }\n';
    await inside(host, 'cat >/etc/traefik/dynamic/mine.yml', own);
    expect((await step(target)).outcome).toBe('unchanged');
    expect(await inside(host, 'cat /etc/traefik/dynamic/mine.yml')).toBe(own);
  });

  test('is also found at the entry point websecure, by its own certificate', async () => {
    const { certificate, key } = await (await testAuthority()).issue([NAME]);
    await inside(host, 'cat >/etc/traefik/certs/web.crt', certificate);
    await inside(host, 'cat >/etc/traefik/certs/web.key', key);
    const config = environmentOf();
    const [web] = config.certificates;
    if (web === undefined) throw new Error('no certificate');
    const own = { ...web, certPath: '/tank/102/certs/web.crt', keyPath: '/tank/102/certs/web.key' };
    expect((await step(targetOf({ ...config, certificates: [own] }))).outcome).toBe('applied');
    const asked = (name: string) =>
      host.request({
        kind: 'http',
        method: 'GET',
        url: `https://${name}/`,
        address: PROXY,
        trust: 'none',
        timeoutSeconds: 5,
      });
    expect((await asked(NAME)).status).toBe(502);
    expect((await asked('other.example.internal')).status).toBeNull();
  });

  test('of the whole file is quoted, and the previous routes are restored', async () => {
    expect(await step(targetOf(environmentOf()))).toEqual({ outcome: 'applied', reason: null });
    const served = await inside(host, `cat ${FILE}`);
    await inside(host, 'cat >/etc/traefik/dynamic/mine.yml', 'http: { routers: { x: { rul: nonsense } } }\n');
    const end = await step(targetOf(environmentOf({ labels: [...LABELS, ...MORE] })));
    expect(end.outcome).toBe('failed');
    expect(end.reason).toContain('/etc/traefik/dynamic/mine.yml: field not found, node: rul');
    expect(end.reason).toContain('the previous configuration is in use again');
    expect(await inside(host, `cat ${FILE}`)).toBe(served);
    expect((await ask()).status).toBe(502);
  });

  test('of a first file leaves no file behind', async () => {
    await inside(host, 'cat >/etc/traefik/dynamic/mine.yml', 'http: { routers: { x: { rul: nonsense } } }\n');
    expect((await step(targetOf(environmentOf()))).outcome).toBe('failed');
    expect(
      await host.run({
        kind: 'command',
        program: 'pct',
        args: ['exec', '102', '--', 'test', '-e', FILE],
        timeoutSeconds: 9,
      }),
    ).toMatchObject({ exit: 1 });
  });

  test('of a name that another file uses is reported', async () => {
    const other =
      'http: { routers: { qdrant: { rule: "Host(`x`)", service: s } }, services: { s: { loadBalancer: { servers: [ { url: "http://10.0.0.9" } ] } } } }\n';
    await inside(host, 'cat >/etc/traefik/dynamic/mine.yml', other);
    expect(await step(targetOf(environmentOf()))).toMatchObject({
      outcome: 'failed',
      reason: expect.stringContaining('router qdrant of stack qdrant: another file in /etc/traefik/dynamic'),
    });
  });

  describe('the static file of Traefik', () => {
    const STATIC = '/etc/traefik/traefik.yml';
    const put = (text: string) => inside(host, `cat >${STATIC}`, text);

    test('of an older version is corrected by the next apply, with one restart of Traefik', async () => {
      await put(OLD_STATIC);
      await inside(host, 'systemctl restart traefik');
      host.forget();
      expect(await step(targetOf(environmentOf()))).toEqual({ outcome: 'applied', reason: null });
      expect(restarts()).toBe(1);
      expect(parse(await inside(host, `cat ${STATIC}`))).toMatchObject({
        entryPoints: {
          web: { forwardedHeaders: { trustedIPs: [GATEWAY] } },
          websecure: { forwardedHeaders: { trustedIPs: [GATEWAY] } },
          traefik: { address: '127.0.0.1:8080' },
        },
        api: { insecure: true },
      });
      expect(await step(targetOf(environmentOf()))).toEqual({ outcome: 'unchanged', reason: null });
      expect(restarts()).toBe(1);
    });

    test('of the feature gets the gateway’s address, and follows it', async () => {
      await step(targetOf(environmentOf()));
      const config = environmentOf();
      const lxc = config.lxc.map((guest) =>
        guest.id === 101 ? { ...guest, network: { ...guest.network, ip: '10.0.0.154/24' } } : guest,
      );
      host.forget();
      expect(await step(targetOf({ ...config, lxc }))).toEqual({ outcome: 'applied', reason: null });
      expect(restarts()).toBe(1);
      expect(await inside(host, `cat ${STATIC}`)).toContain('- 10.0.0.154\n');
    });

    test('of a person without the API is left alone, and so are the routes', async () => {
      const own = `${OLD_STATIC}accessLog: {}\n`;
      await put(own);
      await inside(host, 'systemctl restart traefik');
      host.forget();
      const end = await step(targetOf(environmentOf()));
      expect(end).toMatchObject({ outcome: 'blocked', reason: expect.stringContaining('api: {insecure: true') });
      expect(await step(targetOf(environmentOf()))).toEqual(end);
      expect(host.commands).toHaveLength(2);
      expect(await inside(host, `cat ${STATIC}`)).toBe(own);
    });

    test('of a person with the API is left alone, and what it lacks is reported', async () => {
      const own = OLD_STATIC.replace('api: {}', 'api: { insecure: true }');
      await put(own);
      await inside(host, 'systemctl restart traefik');
      host.forget();
      const end = await step(targetOf(environmentOf()));
      expect(end.outcome).toBe('failed');
      expect(end.reason).toContain(`entryPoints.web.forwardedHeaders.trustedIPs does not hold ${GATEWAY}`);
      expect(end.reason).toContain('readTimeout is 60 seconds');
      expect((await ask()).status).toBe(502);
      expect(restarts()).toBe(0);
      expect(await inside(host, `cat ${STATIC}`)).toBe(own);

      const right = own.replaceAll(
        /address: ":(80|443)"/g,
        '$&\n    forwardedHeaders: { trustedIPs: [10.0.0.0/24] }\n    transport: { respondingTimeouts: { readTimeout: 0 } }',
      );
      await put(right);
      await inside(host, 'systemctl restart traefik');
      expect((await step(targetOf(environmentOf()))).outcome).toMatch(/unchanged/);
      expect(await inside(host, `cat ${STATIC}`)).toBe(right);
    });

    test('is rolled back when Traefik does not start with it', async () => {
      await put(OLD_STATIC);
      await inside(host, 'systemctl restart traefik');
      // Another process has the port meanwhile, which is simulated by a file that this Traefik cannot use.
      host.instead = (line) =>
        line.includes('/api/entrypoints && exit 0')
          ? { exit: 1, stdout: 'ERR Command error error="bind: address already in use"\n' }
          : undefined;
      const end = await step(targetOf(environmentOf()));
      expect(end).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('address already in use') });
      expect(end.reason).toContain('the previous configuration is in use again');
      expect(await inside(host, `cat ${STATIC}`)).toBe(OLD_STATIC);
    });

    test('does not cause a second restart when Traefik’s API does not respond', async () => {
      await step(targetOf(environmentOf()));
      // Its unit reads another file, by which it serves no API.
      await put(OLD_STATIC);
      await inside(host, 'systemctl restart traefik');
      await put(renderStatic(GATEWAY));
      host.forget();
      for (const _ of [1, 2]) {
        expect(await step(targetOf(environmentOf()))).toMatchObject({
          outcome: 'failed',
          reason: expect.stringContaining('exit'),
        });
      }
      expect(restarts()).toBe(0);
    });
  });

  test('starts a stopped Traefik with its routes, and enables it in its container', async () => {
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

const MORE = [
  `traefik.http.routers.qdrant.service=qdrant`,
  `traefik.http.routers.more.rule=Host(\`${NAME}\`) && PathPrefix(\`/more\`)`,
  'traefik.http.routers.more.service=qdrant',
];

const LABELS = [
  'traefik.enable=true',
  `traefik.http.routers.qdrant.rule=Host(\`${NAME}\`)`,
  'traefik.http.services.qdrant.loadbalancer.server.port=6333',
];

test('Traefik accepts the routes of all accepted labels', () => {
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
      if (routesOf(config).diagnostics.length > 0) return;
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
