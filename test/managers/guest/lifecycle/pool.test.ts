// The declared pool of a guest: only this guest is added or removed, and never removed from a pool that others manage.

import { afterEach, beforeEach, expect, test } from 'vitest';
import { repositoryName } from '../../../../src/managers/guest/observe/notes.ts';
import { allTargets } from '../../../../src/managers/index.ts';
import { lxc } from '../../../../src/managers/lxc/manager.ts';
import type { Manager } from '../../../../src/managers/manager.ts';
import { targetId } from '../../../../src/model/ids.ts';
import { type LabHost, openLabHost } from '../../../support/host/lab-host.ts';
import { convergeStep } from '../../carry-out.ts';
import { read, withDatacenter } from '../../datacenter/example.ts';
import { container, targetOf, wanted } from '../../guests.ts';

const USERS = '/etc/pve/user.cfg';
const LXC = 'etc/phoenix_lxc_configs.json';

let host: LabHost;
beforeEach(async () => {
  host = await openLabHost();
  await host.write(USERS, 'user:root@pam:1:0::::::\npool:prod::200,300:local:\npool:theirs::::\n');
});
afterEach(() => host.close());

const guest = (pool: string | null) => targetOf(container(101, { pool, startState: 'stopped' }));
const bring = (pool: string | null, own = {}) => convergeStep(lxc as Manager, host, wanted(guest(pool), own));

test('it is added once it exists, moved as declared, and removed, and others stay', async () => {
  expect(await bring('prod')).toMatchObject({ outcome: 'done' });
  expect(await host.read(USERS)).toContain('pool:prod::101,200,300:local:');
  expect(await bring('prod')).toEqual({ outcome: 'done', actions: [] });
  const before = guest('prod').spec;
  expect(await bring('theirs', { before })).toMatchObject({ outcome: 'done' });
  expect(await host.read(USERS)).toContain('pool:prod::200,300:local:\npool:theirs::101::');
  expect(await bring(null, { before: guest('theirs').spec })).toMatchObject({ outcome: 'done' });
  expect(await host.read(USERS)).toContain('pool:theirs::::');
  // Its pool is not declared: it stays where a person puts it.
  await host.write(USERS, 'user:root@pam:1:0::::::\npool:theirs::101::\n');
  expect(await bring(null)).toEqual({ outcome: 'done', actions: [] });
});

test('it is not removed from a pool that others manage, nor added to a missing one', async () => {
  await bring(null);
  await host.write(USERS, 'user:root@pam:1:0::::::\npool:prod::::\npool:theirs::101::\n');
  const taken = await bring('prod');
  expect(taken).toMatchObject({
    outcome: 'refused',
    reason: expect.stringContaining('in pool theirs, which is not ours'),
  });
  expect(await bring('prod', { adopt: true })).toMatchObject({ outcome: 'done' });
  const absent = await bring('nosuch', { before: guest('prod').spec });
  expect(absent).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('pool nosuch') });
});

test('a recreated guest is in its pool again, and was removed from HA before where HA declares it', async () => {
  const HA = '/etc/pve/ha/resources.cfg';
  await bring('prod');
  await host.write(HA, markedBy('https://git.example/another.git'));
  const target = targetOf(container(101, { pool: 'prod', startState: 'stopped', unprivileged: false }));
  const asked = wanted(target, { approved: true, before: guest('prod').spec });
  // It stays in the other pool: a person would have to move it back.
  const declares = (id: string) => id === 'ha/ct:101';
  expect(await convergeStep(lxc as Manager, host, { ...asked, declares })).toMatchObject({ outcome: 'refused' });
  await host.write(HA, markedBy(repositoryName(asked.origin)));
  const end = await convergeStep(lxc as Manager, host, { ...asked, declares });
  expect(end).toMatchObject({ outcome: 'done' });
  expect((await host.readFile(HA)) ?? '').not.toContain('101');
  expect(await host.read(USERS)).toContain('pool:prod::101,200,300:local:');
});

const markedBy = (repository: string) => `ct: 101\n\tcomment [kept by Phoenix from ${repository}]\n\n`;

function withPools(datacenter: object, pools: Readonly<Record<string, string>>) {
  const files = withDatacenter(datacenter);
  const guests = JSON.parse(String(files[LXC]));
  for (const [id, pool] of Object.entries(pools)) guests.lxc_configs[id].pool = pool;
  return read({ ...files, [LXC]: JSON.stringify(guests) });
}

test('the pool comes before the guest', () => {
  const { config } = withPools({ pools: { prod: {} } }, { 101: 'prod' });
  if (config === null) throw new Error('it is not sound');
  expect(allTargets(config).get(targetId('lxc', 101))?.needs).toContain('pool/prod');
});

test('a guest whose pool is declared in both files is an error at both lines', () => {
  const { problems } = withPools({ pools: { prod: { vms: [102, 101] } } }, { 101: 'prod' });
  expect(problems.filter(({ code }) => code === 'DUPLICATE_ID')).toMatchObject([
    { file: 'etc/phoenix_datacenter_config.json', path: '/pools/prod/vms/1' },
    { file: LXC, path: '/lxc_configs/101/pool' },
  ]);
});
