// Environments of Portainer: creation, ownership and removal.

import { afterEach, beforeEach, expect, test } from 'vitest';
import { portainer } from '../../../src/managers/portainer/manager.ts';
import { call } from '../../../src/managers/portainer-api/call.ts';
import type { Service } from '../../../src/managers/portainer-api/service.ts';
import type { LabHost } from '../../support/host/lab-host.ts';
import { convergeStep } from '../carry-out.ts';
import { gone, wanted } from '../guests.ts';
import { AGENT, AGENT_SECRET, declared, PRIMARY, targetOf, type Wishes } from './configuration.ts';
import { changeDatabase, changeDocker, databaseOf, dockerOf, prepared } from './environment.ts';

const ENVIRONMENT = 'portainer/environment.docker host';
const open = prepared(declared(), ['portainer/server']);
let host: LabHost;
beforeEach(async () => {
  host = await open();
});
afterEach(() => host.close());

const apply = (desired: Wishes = {}, id = ENVIRONMENT, own = {}) =>
  convergeStep(portainer as never, host, wanted(targetOf(declared(desired), id), own));

test('it is reached by the name of its agent and found by its own', async () => {
  expect(await apply()).toMatchObject({ outcome: 'done' });
  expect(databaseOf(host)?.endpoints).toMatchObject([
    { Name: 'docker host', URL: 'tcp://agent.example.internal:9001', Type: 2, Status: 1 },
  ]);
  // A person gave it another group meanwhile: it is the same environment all the same.
  changeDatabase(host, ({ endpoints }) => {
    for (const each of endpoints) each.GroupId = 7;
  });
  expect(await apply()).toEqual({ outcome: 'done', actions: [] });
});

test('another agent hostname changes the environment, without a second one', async () => {
  await apply();
  const [before] = databaseOf(host)?.endpoints ?? [];
  expect(await apply({ agentHostname: 'other' })).toMatchObject({ outcome: 'done' });
  expect(databaseOf(host)?.endpoints).toMatchObject([{ Id: before?.Id, URL: 'tcp://other.example.internal:9001' }]);
});

test('another image is pulled first and then replaces the agent', async () => {
  await apply();
  const { actions } = await apply({ agentImage: 'portainer/agent:2.39.0' });
  expect(actions.map(({ summary }) => summary).slice(0, 3)).toEqual([
    'pull portainer/agent:2.39.0 in VM 1002',
    'remove the agent of Portainer in VM 1002',
    'start the agent of Portainer in VM 1002',
  ]);
  const broken = await apply({ agentImage: 'registry.invalid/agent:1' });
  expect(broken).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('no such host') });
  expect(dockerOf(host, AGENT).containers).toMatchObject([{ image: 'portainer/agent:2.39.0', running: true }]);
});

test('an agent of somebody else is not replaced', async () => {
  await apply();
  changeDocker(host, AGENT, (state) => {
    state.containers = state.containers.map((each) => ({ ...each, labels: {} }));
  });
  const end = await apply({ agentImage: 'portainer/agent:2.39.0' });
  expect(end).toMatchObject({ outcome: 'refused', actions: [], reason: expect.stringContaining('portainer_agent') });
  expect(await apply({ agentImage: 'portainer/agent:2.39.0' }, ENVIRONMENT, { adopt: true })).toMatchObject({
    outcome: 'done',
  });
});

test('an unreachable environment is checked again, and the failure names the cause', async () => {
  await apply();
  changeDatabase(host, ({ endpoints }) => {
    for (const each of endpoints) each.Status = 2;
  });
  expect(await apply()).toMatchObject({
    outcome: 'done',
    actions: [{ summary: expect.stringContaining('contact environment') }],
  });
  await host.write('/etc/hosts', '10.0.0.77 agent.example.internal\n');
  changeDatabase(host, ({ endpoints }) => {
    for (const each of endpoints) each.Status = 2;
  });
  expect(await apply()).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('no route') });
});

test('declared on another VM, its agent goes from the one before', async () => {
  await apply();
  const target = targetOf(declared(), ENVIRONMENT);
  const moved = { ...target, spec: { ...target.spec, vm: PRIMARY, url: 'tcp://own.example.internal:9001' } };
  await host.write('/etc/hosts', '10.0.0.111 own.example.internal\n');
  expect(await convergeStep(portainer as never, host, wanted(moved))).toMatchObject({ outcome: 'done' });
  expect(dockerOf(host, AGENT).containers).toEqual([]);
  expect(dockerOf(host, PRIMARY).containers.map(({ name }) => name)).toContain('portainer_agent');
});

