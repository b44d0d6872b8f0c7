// nginx as the gateway, with the real program: the rendered configuration is accepted and works, and the previous one is restored when a new one does
// not.

import { once } from 'node:events';
import { createServer, get as httpGet, type IncomingMessage, type Server } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { Agent, get as httpsGet } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:tls';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TransientError } from '../../../src/agent/apply/step-work.ts';
import type { Config } from '../../../src/managers/config.ts';
import { gateway } from '../../../src/managers/gateway/manager.ts';
import type { NginxSpec } from '../../../src/managers/gateway/nginx/nginx-spec.ts';
import { renderNginx } from '../../../src/managers/gateway/nginx/render.ts';
import type { Manager } from '../../../src/managers/manager.ts';
import type { Target } from '../../../src/model/target.ts';
import { LONG_TEST } from '../../support/long.ts';
import { type TestAuthority, testAuthority } from '../../support/services/tls.ts';
import { convergeStep, killPoints } from '../carry-out.ts';
import { wanted } from '../guests.ts';
import { asWorker } from '../step.ts';
import { environmentOf, GATEWAY, NAMES, PROXY } from './environment.ts';
import { NGINX, type NginxBox, openNginxBox } from './real-nginx.ts';

/** As cookies and policies of some applications are. */
const LONG_HEADER = 40_000;

const manager = gateway as Manager;
const targetOf = (config: Config): Target => {
  const found = gateway.targets(config).find(({ id }) => id === 'gateway/nginx');
  if (found === undefined) throw new Error('no gateway');
  return found;
};

/** As a worker of the agent carries it out. */
function step(box: NginxBox, target: Target) {
  return asWorker(manager, box.host, wanted(target));
}

