// The lab's Portainer is held to the description of its API and to what is known of the program: every answer is one that is
// described, and every request that is not is refused.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { AGENT, declared } from '../../test/managers/portainer/configuration.ts';
import {
  askPortainer,
  changeDatabase,
  changeDocker,
  databaseOf,
  dockerOf,
  prepared,
} from '../../test/managers/portainer/environment.ts';
import type { LabHost } from '../../test/support/host/lab-host.ts';
import { faultInAnswer, operationAt } from '../src/services/portainer/description.ts';

const NEEDED = ['portainer/server', 'portainer/environment.docker host'];
const open = prepared(declared(), NEEDED);
let host: LabHost;
beforeAll(async () => {
  host = await open();
});
afterAll(() => host.close());

type Asked = Parameters<typeof askPortainer>;

async function send(method: Asked[1], path: string, more: Asked[3] = {}) {
  const answer = await askPortainer(host, method, path, more);
  const value = answer.body.startsWith('{') || answer.body.startsWith('[') ? JSON.parse(answer.body) : answer.body;
  return { ...answer, value: value as Record<string, unknown> };
}

async function endpointId(): Promise<number> {
  const { body } = await send('GET', '/endpoints?name=docker%20host');
  const [endpoint] = JSON.parse(body) as { Id: number }[];
  return endpoint?.Id ?? 0;
}

test('what it answers is described', async () => {
  const id = await endpointId();
  const json = {
    Name: 'Web.App',
    StackFileContent: 'services:\n  web:\n    image: web:1\n',
    Env: [{ name: 'A', value: '1' }],
  };
  const created = await send('POST', `/stacks/create/standalone/string?endpointId=${id}`, { body: { json } });
  expect(created).toMatchObject({ status: 200, value: { Name: 'webapp', Status: 1 } });
  const stack = created.value['Id'];
  const asked: [Asked[1], string][] = [
    ['GET', '/system/status'],
    ['GET', '/users/me'],
    ['GET', '/users/1/tokens'],
    ['GET', '/endpoints'],
    ['GET', `/endpoints/${id}`],
    ['GET', '/stacks'],
    ['GET', `/stacks/${stack}`],
    ['GET', `/stacks/${stack}/file`],
    ['POST', `/stacks/${stack}/stop?endpointId=${id}`],
    ['POST', `/stacks/${stack}/start?endpointId=${id}`],
  ];
  for (const [method, path] of asked) {
    const { status, value } = await send(method, path);
    const operation = operationAt(method, path.split('?')[0] ?? '');
    expect(status, path).toBe(200);
    expect(operation && faultInAnswer(operation, 200, value), path).toBeNull();
  }
  expect(await send('DELETE', `/stacks/${stack}?endpointId=${id}`)).toMatchObject({ status: 204, body: '' });
});

test.each([
  ['a field that is not described', 'PUT', '/endpoints/1', { body: { json: { Nmae: 'x' } } }, 400],
  ['JSON where a form is needed', 'POST', '/endpoints', { body: { json: { Name: 'x' } } }, 400],
  ['a parameter that is not described', 'GET', '/stacks?endpoint=1', {}, 400],
  ['a parameter that is missing', 'POST', '/stacks/1/start', {}, 400],
  ['a path that is not there', 'GET', '/configs', {}, 404],
  ['a stack that is not there', 'GET', '/stacks/777', {}, 404],
  ['nobody', 'GET', '/stacks', { by: 'nobody' }, 401],
  ['what a browser sends', 'GET', '/stacks', { headers: { Origin: 'https://evil.example' } }, 403],
  ['a wrong password', 'POST', '/auth', { by: 'nobody', body: { json: { Username: 'admin', Password: 'x' } } }, 422],
  [
    'a second administrator',
    'POST',
    '/users/admin/init',
    { by: 'nobody', body: { json: { Username: 'a', Password: 'b' } } },
    409,
  ],
  [
    'an administrator without a name',
    'POST',
    '/users/admin/init',
    { body: { json: { Username: '', Password: 'b' } } },
    400,
  ],
  [
    'a sign-in without a password',
    'POST',
    '/auth',
    { by: 'nobody', body: { json: { Username: 'a', Password: '' } } },
    400,
  ],
  ['a filter that is no JSON', 'GET', '/stacks?filters=EndpointID', {}, 400],
  ['a key by a key', 'POST', '/users/1/tokens', { body: { json: { password: 'x', description: 'y' } } }, 401],
] as const)('%s is refused', async (_, method, path, more, status) => {
  expect(await send(method, path, more)).toMatchObject({ status });
});

