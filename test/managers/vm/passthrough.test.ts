// Devices that are passed to a VM, and its boot devices: declared, set, exchanged and removed, without changing those of others.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { optionTexts, settingsOf } from '../../../src/managers/guest/settings/values.ts';
import { impactOf, managerOf } from '../../../src/managers/index.ts';
import {
  deviceOf,
  type PassthroughDevice,
  passthroughSettings,
  readDevice,
} from '../../../src/managers/vm/passthrough/passthrough.ts';
import { environment, loadFiles } from '../../load/environment.ts';
import { type LabHost, openLabHost } from '../../support/host/lab-host.ts';
import { convergeStep } from '../carry-out.ts';
import { SETTING_ROWS } from '../guest/settings-rows.ts';
import { IMAGE, machine, targetOf, wanted } from '../guests.ts';

const VM = 'etc/phoenix_vm_configs.json';
const MAPPINGS = '/etc/pve/mapping/pci.cfg';
const GPU = deviceOf({ pci: '0000:01:00.0', pcie: true });
const MAPPED = deviceOf({ pci_mapping: 'gpu' });
const STICK = deviceOf({ usb: '0658:0200', usb3: true });

const vm = (own: object) => targetOf(machine(1001, { templateImage: IMAGE, startState: 'stopped', ...own }));

