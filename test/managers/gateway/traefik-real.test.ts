// A real Traefik 3 behind a real nginx, both configured by Phoenix's own actions, with requests over TLS like those of clients.

import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';
import { createServer as createTlsServer, request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Config } from '../../../src/managers/config.ts';
import { gateway } from '../../../src/managers/gateway/manager.ts';
import type { Manager } from '../../../src/managers/manager.ts';
import type { Target } from '../../../src/model/target.ts';
import type { Host } from '../../../src/ports/host.ts';
import { guardedHost } from '../../support/host/guarded-host.ts';
import { type Issued, type TestAuthority, testAuthority } from '../../support/services/tls.ts';
import { until } from '../../support/until.ts';
import { wanted } from '../guests.ts';
import { asWorker } from '../step.ts';
import { environmentOf, GATEWAY, NAMES, OLD_STATIC, PROXY } from './environment.ts';
import { NGINX, type NginxBox, openNginxBox } from './real-nginx.ts';
import { openTraefikBox, TRAEFIK, type TraefikBox } from './real-traefik.ts';

const manager = gateway as Manager;
const NAME = 'qdrant.example.internal';
/** Of this machine's own: the gateway speaks to the proxy from one, clients to the gateway from others. */
const FROM_GATEWAY = '127.0.0.153';
const CLIENT = '127.0.0.77';
const STRANGER = '127.0.0.78';
const DYNAMIC = '/etc/traefik/dynamic/phoenix.yml';
const STATIC = '/etc/traefik/traefik.yml';
function targetOf(config: Config, name: 'nginx' | 'traefik'): Target {
  const found = gateway.targets(config).find(({ id }) => id === `gateway/${name}`);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

/** Waits no more often than that: where something never comes, that is most of a test's time. */
const waiting = (tries: number): Manager => ({
  ...manager,
  decide(asked, seen) {
    const decision = manager.decide(asked, seen);
    if (decision.kind !== 'actions') return decision;
    const actions = decision.actions.map(({ until: wait, ...action }) =>
      wait === undefined ? action : { ...action, until: { ...wait, times: Math.min(wait.times, tries) } },
    );
    return { ...decision, actions };
  },
});

/** As a worker of the agent carries it out. */
function step(host: Host, target: Target, tries = 15) {
  return asWorker(waiting(tries), guardedHost(host), wanted(target));
}

/** Labels of a stack with a router for each name, each at another path. */
const labelsFor = (port: number, names: readonly string[], more: readonly string[] = []): string[] => [
  'traefik.enable=true',
  `traefik.http.services.qdrant.loadbalancer.server.port=${port}`,
  ...names.flatMap((name) => [
    `traefik.http.routers.${name}.rule=Host(\`${NAME}\`) && PathPrefix(\`/${name}\`)`,
    `traefik.http.routers.${name}.service=qdrant`,
  ]),
  ...more,
];

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A gateway, a proxy behind it, and the backends behind both. */
interface Ways {
  readonly proxy: TraefikBox;
  readonly edge: NginxBox;
  close(): Promise<void>;
}

describe.skipIf(TRAEFIK === undefined || NGINX === undefined)('a real Traefik behind a real nginx', () => {
  let backend: Server;
  let encrypted: Server;
  let port: number;
  let tlsPort: number;
  const requests: IncomingMessage[] = [];
  let authority: TestAuthority;
  let issued: Issued;
  let proxy: TraefikBox;
  let edge: NginxBox;

  beforeAll(async () => {
    authority = await testAuthority();
    issued = await authority.issue(NAMES);
    const answer: RequestListener = (request, response) => {
      requests.push(request);
      let size = 0;
      request.on('data', (chunk: Buffer) => {
        size += chunk.length;
      });
      request.on('end', () => response.end(`took ${size}`));
    };
    backend = createServer(answer);
    backend.on('upgrade', (request, socket) => {
      requests.push(request);
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      socket.pipe(socket);
    });
    backend.requestTimeout = 0;
    // Its certificate is self-signed.
    const own = await (await testAuthority('somebody')).issue(['somebody.example']);
    encrypted = createTlsServer({ cert: own.certificate, key: own.key }, answer);
    [port, tlsPort] = [await listening(backend), await listening(encrypted)];
  });
  afterAll(async () => {
    for (const server of [backend, encrypted]) {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
  });

  /** As an older version of the feature left the proxy, with a person's own file beside the routes. */
  async function open(): Promise<Ways> {
    const opened = await openTraefikBox(PROXY, [
      [GATEWAY, FROM_GATEWAY],
      [`10.0.0.102:${port}`, `127.0.0.1:${port}`],
      [`10.0.0.102:${tlsPort}`, `127.0.0.1:${tlsPort}`],
      ['10.0.0.10:9000', `127.0.0.2:${port}`],
    ]);
    const before = await openNginxBox(opened.web, GATEWAY, PROXY, FROM_GATEWAY);
    before.write('/usr/local/share/ca-certificates/phoenix-root.crt', authority.root);
    for (const folder of ['/tank/101/ssl', '/etc/nginx/ssl']) {
      before.write(`${folder}/web.crt`, issued.certificate);
      before.write(`${folder}/web.key`, issued.key);
    }
    opened.write('/etc/traefik/certs/web.crt', issued.certificate);
    opened.write('/etc/traefik/certs/web.key', issued.key);
    opened.write(STATIC, OLD_STATIC);
    await opened.restart();
    await until(() => opened.ready());
    return {
      proxy: opened,
      edge: before,
      async close() {
        await before.close();
        await opened.close();
      },
    };
  }

  /** The proxy has a certificate for its names too, for clients that connect directly. */
  function configOf(labels: readonly string[]): Config {
    const config = environmentOf({ labels });
    const [web] = config.certificates;
    if (web === undefined) throw new Error('no certificate');
    const own = { certPath: '/tank/102/certs/web.crt', keyPath: '/tank/102/certs/web.key' };
    return { ...config, certificates: [...config.certificates, { ...web, commonName: 'direct', ...own }] };
  }
  const applied = { outcome: 'applied', reason: null };

  async function apply(labels: readonly string[]): Promise<void> {
    expect(await step(proxy.host, targetOf(configOf(labels), 'traefik'))).toEqual(applied);
    expect(await step(edge.host, targetOf(configOf(labels), 'nginx'))).toEqual(applied);
  }
  interface Asked {
    readonly path: string;
    readonly from?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly method?: string;
    /** Writes the body. */
    readonly body?: (write: (chunk: string) => void) => Promise<void>;
    readonly at?: number;
  }
  /** As a client at that address, over TLS, at the gateway. */
  function ask({ path, from = CLIENT, headers = {}, method = 'GET', body, at = edge.https }: Asked) {
    return new Promise<{ status: number; location: string | undefined; text: string }>((resolve, reject) => {
      const request = httpsRequest(
        {
          host: '127.0.0.1',
          port: at,
          servername: NAME,
          localAddress: from,
          ca: authority.root,
          path,
          method,
          headers: { host: NAME, ...headers },
        },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (chunk) => (text += chunk));
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, location: answer.headers.location, text }));
        },
      );
      request.on('error', reject);
      if (body === undefined) request.end();
      else void body((chunk) => void request.write(chunk)).then(() => request.end());
    });
  }

  describe('traffic', () => {
    let ways: Ways;
    beforeAll(async () => {
      ways = await open();
      ({ proxy, edge } = ways);
      proxy.write('/etc/traefik/dynamic/own.yml', OWN);
      await apply(
        labelsFor(
          port,
          ['a', 'plain', 'secured', 'listed', 'unlisted'],
          [
            'traefik.http.middlewares.to.redirectscheme.scheme=https',
            'traefik.http.routers.secured.middlewares=to',
            `traefik.http.middlewares.listed.ipallowlist.sourcerange=${CLIENT}/32`,
            'traefik.http.routers.listed.middlewares=listed',
            `traefik.http.middlewares.deep.ipallowlist.sourcerange=${CLIENT}/32`,
            'traefik.http.middlewares.deep.ipallowlist.ipstrategy.depth=1',
            'traefik.http.routers.unlisted.middlewares=deep',
            `traefik.http.services.tls.loadbalancer.server.port=${tlsPort}`,
            'traefik.http.services.tls.loadbalancer.server.scheme=https',
            'traefik.http.services.tls.loadbalancer.serverstransport=trusting@file',
            `traefik.http.routers.tls.rule=Host(\`${NAME}\`) && PathPrefix(\`/tls\`)`,
            'traefik.http.routers.tls.service=tls',
            `traefik.http.services.strict.loadbalancer.server.port=${tlsPort}`,
            'traefik.http.services.strict.loadbalancer.server.scheme=https',
            `traefik.http.routers.strict.rule=Host(\`${NAME}\`) && PathPrefix(\`/strict\`)`,
            'traefik.http.routers.strict.service=strict',
          ],
        ),
      );
    }, 60_000);
    afterAll(() => ways?.close());

    test('passes the scheme, the port and the client’s address to the backend', async () => {
      const claims = { 'X-Forwarded-For': '6.6.6.6', 'X-Real-Ip': '6.6.6.6', 'X-Forwarded-Proto': 'http' };
      expect(await ask({ path: '/a', headers: claims })).toMatchObject({ status: 200 });
      expect(requests.at(-1)?.headers).toMatchObject({
        host: NAME,
        'x-forwarded-proto': 'https',
        'x-forwarded-port': '443',
        'x-forwarded-host': NAME,
        'x-forwarded-for': `${CLIENT}, ${FROM_GATEWAY}`,
        'x-real-ip': CLIENT,
      });
    });

    test('believes the client address of nobody but the gateway', async () => {
      await new Promise<void>((done, failed) => {
        const headers = { host: NAME, 'X-Forwarded-For': '6.6.6.6', 'X-Forwarded-Proto': 'https' };
        httpRequest({ host: '127.0.0.1', port: proxy.web, path: '/a', headers }, (answer) =>
          answer.resume().on('end', done),
        )
          .on('error', failed)
          .end();
      });
      expect(requests.at(-1)?.headers).toMatchObject({ 'x-forwarded-proto': 'http', 'x-forwarded-for': '127.0.0.1' });
    });

    test('redirects to https without a loop', async () => {
      expect(await ask({ path: '/secured' })).toMatchObject({ status: 200 });
    });

    test('applies an allow-list to the client’s address, with or without a depth', async () => {
      for (const path of ['/listed', '/unlisted']) {
        expect(await ask({ path }), path).toMatchObject({ status: 200 });
        expect(await ask({ path, from: STRANGER }), path).toMatchObject({ status: 403 });
        const claims = { 'X-Forwarded-For': CLIENT };
        expect(await ask({ path, from: STRANGER, headers: claims }), path).toMatchObject({ status: 403 });
      }
    });

    test('serves clients that connect directly over TLS, by their own address', async () => {
      const at = proxy.websecure;
      expect(await ask({ path: '/a', at, headers: { 'X-Forwarded-For': '6.6.6.6' } })).toMatchObject({ status: 200 });
      expect(requests.at(-1)?.headers).toMatchObject({ 'x-forwarded-proto': 'https', 'x-forwarded-for': CLIENT });
      expect(await ask({ path: '/listed', at })).toMatchObject({ status: 200 });
      expect(await ask({ path: '/listed', at, from: STRANGER })).toMatchObject({ status: 403 });
      const claims = { 'X-Forwarded-For': CLIENT };
      expect(await ask({ path: '/listed', at, from: STRANGER, headers: claims })).toMatchObject({ status: 403 });
    });

    test('passes a websocket in both directions', async () => {
      const socket = connect({ port: edge.https, host: '127.0.0.1', servername: NAME, ca: authority.root });
      socket.write(
        `GET /a HTTP/1.1\r\nHost: ${NAME}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
      );
      const heard = await new Promise<string>((done) => {
        let text = '';
        socket.on('data', (chunk) => {
          text += String(chunk);
          if (text.endsWith('\r\n\r\n')) socket.write('ping');
          if (text.endsWith('ping')) done(text);
        });
      });
      socket.destroy();
      expect(heard).toMatch(/^HTTP\/1\.1 101 /);
      expect(requests.at(-1)?.headers).toMatchObject({ upgrade: 'websocket', 'x-forwarded-proto': 'https' });
    });

    test('reaches a backend with an untrusted certificate only by a transport that a person wrote', async () => {
      expect(await ask({ path: '/tls' })).toMatchObject({ status: 200 });
      expect((await ask({ path: '/strict' })).status).toBeGreaterThanOrEqual(500);
    });

    test('passes a body as it arrives', async () => {
      const body = async (write: (chunk: string) => void) => {
        for (let count = 0; count < 5; count += 1) {
          write('x'.repeat(1000));
          await pause(100);
        }
      };
      expect(await ask({ path: '/a', method: 'POST', body })).toMatchObject({ status: 200, text: 'took 5000' });
      const told = JSON.parse((await proxy.ask('/api/entrypoints')).body) as EntryPoint[];
      const limits = told.flatMap(({ name, transport }) =>
        name === 'traefik' ? [] : [transport.respondingTimeouts.readTimeout],
      );
      expect(limits).toEqual(['1h0m0s', '1h0m0s']);
    });

    // It takes that long: only with PHOENIX_TEST_SLOW=1.
    test.skipIf(process.env['PHOENIX_TEST_SLOW'] === undefined)(
      'passes an upload of seventy seconds',
      { timeout: 120_000 },
      async () => {
        const body = async (write: (chunk: string) => void) => {
          for (let second = 0; second < 70; second += 1) {
            write('x'.repeat(1000));
            await pause(1000);
          }
        };
        expect(await ask({ path: '/a', method: 'POST', body })).toMatchObject({ status: 200, text: 'took 70000' });
      },
    );
  });

  test('ends an upload that exceeds the configured timeout', async () => {
    const ways = await open();
    ({ proxy, edge } = ways);
    try {
      await apply(labelsFor(port, ['a']));
      proxy.write(STATIC, (proxy.read(STATIC) ?? '').replaceAll('3600s', '1s'));
      await proxy.restart();
      await until(
        async () => (await proxy.ask('/api/rawdata').catch(() => null))?.body.includes('qdrant-a@file') === true,
      );
      const body = async (write: (chunk: string) => void) => {
        for (let count = 0; count < 30; count += 1) {
          write('x'.repeat(1000));
          await pause(100);
        }
      };
      const answer = await ask({ path: '/a', method: 'POST', body }).catch(() => ({ status: 504 }));
      // By itself or through nginx, whichever is first.
      expect(answer.status).toBeGreaterThanOrEqual(400);
    } finally {
      await ways.close();
    }
  }, 60_000);

  describe('after a change', () => {
    let ways: Ways;
    beforeEach(async () => {
      ways = await open();
      ({ proxy, edge } = ways);
    });
    afterEach(() => ways.close());

    test('corrects a Traefik that an older version set up, and a second apply does nothing', async () => {
      expect((await proxy.ask('/api/rawdata')).status).toBe(404);
      const target = targetOf(configOf(labelsFor(port, ['a'])), 'traefik');
      expect(await step(proxy.host, target)).toEqual(applied);
      expect((await proxy.ask('/api/rawdata')).status).toBe(200);
      expect(proxy.starts()).toBe(2);
      const served = [proxy.read(STATIC), proxy.read(DYNAMIC)];
      const count = proxy.ran.length;
      expect(await step(proxy.host, target)).toEqual({ outcome: 'unchanged', reason: null });
      expect(proxy.ran.length).toBe(count + 1);
      expect([proxy.read(STATIC), proxy.read(DYNAMIC)]).toEqual(served);
      // Another set of routes needs no start.
      expect(await step(proxy.host, targetOf(configOf(labelsFor(port, ['a', 'b'])), 'traefik'))).toEqual(applied);
      expect(proxy.starts()).toBe(2);
    });

    test('reports a router that Traefik refuses with its stack, and the nine others work', async () => {
      const good = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'];
      await apply(labelsFor(port, good));
      const labels = labelsFor(port, [...good, 'zbad'], ['traefik.http.routers.zbad.middlewares=mine@file']);
      const target = targetOf(configOf(labels), 'traefik');
      const end = await step(proxy.host, target);
      expect(end.outcome).toBe('failed');
      expect(end.reason).toContain('router qdrant-zbad of stack qdrant: middleware "mine@file" does not exist');
      expect(end.reason).toContain('stacks/qdrant/phoenix.json');
      expect(end.reason).toContain('all other routes are served');
      expect(end.reason).not.toContain('back in place');
      for (const name of good) expect(await ask({ path: `/${name}` }), name).toMatchObject({ status: 200 });
      expect(await ask({ path: '/zbad' })).toMatchObject({ status: 404 });

      // Reported again by each observation, without actions.
      const [starts, file] = [proxy.starts(), proxy.read(DYNAMIC)];
      const count = proxy.ran.length;
      expect(await step(proxy.host, target)).toEqual(end);
      expect(proxy.ran.length).toBe(count + 1);
      expect([proxy.starts(), proxy.read(DYNAMIC)]).toEqual([starts, file]);

      // Once the missing part exists, all is well.
      proxy.write('/etc/traefik/dynamic/mine.yml', 'http: { middlewares: { mine: { compress: {} } } }\n');
      await until(async () => (await proxy.ask('/api/http/middlewares/mine@file')).status === 200);
      expect((await step(proxy.host, target)).outcome).toMatch(/applied|unchanged/);
      expect(await ask({ path: '/zbad' })).toMatchObject({ status: 200 });
    });

    test('restores the previous file when Traefik rejects a whole file, and quotes Traefik’s error', async () => {
      await apply(labelsFor(port, ['a']));
      const served = proxy.read(DYNAMIC);
      proxy.write('/etc/traefik/dynamic/mine.yml', 'http: { routers: { x: { rul: nonsense } } }\n');
      const end = await step(proxy.host, targetOf(configOf(labelsFor(port, ['a', 'b'])), 'traefik'), 6);
      expect(end).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('field not found, node: rul') });
      expect(end.reason).toContain('the previous configuration is in use again');
      expect(proxy.read(DYNAMIC)).toBe(served);
      expect(await ask({ path: '/a' })).toMatchObject({ status: 200 });
    }, 60_000);

    test('reports a route whose name another file uses', async () => {
      proxy.write(
        '/etc/traefik/dynamic/mine.yml',
        'http: { routers: { qdrant-a: { rule: "Host(`x`)", service: s } }, services: { s: { loadBalancer: { servers: [ { url: "http://127.0.0.1:9" } ] } } } }\n',
      );
      const end = await step(proxy.host, targetOf(configOf(labelsFor(port, ['a', 'b'])), 'traefik'));
      expect(end).toMatchObject({
        outcome: 'failed',
        reason: expect.stringContaining('router qdrant-a of stack qdrant: another file'),
      });
    });

    test('keeps a foreign static file, and reports what it lacks once the routes work', async () => {
      const own = `${OLD_STATIC.replace('api: {}', 'api: { insecure: true }')}accessLog: {}\n`;
      proxy.write(STATIC, own);
      await proxy.restart();
      await until(async () => (await proxy.ask('/api/rawdata').catch(() => null))?.status === 200);
      const target = targetOf(configOf(labelsFor(port, ['a'])), 'traefik');
      const end = await step(proxy.host, target);
      expect(end.outcome).toBe('failed');
      expect(end.reason).toContain(`entryPoints.web.forwardedHeaders.trustedIPs does not hold ${GATEWAY}`);
      expect(end.reason).toContain('readTimeout is 60 seconds');
      expect(proxy.read(STATIC)).toBe(own);
      expect(proxy.starts()).toBe(2);
      expect(await step(edge.host, targetOf(configOf(labelsFor(port, ['a'])), 'nginx'))).toEqual(applied);
      expect(await ask({ path: '/a' })).toMatchObject({ status: 200 });
    });

    test('keeps a foreign static file without API running, and reports it', async () => {
      const own = `${OLD_STATIC}accessLog: {}\n`;
      proxy.write(STATIC, own);
      await proxy.restart();
      await until(async () => (await proxy.ask('/ping').catch(() => null))?.status === 200);
      const end = await step(proxy.host, targetOf(configOf(labelsFor(port, ['a'])), 'traefik'));
      expect(end).toMatchObject({ outcome: 'blocked', reason: expect.stringContaining('api: {insecure: true') });
      expect([proxy.read(STATIC), proxy.read(DYNAMIC), proxy.starts()]).toEqual([own, null, 2]);
    });

    test('starts Traefik with the previous file when it does not start with the new one', async () => {
      await apply(labelsFor(port, ['a']));
      const [before, routes] = [proxy.read(STATIC), proxy.read(DYNAMIC)];
      const config = configOf(labelsFor(port, ['a']));
      const other = {
        ...config,
        lxc: config.lxc.map((guest) =>
          guest.id === 101 ? { ...guest, network: { ...guest.network, ip: '10.0.0.154/24' } } : guest,
        ),
      };
      const host: Host = {
        ...proxy.host,
        async run(command, options) {
          const words = command.args.join(' ');
          // The installed version no longer accepts a field that is written.
          const broken = words.includes('cat >') && words.includes('traefik.yml') && command.stdin?.from === 'text';
          return proxy.host.run(
            broken && command.stdin?.from === 'text'
              ? { ...command, stdin: { from: 'text', text: command.stdin.text.replace('insecure:', 'insecurely:') } }
              : command,
            options,
          );
        },
      };
      const end = await step(host, targetOf(other, 'traefik'), 6);
      expect(end).toMatchObject({
        outcome: 'failed',
        reason: expect.stringContaining('field not found, node: insecurely'),
      });
      expect(end.reason).toContain('the previous configuration is in use again');
      expect([proxy.read(STATIC), proxy.read(DYNAMIC)]).toEqual([before, routes]);
      await until(async () => (await ask({ path: '/a' })).status === 200);
    }, 60_000);
  });
});

interface EntryPoint {
  readonly name: string;
  readonly transport: { readonly respondingTimeouts: { readonly readTimeout: string } };
}

/** A person's own file beside the routes. */
const OWN = 'http: { serversTransports: { trusting: { insecureSkipVerify: true } } }\n';