test('a stack is stopped and removed where the request says, which is not always where it is', async () => {
  const made = await create('elsewhere', 'services:\n  web:\n    image: web:1\n');
  const stack = `/stacks/${made.value['Id']}`;
  const mine = () => dockerOf(host, AGENT).containers.filter(({ project }) => project === 'elsewhere').length;
  for (const [method, path] of [
    ['POST', `${stack}/stop`],
    ['DELETE', stack],
  ] as const)
    expect(await send(method, `${path}?endpointId=777`)).toMatchObject({
      status: 404,
      value: { details: expect.any(String) },
    });
  const other = (await endpointId()) + 1000;
  changeDatabase(host, (database) => {
    const [first] = database.endpoints;
    if (typeof first === 'object')
      database.endpoints.push({ ...first, Id: other, Name: 'other', URL: 'tcp://gone.example.internal:9001' });
  });
  expect(await send('DELETE', `${stack}?endpointId=${other}`)).toMatchObject({ status: 500 });
  expect([mine(), (await send('GET', stack)).status]).toEqual([1, 200]);
  expect(await send('DELETE', `${stack}?endpointId=${await endpointId()}`)).toMatchObject({ status: 204 });
  expect(mine()).toBe(0);
});

test('who signs in too often at once is shut out', async () => {
  const json = { Username: 'admin', Password: 'wrong' };
  const all = Array.from({ length: 40 }, () => send('POST', '/auth', { by: 'nobody', body: { json } }));
  const statuses = new Set((await Promise.all(all)).map(({ status }) => status));
  expect([...statuses].sort()).toEqual([403, 422]);
});

test('a missing path is answered in plain text, a missing object as JSON', async () => {
  expect((await send('GET', '/configs')).body).toBe('404 page not found\n');
  expect((await send('GET', '/stacks/777')).value).toHaveProperty('details');
});

test('an environment is stored only once its agent was reached, and an agent belongs to the first server', async () => {
  const form = { Name: 'two', EndpointCreationType: '2', URL: 'tcp://other.example.internal:9001', GroupID: '1' };
  const tls = { TLS: 'true', TLSSkipVerify: 'true', TLSSkipClientVerify: 'true' };
  expect(await send('POST', '/endpoints', { body: { form } })).toMatchObject({ status: 400 });
  const away = { ...form, ...tls, URL: 'tcp://other.example.internal:9002' };
  expect(await send('POST', '/endpoints', { body: { form: away } })).toMatchObject({ status: 500 });
  const twice = { ...form, ...tls, Name: 'docker host' };
  expect(await send('POST', '/endpoints', { body: { form: twice } })).toMatchObject({ status: 409 });
  let instance = '';
  changeDatabase(host, (database) => {
    instance = database.instance;
    Object.assign(database, { instance: 'another server' });
  });
  const other = await send('POST', '/endpoints', { body: { form: { ...form, ...tls } } });
  expect(other).toMatchObject({ status: 500, value: { message: expect.stringContaining('already paired') } });
  changeDatabase(host, (database) => Object.assign(database, { instance }));
});

async function create(Name: string, StackFileContent: string, Env: { name: string; value: string }[] = []) {
  const path = `/stacks/create/standalone/string?endpointId=${await endpointId()}`;
  return send('POST', path, { body: { json: { Name, StackFileContent, Env } } });
}