test('removal only removes what Phoenix created', async () => {
  await apply();
  const foreign = { Type: 2, Status: 1, PublicURL: '', GroupId: 1, TLSConfig: { TLS: true, TLSSkipVerify: true } };
  changeDatabase(host, ({ endpoints }) => {
    endpoints.push({ ...foreign, Id: 900, Name: 'somebody else’s', URL: 'tcp://10.0.0.9:9001' });
  });
  const target = targetOf(declared(), ENVIRONMENT);
  expect(await convergeStep(portainer as never, host, gone(target))).toMatchObject({ outcome: 'done' });
  expect(databaseOf(host)?.endpoints.map(({ Id }) => Id)).toEqual([900]);
  expect(dockerOf(host, AGENT).containers).toEqual([]);
  // One of the same name that a person created afterwards is not managed.
  changeDatabase(host, ({ endpoints }) => {
    endpoints.push({ ...foreign, Id: 901, Name: 'docker host', URL: 'tcp://10.0.0.9:9001' });
  });
  expect(await convergeStep(portainer as never, host, gone(target))).toEqual({ outcome: 'done', actions: [] });
  expect(databaseOf(host)?.endpoints.map(({ Id }) => Id)).toEqual([900, 901]);
});

test('a note of a server that was set up afresh proves nothing', async () => {
  await apply();
  changeDatabase(host, (database) => Object.assign(database, { instance: 'another one' }));
  expect(await apply()).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('did not make') });
});

test("Portainer's own VM is an environment by its socket where it runs other stacks too", async () => {
  expect(portainer.targets(declared()).map(({ id }) => id)).toEqual(['portainer/server', ENVIRONMENT]);
  expect(await apply({ local: true }, 'portainer/environment.own')).toMatchObject({ outcome: 'done' });
  expect(databaseOf(host)?.endpoints).toMatchObject([{ Name: 'own', Type: 1, URL: 'unix:///var/run/docker.sock' }]);
});

test('without a valid access token it names the target that creates one', async () => {
  changeDatabase(host, (database) => {
    database.keys = [];
  });
  expect(await apply()).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('portainer/server') });
});

test('it waits for a Portainer that does not answer', async () => {
  changeDocker(host, PRIMARY, (state) => {
    state.containers = [];
  });
  const seen = await portainer.observe(host, wanted(targetOf(declared(), ENVIRONMENT)));
  expect(portainer.decide(wanted(targetOf(declared(), ENVIRONMENT)), seen)).toMatchObject({
    kind: 'impossible',
    passing: true,
  });
});

/** Another server that connects to the agent. */
async function askAs(instance: string): Promise<number | null> {
  const kept = databaseOf(host)?.instance;
  changeDatabase(host, (database) => Object.assign(database, { instance }));
  const { service } = targetOf(declared(), ENVIRONMENT).spec as { service: Service };
  const tls = { TLS: 'true', TLSSkipVerify: 'true', TLSSkipClientVerify: 'true' };
  const form = { Name: instance, EndpointCreationType: '2', URL: 'tcp://agent.example.internal:9001', ...tls };
  const { status } = await host.request(call(service, 'POST', '/endpoints', { body: { form } }));
  changeDatabase(host, (database) => Object.assign(database, { instance: kept }));
  return status;
}

test('an agent without a secret accepts the first server after its start; with one, only servers with the secret', async () => {
  await apply();
  const startAgain = () =>
    changeDocker(host, AGENT, ({ containers }) => {
      for (const each of containers) each.started += 1;
    });
  expect(await askAs('stranger')).toBe(500);
  startAgain();
  expect(await askAs('stranger')).toBe(200);
  const desired: Wishes = { agentSecret: true };
  // The server has it first, and the agent does not yet.
  expect(await apply(desired, 'portainer/server')).toMatchObject({ outcome: 'done' });
  expect(await askAs('other')).toBe(500);
  const end = await apply(desired);
  expect(end).toMatchObject({ outcome: 'done' });
  expect(await apply(desired)).toEqual({ outcome: 'done', actions: [] });
  const [server] = dockerOf(host, PRIMARY).containers;
  const [agent] = dockerOf(host, AGENT).containers;
  expect([server?.env['AGENT_SECRET'], agent?.env['AGENT_SECRET']]).toEqual([AGENT_SECRET, AGENT_SECRET]);
  expect(JSON.stringify(end)).not.toContain('what # the');
  expect(host.commands.join('\n')).not.toContain('what # the');
  changeDocker(host, PRIMARY, ({ containers }) => {
    for (const each of containers) Object.assign(each, { env: {} });
  });
  startAgain();
  expect(await askAs('stranger without it')).toBe(500);
});
