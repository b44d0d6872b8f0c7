// The Portainer server in unusual cases: who becomes its administrator, and how Phoenix gets its access token.

import { afterEach, beforeEach, expect, test } from 'vitest';
import { portainer } from '../../../src/managers/portainer/manager.ts';
import type { Action } from '../../../src/model/action.ts';
import type { LabHost } from '../../support/host/lab-host.ts';
import { convergeStep } from '../carry-out.ts';
import { gone, wanted } from '../guests.ts';
import { AGENT, declared, PASSWORD, PRIMARY, targetOf, type Wishes } from './configuration.ts';
import { changeDatabase, changeDocker, converge, databaseOf, dockerOf, openVms, writeInside } from './environment.ts';

const SERVER = 'portainer/server';
const TOKEN = '/var/lib/phoenix/portainer/token';
let host: LabHost;
beforeEach(async () => {
  host = await openVms();
});
afterEach(() => host.close());

const apply = (desired: Wishes = {}, own = {}) =>
  convergeStep(portainer as never, host, wanted(targetOf(declared(desired), SERVER), own));
const summaries = ({ actions }: { readonly actions: readonly Action[] }) => actions.map(({ summary }) => summary);

test('it starts with its administrator, so that nobody else can become it, and leaves one access token and no session', async () => {
  const end = await apply();
  expect(end.outcome).toBe('done');
  expect(summaries(end)).not.toContain('make admin the administrator of Portainer');
  const token = (await host.readFile(TOKEN)) ?? '';
  expect(token).toMatch(/^ptr_/);
  expect(databaseOf(host)).toMatchObject({ users: [{ name: 'admin' }], keys: [{ description: 'Phoenix' }] });
  expect(await host.has('/var/lib/phoenix/portainer/session')).toBe(false);
  for (const secret of [PASSWORD, token.trim()]) {
    expect(JSON.stringify(end)).not.toContain(secret);
    expect(host.commands.join('\n')).not.toContain(secret);
  }
});

test('an administrator with another name is created at once, with the token that a new server requires', async () => {
  const end = await apply({ version: '2.43.0', admin: 'operator' });
  expect(end.outcome).toBe('done');
  expect(summaries(end)).toContain('make operator the administrator of Portainer');
  expect(databaseOf(host)?.users).toMatchObject([{ name: 'operator', role: 1 }]);
  expect(await apply({ version: '2.43.0', admin: 'operator' })).toEqual({ outcome: 'done', actions: [] });
});

test('a server that waited too long for its administrator is started again and gets one', async () => {
  const other: Wishes = { admin: 'operator' };
  // Interrupted after it answers, before it has an administrator.
  const target = targetOf(declared(other), SERVER);
  await convergeStep(portainer as never, host, wanted(target), 7);
  changeDocker(host, PRIMARY, ({ containers }) => {
    for (const each of containers) each.started -= 6 * 60_000;
  });
  const end = await apply(other);
  expect(end.outcome).toBe('done');
  expect(summaries(end)).toContain('restart compose project portainer in VM 1001');
  expect(databaseOf(host)?.users).toMatchObject([{ name: 'operator' }]);
});

test('a lost access token is revoked and replaced, without changing a container', async () => {
  await apply();
  const [lost] = databaseOf(host)?.keys ?? [];
  await host.run({ kind: 'command', program: 'rm', args: [TOKEN], timeoutSeconds: 5 });
  const started = dockerOf(host, PRIMARY).containers.map(({ id }) => id);
  const end = await apply();
  expect(summaries(end)).toEqual([
    'open a session in Portainer as admin',
    `withdraw the lost key ${lost?.id} of Phoenix`,
    'make a key to Portainer for Phoenix',
    'end the session in Portainer',
  ]);
  expect(databaseOf(host)?.keys).toHaveLength(1);
  expect(dockerOf(host, PRIMARY).containers.map(({ id }) => id)).toEqual(started);
});

test("people's own keys stay", async () => {
  await apply();
  changeDatabase(host, ({ keys }) => {
    keys.push({ id: 900, user: 1, description: 'backup', digest: 'x', prefix: 'ptr_abc', created: 1 });
  });
  await host.run({ kind: 'command', program: 'rm', args: [TOKEN], timeoutSeconds: 5 });
  await apply();
  expect(
    databaseOf(host)
      ?.keys.map(({ description }) => description)
      .sort(),
  ).toEqual(['Phoenix', 'backup']);
});

