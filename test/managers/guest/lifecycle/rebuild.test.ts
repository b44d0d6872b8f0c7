// A guest that is recreated keeps its id, and other references to the id stay.

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LxcGuest } from '../../../../src/managers/lxc/declared.ts';
import { lxc } from '../../../../src/managers/lxc/manager.ts';
import type { Manager } from '../../../../src/managers/manager.ts';
import { type LabHost, openLabHost } from '../../../support/host/lab-host.ts';
import { convergeStep } from '../../carry-out.ts';
import { container, gone, targetOf, wanted } from '../../guests.ts';

const JOBS = '/etc/pve/jobs.cfg';
const JOB = 'vzdump: by-hand\n\tschedule 02:00\n\tenabled 1\n\tstorage local\n\tvmid 101\n';

let host: LabHost;
beforeEach(async () => {
  host = await openLabHost();
});
afterEach(() => host.close());

const guest = (own: Partial<LxcGuest> = {}) => targetOf(container(101, { unprivileged: true, ...own }));
const bring = (target: ReturnType<typeof guest>) =>
  convergeStep(lxc as Manager, host, wanted(target, { approved: true }));
const write = (path: string, text: string) =>
  host.writeFile({ kind: 'file', path, content: { from: 'text', text }, mode: 0o640 });

test('a foreign backup job continues with a recreated guest, and ends with a deleted one', async () => {
  await bring(guest());
  await write(JOBS, JOB);
  expect(await bring(guest({ unprivileged: false }))).toMatchObject({ outcome: 'done' });
  expect(await host.read('/etc/pve/lxc/101.conf')).not.toContain('unprivileged');
  expect(await host.read(JOBS)).toBe(JOB);
  expect(await convergeStep(lxc as Manager, host, gone(guest(), { approved: true }))).toMatchObject({
    outcome: 'done',
  });
  expect((await host.readFile(JOBS)) ?? '').not.toContain('101');
});

test.each([
  ['HA', '/etc/pve/ha/resources.cfg', 'ct: 101\n\tstate started\n', 'HA (ct:101)', 'ha-manager remove ct:101'],
  [
    'replication',
    '/etc/pve/replication.cfg',
    'local: 101-0\n\ttarget pve2\n\tsource pve\n',
    'replication (101-0)',
    'pvesr delete 101-0',
  ],
])('one that %s manages is not begun with, and the way on is said', async (_, path, text, name, remedy) => {
  await bring(guest());
  await write(path, text);
  const before = await host.read('/etc/pve/lxc/101.conf');
  const end = await bring(guest({ unprivileged: false }));
  expect(end).not.toMatchObject({ outcome: 'done' });
  expect(JSON.stringify(end)).toContain(name);
  expect(JSON.stringify(end)).toContain(remedy);
  expect(await host.read('/etc/pve/lxc/101.conf')).toBe(before);
  await write(path, '');
  expect(await bring(guest({ unprivileged: false }))).toMatchObject({ outcome: 'done' });
});

test('the lab refuses to destroy such a guest, with Proxmox’s message', async () => {
  await bring(guest());
  await write('/etc/pve/ha/resources.cfg', 'ct: 101\n');
  const destroyed = await host.run({ kind: 'command', program: 'pct', args: ['destroy', '101'], timeoutSeconds: 10 });
  expect(destroyed).toMatchObject({
    exit: 255,
    stderr: 'unable to remove CT 101 - used in HA resources and purge parameter not set.\n',
  });
});
