// Datacenter objects on a lab host: the contract of managers, and refusals at their line.

import { describe, expect, test } from 'vitest';
import { objectKinds } from '../../../src/managers/datacenter/manager.ts';
import { allTargets, impactOf } from '../../../src/managers/index.ts';
import type { Target } from '../../../src/model/target.ts';
import { makePlan } from '../../../src/plan/plan.ts';
import { openLabHost } from '../../support/host/lab-host.ts';
import { convergeStep } from '../carry-out.ts';
import { testContract } from '../contract.ts';
import { gone, wanted } from '../guests.ts';
import { exampleFiles, read, withDatacenter } from './example.ts';
import { kindNamed, problemsOf, targetsOf } from './kinds.ts';

const [pool, backup] = [kindNamed('pool'), kindNamed('backup')];

const USERS = '/etc/pve/user.cfg';
const JOBS = '/etc/pve/jobs.cfg';

function targetOf(datacenter: object): Target {
  const [target] = targetsOf(datacenter);
  if (target === undefined) throw new Error('nothing is declared');
  return target;
}

testContract(pool, [
  {
    name: 'a pool',
    open: () => openLabHost(),
    target: targetOf({ pools: { prod: { comment: 'One: two', storage: ['local'] } } }),
    changed: targetOf({ pools: { prod: { comment: 'Another', storage: ['local-lvm'] } } }),
    state: (host) => host.readFile(USERS),
    foreign: {
      make: (host) => host.write(USERS, 'user:root@pam:1:0::::::\npool:prod:Of Ada::local:\n'),
      state: (host) => host.readFile(USERS),
      refused: 'is not ours; take it over with phoenix adopt pool/prod',
    },
  },
]);

const NIGHTLY = {
  schedule: '02:30',
  storage: 'local',
  all: true,
  exclude: [102, 101],
  'exclude-path': ['/tmp/', '/var/cache/'],
};
testContract(backup, [
  {
    name: 'a backup job',
    open: () => openLabHost(),
    target: targetOf({ backup_jobs: { nightly: { ...NIGHTLY, exclude: undefined, comment: 'One: two ü' } } }),
    changed: targetOf({
      backup_jobs: { nightly: { schedule: '03:15', storage: 'local', all: true, 'prune-backups': { 'keep-last': 3 } } },
    }),
    state: (host) => host.readFile(JOBS),
    foreign: {
      make: (host) => host.write(JOBS, 'vzdump: nightly\n\tschedule daily\n\tall 1\n\tenabled 1\n\tstorage local\n\n'),
      state: (host) => host.readFile(JOBS),
      refused: 'is not ours; take it over with phoenix adopt backup/nightly',
    },
  },
]);

test('a job that is for all guests and then for one pool keeps one of the two', async () => {
  const host = await openLabHost();
  const [team, all] = targetsOf({ pools: { team: {} }, backup_jobs: { nightly: { schedule: '02:30', all: true } } });
  const [, one] = targetsOf({ pools: { team: {} }, backup_jobs: { nightly: { schedule: '02:30', pool: 'team' } } });
  if (team === undefined || all === undefined || one === undefined) throw new Error('nothing is declared');
  expect(await convergeStep(pool, host, wanted(team))).toMatchObject({ outcome: 'done' });
  expect(await convergeStep(backup, host, wanted(all))).toMatchObject({ outcome: 'done' });
  // Also without a record of what was applied before.
  expect(await convergeStep(backup, host, wanted(one))).toMatchObject({ outcome: 'done' });
  expect(await host.read(JOBS)).toContain('\tpool team\n');
  expect(await host.read(JOBS)).not.toContain('\tall ');
  expect(await convergeStep(backup, host, wanted(one))).toEqual({ outcome: 'done', actions: [] });
  await host.close();
});

test('differences are named option by option, and what people may change is neither compared nor set', async () => {
  const host = await openLabHost();
  const target = targetOf({ backup_jobs: { nightly: { schedule: '02:30', all: true, mode: 'snapshot' } } });
  const ask = wanted(target, { before: target.spec });
  await convergeStep(backup, host, wanted(target));
  await host.write(
    JOBS,
    (await host.read(JOBS)).replace('schedule 02:30', 'schedule 05:00').replace('mode snapshot', 'mode stop'),
  );
  const seen = await backup.observe(host, ask);
  expect(backup.differences(ask, seen)).toEqual([
    { field: 'mode', declared: 'snapshot', observed: 'stop' },
    { field: 'schedule', declared: '02:30', observed: '05:00' },
  ]);
  const spec = backup.ignorable?.without(target.spec, ['schedule'], target.id, seen) ?? {};
  const left = { ...ask, spec, before: spec };
  expect(backup.differences(left, seen)).toMatchObject([{ field: 'mode' }]);
  const decision = backup.decide(left, seen);
  expect(decision).toMatchObject({ kind: 'actions', actions: [{ summary: expect.stringMatching(/^set mode of/) }] });
  expect([backup.isThere?.(left, seen), backup.isThere?.(left, { ...(seen as object), present: null })]).toEqual([
    true,
    false,
  ]);
  await host.close();
});