test('a wrong password is reported once, with Portainer’s message', async () => {
  await apply();
  await host.run({ kind: 'command', program: 'rm', args: [TOKEN], timeoutSeconds: 5 });
  changeDatabase(host, ({ users }) => {
    for (const user of users) user.password = 'changed by a person';
  });
  expect(await apply()).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('Invalid credentials') });
});

test('a password in the repository is refused with what to do', async () => {
  const plain = { adminUser: 'admin', adminPassword: { $plain: 'hunter2hunter2' }, agentSecret: null, hostname: null };
  const end = await apply({ portainer: plain });
  expect(end).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('$secret') });
  expect(JSON.stringify(targetOf(declared({ portainer: plain }), SERVER))).not.toContain('hunter2');
});

test('without a certificate of the environment it is reached by its address', async () => {
  expect(await apply({ certified: false })).toMatchObject({ outcome: 'done' });
  expect(dockerOf(host, PRIMARY).containers[0]?.command).not.toContain('--sslcert');
});

test('a volume that holds something else is left alone', async () => {
  changeDocker(host, PRIMARY, ({ volumes }) => volumes.push({ name: 'portainer_data', driver: 'local', options: {} }));
  const end = await apply();
  expect(end).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('docker volume rm') });
});

test('a container that somebody stopped is started again', async () => {
  await apply();
  changeDocker(host, PRIMARY, ({ containers }) => {
    for (const each of containers) each.running = false;
  });
  expect(await apply()).toMatchObject({ outcome: 'done' });
  expect(dockerOf(host, PRIMARY).containers).toMatchObject([{ running: true }]);
});

test('a foreign server is adopted only on request', async () => {
  await apply();
  await writeInside(host, PRIMARY, '/var/lib/phoenix/portainer/revision', 'none\n');
  changeDocker(host, PRIMARY, (state) => {
    state.containers = state.containers.map((each) => ({ ...each, labels: {}, configuration: '' }));
  });
  expect(await apply()).toMatchObject({ outcome: 'refused', actions: [] });
  expect(await apply({}, { adopt: true })).toMatchObject({ outcome: 'done' });
});

test('declared on another VM, it goes from the one before', async () => {
  const target = targetOf(declared({ certified: false }), SERVER);
  await apply({ certified: false });
  const service = { ...(target.spec['service'] as object), vm: AGENT, host: '10.0.0.102', address: '10.0.0.102' };
  const moved = { ...target, spec: { ...target.spec, service } };
  // Its stack is the same, so that only the place shows that it has to be started there.
  expect(await convergeStep(portainer as never, host, wanted(moved))).toMatchObject({ outcome: 'done' });
  expect(dockerOf(host, PRIMARY).containers).toEqual([]);
  expect(dockerOf(host, AGENT).containers).toMatchObject([{ name: 'portainer_server', running: true }]);
});

test('after its removal its data stays', async () => {
  await converge(host, declared(), SERVER);
  const target = targetOf(declared(), SERVER);
  expect(await convergeStep(portainer as never, host, gone(target))).toMatchObject({ outcome: 'done' });
  expect(dockerOf(host, PRIMARY)).toMatchObject({ containers: [], volumes: [{ name: 'portainer_data' }] });
  expect(await host.has(TOKEN)).toBe(false);
  expect(await host.has('/tank/1001/portainer.lab.json')).toBe(true);
});

test('a foreign server is used as it is, and a check reports a missing one', async () => {
  const own = declared();
  const foreign = { ...own, stacks: new Map([...own.stacks].filter(([name]) => name !== 'portainer')) };
  const use = () => convergeStep(portainer as never, host, wanted(targetOf(foreign, SERVER)));
  expect(await use()).toMatchObject({
    outcome: 'refused',
    reason: expect.stringContaining('no Portainer answers at'),
  });
  await converge(host, own, SERVER);
  await host.run({ kind: 'command', program: 'rm', args: ['-r', '/var/lib/phoenix/portainer'], timeoutSeconds: 5 });
  const started = dockerOf(host, PRIMARY).containers.map(({ id }) => id);
  expect((await use()).outcome).toBe('done');
  expect(await use()).toEqual({ outcome: 'done', actions: [] });
  expect(await host.readFile(TOKEN)).toMatch(/^ptr_/);
  expect(dockerOf(host, PRIMARY).containers.map(({ id }) => id)).toEqual(started);
});
