// Disks of a VM other than its root disk are retained, and attached again when it is recreated.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Manager } from '../../../src/managers/manager.ts';
import type { VmGuest } from '../../../src/managers/vm/declared.ts';
import { vm } from '../../../src/managers/vm/manager.ts';
import { type LabHost, openLabHost } from '../../support/host/lab-host.ts';
import { convergeStep, killPoints } from '../carry-out.ts';
import { gone, IMAGE, machine, targetOf, wanted } from '../guests.ts';

const CONF = '/etc/pve/qemu-server/1001.conf';
const NOTE = '/var/lib/phoenix/volumes/1001.json';

let host: LabHost;
beforeEach(async () => {
  host = await openLabHost();
  await host.write(`/var/lib/vz/template/iso/${IMAGE}`, 'image'.repeat(1000));
  await host.write('/var/lib/vz/template/iso/setup.iso', 'medium');
  await host.write('/dev/disk-of-the-host', 'device');
});
afterEach(() => host.close());

const target = (own: Partial<VmGuest> = {}) => targetOf(machine(1001, own));
const run = (program: string, ...args: readonly string[]) =>
  host.run({ kind: 'command', program, args, timeoutSeconds: 10 });
const qm = async (...args: readonly string[]) =>
  expect(await run('qm', ...args), args.join(' ')).toMatchObject({ exit: 0, stderr: '' });

async function done(own: Partial<VmGuest> = {}): Promise<void> {
  const end = await convergeStep(vm as Manager, host, wanted(target(own)));
  expect(end, JSON.stringify(end, null, 1)).toMatchObject({ outcome: 'done' });
  expect(await convergeStep(vm as Manager, host, wanted(target(own)))).toEqual({ outcome: 'done', actions: [] });
}

async function destroy(own: Partial<VmGuest> = {}): Promise<void> {
  expect(await convergeStep(vm as Manager, host, gone(target(own), { approved: true }))).toMatchObject({
    outcome: 'done',
  });
  expect(await host.has(CONF)).toBe(false);
}

async function stored(id = '1001', storage = 'rpool'): Promise<string[]> {
  const { stdout } = await run('pvesm', 'list', storage, '--vmid', id);
  return stdout.split('\n').flatMap((line) => /^(\S+:\S*vm-\S+)/.exec(line)?.[1] ?? []);
}

/** Volume by key, drives only. */
async function drives(): Promise<Record<string, string>> {
  const main = (await host.read(CONF)).split('\n[', 1)[0] ?? '';
  const found = [...main.matchAll(/^((?:scsi|virtio|sata|ide|unused|tpmstate|efidisk)\d+): ([^,\n]+)/gm)];
  return Object.fromEntries(found.map(([, key, volume]) => [key, volume]));
}

test('every disk but the root disk is retained and attached again at its key, with its options', async () => {
  await done();
  await qm(
    'set',
    '1001',
    '--scsi1',
    'rpool:3,discard=on',
    '--virtio2',
    'rpool:1',
    '--tpmstate0',
    'rpool:1,version=v2.0',
  );
  await qm('shutdown', '1001');
  await qm('set', '1001', '--efidisk0', 'rpool:1', '--sata1', 'local:iso/setup.iso,media=cdrom');
  await qm('start', '1001');
  const { scsi0, scsi1, virtio2, tpmstate0, efidisk0 } = await drives();
  expect(await stored()).toEqual(expect.arrayContaining([scsi0, scsi1, virtio2, tpmstate0, efidisk0]));
  await destroy();
  expect(await stored()).toEqual([scsi1, virtio2, tpmstate0].toSorted());
  expect(await host.has('/var/lib/vz/template/iso/setup.iso')).toBe(true);

  await done();
  expect(await drives()).toMatchObject({ scsi1, virtio2, tpmstate0 });
  expect(await host.read(CONF)).toContain(`scsi1: ${scsi1},discard=on,size=3G`);
  expect(await host.read(CONF)).not.toContain('efidisk0');
});

test('pending, unused and snapshot-only disks are retained as well', async () => {
  await done();
  await qm('set', '1001', '--scsi1', 'rpool:1', '--scsi2', 'rpool:1', '--scsi3', 'rpool:1');
  const { scsi1, scsi2, scsi3 } = await drives();
  await qm('snapshot', '1001', 'mine');
  await qm('set', '1001', '--delete', 'scsi1');
  await qm('set', '1001', '--ide3', 'rpool:1');
  expect(await host.read(CONF)).toMatch(/\[PENDING\]\nide3: /);
  const text = (await host.read(CONF)).split('\n[mine]');
  await host.write(CONF, `${text[0]?.replace(/^scsi3: .*\n/m, '')}\n[mine]${text[1]}`);
  const before = await stored();
  const { scsi0 } = await drives();
  await destroy();
  const left = await stored();
  expect(left).toEqual(before.filter((id) => id !== scsi0 && !id.includes('cloudinit')));
  expect(left).toEqual(expect.arrayContaining([scsi1, scsi2, scsi3]));
  const { lines } = JSON.parse(await host.read(NOTE));
  expect(lines).toContainEqual(expect.stringMatching(/^ide3: rpool:vm-1001-disk-/));
  expect(lines).toContain(`unused0: ${scsi1}`);
  expect(lines).toContain(`scsi3 of snapshot mine: ${scsi3},size=1G`);
});

