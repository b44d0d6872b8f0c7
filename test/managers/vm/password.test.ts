// The password that cloud-init gives a VM: by standard input alone, once, and again when the secret changes or Proxmox has none.

import { setRunning } from 'phoenix-lab/state';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sealWanted } from '../../../src/agent/apply/seal.ts';
import type { Manager, Wanted } from '../../../src/managers/manager.ts';
import type { VmGuest } from '../../../src/managers/vm/declared.ts';
import { vm } from '../../../src/managers/vm/manager.ts';
import type { Target } from '../../../src/model/target.ts';
import { environment } from '../../load/environment.ts';
import { found } from '../../load/rules/found.ts';
import { type LabHost, openLabHost } from '../../support/host/lab-host.ts';
import { convergeStep } from '../carry-out.ts';
import { IMAGE, machine, targetOf, wanted } from '../guests.ts';

const CONF = '/etc/pve/qemu-server/1001.conf';
const FILE = '/etc/phoenix/secrets/vm-1001';
const HASH = '$6$salt$0123456789abcdefghijklmnopqrstuvwxyz';
const PASSWORD = { $secret: `file:${FILE}` };

let host: LabHost;
beforeEach(async () => {
  host = await openLabHost();
  await host.write(`/var/lib/vz/template/iso/${IMAGE}`, 'image'.repeat(1000));
  await host.write(FILE, 'first-hunter2\n');
});
afterEach(() => host.close());

const own = (user: Partial<VmGuest['user']>, more: Partial<VmGuest> = {}): Target =>
  targetOf(machine(1001, { user: { username: 'kim', passwordHash: null, sshKeys: [], ...user }, ...more }));
const declared = own({ password: PASSWORD });

const apply = async (target: Target, more: Partial<Wanted> = {}, killedAfter?: number) => {
  const { wanted: sealed } = await sealWanted(host, wanted(target, more), true);
  return { end: await convergeStep(vm as Manager, host, sealed, killedAfter), spec: sealed.spec };
};
const line = async (key: string): Promise<string | undefined> =>
  (await host.read(CONF)).split('\n').find((each) => each.startsWith(`${key}:`));
const settled = async (target: Target, spec: Wanted['spec']) =>
  expect((await apply(target, { before: spec })).end).toEqual({ outcome: 'done', actions: [] });

test('is set before a new VM is started, outside of the command line, and once', async () => {
  const { end, spec } = await apply(declared);
  expect(end).toMatchObject({ outcome: 'done' });
  const summaries = end.actions.map(({ summary }) => summary);
  expect(summaries.slice(-2)).toEqual(['set the password of cloud-init of VM 1001', 'start VM 1001']);
  expect(await line('cipassword')).toMatch(/^cipassword: \$[56]\$/);
  expect(host.commands.filter((command) => command.endsWith(' --cipassword'))).toHaveLength(1);
  expect([...host.commands, JSON.stringify(end), await host.read(CONF)].join('\n')).not.toContain('hunter2');
  await settled(declared, spec);
});

test('is set again when the secret changes, with a restart, and goes when it is no longer declared', async () => {
  const { spec } = await apply(declared);
  const first = await line('cipassword');
  await host.write(FILE, `${HASH}\n`);
  const second = await apply(declared, { before: spec });
  expect(second.end.actions.map(({ summary }) => summary)).toEqual([
    'set the password of cloud-init of VM 1001',
    'shut VM 1001 down',
    'start VM 1001',
    'record on VM 1001 that it was restarted',
  ]);
  expect(await line('cipassword')).toBe(`cipassword: ${HASH}`);
  expect(first).not.toBe(`cipassword: ${HASH}`);
  await settled(declared, second.spec);
  const none = await apply(own({}), { before: second.spec });
  expect(none.end.actions[0]?.summary).toBe('set the password of cloud-init of VM 1001');
  expect(await line('cipassword')).toBeUndefined();
  expect(await host.read(CONF)).not.toContain('phoenix-password');
  await settled(own({}), none.spec);
});

test('one that a person changed stays, and one that a person removed is set again', async () => {
  const { spec } = await apply(declared);
  const text = await host.read(CONF);
  await host.write(CONF, text.replace(/^cipassword: .*$/m, `cipassword: ${HASH}`));
  await settled(declared, spec);
  await host.write(CONF, text.replace(/^cipassword: .*\n/m, ''));
  expect((await apply(declared, { before: spec })).end).toMatchObject({ outcome: 'done' });
  expect(await line('cipassword')).toMatch(/^cipassword: \$/);
});