test('what others added to a pool stays, and keeps it from being deleted', async () => {
  const host = await openLabHost();
  const target = targetOf({ pools: { prod: { storage: ['local'] } } });
  const bare = targetOf({ pools: { prod: {} } });
  await convergeStep(pool, host, wanted(target));
  await host.write(USERS, (await host.read(USERS)).replace(':local:', ':local,rpool:'));
  expect(await convergeStep(pool, host, wanted(bare, { before: target.spec }))).toMatchObject({ outcome: 'done' });
  expect(await host.read(USERS)).toContain('::rpool:');
  const end = await convergeStep(pool, host, gone(bare, { approved: true }));
  expect(end).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('still has rpool') });
  await host.close();
});

test('a deletion waits for an approval that names what is deleted with it', async () => {
  const host = await openLabHost();
  const target = targetOf({ backup_jobs: { nightly: { schedule: '02:30', all: true } } });
  await convergeStep(backup, host, wanted(target));
  const end = await convergeStep(backup, host, gone(target));
  expect(end).toMatchObject({ outcome: 'refused', actions: [], reason: expect.stringContaining('loses its schedule') });
  await host.close();
});

test('a missing guest is reported before Proxmox accepts it', async () => {
  const host = await openLabHost();
  await host.write('/etc/pve/.vmlist', '{"version":1,"ids":{}}\n');
  const target = targetOf({ pools: { prod: { vms: [999] } } });
  const end = await convergeStep(pool, host, wanted(target));
  expect(end).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('guest 999') });
  await host.close();
});

describe('a guest that is recreated', () => {
  const datacenter = { pools: { edge: { vms: [101] } }, backup_jobs: { nightly: { schedule: '02:30', vmid: [101] } } };

  test('has its pool and its jobs observed again, although they did not change', () => {
    const targetsWith = (unprivileged: boolean) => {
      const files = withDatacenter(datacenter);
      const guests = JSON.parse(String(files['etc/phoenix_lxc_configs.json']));
      guests.lxc_configs['101'].unprivileged = unprivileged;
      const { config } = read({ ...files, 'etc/phoenix_lxc_configs.json': JSON.stringify(guests) });
      if (config === null) throw new Error('it is not sound');
      return allTargets(config);
    };
    const sides = { before: targetsWith(true), after: targetsWith(false) };
    const made = makePlan({ from: 'one', to: 'two', ...sides, impact: impactOf });
    const steps = made.kind === 'plan' ? made.plan.steps.map(({ target }) => target) : [];
    expect(steps).toEqual(expect.arrayContaining(['lxc/101', 'pool/edge', 'backup/nightly']));
  });

  test('has left them, as Proxmox has it, and comes back to them', async () => {
    const host = await openLabHost();
    const [edge, nightly] = targetsOf(datacenter);
    if (edge === undefined || nightly === undefined) throw new Error('nothing is declared');
    const pct = (...args: string[]) => host.run({ kind: 'command', program: 'pct', args, timeoutSeconds: 60 });
    const template = 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst';
    const guest = () => pct('create', '101', template, '--rootfs', 'local-lvm:4', '--unprivileged', '1');
    const bringUp = async () => {
      await convergeStep(pool, host, wanted(edge));
      await convergeStep(backup, host, wanted(nightly));
    };
    await guest();
    await bringUp();
    const [users, jobs] = [await host.read(USERS), await host.read(JOBS)];
    expect([users, jobs]).toEqual([expect.stringContaining(':101::'), expect.stringContaining('\tvmid 101\n')]);
    await pct('destroy', '101', '--purge', '1', '--destroy-unreferenced-disks', '0');
    expect(await host.read(USERS)).not.toContain('101');
    expect((await host.readFile(JOBS)) ?? '').not.toContain('nightly');
    await guest();
    await bringUp();
    expect([await host.read(USERS), await host.read(JOBS)]).toEqual([users, jobs]);
    await host.close();
  });
});

test('what an object names comes first', () => {
  const { config } = read(exampleFiles());
  if (config === null) throw new Error('the example is not sound');
  const needs = new Map(
    objectKinds.flatMap((kind) => kind.targets(config)).map(({ id, needs: each }) => [id as string, each]),
  );
  expect(needs.get('pool/prod')).toContain('lxc/101');
  expect(needs.get('backup/nightly')).toEqual(expect.arrayContaining(['pool/prod', 'hypervisor/storage']));
});

const TO_LOCAL = { schedule: '02:30', all: true, storage: 'local' };

