// Stacks with interference by people and registries, and the requests to Portainer.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sealWanted } from '../../../src/agent/apply/seal.ts';
import { registered } from '../../../src/managers/index.ts';
import { stack as kind } from '../../../src/managers/stack/manager.ts';
import type { LabHost } from '../../support/host/lab-host.ts';
import { convergeStep } from '../carry-out.ts';
import { gone, wanted } from '../guests.ts';
import { AGENT, declared, targetOf, type Wishes } from '../portainer/configuration.ts';
import { changeDatabase, changeDocker, databaseOf, dockerOf, prepared } from '../portainer/environment.ts';

const stack = registered(kind);

const SHOP = 'stack/1002.shop';
const NEEDED = ['portainer/server', 'portainer/environment.docker host'];
let host: LabHost;
afterEach(() => host.close());

const apply = (desired: Wishes = {}, own = {}) =>
  convergeStep(stack as never, host, wanted(targetOf(declared(desired), SHOP), own));
const stored = () => databaseOf(host)?.stacks[0];
const serviceOf = (name: string) => dockerOf(host, AGENT).containers.find(({ service }) => service === name);

describe('with a server that deploys within the request', () => {
  const open = prepared(declared(), NEEDED);
  beforeEach(async () => {
    host = await open();
  });

  test('labels are added, comments and the rest of the file stay, and the file names its owner', async () => {
    await apply();
    expect(stored()?.file).toMatch(
      /^# Kept by Phoenix: .*\n# stack\/1002\.shop\n# sha256 [0-9a-f]{64}\n# Sells things\.\n/,
    );
    expect(stored()?.file).toContain('image: shop:1   # pinned');
    expect(stored()?.file).toMatch(/"traefik.http.routers.shop.rule": "/);
    expect(serviceOf('shop')?.env).toEqual({ KEY: 'sk-of-the-shop-4711', LEVEL: 'info' });
    expect(serviceOf('shop')?.labels).toMatchObject({ 'traefik.enable': 'true' });
  });

  test('values reach the container unchanged, whatever Portainer and compose make of them on the way', async () => {
    const level = `me:$apr1$jehiwm58$11qv4 # "it's"\\`;
    const shopEnvironment = {
      variables: [
        { name: 'LEVEL', value: level, secret: false },
        { name: 'API_KEY', value: { $secret: 'file:/etc/phoenix/secrets/hash-of-the-shop' }, secret: true },
      ],
    };
    const key = '$2y$05$abc\\ #\nPHOENIX_TARGET=other';
    await host.write('/etc/phoenix/secrets/hash-of-the-shop', `${key}\n`);
    expect(await apply({ shopEnvironment })).toMatchObject({ outcome: 'done' });
    expect(serviceOf('shop')?.env).toEqual({ KEY: key, LEVEL: level });
    expect(await apply({ shopEnvironment })).toEqual({ outcome: 'done', actions: [] });
  });

  test('its volume shows the folder that the VM mounts', async () => {
    await apply();
    expect(dockerOf(host, AGENT).volumes).toContainEqual({
      name: 'shop_data',
      driver: 'local',
      options: { type: 'none', o: 'bind', device: '/persistent-storage' },
    });
  });

  test('a manual change in Portainer is reverted', async () => {
    await apply();
    const before = stored();
    changeDatabase(host, ({ stacks }) => {
      for (const each of stacks) each.file = each.file.replace('shop:1', 'shop:2');
    });
    expect(await apply()).toMatchObject({ outcome: 'done' });
    expect(stored()?.file).toBe(before?.file);
    changeDatabase(host, ({ stacks }) => {
      for (const each of stacks)
        each.Env = each.Env.map((pair) => ({ ...pair, value: pair.value.replace('info', 'debug') }));
    });
    expect(await apply()).toMatchObject({ outcome: 'done' });
    expect(stored()?.Env).toEqual(before?.Env);
  });

  test('a stopped stack is started', async () => {
    await apply();
    const stop = () =>
      changeDatabase(host, ({ stacks }) => {
        for (const each of stacks) each.Status = 2;
      });
    stop();
    changeDocker(host, AGENT, (state) => {
      state.containers = state.containers.filter(({ project }) => project !== 'shop');
    });
    expect(await apply()).toMatchObject({ outcome: 'done', actions: [{ summary: 'start stack shop' }] });
    expect(stored()?.Status).toBe(1);
    // The server refuses to start what has containers.
    stop();
    expect(await apply()).toMatchObject({ outcome: 'done' });
    expect(stored()?.Status).toBe(1);
  });

  test('services that are no longer in it go, though this server leaves them', async () => {
    await apply();
    expect(serviceOf('cache')).toBeDefined();
    const { actions } = await apply({ shop: 'shop-without-cache' });
    expect(actions.map(({ summary }) => summary)).toContain(
      'remove containers of services that stack shop no longer has in VM 1002',
    );
    expect(serviceOf('cache')).toBeUndefined();
    expect(serviceOf('shop')).toBeDefined();
  });

  test('a foreign compose project with its name is left alone', async () => {
    changeDocker(host, AGENT, ({ containers }) => {
      const [agent] = containers;
      const labels = { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'shop' };
      if (agent !== undefined)
        containers.push({ ...agent, id: 'f00d', name: 'theirs', project: 'shop', service: 'shop', labels, ports: [] });
    });
    expect(await apply()).toMatchObject({
      outcome: 'refused',
      actions: [],
      reason: expect.stringContaining('compose project shop'),
    });
    expect(dockerOf(host, AGENT).containers.map(({ name }) => name)).toContain('theirs');
    expect(await apply({}, { adopt: true })).toMatchObject({ outcome: 'done' });
  });

  test('the remains of a failed deployment belong to the stack: completed later, or removed with it', async () => {
    const taken = (free: boolean) =>
      changeDocker(host, AGENT, ({ containers }) => {
        const [agent] = containers;
        if (free)
          containers.splice(
            containers.findIndex(({ name }) => name === 'shop-cache-1'),
            1,
          );
        else if (agent !== undefined)
          containers.push({ ...agent, id: 'f00d', name: 'shop-cache-1', ports: [], labels: {} });
      });
    taken(false);
    expect(await apply()).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('already in use') });
    expect(serviceOf('shop')).toBeDefined();
    expect(stored()).toBeUndefined();
    expect(await convergeStep(stack as never, host, gone(targetOf(declared(), SHOP)))).toMatchObject({
      outcome: 'done',
    });
    expect(serviceOf('shop')).toBeUndefined();
    expect(await apply()).toMatchObject({ outcome: 'failed' });
    taken(true);
    expect(await apply()).toMatchObject({ outcome: 'done' });
    expect(await apply()).toEqual({ outcome: 'done', actions: [] });
  });

  test('a stack that cannot be deployed fails with Portainer’s message and leaves nothing', async () => {
    const end = await apply({ shop: 'shop-nowhere' });
    expect(end).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('lookup registry.invalid') });
    expect(databaseOf(host)?.stacks).toEqual([]);
  });

  test('files of the repository come into every container, and another content by another path', async () => {
    const file = (blob: string) => ({
      shopEnvironment: {
        files: [{ path: 'stacks/shop/settings.ini', blob: blob as never, destination: '/etc/s.ini' }],
      },
    });
    await apply(file('settings'));
    const mounted = serviceOf('cache')?.mounts.find(({ target }) => target === '/etc/s.ini');
    expect(mounted?.source).toMatch(/^\/var\/lib\/phoenix\/stacks\/shop\/[0-9a-f]{12}-settings\.ini$/);
    await apply(file('shop'));
    expect(serviceOf('cache')?.mounts.find(({ target }) => target === '/etc/s.ini')?.source).not.toBe(mounted?.source);
  });

  test('a foreign stack with its name is adopted only on request', async () => {
    await apply();
    changeDatabase(host, ({ stacks }) => {
      for (const each of stacks) each.Env = [];
    });
    expect(await apply()).toMatchObject({ outcome: 'refused', actions: [] });
    expect(await convergeStep(stack as never, host, gone(targetOf(declared(), SHOP)))).toMatchObject({
      outcome: 'done',
    });
    expect(stored()).toMatchObject({ Name: 'shop', Env: [] });
    expect(await apply({}, { adopt: true })).toMatchObject({ outcome: 'done' });
  });

  test('a volume that holds something else is left alone', async () => {
    changeDocker(host, AGENT, ({ volumes }) => volumes.push({ name: 'shop_data', driver: 'local', options: {} }));
    expect(await apply()).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('data of its own') });
  });

  test('removed, its containers go and its volumes stay', async () => {
    await apply();
    expect(await convergeStep(stack as never, host, gone(targetOf(declared(), SHOP)))).toMatchObject({
      outcome: 'done',
    });
    expect(databaseOf(host)?.stacks).toEqual([]);
    expect(dockerOf(host, AGENT)).toMatchObject({
      containers: [{ name: 'portainer_agent' }],
      volumes: [{ name: 'shop_data' }],
    });
  });

  test('a secret in the repository is refused, and is in no spec', async () => {
    const desired = { shopEnvironment: { variables: [{ name: 'API_KEY', value: 'plain-text', secret: true }] } };
    expect(await apply(desired)).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('API_KEY') });
    expect(JSON.stringify(targetOf(declared(desired), SHOP))).not.toContain('plain-text');
  });
});