test('that of an adopted VM counts as the declared one, until the secret changes', async () => {
  const lines = [
    'boot: order=scsi0',
    'name: vm-1001',
    'cores: 2',
    'memory: 512',
    'scsi0: rpool:vm-1001-disk-0,size=8G',
  ];
  const cloud = ['ide2: rpool:vm-1001-cloudinit,media=cdrom,size=4M', 'ciuser: kim', `cipassword: ${HASH}`];
  await host.write(CONF, `${[...lines, ...cloud].join('\n')}\n`);
  setRunning({ dir: host.dir, name: 'pve' }, 1001, true);
  const network = { ...machine(1001).network, ip: null, gateway: null, bridge: null, none: true };
  const target = own({ password: PASSWORD }, { network, diskSizeGb: null, start_at_boot: null });
  const adopted = await apply(target, { adopt: true });
  expect(adopted.end.actions.map(({ summary }) => summary)).toEqual(['set tags of VM 1001 to phoenix']);
  expect(await line('cipassword')).toBe(`cipassword: ${HASH}`);
  await settled(target, adopted.spec);
  await host.write(FILE, 'second-hunter2\n');
  await apply(target, { before: adopted.spec });
  expect(await line('cipassword')).not.toBe(`cipassword: ${HASH}`);
});

test('that of a clone’s source goes, since the clone does not declare it', async () => {
  const source = own({ password: PASSWORD }, { isTemplate: true, startState: 'stopped', start_at_boot: null });
  expect((await apply(source)).end).toMatchObject({ outcome: 'done' });
  const network = { ...machine(1001).network, ip: '10.0.0.77/24' };
  const user = { username: 'ada', passwordHash: null, sshKeys: [] };
  const clone = targetOf(machine(1002, { templateImage: null, cloneFrom: 1001, user, network }));
  const made = await apply(clone);
  expect(made.end).toMatchObject({ outcome: 'done' });
  expect(await host.read(CONF)).toContain('cipassword: ');
  const text = await host.read('/etc/pve/qemu-server/1002.conf');
  expect(text).toContain('ciuser: ada');
  expect(text).not.toContain('cipassword');
  await settled(clone, made.spec);
});

test('one that Phoenix set goes when it is no longer declared, though the ledger does not know the VM any more', async () => {
  await apply(declared);
  const end = await apply(own({}));
  expect(end.end).toMatchObject({ outcome: 'done' });
  expect(await line('cipassword')).toBeUndefined();
  await settled(own({}), end.spec);
});

describe('what a running VM reads at its next start, and Proxmox stores at once, is read though a run is killed before', () => {
  const first = own({ password: PASSWORD, username: null });
  const link = machine(1001).network;
  const rows: readonly (readonly [string, Target, string, () => Promise<void>])[] = [
    ['another password', first, '--cipassword', () => host.write(FILE, 'second-hunter2\n')],
    ['no password any more', own({ username: null }), '--delete cipassword', async () => undefined],
    [
      'a name server, the first',
      own({ password: PASSWORD, username: null }, { network: { ...link, nameservers: ['10.0.0.53'] } }),
      '--nameserver',
      async () => undefined,
    ],
    [
      'an address that a person had changed, and the VM had read',
      first,
      '--ipconfig0',
      async () => {
        await host.run({
          kind: 'command',
          program: 'qm',
          args: ['set', '1001', '--ipconfig0', 'ip=10.0.0.9/24'],
          timeoutSeconds: 10,
        });
        for (const verb of ['stop', 'start'])
          await host.run({ kind: 'command', program: 'qm', args: [verb, '1001'], timeoutSeconds: 10 });
      },
    ],
  ];
  test.each(rows)('%s', async (_, target, option, meanwhile) => {
    const { spec } = await apply(first);
    await meanwhile();
    const plain = await host.read(CONF);
    for (const after of [1, 2, 3]) {
      await host.write(CONF, plain);
      setRunning({ dir: host.dir, name: 'pve' }, 1001, true);
      await apply(target, { before: spec }, after);
      const end = await apply(target, { before: spec });
      expect(end.end, `killed after ${after}`).toMatchObject({ outcome: 'done' });
      const last = (text: string) => host.commands.findLastIndex((command) => command.includes(text));
      expect(last('qm start 1001'), `killed after ${after}`).toBeGreaterThan(last(option));
      expect(await host.read(CONF)).not.toContain('phoenix-restart');
      await settled(target, end.spec);
    }
  });
});

test('a user has one password, and a password is never written in plain text', () => {
  const VM = 'etc/phoenix_vm_configs.json';
  const with_ = (user: object, more: object = {}) => {
    const files = environment();
    Object.assign(files[VM].vms[1], { user_config: { username: 'kim', ...user }, ...more });
    return found('INVALID_VALUE', files);
  };
  expect(with_({ password: PASSWORD })).toEqual([]);
  expect(with_({ password: PASSWORD, password_hash: PASSWORD })).toEqual([expect.stringContaining('would have two')]);
  expect(with_({ password: 'hunter2' })).not.toEqual([]);
  expect(with_({ password: PASSWORD }, { options: { cipassword: 'x' } })).toEqual([
    expect.stringContaining('write "user_config.password"'),
  ]);
});