test('a disk of another VM comes back too; one of the host is noted, and is for a person to hand in again', async () => {
  await qm('create', '1002', '--scsi0', 'rpool:2');
  const [shared = ''] = await stored('1002');
  await done();
  await host.write(CONF, `${await host.read(CONF)}scsi4: ${shared},size=2G\nscsi5: /dev/disk-of-the-host,size=6\n`);
  await destroy();
  expect(await stored('1002')).toEqual([shared]);
  expect(await host.has('/dev/disk-of-the-host')).toBe(true);
  await done();
  expect(await drives()).toMatchObject({ scsi4: shared });
  expect(await drives()).not.toHaveProperty('scsi5');
  expect(JSON.parse(await host.read(NOTE)).lines).toContain('scsi5: /dev/disk-of-the-host,size=6');
});

test('where the VM boots from another disk than the one that Phoenix creates, both stay', async () => {
  await done();
  await qm('set', '1001', '--virtio0', 'rpool:4');
  await qm('set', '1001', '--boot', 'order=virtio0');
  const { scsi0, virtio0 } = await drives();
  await destroy();
  expect(await stored()).toEqual([scsi0, virtio0].toSorted());
  await done();
  expect(await drives()).toMatchObject({ virtio0 });
  expect(Object.values(await drives())).toContain(scsi0);
  expect((await drives())['scsi0']).not.toBe(scsi0);
});

describe('a clone', () => {
  const template = machine(9000, { isTemplate: true, start_at_boot: false });
  const own = { cloneFrom: 9000, templateImage: null };
  const clone = targetOf(template, machine(1001, own));

  test('has its own disks again, and not those that its source brings in their place', async () => {
    expect(await convergeStep(vm as Manager, host, wanted(targetOf(template)))).toMatchObject({ outcome: 'done' });
    await qm('set', '9000', '--scsi1', 'rpool:1');
    expect(await convergeStep(vm as Manager, host, wanted(clone))).toMatchObject({ outcome: 'done' });
    const { scsi1 } = await drives();
    expect(scsi1).toMatch(/^rpool:vm-1001-/);
    expect(await convergeStep(vm as Manager, host, gone(clone, { approved: true }))).toMatchObject({ outcome: 'done' });
    expect(await stored()).toEqual([scsi1]);
    expect(await convergeStep(vm as Manager, host, wanted(clone))).toMatchObject({ outcome: 'done' });
    expect(await drives()).toMatchObject({ scsi1, unused0: expect.stringMatching(/^rpool:vm-1001-/) });
    expect(await convergeStep(vm as Manager, host, wanted(clone))).toEqual({ outcome: 'done', actions: [] });
  });
});

test('a disk that no longer exists is skipped, and an unreadable note is refused', async () => {
  await done();
  await qm('set', '1001', '--scsi1', 'rpool:1', '--scsi2', 'rpool:1');
  const { scsi1 = '', scsi2 } = await drives();
  await destroy();
  await run('pvesm', 'free', scsi1);
  await host.write(`${NOTE}.away`, await host.read(NOTE));
  await host.write(NOTE, '{');
  const end = await convergeStep(vm as Manager, host, wanted(target()));
  expect(end).toMatchObject({ outcome: 'refused', actions: [] });
  expect(end).toHaveProperty('reason', expect.stringContaining(`${NOTE} cannot be read`));
  await host.write(NOTE, await host.read(`${NOTE}.away`));
  await done();
  expect(await drives()).toMatchObject({ scsi2 });
  expect(await drives()).not.toHaveProperty('scsi1');
});

test('snapshots with the former names can be taken again', async () => {
  const own = { snapshots: { preFeatures: null, postFeatures: 'complete' } };
  await done(own);
  await qm('set', '1001', '--scsi1', 'rpool:1');
  await qm('snapshot', '1001', 'phoenix-before');
  await destroy(own);
  await done(own);
  expect(await host.read(CONF)).toContain('[complete]');
});

test('killed at any action of being destroyed and recreated, it has every disk once', async () => {
  const moved = { storagePool: 'local-lvm' };
  const ask = wanted(target(moved), { before: target().spec, approved: true });
  await done();
  const { actions } = await convergeStep(vm as Manager, host, ask);
  for (const after of killPoints(actions.length)) {
    await host.close();
    host = await openLabHost();
    await host.write(`/var/lib/vz/template/iso/${IMAGE}`, 'image'.repeat(1000));
    await done();
    await qm('set', '1001', '--scsi1', 'rpool:1', '--scsi2', 'rpool:1');
    await qm('set', '1001', '--delete', 'scsi2');
    const { scsi1, unused0 } = await drives();
    expect(await convergeStep(vm as Manager, host, ask, after)).toMatchObject({ outcome: 'killed' });
    expect(await convergeStep(vm as Manager, host, ask), `killed after ${after}`).toMatchObject({ outcome: 'done' });
    expect(await drives(), `killed after ${after}`).toMatchObject({
      scsi0: expect.stringMatching(/^local-lvm:/),
      scsi1,
    });
    expect(await stored(), `killed after ${after}`).toEqual([scsi1, unused0].toSorted());
    expect(await stored('1001', 'local-lvm')).toHaveLength(2);
  }
});