test.each([
  [
    'folders of content in folders',
    { storages: { vault: { type: 'dir', path: '/srv/x', 'content-dirs': ['iso=images/iso', 'vztmpl=images/ct'] } } },
  ],
  [
    'fleecing on any storage',
    {
      storages: { vault: { type: 'dir', path: '/srv/x', content: ['iso'] } },
      backup_jobs: { nightly: { ...TO_LOCAL, fleecing: { enabled: true, storage: 'vault' } } },
    },
  ],
  [
    'fleecing that is off, on a storage that is gone',
    {
      backup_jobs: {
        nightly: { ...TO_LOCAL, fleecing: { enabled: false, storage: 'gone' } },
      },
    },
  ],
  [
    'schedules whose hours are hours',
    {
      backup_jobs: Object.fromEntries(
        ['02:30', 'mon..fri 8..18/2:00', '*/2:15', '*:0/15', '30', 'sat 23:59:59', '*-*-01 04:00', 'daily'].map(
          (schedule, index) => [`job${index}`, { schedule, all: true }],
        ),
      ),
    },
  ],
  [
    'groups and roles by names of any signs and length',
    { groups: { _ops: {}, '.x': {}, ['a'.repeat(128)]: {} }, roles: { _watch: {}, ['b'.repeat(64)]: {} } },
  ],
])('%s are taken', (_, datacenter) => {
  expect(problemsOf(datacenter)).toEqual([]);
});

test.each([
  [
    'an option that Proxmox does not have',
    { backup_jobs: { nightly: { schedule: '02:30', all: true, storge: 'local' } } },
    { code: 'UNKNOWN_KEY', path: '/backup_jobs/nightly/storge', hint: 'Did you mean "storage"?' },
  ],
  [
    'a schedule that Proxmox cannot read',
    { backup_jobs: { nightly: { schedule: 'nonsense', all: true } } },
    { code: 'INVALID_VALUE', path: '/backup_jobs/nightly/schedule' },
  ],
  [
    'a job for nothing',
    { backup_jobs: { nightly: { schedule: '02:30' } } },
    { code: 'INVALID_VALUE', path: '/backup_jobs/nightly' },
  ],
  [
    'a job for two things',
    { backup_jobs: { nightly: { schedule: '02:30', all: true, vmid: [101] } } },
    { code: 'INVALID_VALUE', path: '/backup_jobs/nightly/vmid' },
  ],
  [
    'notes without the storage that they belong to',
    { backup_jobs: { nightly: { schedule: '02:30', all: true, 'notes-template': 'x' } } },
    { code: 'INVALID_VALUE', path: '/backup_jobs/nightly/notes-template' },
  ],
  [
    'a storage that nothing declares',
    { pools: { prod: { storage: ['nosuch'] } } },
    { code: 'UNKNOWN_STORAGE', path: '/pools/prod/storage/0' },
  ],
  [
    'a guest in two pools',
    { pools: { prod: { vms: [101] }, team: { vms: [101] } } },
    { code: 'DUPLICATE_ID', path: '/pools/team/vms' },
  ],
  [
    'a program of the host',
    { backup_jobs: { nightly: { schedule: '02:30', all: true, script: '/bin/sh' } } },
    { code: 'UNKNOWN_KEY', path: '/backup_jobs/nightly/script' },
  ],
  [
    'guests that are left out of a pool',
    { pools: { prod: {} }, backup_jobs: { nightly: { schedule: '02:30', pool: 'prod', exclude: [101] } } },
    { code: 'INVALID_VALUE', path: '/backup_jobs/nightly/exclude' },
  ],
  [
    'notes with a variable that there is not',
    { backup_jobs: { nightly: { ...TO_LOCAL, 'notes-template': '{{guestname}} of {{nod}}' } } },
    { path: '/backup_jobs/nightly/notes-template', message: expect.stringContaining("variable 'nod'") },
  ],
  [
    'images of running machines on a storage that nothing declares',
    { backup_jobs: { nightly: { ...TO_LOCAL, fleecing: { enabled: true, storage: 'fast' } } } },
    { code: 'UNKNOWN_STORAGE', path: '/backup_jobs/nightly/fleecing/storage' },
  ],
  [
    'a storage that is disabled',
    {
      storages: { vault: { type: 'dir', path: '/srv/x', content: ['backup'], disable: true } },
      backup_jobs: {
        nightly: { schedule: '02:30', all: true, storage: 'vault' },
        never: { schedule: '02:30', all: true, storage: 'vault', enabled: false },
      },
    },
    { code: 'NO_EFFECT', path: '/backup_jobs/nightly/storage' },
  ],
])('%s is refused at its line', (_, datacenter, problem) => {
  expect(problemsOf(datacenter)).toMatchObject([problem]);
});

test.each(['24:00', 'mon 24:00', '*-*-01 22,24:30', '24:00 UTC'])(
  'a schedule with hours that Proxmox reads as minutes is warned of: %s',
  (schedule) => {
    const place = { severity: 'warning', path: '/backup_jobs/nightly/schedule' };
    const problems = problemsOf({ backup_jobs: { nightly: { schedule, all: true } } });
    expect(problems).toMatchObject([{ code: 'MINUTES_FOR_HOURS', ...place }]);
  },
);
