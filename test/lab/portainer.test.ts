// The lab's Portainer is held to the description of its API and to what is known of the program: every answer is one that is
// described, and every request that is not is refused.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { faultInAnswer, operationAt } from '../../src/lab/services/portainer/description.ts';
import { call } from '../../src/managers/portainer-api/call.ts';
import type { Service } from '../../src/managers/portainer-api/service.ts';
import type { HttpRequest } from '../../src/model/action.ts';
import type { Json } from '../../src/model/json.ts';
import { AGENT, declared, targetOf } from '../managers/portainer/configuration.ts';
import { changeDatabase, changeDocker, prepared } from '../managers/portainer/environment.ts';
import type { LabHost } from '../support/lab-host.ts';

const NEEDED = ['portainer/server', 'portainer/environment.docker host'];
const service = targetOf(declared(), 'portainer/server').spec['service'] as Service;
const open = prepared(declared(), NEEDED);
let host: LabHost;
beforeAll(async () => {
  host = await open();
});
afterAll(() => host.close());

async function send(method: HttpRequest['method'], path: string, more: Parameters<typeof call>[3] = {}) {
  const answer = await host.request(call(service, method, path, more));
  const value = answer.body.startsWith('{') || answer.body.startsWith('[') ? JSON.parse(answer.body) : answer.body;
  return { ...answer, value: value as Record<string, Json> };
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
  const asked: [HttpRequest['method'], string][] = [
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
  ['a key by a key', 'POST', '/users/1/tokens', { body: { json: { password: 'x', description: 'y' } } }, 401],
] as const)('%s is refused', async (_, method, path, more, status) => {
  expect(await send(method, path, more)).toMatchObject({ status });
});

test('a path that is not there is told in plain text, a thing that is not there as JSON', async () => {
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

test('a name that containers of the VM have is taken', async () => {
  const id = await endpointId();
  changeDocker(host, AGENT, ({ containers }) => {
    const [agent] = containers;
    if (agent !== undefined)
      containers.push({ ...agent, id: 'f00d', name: 'mine', project: 'mine', ports: [], running: true });
  });
  const json = { Name: 'mine', StackFileContent: 'services: {}' };
  const { status, value } = await send('POST', `/stacks/create/standalone/string?endpointId=${id}`, { body: { json } });
  expect({ status, value }).toMatchObject({ status: 409, value: { message: expect.stringContaining("'mine'") } });
});