describe('with a server that deploys afterwards', () => {
  const version = '2.43.0';
  const open = prepared(declared({ version }), NEEDED);
  beforeEach(async () => {
    host = await open();
  });

  test('it is done once it is deployed, not once the request was accepted', async () => {
    const { actions } = await apply({ version });
    expect(actions.map(({ summary }) => summary)).toContain('wait until Portainer has deployed stack shop');
    expect(stored()?.Status).toBe(1);
  });

  test('services that are no longer in it go', async () => {
    await apply({ version });
    expect(serviceOf('cache')).toBeDefined();
    await apply({ version, shop: 'shop-without-cache' });
    expect(serviceOf('cache')).toBeUndefined();
  });

  test('a failed deployment reports why, and is retried when a registry was unreachable', async () => {
    const end = await apply({ version, shop: 'shop-nowhere' });
    expect(end).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('lookup registry.invalid') });
    const { wanted: ask } = await sealWanted(
      host,
      wanted(targetOf(declared({ version, shop: 'shop-nowhere' }), SHOP)),
      false,
    );
    expect(stack.decide(ask, await stack.observe(host, ask))).toMatchObject({ kind: 'impossible', passing: true });
    changeDatabase(host, ({ stacks }) => {
      for (const each of stacks) {
        Object.assign(each, { CreationDate: 1 });
        for (const status of each.DeploymentStatus ?? []) status.Time -= 60;
      }
    });
    const later = stack.decide(ask, await stack.observe(host, ask));
    expect(later).toMatchObject({ kind: 'actions', actions: [{ summary: expect.stringContaining('update stack') }] });
    expect(await apply({ version })).toMatchObject({ outcome: 'done' });
  });

  test('a failed update that somebody restarted with the old file does not count as the new one', async () => {
    await apply({ version });
    const before = stored()?.file;
    await apply({ version, shop: 'shop-nowhere' });
    expect(stored()).toMatchObject({ Status: 4, file: before });
    changeDatabase(host, ({ stacks }) => {
      for (const each of stacks) each.Status = 1;
    });
    const desired = { version, shop: 'shop-nowhere' } as const;
    const { wanted: ask } = await sealWanted(host, wanted(targetOf(declared(desired), SHOP)), false);
    expect(stack.decide(ask, await stack.observe(host, ask))).toMatchObject({
      kind: 'actions',
      actions: expect.arrayContaining([expect.objectContaining({ summary: expect.stringContaining('update stack') })]),
    });
  });
});