test('a name is that of one stack, and whatever containers have it are taken over by compose', async () => {
  changeDocker(host, AGENT, ({ containers }) => {
    const [agent] = containers;
    if (agent !== undefined)
      containers.push({
        ...agent,
        id: 'f00d',
        name: 'mine',
        project: 'mine',
        service: 'web',
        ports: [],
        running: true,
      });
  });
  expect(await create('mine', 'services:\n  web:\n    image: web:1\n')).toMatchObject({ status: 200 });
  expect(dockerOf(host, AGENT).containers.filter(({ project }) => project === 'mine')).toMatchObject([
    { image: 'web:1' },
  ]);
  expect(await create('Mine', 'services:\n  web:\n    image: web:1\n')).toMatchObject({
    status: 409,
    value: { message: "A stack with the normalized name 'mine' already exists" },
  });
});

test('what was made before a deployment failed stays, though no stack of it does', async () => {
  const file = 'services:\n  a:\n    image: a:1\n  b:\n    image: b:1\n    container_name: portainer_agent\n';
  const { status, value } = await create('half', file);
  expect({ status, value }).toMatchObject({
    status: 500,
    value: { message: expect.stringContaining('is already in use') },
  });
  expect(dockerOf(host, AGENT).containers.filter(({ project }) => project === 'half')).toMatchObject([
    { service: 'a' },
  ]);
  expect(databaseOf(host)?.stacks.filter(({ Name }) => Name === 'half')).toEqual([]);
});

test('beside the file of a stack lies the file with its variables, and nothing else', async () => {
  const reading = (file: string) =>
    `services:\n  web:\n    image: web:1\n    env_file: ${file}\n    environment: [B, C=own]\n`;
  const Env = [
    { name: 'A', value: "'1 # 2'" },
    { name: 'C', value: 'given' },
  ];
  expect(await create('reads', reading('./stack.env'), Env)).toMatchObject({ status: 200 });
  const [read] = dockerOf(host, AGENT).containers.filter(({ project }) => project === 'reads');
  expect(read?.env).toEqual({ A: '1 # 2', C: 'own' });
  for (const [name, file] of [
    ['dot', '.env'],
    ['none', 'stack.env'],
    ['away', '/etc/hosts'],
  ] as const) {
    const { status, value } = await create(name, reading(file));
    expect({ status, value }).toMatchObject({
      status: 500,
      value: { message: expect.stringContaining('no such file or directory') },
    });
  }
});

test.each([
  ['a build', 'build: .', '', 'failed to read dockerfile'],
  [
    'a network that nobody made',
    'networks: [n]',
    'networks: {n: {external: true}}',
    'network n declared as external, but could not be found',
  ],
  ['a service of another file', 'extends: {service: a, file: b.yml}', '', 'b.yml: no such file or directory'],
  ['a secret of a swarm', 'secrets: [s]', 'secrets: {s: {external: true}}', 'unsupported external secret s'],
  [
    'a secret beside the file',
    'secrets: [s]',
    'secrets: {s: {file: ./s}}',
    'bind source path does not exist: /data/compose/',
  ],
])('%s is refused', async (_, service, top, message) => {
  const { status, value } = await create('refused', `services:\n  web:\n    image: web:1\n    ${service}\n${top}\n`);
  expect({ status, value }).toMatchObject({ status: 500, value: { message: expect.stringContaining(message) } });
});

test('a relative folder of a stack is one below Portainer’s data on the VM', async () => {
  expect(await create('beside', 'services:\n  web:\n    image: web:1\n    volumes: ["./conf:/c"]\n')).toMatchObject({
    status: 200,
  });
  const [made] = dockerOf(host, AGENT).containers.filter(({ project }) => project === 'beside');
  expect(made?.mounts).toEqual([{ source: expect.stringMatching(/^\/data\/compose\/\d+\/conf$/), target: '/c' }]);
});

test('ports are read as Docker reads them', async () => {
  const ports =
    '["127.0.0.1::5000", "127.0.0.1:7001:70", "7100-7101:80-81", {target: 90, published: "7200"}, "53:53/udp"]';
  expect(await create('ports', `services:\n  web:\n    image: web:1\n    ports: ${ports}\n`)).toMatchObject({
    status: 200,
  });
  const [made] = dockerOf(host, AGENT).containers.filter(({ project }) => project === 'ports');
  expect(made?.ports).toEqual([
    { published: 7001, target: 70, onLoopback: true },
    { published: 7100, target: 80 },
    { published: 7101, target: 81 },
    { published: 7200, target: 90 },
  ]);
});
