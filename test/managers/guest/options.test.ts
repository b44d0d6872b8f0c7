// Options that guests declare by Proxmox's own names: refusals at their line, the plan, the commands, and undeclared options that stay.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { jsonSchema } from '../../../src/load/json-schema.ts';
import { coverageOf } from '../../../src/managers/guest/options/coverage.ts';
import { withOptions } from '../../../src/managers/guest/options/desired-options.ts';
import { optionsJsonSchema } from '../../../src/managers/guest/options/json-schema.ts';
import type { GuestOptions } from '../../../src/managers/guest/options/option.ts';
import { optionNames } from '../../../src/managers/guest/options/shape.ts';
import { allTargets, impactOf, managerOf } from '../../../src/managers/index.ts';
import { targetId } from '../../../src/model/ids.ts';
import type { Target } from '../../../src/model/target.ts';
import { makePlan } from '../../../src/plan/plan.ts';
import table from '../../../src/proxmox/parameters/table.json' with { type: 'json' };
import { configOptions } from '../../../src/proxmox/parameters/table.ts';
import { environment, type Files, loadFiles } from '../../load/environment.ts';
import { type LabHost, openLabHost } from '../../support/host/lab-host.ts';
import { convergeStep } from '../carry-out.ts';
import { container, IMAGE, machine, targetOf, wanted } from '../guests.ts';

const LXC = 'etc/phoenix_lxc_configs.json';
const VM = 'etc/phoenix_vm_configs.json';

type Kind = 'lxc' | 'vm';
const PLACE = { lxc: '/lxc_configs/101', vm: '/vms/1' };

function files(kind: Kind, options: unknown, own: object = {}): Files {
  const all = environment();
  const entry = kind === 'lxc' ? all[LXC].lxc_configs['101'] : all[VM].vms[1];
  Object.assign(entry, { options, ...own });
  return all;
}

/** The entry of the environment without what would say `startup` a second time. */
const NO_ORDER = { boot_order: undefined, boot_delay: undefined, start_at_boot: undefined };

function problems(kind: Kind, options: unknown, own: object = {}) {
  return loadFiles(files(kind, options, own)).problems.filter(({ severity }) => severity === 'error');
}