describe('on a host', () => {
  let host: LabHost;
  const conf = async (): Promise<string[]> =>
    (await host.read('/etc/pve/qemu-server/1001.conf'))
      .split('\n')
      .filter((line) => /^(hostpci|usb|serial|boot)/.test(line));
  beforeEach(async () => {
    host = await openLabHost();
    await host.write(`/var/lib/vz/template/iso/${IMAGE}`, 'image'.repeat(1000));
  });
  afterEach(() => host.close());
  const bring = (own: object, before?: ReturnType<typeof vm>) =>
    convergeStep(managerOf('vm'), host, wanted(vm(own), before === undefined ? {} : { before: before.spec }));

  test('a device keeps its number while it is declared, and what people handed in stays', async () => {
    const first = { passthrough: [GPU, STICK], serial: ['socket', '/dev/ttyS0'] };
    expect(await bring(first)).toMatchObject({ outcome: 'done' });
    expect(await conf()).toEqual([
      'boot: order=scsi0',
      'hostpci0: 0000:01:00.0,pcie=1',
      'serial0: socket',
      'serial1: /dev/ttyS0',
      'usb0: 0658:0200,usb3=1',
    ]);
    expect(await bring(first)).toEqual({ outcome: 'done', actions: [] });
    const path = join(host.dir, 'etc/pve/qemu-server/1001.conf');
    const text = (await host.read('/etc/pve/qemu-server/1001.conf')).replace('pcie=1', 'pcie=1,legacy-igd=1');
    writeFileSync(path, `${text}hostpci1: 0000:02:00\nusb3: spice\n`);
    const next = { passthrough: [MAPPED, deviceOf({ pci: '01:00.0', rombar: false })], serial: ['socket'] };
    expect(await bring(next, vm(first))).toMatchObject({
      outcome: 'refused',
      reason: expect.stringContaining('PCI mapping gpu of VM 1001 is not on the host; declare it in pci_mappings'),
    });
    await host.write(MAPPINGS, 'gpu\n\tmap id=10de:2204,node=pve,path=0000:01:00.0\n\n');
    expect(await bring(next, vm(first))).toMatchObject({ outcome: 'done' });
    expect(await conf()).toEqual([
      'boot: order=scsi0',
      'hostpci0: 0000:01:00.0,legacy-igd=1,rombar=0',
      'hostpci1: 0000:02:00',
      'hostpci2: mapping=gpu',
      'serial0: socket',
      'usb3: spice',
    ]);
    expect(await bring(next, vm(next))).toEqual({ outcome: 'done', actions: [] });
    // Its start alone depends on a mapping that went since.
    await host.write(MAPPINGS, '');
    expect(await bring(next, vm(next))).toEqual({ outcome: 'done', actions: [] });
    expect(await bring({}, vm(next))).toMatchObject({ outcome: 'done' });
    expect(await conf()).toEqual(['boot: order=scsi0', 'hostpci1: 0000:02:00', 'usb3: spice']);
  });

  test('an order to start in is refused before anything is sent where a device is not there, and taken where it is', async () => {
    const order = (...devices: string[]) => ({ boot_order_devices: devices });
    expect(await bring({ options: { boot: 'order=scsi0;scsi7' } })).toMatchObject({
      reason: 'VM 1001 has no scsi7, which boot of its options names; declare it, or take it out of the order',
    });
    expect(await bring(order('scsi0', 'scsi7'))).toMatchObject({
      reason: 'VM 1001 has no scsi7, which boot_order_devices names; declare it, or take it out of the order',
    });
    expect(host.commands.filter((command) => command.startsWith('qm create'))).toEqual([]);
    expect(await bring(order('net0', 'ide2', 'scsi0'))).toMatchObject({ outcome: 'done' });
    expect(await conf()).toContain('boot: order=net0;ide2;scsi0');
    const end = await bring(order('hostpci0', 'scsi0'), vm(order('net0', 'ide2', 'scsi0')));
    expect(end).toMatchObject({ reason: expect.stringContaining('has no hostpci0') });
    expect(await bring({ ...order('hostpci0', 'scsi0'), passthrough: [GPU] })).toMatchObject({ outcome: 'done' });
    expect(await conf()).toContain('boot: order=hostpci0;scsi0');
  });

  test('how fast a disk is changes while the VM runs, and a limit that is no longer declared goes', async () => {
    const of = (options: object) => ({ startState: 'running', rootDisk: { bus: 'scsi0', options } });
    expect(await bring(of({ mbps_rd: '100', iops_wr: '500' }))).toMatchObject({ outcome: 'done' });
    expect(await host.read('/etc/pve/qemu-server/1001.conf')).toMatch(/^scsi0: .*iops_wr=500,mbps_rd=100/m);
    host.forget();
    const next = of({ mbps_rd: '50.5' });
    expect(await bring(next, vm(of({ mbps_rd: '100', iops_wr: '500' })))).toMatchObject({ outcome: 'done' });
    expect(host.commands.filter((command) => /qm (shutdown|stop|start|reboot)/.test(command))).toEqual([]);
    const text = await host.read('/etc/pve/qemu-server/1001.conf');
    expect(text).toMatch(/^scsi0: .*mbps_rd=50\.5/m);
    expect(text).not.toContain('iops_wr');
    expect(await bring(next, vm(next))).toEqual({ outcome: 'done', actions: [] });
  });

  test('a clone keeps the hardware that its source has, and gets what is declared of it', async () => {
    const hardware = {
      bios: 'ovmf',
      machine: 'q35',
      cpu_type: 'host',
      cpu_flags: ['+aes'],
      tablet: false,
      vga: 'virtio',
    };
    const source = targetOf(machine(9000, { templateImage: IMAGE, isTemplate: true, ...hardware, watchdog: 'ib700' }));
    expect(await convergeStep(managerOf('vm'), host, wanted(source))).toMatchObject({ outcome: 'done' });
    const clone = vm({ cloneFrom: 9000, templateImage: null, cpu_type: 'x86-64-v3', cpu_flags: ['+pcid'] });
    expect(await convergeStep(managerOf('vm'), host, wanted(clone))).toMatchObject({ outcome: 'done' });
    const text = await host.read('/etc/pve/qemu-server/1001.conf');
    for (const line of ['bios: ovmf', 'machine: type=q35', 'tablet: 0', 'vga: type=virtio', 'watchdog: model=ib700'])
      expect(text.split('\n')).toContain(line);
    expect(text).toMatch(/^cpu: cputype=x86-64-v3,flags=\+aes;\+pcid$/m);
    expect(await convergeStep(managerOf('vm'), host, wanted(clone))).toEqual({ outcome: 'done', actions: [] });
  });

  test('the version that Proxmox writes for Windows is what was declared, as a field and as an option', async () => {
    for (const own of [{ machine: 'q35', ostype: 'win11' }, { options: { machine: 'q35', ostype: 'win11' } }]) {
      expect(await bring(own)).toMatchObject({ outcome: 'done' });
      expect(await host.read('/etc/pve/qemu-server/1001.conf')).toMatch(/^machine: (type=)?pc-q35-10\.1$/m);
      expect(await bring(own)).toEqual({ outcome: 'done', actions: [] });
    }
    const other = { machine: 'pc', ostype: 'win11' };
    expect(await bring(other)).toMatchObject({ outcome: 'done' });
    expect(await host.read('/etc/pve/qemu-server/1001.conf')).toMatch(/^machine: (type=)?pc$/m);
  });

  test('options of the CPU are removed together with its type', async () => {
    const own = { cpu_type: 'host', cpu_flags: ['+aes'] };
    expect(await bring(own)).toMatchObject({ outcome: 'done' });
    expect(await bring({}, vm(own))).toMatchObject({ outcome: 'done' });
    expect(await host.read('/etc/pve/qemu-server/1001.conf')).not.toMatch(/^cpu:/m);
  });
});

test('a change costs what Proxmox makes of it: USB is exchanged while a Linux runs, PCI is not, and hotplug decides', () => {
  const impact = (before: object, after: object) => {
    const [one, other] = [before, after].map((own) => targetOf(machine(1001, { startState: 'running', ...own })));
    if (one === undefined || other === undefined) throw new Error('two are compared');
    return impactOf({ target: one.id, verb: 'update', before: one.spec, after: other.spec } as never);
  };
  expect(impact({}, { passthrough: [STICK] })).toBe('live');
  expect(impact({ ostype: 'other' }, { ostype: 'other', passthrough: [STICK] })).toBe('restart');
  expect(impact({ options: { hotplug: 'disk' } }, { options: { hotplug: 'disk' }, passthrough: [STICK] })).toBe(
    'restart',
  );
  expect(impact({}, { passthrough: [GPU] })).toBe('restart');
  expect(impact({ passthrough: [GPU] }, { passthrough: [{ ...GPU, device: '01:00.0' }] })).toBe('live');
  expect(impact({}, { serial: ['socket'] })).toBe('restart');
  expect(impact({ balloon_mb: 512 }, { balloon_mb: 256 })).toBe('live');
  expect(impact({ balloon_mb: 512 }, { balloon_mb: 0 })).toBe('restart');
  const memory = { options: { hotplug: 'memory,cpu' } };
  expect(impact({ ...memory, memory_mb: 1024 }, { ...memory, memory_mb: 2048 })).toBe('live');
});