describe.skipIf(NGINX === undefined)('with the real nginx', () => {
  let box: NginxBox;
  let upstream: Server;
  let authority: TestAuthority;
  let requests: IncomingMessage[];

  beforeEach(async () => {
    requests = [];
    upstream = createServer({ maxHeaderSize: 2 * LONG_HEADER }, (request, response) => {
      requests.push(request);
      if (request.url === '/long') response.setHeader('set-cookie', 'c'.repeat(LONG_HEADER));
      response.end(`reached ${request.headers.host}`);
    });
    upstream.on('upgrade', (request, socket) => {
      requests.push(request);
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      socket.pipe(socket);
    });
    upstream.listen(0, '127.0.0.1');
    await new Promise((done) => upstream.once('listening', done));
    box = await openNginxBox((upstream.address() as AddressInfo).port, GATEWAY, PROXY);
    authority = await testAuthority();
    box.write('/usr/local/share/ca-certificates/phoenix-root.crt', authority.root);
    await issue('web', NAMES);
  });
  afterEach(async () => {
    await box.close();
    upstream.closeAllConnections();
    await new Promise((done) => upstream.close(done));
  });

  /** To the folder of the host, and to where the container sees it. */
  async function issue(file: string, names: readonly string[]): Promise<void> {
    const { certificate, key } = await authority.issue(names);
    for (const folder of ['/tank/101/ssl', '/etc/nginx/ssl']) {
      box.write(`${folder}/${file}.crt`, certificate);
      box.write(`${folder}/${file}.key`, key);
    }
  }

  const get = (url: string, own: object = {}) =>
    box.host.request({
      kind: 'http',
      method: 'GET',
      url,
      address: GATEWAY,
      trust: { file: '/usr/local/share/ca-certificates/phoenix-root.crt' },
      timeoutSeconds: 5,
      ...own,
    });

  test('in a container that is frozen nothing is run, and the step waits and says how it goes on', async () => {
    box.write('/sys/fs/cgroup/lxc/101/ns/cgroup.events', 'populated 1\nfrozen 1\n');
    const unfreeze = 'lxc-unfreeze -n 101 && echo 0 > /sys/fs/cgroup/lxc/101/ns/cgroup.freeze';
    const waits = new TransientError(
      `container 101 is frozen: it does nothing; when no task of the node works on it, let it go on with: ${unfreeze}`,
    );
    await expect(step(box, targetOf(environmentOf()))).rejects.toThrow(waits);
    box.write('/sys/fs/cgroup/lxc/101/ns/cgroup.events', 'populated 1\nfrozen 0\n');
    expect((await convergeStep(manager, box.host, wanted(targetOf(environmentOf())))).outcome).toBe('done');
  });

  test('serves every name with its certificate and forwards it with the client’s address', async () => {
    expect((await convergeStep(manager, box.host, wanted(targetOf(environmentOf())))).outcome).toBe('done');
    const answer = await get('https://qdrant.example.internal/x', { headers: { 'X-Forwarded-For': '6.6.6.6' } });
    expect(answer).toMatchObject({ status: 200, body: 'reached qdrant.example.internal' });
    expect(requests.at(-1)?.headers).toMatchObject({
      host: 'qdrant.example.internal',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'https',
      'x-real-ip': '127.0.0.1',
    });
    const agent = new Agent({ ca: authority.root });
    const long = await new Promise<IncomingMessage>((done, failed) => {
      const headers = { host: 'qdrant.example.internal', cookie: 'c'.repeat(LONG_HEADER) };
      const options = { agent, port: box.https, servername: headers.host, path: '/long', headers };
      httpsGet({ ...options, maxHeaderSize: 2 * LONG_HEADER }, done).once('error', failed);
    });
    expect([long.statusCode, long.headers['set-cookie']?.[0]?.length]).toEqual([200, LONG_HEADER]);
    long.destroy();
    // The same cookie to the port that leads there.
    const plain = await new Promise<IncomingMessage>((done, failed) => {
      const headers = { host: 'qdrant.example.internal', cookie: 'c'.repeat(LONG_HEADER) };
      httpGet({ port: box.http, path: '/long', headers }, done).once('error', failed);
    });
    expect([plain.statusCode, plain.headers.location]).toEqual([308, 'https://qdrant.example.internal/long']);
    plain.destroy();
    agent.destroy();
    expect(await get('https://nginx.example.internal/')).toMatchObject({
      status: 200,
      body: 'The gateway of example.internal',
    });
    expect(await convergeStep(manager, box.host, wanted(targetOf(environmentOf())))).toEqual({
      outcome: 'done',
      actions: [],
    });
  });

  test('serves a name that is longer than nginx’s table of names takes, and no other one that looks like it', async () => {
    const [first, ...rest] = ['a.b', 'c'].map(
      (part) => `${part.padEnd(46 - '.example.internal'.length + 1, 'x')}.example.internal`,
    );
    const longest = `${Array(3).fill('x'.repeat(63)).join('.')}.${'y'.repeat(40)}.example.internal`;
    const long = [first ?? '', ...rest, longest];
    const config = environmentOf();
    const certificates = config.certificates.map((each) => ({ ...each, sans: [...each.sans, ...long] }));
    await issue('web', [...NAMES, ...long]);
    expect((await convergeStep(manager, box.host, wanted(targetOf({ ...config, certificates })))).outcome).toBe('done');
    for (const name of long) expect(await get(`https://${name}/`)).toMatchObject({ body: `reached ${name}` });
    const like = (first ?? '').replace('.', 'z');
    expect(await get(`https://${like}/`)).toMatchObject({ status: null, certificate: null });
  });

  test('serves a name with an underscore, and a client that comes over IPv6 where the container has such an address', async () => {
    const config = environmentOf({
      labels: [
        'traefik.enable=true',
        'traefik.http.routers.app.rule=Host(`my_app.example.internal`)',
        'traefik.http.services.app.loadbalancer.server.port=6333',
      ],
    });
    const certificates = config.certificates.map((each) => ({ ...each, sans: [...each.sans, '*.example.internal'] }));
    const lxc = config.lxc.map((guest) =>
      guest.role === 'gateway' ? { ...guest, network: { ...guest.network, ip6: 'fd00::153/64' } } : guest,
    );
    await issue('web', [...NAMES, '*.example.internal']);
    const end = await convergeStep(manager, box.host, wanted(targetOf({ ...config, certificates, lxc })));
    expect(end.outcome).toBe('done');
    expect(await get('https://my_app.example.internal/')).toMatchObject({ body: 'reached my_app.example.internal' });
    for (const host of ['127.0.0.1', '::1']) {
      const socket = connect({ host, port: box.https, servername: 'qdrant.example.internal', ca: authority.root });
      await once(socket, 'secureConnect');
      socket.destroy();
    }
  });

  test('redirects HTTP to HTTPS, answers challenges for every name, and nothing else', async () => {
    await convergeStep(manager, box.host, wanted(targetOf(environmentOf())));
    expect(await get('http://qdrant.example.internal/a?b=c')).toMatchObject({
      status: 308,
      headers: { location: 'https://qdrant.example.internal/a?b=c' },
    });
    box.write('/var/www/acme/.well-known/acme-challenge/token', 'token.thumbprint');
    for (const name of ['qdrant.example.internal', 'nobody.example.internal']) {
      const answer = await get(`http://${name}/.well-known/acme-challenge/token`);
      expect(answer).toMatchObject({ status: 200, body: 'token.thumbprint' });
      expect(answer.headers['content-type']).toBe('text/plain');
    }
    expect(await get('http://nobody.example.internal/')).toMatchObject({ status: null });
    expect(requests).toEqual([]);
  });

  test('refuses an unknown name in the handshake without showing a certificate', async () => {
    await convergeStep(manager, box.host, wanted(targetOf(environmentOf())));
    for (const name of ['nobody.example.internal', GATEWAY]) {
      const answer = await get(`https://${name}/`, { trust: 'none' });
      expect(answer).toMatchObject({ status: null, certificate: null });
    }
    const alert = await new Promise((done) => {
      connect({ port: box.https, servername: 'nobody.example.internal' }).once('error', (error) => done(error.message));
    });
    expect(alert).toContain('unrecognized name');
  });

  test('passes websockets and HTTP/2', async () => {
    await convergeStep(manager, box.host, wanted(targetOf(environmentOf())));
    const socket = connect({ port: box.https, servername: 'qdrant.example.internal', ca: authority.root });
    socket.write(
      'GET /ws HTTP/1.1\r\nHost: qdrant.example.internal\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
    );
    const heard = await new Promise<string>((done) => {
      let text = '';
      socket.on('data', (chunk) => {
        text += String(chunk);
        if (text.endsWith('\r\n\r\n')) socket.write('ping');
        if (text.endsWith('ping')) done(text);
      });
    });
    expect(heard).toMatch(/^HTTP\/1\.1 101 /);
    expect(requests.at(-1)?.headers).toMatchObject({ upgrade: 'websocket', connection: 'upgrade' });
    socket.destroy();

    const session = connectHttp2(`https://qdrant.example.internal:${box.https}`, {
      ca: authority.root,
      lookup: (_, __, found) => found(null, [{ address: '127.0.0.1', family: 4 }] as never, 4),
    });
    const status = await new Promise((done, failed) => {
      session.once('error', failed);
      session.request({ ':path': '/' }).once('response', (headers) => done(headers[':status']));
    });
    expect(status).toBe(200);
    session.destroy();
  });

  test('serves other names while a certificate of the gateway itself is not yet issued', async () => {
    await issue('web', ['nginx.example.internal']);
    const config = environmentOf({ acme: true });
    expect((await convergeStep(manager, box.host, wanted(targetOf(config)))).outcome).toBe('done');
    expect(await get('http://qdrant.example.internal/')).toMatchObject({ status: 503 });
    expect(await get('https://qdrant.example.internal/')).toMatchObject({ status: null });
    expect(await get('https://nginx.example.internal/')).toMatchObject({ status: 200 });

    await issue('acme', NAMES);
    expect(await get('https://qdrant.example.internal/')).toMatchObject({ status: 200 });
    expect(await get('http://qdrant.example.internal/')).toMatchObject({ status: 308 });
    expect(await convergeStep(manager, box.host, wanted(targetOf(config)))).toEqual({ outcome: 'done', actions: [] });
  });

  test('quotes an error of nginx, and keeps the previous configuration', async () => {
    await step(box, targetOf(environmentOf()));
    const served = box.read('/etc/nginx/conf.d/00-gateway.conf');
    box.write(
      '/etc/nginx/sites-enabled/mine.conf',
      'server { listen 80; server_name mine; proxy_passs http://10.0.0.1; }\n',
    );
    const end = await step(box, targetOf(environmentOf({ more: true })));
    expect(end.outcome).toBe('failed');
    expect(end.reason).toContain('unknown directive "proxy_passs" in /etc/nginx/sites-enabled/mine.conf:1');
    expect(box.read('/etc/nginx/conf.d/00-gateway.conf')).toBe(served);
    expect(await get('https://qdrant.example.internal/')).toMatchObject({ status: 200 });
    expect(box.read('/etc/nginx/sites-enabled/mine.conf')).toContain('server_name mine');
  });

  test('rolls back a configuration that nginx accepts but that does not work', LONG_TEST, async () => {
    await step(box, targetOf(environmentOf()));
    const served = box.read('/etc/nginx/conf.d/00-gateway.conf');
    // The certificate does not cover the added name: nginx accepts that, clients do not.
    const end = await step(box, targetOf(environmentOf({ more: true })));
    expect(end).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('ask more.example.internal') });
    expect(end.reason).toContain('the previous configuration is in use again');
    expect(box.read('/etc/nginx/conf.d/00-gateway.conf')).toBe(served);
    expect(await get('https://qdrant.example.internal/')).toMatchObject({ status: 200 });
    expect((await step(box, targetOf(environmentOf()))).outcome).toBe('unchanged');

    await issue('web', [...NAMES, 'more.example.internal']);
    expect(await step(box, targetOf(environmentOf({ more: true })))).toEqual({ outcome: 'applied', reason: null });
  });

  test('finds a key that does not match its certificate before it is served', LONG_TEST, async () => {
    await step(box, targetOf(environmentOf()));
    const other = await authority.issue(['other']);
    box.write('/etc/nginx/ssl/web.key', other.key);
    const end = await step(box, targetOf(environmentOf({ more: true })));
    expect(end.reason).toContain('key values mismatch');
    expect(await get('https://qdrant.example.internal/')).toMatchObject({ status: 200 });
  });

  test('leaves a file with its name alone that a person wrote', async () => {
    box.write('/etc/nginx/conf.d/00-gateway.conf', 'server { listen 80; }\n');
    const end = await convergeStep(manager, box.host, wanted(targetOf(environmentOf())));
    expect(end).toMatchObject({
      outcome: 'refused',
      reason: expect.stringContaining('written by somebody else'),
      actions: [],
    });
  });

  test('reaches the same result after being killed at any action', LONG_TEST, async () => {
    const target = targetOf(environmentOf());
    await convergeStep(manager, box.host, wanted(target));
    await issue('web', [...NAMES, 'more.example.internal']);
    const more = wanted(targetOf(environmentOf({ more: true })));
    const { actions } = await convergeStep(manager, box.host, more);
    const expected = box.read('/var/lib/phoenix/gateway/nginx.conf');
    for (const after of killPoints(actions.length)) {
      await convergeStep(manager, box.host, wanted(target));
      await convergeStep(manager, box.host, more, after);
      expect((await convergeStep(manager, box.host, more)).outcome).toBe('done');
      expect(box.read('/var/lib/phoenix/gateway/nginx.conf')).toBe(expected);
      expect(box.read('/etc/nginx/conf.d/00-gateway.conf')).toBe(expected);
    }
  });

  test('nginx accepts all names and paths that can be declared', LONG_TEST, async () => {
    const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/);
    const name = fc.tuple(label, label).map((labels) => labels.join('.'));
    const file = fc.stringMatching(/^[ -#%-z]{1,12}$/).map((text) => text.replaceAll('/', '_'));
    const sites = fc.uniqueArray(fc.tuple(name, file, fc.boolean(), fc.boolean()), {
      maxLength: 5,
      selector: ([each]) => each,
    });
    await fc.assert(
      fc.asyncProperty(sites, async (drawn) => {
        const { certificate, key } = await authority.issue(['any']);
        const spec: NginxSpec = {
          guest: 101,
          address: GATEWAY,
          domain: 'example.internal',
          proxy: PROXY,
          root: null,
          hasIpv6: false,
          asked: { http: false, https: false },
          sites: drawn.map(([each, path, own, late]) => {
            box.write(`/etc/nginx/ssl/${path}.crt`, certificate);
            box.write(`/etc/nginx/ssl/${path}.key`, key);
            const [chain, keyPath] = [`/etc/nginx/ssl/${path}.crt`, `/etc/nginx/ssl/${path}.key`];
            return { names: [each], own, late, chain, key: keyPath, source: chain };
          }),
        };
        const there = new Set(spec.sites.map(({ source }) => source));
        box.write('/etc/nginx/conf.d/00-gateway.conf', renderNginx(spec, { version: '1.22.1', there }).text);
        const args = ['exec', '101', '--', '/bin/sh', '-c', 'nginx -t -q', 'phoenix'];
        const result = await box.host.run({ kind: 'command', program: 'pct', args, timeoutSeconds: 10 });
        expect(result).toMatchObject({ exit: 0 });
      }),
      { numRuns: 25 },
    );
  });
});

test('enables HTTP/2 in the syntax of nginx’s version', () => {
  const target = targetOf(environmentOf());
  const spec = target.spec as unknown as NginxSpec;
  const there = new Set(spec.sites.map(({ source }) => source));
  expect(renderNginx(spec, { version: '1.25.0', there }).text).toContain('listen 443 ssl http2;');
  const { text } = renderNginx(spec, { version: '1.25.1', there });
  expect(text).toContain('http2 on;');
  expect(text).not.toContain('ssl http2');
});