describe('what is written', () => {
  test('accepts Proxmox’s names and values, as text, number, boolean or object', () => {
    expect(
      problems('lxc', { tty: 3, cmode: 'shell', console: false, protection: '1', startup: { down: 60 } }, NO_ORDER),
    ).toEqual([]);
    expect(
      problems('vm', {
        args: '-device virtio-rng-pci',
        hostpci0: { host: '0000:01:00', pcie: true, 'x-vga': 1 },
        machine: 'q35',
        cpu: { cputype: 'host', flags: '+aes' },
        numa0: 'cpus=0-1,memory=1024',
        serial1: 'socket',
        virtiofs0: 'media',
        hotplug: 'disk,network',
      }),
    ).toEqual([]);
  });

  test.each<[Kind, unknown, string, string, RegExp, string | null]>([
    ['lxc', { ttty: 3 }, '/options/ttty', 'UNKNOWN_KEY', /unknown field "ttty"/, 'Did you mean "tty"?'],
    ['vm', { hostpci99: 'x' }, '/options/hostpci99', 'UNKNOWN_KEY', /unknown field/, 'Did you mean "hostpci9"?'],
    ['vm', { cpu: { cputyp: 'host' } }, '/options/cpu/cputyp', 'UNKNOWN_KEY', /unknown/, 'Did you mean "cputype"?'],
    ['lxc', { tty: 9 }, '/options/tty', 'INVALID_VALUE', /Proxmox takes.*maximum value of 6/, null],
    ['lxc', { tty: null }, '/options/tty', 'INVALID_VALUE', /must not be null; leave the option out/, null],
    ['lxc', { tty: { a: 1 } }, '/options/tty', 'INVALID_VALUE', /the option has no keys/, null],
    ['vm', { vga: { memory: 1 } }, '/options/vga/memory', 'INVALID_VALUE', /minimum value of 4/, null],
    ['vm', { machine: 'q36' }, '/options/machine', 'INVALID_VALUE', /Proxmox takes/, null],
    ['lxc', { startup: { order: 'first' } }, '/options/startup/order', 'INVALID_VALUE', /startup options/, null],
    ['lxc', { rootfs: 'rpool:4' }, '/options/rootfs', 'INVALID_VALUE', /; write "storage_pool"/, null],
    ['lxc', { env: 'A=b' }, '/options/env', 'INVALID_VALUE', /; write "env"/, null],
    ['vm', { scsi1: 'rpool:4' }, '/options/scsi1', 'INVALID_VALUE', /; write the drive in "disks"/, null],
    ['vm', { description: 'x' }, '/options/description', 'INVALID_VALUE', /; write "description"/, null],
    ['vm', { digest: 'x' }, '/options/digest', 'INVALID_VALUE', /no option of a guest/, null],
  ])('%s %j is refused at its line', (kind, options, path, code, message, hint) => {
    const [found, ...more] = problems(kind, options);
    expect(more).toEqual([]);
    expect(found).toMatchObject({ code, path: `${PLACE[kind]}${path}`, message: expect.stringMatching(message) });
    if (hint !== null) expect(found?.hint).toBe(hint);
    expect(found?.line).toBeGreaterThan(0);
  });

  test('a secret is refused without being shown, with the field for it', () => {
    const [found] = problems('vm', { cipassword: 'hunter2' });
    expect(found?.message).toMatch(/user_config\.password"/);
    expect(JSON.stringify(problems('vm', { cipassword: 'hunter2' }))).not.toContain('hunter2');
  });

  test.each<[Kind, string, unknown, object, string]>([
    ['lxc', 'cores', 4, { cores: 2 }, '/cores'],
    ['lxc', 'startup', 'order=1', { boot_delay: 3, boot_order: undefined }, '/boot_delay'],
    ['lxc', 'features', 'nesting=1', { pct_options: ['nesting=1'] }, '/pct_options'],
    ['lxc', 'dev0', '/dev/fuse', { gpu_assignment: '0' }, '/gpu_assignment'],
    ['vm', 'memory', 4096, { memory_mb: 2048 }, '/memory_mb'],
  ])('%s: %s beside its field is refused at both lines', (kind, option, value, own, field) => {
    expect(
      problems(kind, { [option]: value }, own)
        .map(({ code, path, message }) => [code, path, /a second time/.test(message)])
        .toSorted(),
    ).toEqual(
      [
        ['INVALID_VALUE', `${PLACE[kind]}${field}`, true],
        ['INVALID_VALUE', `${PLACE[kind]}/options/${option}`, true],
      ].toSorted(),
    );
  });

  test('an editor knows every name, and accepts what the loader accepts', () => {
    for (const kind of ['lxc', 'vm'] as const) {
      const schema = JSON.parse(
        JSON.stringify(jsonSchema(kind === 'lxc' ? 'phoenix_lxc_configs' : 'phoenix_vm_configs')),
      );
      const entry = kind === 'lxc' ? schema.properties.lxc_configs.additionalProperties : schema.properties.vms.items;
      const { options } = entry.properties;
      const takes = new Ajv2020({ strict: false }).compile(options);
      for (const name of optionNames(kind))
        expect(
          name in options.properties ||
            Object.keys(options.patternProperties).some((each) => new RegExp(each).test(name)),
          name,
        ).toBe(true);
      expect(takes({ cores: 2 })).toBe(true);
      expect(takes({ corse: 2 })).toBe(false);
      expect(takes({ startup: { down: 1 } })).toBe(kind === 'lxc' || true);
      expect(JSON.stringify(options).length).toBeLessThan(40_000);
    }
  });
});

function targets(kind: Kind, options: unknown, own: object = {}) {
  const { config, problems: found } = loadFiles(files(kind, options, own));
  if (config === null) throw new Error(JSON.stringify(found));
  return allTargets(config);
}

test.each<[Kind, GuestOptions, GuestOptions, 'live' | 'restart']>([
  ['lxc', {}, { protection: '1' }, 'live'],
  ['lxc', { protection: '1' }, {}, 'live'],
  ['lxc', {}, { timezone: 'Europe/Vienna' }, 'restart'],
  ['lxc', {}, { dev0: '/dev/fuse' }, 'live'],
  ['lxc', { dev0: '/dev/fuse' }, { dev0: '/dev/fuse,mode=0666' }, 'restart'],
  ['lxc', { dev0: '/dev/fuse' }, {}, 'restart'],
  ['vm', {}, { hookscript: 'local:snippets/hook.sh' }, 'live'],
  ['vm', {}, { usb0: 'host=0781:5583' }, 'live'],
  ['vm', { hotplug: '0' }, { hotplug: '0', usb0: 'host=0781:5583' }, 'restart'],
  ['vm', { ostype: 'other' }, { ostype: 'other', usb0: 'host=0781:5583' }, 'restart'],
  ['vm', {}, { vcpus: '1' }, 'restart'],
  ['vm', { hotplug: 'cpu' }, { hotplug: 'cpu', vcpus: '1' }, 'live'],
  ['vm', {}, { 'a-new-one': '1' }, 'restart'],
])('%s: from %j to %j is %s', (kind, before, after, impact) => {
  const own = (options: GuestOptions) =>
    kind === 'lxc' ? targetOf(container(101, { options })) : targetOf(machine(1001, { options }));
  const made = makePlan({
    from: 'a',
    to: 'b',
    before: new Map([[own(before).id, own(before)]]),
    after: new Map([[own(after).id, own(after)]]),
    impact: impactOf,
  });
  expect(made.kind === 'plan' && made.plan.steps).toMatchObject([{ impact }]);
});

test('the digest of a guest without options does not contain the field', () => {
  for (const kind of ['lxc', 'vm'] as const) {
    const id = targetId(kind, kind === 'lxc' ? 101 : 1001);
    const recorded = (options: unknown) => managerOf(kind).recorded?.(targets(kind, options).get(id)?.spec ?? {});
    expect(recorded({})).not.toHaveProperty('options');
    expect(recorded({ protection: 1 })).toHaveProperty('options', { protection: '1' });
  }
});

describe('on a host', () => {
  let host: LabHost;
  beforeEach(async () => {
    host = await openLabHost();
    await host.write(`/var/lib/vz/template/iso/${IMAGE}`, 'image'.repeat(1000));
  });
  afterEach(() => host.close());

  const ct = (options: GuestOptions): Target => targetOf(container(101, { options }));
  const vm = (options: GuestOptions): Target =>
    targetOf(machine(1001, { templateImage: IMAGE, startState: 'running', options }));
  const lines = async (path: string) => (await host.read(path)).split('\n');
  const CT = '/etc/pve/lxc/101.conf';
  const QM = '/etc/pve/qemu-server/1001.conf';

  async function apply(target: Target, before?: Target) {
    const step = wanted(target, before === undefined ? {} : { before: before.spec });
    host.forget();
    const end = await convergeStep(managerOf(target.id.split('/')[0] ?? ''), host, step);
    const commands = host.commands.filter((line) => !/ (status|exec|guest) |cluster\/resources/.test(line));
    expect(end).toMatchObject({ outcome: 'done' });
    expect(await convergeStep(managerOf(target.id.split('/')[0] ?? ''), host, step)).toEqual({
      outcome: 'done',
      actions: [],
    });
    return commands;
  }

  test('a container is created with them, changed while it runs, and loses those no longer declared', async () => {
    const first = ct({ tty: '3', protection: '0' });
    expect(await apply(first)).toContainEqual(expect.stringMatching(/^pct create 101 .*--tty 3/));
    expect(await lines(CT)).toContain('tty: 3');

    const live = ct({ tty: '3', protection: '1', startup: { down: '60' } });
    expect(await apply(live, first)).toEqual([expect.stringMatching(/^pct set 101 --protection 1 --startup down=60 /)]);

    const restarted = ct({ tty: '4', protection: '0' });
    const commands = await apply(restarted, live);
    expect(commands.map((line) => line.split(' ')[1])).toEqual(['set', 'shutdown', 'start']);
    expect(await lines(CT)).toContain('tty: 4');
    expect((await lines(CT)).some((line) => line.startsWith('startup'))).toBe(false);
  });

  test('undeclared options stay, also other keys of a property string', async () => {
    const first = vm({});
    await apply(first);
    expect(await programs(host, ['qm', 'set', '1001', '--vga', 'virtio,memory=64', '--tablet', '0'])).toBe(0);
    const own = vm({ vga: { memory: '128' } });
    const commands = await apply(own, first);
    expect(commands).toContainEqual(expect.stringContaining('--vga virtio,memory=128'));
    expect(await lines(QM)).toContain('tablet: 0');
    await apply(vm({}), own);
    expect(await lines(QM)).toContain('vga: virtio');
  });

  test('a new VM gets what is declared in place of what it would get by itself', async () => {
    const made = vm({
      ostype: 'l26',
      vga: 'std',
      scsihw: 'virtio-scsi-single',
      machine: 'q35',
      boot: 'order=scsi0;net0',
    });
    const [create] = (await apply(made)).filter((line) => line.startsWith('qm create'));
    for (const word of ['--vga', '--scsihw', '--ostype', '--boot'])
      expect(
        create?.split(' ').filter((each) => each === word),
        word,
      ).toHaveLength(1);
    expect(await lines(QM)).toEqual(expect.arrayContaining(['vga: std', 'scsihw: virtio-scsi-single', 'machine: q35']));
  });

  test('a change that fails while the VM runs leaves nothing behind for its next start', async () => {
    const first = vm({});
    await apply(first);
    const wrong = wanted(vm({ tablet: '0', kvm: '0', net1: 'virtio,bridge=vmbr1' }), { before: first.spec });
    // As on a host that cannot hotplug it: the value is pending in the file, and the command fails.
    const file = join(host.dir, QM);
    host.instead = (line) => {
      if (!line.startsWith('qm set 1001 ') || line.includes('--revert')) return undefined;
      const waiting = '[PENDING]\nkvm: 0\nnet1: virtio=BC:24:11:00:00:01,bridge=vmbr1\n';
      writeFileSync(file, `${readFileSync(file, 'utf8').trimEnd()}\n\n${waiting}`);
      return { exit: 255, stderr: 'net1: hotplug problem - error on hot-plugging\n' };
    };
    host.forget();
    expect((await convergeStep(managerOf('vm'), host, wrong)).outcome).not.toBe('done');
    expect(host.commands).toContainEqual(expect.stringMatching(/^qm set 1001 --revert \S*net1/));
    expect(await host.read(QM)).not.toContain('[PENDING]');
  });

  test('values that say the same are no change', async () => {
    const first = vm({
      vga: 'type=virtio,memory=64',
      onboot: '0',
      hotplug: 'disk,network,usb',
      cpu: 'host,flags=+aes',
    });
    await apply(first);
    const same = vm({
      vga: { memory: '64', type: 'virtio' },
      onboot: '0',
      hotplug: '1',
      cpu: 'flags=+aes,cputype=host',
    });
    expect(await apply(same, first)).toEqual([]);
  });

  test('an interface of its own keeps the address that Proxmox gave it', async () => {
    const first = vm({ net1: 'virtio,bridge=vmbr1' });
    await apply(first);
    const address = /net1: virtio=([0-9A-F:]{17})/.exec(await host.read(QM))?.[1];
    expect(address).toBeDefined();
    const changed = vm({ net1: 'virtio,bridge=vmbr1,tag=5' });
    await apply(changed, first);
    expect(await host.read(QM)).toContain(`net1: virtio=${address},bridge=vmbr1,tag=5`);
  });
});

async function programs(host: LabHost, [program = '', ...args]: readonly string[]): Promise<number | null> {
  return (await host.run({ kind: 'command', program, args, timeoutSeconds: 10 })).exit;
}

test('what fields make of an option is joined by keys of an object, and replaced by a text', () => {
  const field = { key: 'agent', label: 'agent', shown: '', value: () => 'enabled=1', same: () => false, waits: true };
  const none = { before: undefined, fresh: true };
  const [joined] = withOptions('vm', [field], { agent: { fstrim_cloned_disks: '1' } }, none);
  expect(joined?.value(undefined)).toBe('1,fstrim_cloned_disks=1');
  const [replaced, ...more] = withOptions('vm', [field], { agent: '0' }, none);
  expect([replaced?.value(undefined), more]).toEqual(['0', []]);
});

test('an option that is newer than this code needs a newer table and nothing else', () => {
  const methods: Methods = table.methods;
  const set = methods['PUT /nodes/{node}/lxc/{vmid}/config'];
  const like = methods['PUT /nodes/{node}/lxc/{vmid}/config']?.parameters['tty'] ?? -1;
  if (set === undefined) throw new Error('the table has no such method');
  for (const method of [set, methods['POST /nodes/{node}/lxc']])
    if (method !== undefined) method.parameters['novelty'] = like;
  try {
    expect(configOptions('lxc')).toContain('novelty');
    expect(optionNames('lxc')).toContain('novelty');
    const desired = withOptions('lxc', [], { novelty: '3' }, { before: undefined, fresh: false });
    expect(desired.map(({ key, value }) => [key, value(undefined)])).toEqual([['novelty', '3']]);
    expect(desired[0]?.same('3')).toBe(true);
    expect(coverageOf('lxc')).toContainEqual({ option: 'novelty', declared: '`options`' });
    expect(JSON.stringify(optionsJsonSchema('lxc', optionNames('lxc')))).toContain('"novelty"');
  } finally {
    for (const method of [set, methods['POST /nodes/{node}/lxc']])
      if (method !== undefined) delete method.parameters['novelty'];
  }
});

type Methods = Readonly<Record<string, { parameters: Record<string, number | undefined> }>>;