test.each<[object, string, RegExp]>([
  [{ passthrough: [{ pci: '1:0' }] }, '/passthrough/0', /must be/],
  [{ passthrough: [{ pci: '01:00.0', usb3: true }] }, '/passthrough/0', /must be|unknown/],
  [{ passthrough: [{ pci: '01:00.0' }, { pci: '0000:01:00.0' }] }, '/passthrough/1', /a second time/],
  [{ passthrough: [{ usb_mapping: '../x' }] }, '/passthrough/0', /must be/],
  [{ serial: ['/etc/shadow'] }, '/serial/0', /must be socket/],
  [{ serial: ['socket', 'socket', 'socket', 'socket', 'socket'] }, '/serial', /must have at most/],
  [{ boot_order_devices: ['scsi0', 'scsi0'] }, '/boot_order_devices', /each device once/],
  [{ cpu_flags: ['+aes'] }, '/cpu_flags', /must stand beside "cpu_type"/],
  [{ efi_disk: {}, bios: 'seabios' }, '/bios', /read by UEFI alone/],
])('%j is refused at its line', (own, path, message) => {
  const files = environment();
  Object.assign(files[VM].vms[1], own);
  const problems = loadFiles(files).problems.filter(({ severity }) => severity === 'error');
  expect(problems.length).toBeGreaterThan(0);
  expect(problems[0]?.path).toMatch(new RegExp(`^/vms/1${path}`));
  expect(problems[0]?.message).toMatch(message);
  expect(problems[0]?.line).toBeGreaterThan(0);
});

test('each field that becomes an option of VMs is refused beside that option, at both lines', () => {
  const rows = settingsOf('vm').map(([name, { option }]) => {
    const { from, beside } = SETTING_ROWS[name] ?? { from: '' };
    const own = { ...beside, [name]: from };
    return { field: name, option, own, text: optionTexts('vm', own).get(option) };
  });
  const handed = [
    { field: 'passthrough', option: 'hostpci3', own: { passthrough: [{ pci: '01:00.0' }] }, text: '02:00.0' },
    { field: 'passthrough', option: 'usb0', own: { passthrough: [{ usb: 'spice' }] }, text: 'spice' },
    { field: 'serial', option: 'serial1', own: { serial: ['socket'] }, text: 'socket' },
  ];
  for (const { field, option, own, text } of [...rows, ...handed]) {
    const files = environment();
    const entry = files[VM].vms[1];
    for (const name of ['boot_order', 'boot_delay', 'start_at_boot', 'cores', 'memory_mb']) delete entry[name];
    Object.assign(entry, own, { options: { [option]: text } });
    const twice = loadFiles(files).problems.filter(({ message }) => message.includes('a second time'));
    expect(
      twice.map(({ path }) => path),
      `${field} and ${option}`,
    ).toEqual(expect.arrayContaining([`/vms/1/options/${option}`, `/vms/1/${field}`]));
  }
});

test('what is handed in is what is read back, and asking again changes nothing', () => {
  const device = fc.oneof(
    fc.record({
      option: fc.constant('hostpci' as const),
      by: fc.constant('host' as const),
      device: fc.constantFrom('01:00.0', '0000:02:00', '03:00.1'),
      options: fc.constantFrom({}, { pcie: '1' }, { rombar: '0', 'x-vga': '1' }),
    }),
    fc.record({
      option: fc.constant('usb' as const),
      by: fc.constant('mapping' as const),
      device: fc.constantFrom('a1', 'b2', 'c3'),
      options: fc.constantFrom({}, { usb3: '1' }),
    }),
  );
  const devices = fc.uniqueArray(device, { selector: (one) => one.device });
  fc.assert(
    fc.property(devices, devices, (now, next) => {
      const apply = (
        settings: Readonly<Record<string, string>>,
        spec: readonly PassthroughDevice[],
        before: readonly PassthroughDevice[],
      ) => {
        const result = { ...settings };
        for (const { key, value } of passthroughSettings(
          { passthrough: spec, serial: [] },
          { passthrough: before, serial: [] },
          settings,
        )) {
          const text = value(settings[key]);
          if (text === null) delete result[key];
          else result[key] = text;
        }
        return result;
      };
      const first = apply({ hostpci7: '09:00' }, now, []);
      const second = apply(first, next, now);
      expect(apply(second, next, next)).toEqual(second);
      const read = Object.entries(second)
        .filter(([key]) => key !== 'hostpci7')
        .map(([key, text]) => readDevice(key.startsWith('usb') ? 'usb' : 'hostpci', text)?.device);
      expect(read.toSorted()).toEqual(next.map((one) => one.device).toSorted());
      expect(second['hostpci7']).toBe('09:00');
    }),
  );
});
