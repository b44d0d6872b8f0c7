// Drives and sources of VMs: created, applied again without effect, grown, detached and retained, and attached again.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Manager } from '../../../src/managers/manager.ts';
import type { VmGuest } from '../../../src/managers/vm/declared.ts';
import { vm } from '../../../src/managers/vm/manager.ts';
import type { Target } from '../../../src/model/target.ts';
import { environment, type Files } from '../../load/environment.ts';
import { found } from '../../load/rules/found.ts';
import { type LabHost, openLabHost } from '../../support/host/lab-host.ts';
import { convergeStep } from '../carry-out.ts';
import { gone, IMAGE, machine, targetOf, wanted } from '../guests.ts';

const VM = 'etc/phoenix_vm_configs.json';
const CONF = '/etc/pve/qemu-server/1001.conf';
const ISO = 'local:iso/installer.iso';

const DISK = { storage: 'rpool', size_gb: 4, iso: null, import_from: null, format: null, options: {} };
const of = (own: Partial<VmGuest> = {}): Target =>
  targetOf(machine(1001, { startState: 'stopped', start_at_boot: null, ...own }));

let host: LabHost;
beforeEach(async () => {
  host = await openLabHost();
  await host.write(`/var/lib/vz/template/iso/${IMAGE}`, 'image'.repeat(1000));
  await host.write('/var/lib/vz/template/iso/installer.iso', 'iso'.repeat(1000));
  await host.write('/var/lib/vz/template/iso/other.iso', 'iso'.repeat(1000));
  await host.write('/var/lib/vz/import/disk.qcow2', 'disk'.repeat(1000));
});
afterEach(() => host.close());

const ask = (target: Target, before?: Target, own = {}) =>
  wanted(target, { ...(before === undefined ? {} : { before: before.spec }), ...own });

/** Applied, and applied again, which does nothing. */
async function apply(target: Target, before?: Target, own = {}): Promise<readonly string[]> {
  const end = await convergeStep(vm as Manager, host, ask(target, before, own));
  expect(end, JSON.stringify('reason' in end ? end.reason : end.outcome)).toMatchObject({ outcome: 'done' });
  expect(await convergeStep(vm as Manager, host, ask(target, before, own))).toMatchObject({
    outcome: 'done',
    actions: [],
  });
  return end.actions.map(({ summary }) => summary);
}
const refusal = async (target: Target, before?: Target): Promise<unknown> => {
  const end = await convergeStep(vm as Manager, host, ask(target, before));
  expect(end).toMatchObject({ outcome: 'refused', actions: [] });
  return 'reason' in end ? end.reason : null;
};
const line = async (key: string): Promise<string | undefined> =>
  (await host.read(CONF)).split('\n').find((each) => each.startsWith(`${key}:`));

describe('what a VM is made from', () => {
  const bare = {
    templateImage: null,
    cloudInit: false,
    network: { ...machine(1001).network, ip: null, gateway: null },
  } as const;

  test('nothing, where it would not start with what a new VM has', async () => {
    const own = { ...bare, empty: true, memory_mb: null, numa: true, options: { numa0: 'cpus=0,memory=4096' } };
    expect(await refusal(of({ ...own, startState: 'running' }))).toMatch(
      /^Proxmox would not start VM 1001: total memory for NUMA nodes must be equal/,
    );
    expect(await apply(of({ ...own, memory_mb: 4096, startState: 'running' }))).toContain('start VM 1001');
  });

  test('an ISO image: an empty disk, the image in its CD drive, and no cloud-init', async () => {
    await apply(of({ ...bare, iso: ISO }));
    const conf = await host.read(CONF);
    expect(conf).toMatch(/^scsi0: rpool:vm-1001-disk-\d,size=8G$/m);
    expect(conf).toMatch(/^ide2: local:iso\/installer\.iso,media=cdrom/m);
    expect(conf).toContain('boot: order=scsi0;ide2');
    expect(conf).not.toMatch(/cloudinit|cicustom|ipconfig|ciuser|^agent/m);
  });

  test('a CD takes the place of cloud-init only where it was declared to go', async () => {
    const cloud = of({ network: { ...machine(1001).network, ip: 'dhcp', gateway: null } });
    const cd = of({ ...bare, iso: ISO });
    await apply(cloud);
    expect(await refusal(cd, of(bare))).toMatch(
      /is the drive of cloud-init, which configures the VM; write "cloud_init": true.*qm set 1001 --delete ide2/,
    );
    await apply(cd, cloud);
    expect(await line('ide2')).toContain(ISO);
  });

  test('another ISO image is put in, and taken out', async () => {
    const [one, other] = [of({ ...bare, iso: ISO }), of({ ...bare, iso: 'local:iso/other.iso' })];
    await apply(one);
    await apply(other, one);
    expect(await line('ide2')).toContain('other.iso');
    const none = of({ ...bare, empty: true });
    await apply(none, other);
    expect(await line('ide2')).toBeUndefined();
  });

  test('a disk that is imported, on another bus', async () => {
    await apply(
      of({ ...bare, importFrom: '/var/lib/vz/import/disk.qcow2', rootDisk: { bus: 'sata0', options: { ssd: '1' } } }),
    );
    expect(await line('sata0')).toMatch(/size=8G,ssd=1/);
    expect(await line('scsi0')).toBeUndefined();
    expect(await line('boot')).toBe('boot: order=sata0');
  });

  test('nothing', async () => {
    await apply(of({ ...bare, empty: true, diskSizeGb: null }));
    expect(await line('scsi0')).toContain('size=32G');
  });

  test('what the node does not have is reported before anything is created', async () => {
    expect(await refusal(of({ ...bare, iso: 'local:iso/nowhere.iso' }))).toContain('put the ISO image there');
    expect(await refusal(of({ ...bare, importFrom: '/var/lib/vz/import/none.raw' }))).toContain('put the disk there');
  });
});

describe('disks beside the root disk', () => {
  const disks = [
    { ...DISK, bus: 'scsi1', options: { cache: 'writeback', discard: 'on', backup: '0' } },
    { ...DISK, bus: 'virtio0', options: { iothread: '1' } },
    { ...DISK, bus: 'sata1', storage: 'local', format: 'qcow2' },
  ];

  test('are made on any bus with the VM, changed in their use, and grown', async () => {
    const one = of({ disks });
    await apply(one);
    expect(await line('scsi1')).toMatch(/backup=0.*cache=writeback.*discard=on/);
    const more = of({
      disks: disks.map((each) => ({ ...each, size_gb: 6, options: { ...each.options, cache: 'none' } })),
    });
    await apply(more, one);
    for (const { bus } of disks) expect(await line(bus)).toContain('size=6G');
    expect(await line('scsi1')).toContain('cache=none');
    expect(await refusal(one, more)).toContain('disks only grow');
  });

  test('have any further key by its name, and what the VM reads at its start restarts it', async () => {
    const with_ = (options: Record<string, string>, cd: Record<string, string> = {}) =>
      of({
        startState: 'running',
        disks: [
          { ...DISK, bus: 'scsi1', options },
          { ...DISK, bus: 'sata1', size_gb: null, iso: 'none', options: cd },
        ],
      });
    const keys = { detect_zeroes: '0', serial: 'a%20b', werror: 'report', wwn: '0x5000c50012345678' };
    const one = with_(keys, { backup: '0' });
    await apply(one);
    for (const [key, value] of Object.entries(keys)) expect(await line('scsi1')).toContain(`,${key}=${value}`);
    expect(await line('sata1')).toBe('sata1: none,backup=0,media=cdrom');
    const limited = with_({ ...keys, iops: '500', iops_max: '900', iops_max_length: '60' }, { backup: '0' });
    expect(await apply(limited, one)).toEqual(['set disk scsi1 of VM 1001']);
    const byHand = 'iops_max_length=60,mbps_rd=10,mbps_rd_max=20,bps_rd_length=5';
    await host.write(CONF, (await host.read(CONF)).replace('iops_max_length=60', byHand));
    const waits = with_({ werror: 'stop', mbps_rd: '10', mbps_rd_max: '20', bps_rd_max_length: '5' });
    expect(await apply(waits, limited)).toEqual([
      'set disk scsi1, the CD at sata1 of VM 1001',
      'shut VM 1001 down',
      'start VM 1001',
      'record on VM 1001 that it was restarted',
    ]);
    expect(await line('scsi1')).toMatch(
      /^scsi1: rpool:\S+?,(?=.*bps_rd(_max)?_length=5)(?=.*werror=stop)[^,]+(,[^,]+)*$/,
    );
    expect(await line('scsi1')).not.toMatch(/iops|wwn|serial|detect_zeroes/);
    expect(await line('sata1')).toBe('sata1: none,media=cdrom');
  });

  test('options of a CD that were declared before, and are not set, restart nothing', async () => {
    const cd = (options: Record<string, string>) =>
      of({ startState: 'running', disks: [{ ...DISK, bus: 'sata1', size_gb: null, iso: 'none', options }] });
    await apply(cd({}));
    // As an earlier version recorded them as applied.
    const one = cd({ backup: '0', cache: 'writeback' });
    expect(await apply(one, one)).toEqual(['set the CD at sata1 of VM 1001 to none']);
    expect(await line('sata1')).toBe('sata1: none,backup=0,cache=writeback,media=cdrom');
    expect((await apply(cd({ backup: '0', cache: 'unsafe' }), one)).join('\n')).toContain('shut VM 1001 down');
    expect((await apply(cd({}), cd({ backup: '0', cache: 'unsafe' }))).join('\n')).toContain('shut VM 1001 down');
  });

  test('one that is no longer declared is detached and kept, and comes back with what is on it', async () => {
    const [without, one] = [of(), of({ disks: disks.slice(0, 2) })];
    await apply(one);
    const volume = (await line('scsi1'))?.split(/[ ,]/)[1] ?? '';
    await apply(without, one);
    const conf = await host.read(CONF);
    expect(conf).not.toMatch(/^(scsi1|virtio0):/m);
    expect(conf).toContain(`: ${volume}\n`);
    await apply(one, without);
    expect(await line('scsi1')).toContain(`${volume},`);
    expect(await host.read(CONF)).not.toMatch(/^unused/m);
  });

  test('of a VM that is destroyed and declared again they come back too', async () => {
    const one = of({ disks: disks.slice(0, 1), tpm: { storage: 'rpool', version: 'v2.0' } });
    await apply(one);
    const [disk, tpm] = [(await line('scsi1'))?.split(/[ ,]/)[1], (await line('tpmstate0'))?.split(/[ ,]/)[1]];
    expect((await convergeStep(vm as Manager, host, gone(one, { approved: true }))).outcome).toBe('done');
    await apply(one);
    expect((await line('scsi1'))?.split(/[ ,]/)[1]).toBe(disk);
    expect((await line('tpmstate0'))?.split(/[ ,]/)[1]).toBe(tpm);
  });

  test('one that no longer exists is created again only after an approval', async () => {
    const one = of({ disks: disks.slice(0, 1) });
    await apply(one);
    const volume = (await line('scsi1'))?.split(/[ ,]/)[1] ?? '';
    await apply(of(), one);
    await host.write(CONF, (await host.read(CONF)).replace(/^unused0: .*\n/m, ''));
    const free = { kind: 'command', program: 'pvesm', args: ['free', volume], timeoutSeconds: 10 } as const;
    expect((await host.run(free)).exit).toBe(0);
    expect(await refusal(one, of())).toContain('which is not there any more');
    await apply(one, of(), { approved: true });
    expect(await line('scsi1')).toBeDefined();
  });

  test('one on another storage is refused, with how to move it', async () => {
    const one = of({ disks: disks.slice(0, 1) });
    await apply(one);
    const moved = of({ disks: [{ ...DISK, bus: 'scsi1', storage: 'local' }] });
    expect(await refusal(moved, one)).toContain('qm disk move 1001 scsi1 local');
  });

  test('those that people added stay', async () => {
    const one = of();
    await apply(one);
    const args = ['set', '1001', '--scsi5', 'rpool:2'];
    expect((await host.run({ kind: 'command', program: 'qm', args, timeoutSeconds: 10 })).exit).toBe(0);
    expect(await apply(one, one)).toEqual([]);
    expect(await line('scsi5')).toBeDefined();
  });
});

describe('disks of the host', () => {
  const [WD, ST] = ['/dev/disk/by-id/ata-WDC_WD40', '/dev/disk/by-id/ata-ST4000'];
  const at = (path: string, own: object = {}) => ({ ...DISK, size_gb: null, bus: 'scsi1', path, ...own });
  beforeEach(async () => {
    for (const path of [WD, ST]) await host.write(path, `what is on ${path}`);
  });
  afterEach(async () => {
    for (const path of [WD, ST]) expect(await host.read(path)).toBe(`what is on ${path}`);
  });

  test('are attached with a new VM and to an old one, used as declared, and detached', async () => {
    const one = of({ disks: [at(WD, { options: { backup: '0' } })] });
    await apply(one);
    expect(await line('scsi1')).toMatch(/^scsi1: \/dev\/disk\/by-id\/ata-WDC_WD40,.*backup=0/);
    const two = of({ disks: [at(WD), at(ST, { bus: 'virtio3', format: 'raw' })] });
    expect(await apply(two, one)).toEqual(['set disk scsi1, disk virtio3 of VM 1001']);
    expect(await line('scsi1')).not.toContain('backup');
    expect(await line('virtio3')).toContain(`${ST},`);
    await apply(of(), two);
    expect(await host.read(CONF)).not.toMatch(/^(scsi1|virtio3|unused\d+):/m);
  });

  test('stay as they are when the VM is destroyed, and are attached to it again', async () => {
    const one = of({ disks: [at(WD)] });
    await apply(one);
    expect((await convergeStep(vm as Manager, host, gone(one, { approved: true }))).outcome).toBe('done');
    await apply(one);
    expect(await line('scsi1')).toContain(WD);
  });

  test('one takes the place of another only with an approval', async () => {
    const [one, other] = [of({ disks: [at(WD)] }), of({ disks: [at(ST)] })];
    await apply(one);
    expect(await refusal(other, one)).toContain(`disk scsi1 is ${WD}, and ${ST} would take its place`);
    await apply(other, one, { approved: true });
    expect(await line('scsi1')).toContain(ST);
  });

  test('none takes the place of a volume or a CD, and no volume that of one', async () => {
    const volume = of({
      disks: [
        { ...DISK, bus: 'scsi1' },
        { ...DISK, size_gb: null, bus: 'sata1', iso: ISO },
      ],
    });
    await apply(volume);
    expect(await refusal(of({ disks: [at(WD)] }), volume)).toMatch(
      /scsi1 of VM 1001 is rpool:vm-.*qm set 1001 --delete scsi1/,
    );
    expect(await refusal(of({ disks: [at(WD, { bus: 'sata1' })] }), volume)).toContain(
      'sata1 of VM 1001 is a CD drive',
    );
    await apply(of(), volume);
    const one = of({ disks: [at(WD)] });
    await apply(one);
    expect(await refusal(volume, one)).toContain(`write "path": "${WD}"`);
    const cd = of({ disks: [{ ...DISK, size_gb: null, bus: 'scsi1', iso: ISO }] });
    expect(await refusal(cd, one)).toMatch(/declared as a CD drive, and scsi1 is \/dev\/.*qm set 1001 --delete scsi1/);
    expect(await line('scsi1')).toContain(WD);
  });

  test('one that the VM has at another bus is not attached a second time, and moves where the declaration moves it', async () => {
    await apply(of());
    await host.write(CONF, `${(await host.read(CONF)).trimEnd()}\nscsi2: ${WD},size=4000G\n`);
    const one = of({ disks: [at(WD)] });
    expect(await refusal(one, of())).toMatch(/which is attached as scsi2; declare it there/);
    const part = of({ disks: [at(`${WD}-part1`)] });
    expect(await refusal(part, of())).toContain(`${WD}-part1, which is attached as scsi2 (${WD}); declare it there`);
    expect(await line('scsi1')).toBeUndefined();
    const there = of({ disks: [at(WD, { bus: 'scsi2' })] });
    await apply(there, of());
    await apply(one, there);
    expect([await line('scsi1'), await line('scsi2')]).toEqual([expect.stringContaining(WD), undefined]);
  });

  test('one that is the root disk is not attached to a VM without any disk', async () => {
    await apply(of());
    await host.write(CONF, (await host.read(CONF)).replace(/^(scsi0|boot): .*\n/gm, ''));
    const rootless = of({ diskSizeGb: null, rootDisk: { bus: null, path: WD, options: {} }, disks: [] });
    expect(await refusal(rootless, of())).toContain(`attach it with: qm set 1001 --scsi0 ${WD}`);
  });

  test('where a volume is declared, only what the files may hold is advised', async () => {
    await apply(of());
    const plain = await host.read(CONF);
    const rows = [
      [
        'scsi1',
        '/dev/sdb',
        'attach it by a name that lasts (ls -l /dev/disk/by-id lists them) and write that as "path"',
      ],
      ['scsi1', '/srv/images/disk.raw', 'declare the disk at another bus, or take it out'],
      ['efidisk0', WD, 'leave the field out, or take it out with: qm set 1001 --delete efidisk0'],
    ] as const;
    for (const [key, path, advice] of rows) {
      await host.write(CONF, `${plain.trimEnd()}\n${key}: ${path},size=4M\n`);
      const volume = { disks: [{ ...DISK, bus: 'scsi1' }], efiDisk: { storage: 'rpool', pre_enrolled_keys: false } };
      const said = String(await refusal(of(volume), of()));
      expect(said).toContain(advice);
      expect(said).not.toContain('write "path"');
    }
  });

  test('one that is not there is not attached', async () => {
    const end = await convergeStep(vm as Manager, host, ask(of({ disks: [at('/dev/disk/by-id/gone')] })));
    expect(end).toMatchObject({ outcome: 'failed' });
    expect(JSON.stringify(end)).toContain('volume /dev/disk/by-id/gone does not exist');
  });

  test('one is the root disk, which is never grown, and its VM keeps the one that it has', async () => {
    const network = { ...machine(1001).network, ip: null, gateway: null };
    const bare = { templateImage: null, cloudInit: false, empty: true, diskSizeGb: null, network } as const;
    const rootOf = (path: string) => of({ ...bare, rootDisk: { bus: 'sata0', path, options: { ssd: '1' } } });
    const actions = await apply(rootOf(WD));
    expect(actions[0]).toBe(`create VM 1001 on ${WD}`);
    expect(await line('sata0')).toMatch(/^sata0: \/dev\/disk\/by-id\/ata-WDC_WD40,size=\d+,ssd=1$/);
    expect(await line('boot')).toBe('boot: order=sata0');
    expect(await refusal(rootOf(ST), rootOf(WD))).toContain(`qm set 1001 --sata0 ${ST}`);
    expect((await convergeStep(vm as Manager, host, gone(rootOf(WD), { approved: true }))).outcome).toBe('done');
  });
});

test('UEFI with its disk, and a TPM, are made once', async () => {
  const secure = { efiDisk: { storage: 'rpool', pre_enrolled_keys: true }, tpm: { storage: 'rpool', version: 'v2.0' } };
  const one = of();
  await apply(one);
  await apply(of(secure), one);
  expect(await line('efidisk0')).toMatch(/efitype=4m.*pre-enrolled-keys=1/);
  expect(await line('tpmstate0')).toContain('version=v2.0');
  const older = { efiDisk: { ...secure.efiDisk, pre_enrolled_keys: false, options: { efitype: '2m' } } };
  expect(await apply(of({ ...secure, ...older }), of(secure))).toEqual([]);
  await convergeStep(vm as Manager, host, gone(of(secure), { approved: true }));
  await apply(of(older));
  expect(await line('efidisk0')).toMatch(/efitype=2m/);
});

describe('a new VM is made for its drives', () => {
  const efiDisk = { storage: 'rpool', pre_enrolled_keys: false };
  const threaded = { bus: null, options: { iothread: '1' } };

  test('UEFI where it has an EFI disk, a controller for each disk where one has a thread', async () => {
    await apply(of({ efiDisk, rootDisk: threaded }));
    expect(await line('bios')).toBe('bios: ovmf');
    expect(await line('scsihw')).toBe('scsihw: virtio-scsi-single');
  });

  test('neither where nothing asks for it', async () => {
    await apply(of({ disks: [{ ...DISK, bus: 'virtio1', options: { iothread: '1' } }] }));
    expect(await line('bios')).toBeUndefined();
    expect(await line('scsihw')).toBe('scsihw: virtio-scsi-pci');
  });

  test('the declared one takes precedence, and each is written once', async () => {
    await apply(of({ efiDisk, options: { bios: 'ovmf', scsihw: 'pvscsi', vga: 'std' } }));
    expect(await line('scsihw')).toBe('scsihw: pvscsi');
    const created = host.commands.find((command) => command.startsWith('qm create'));
    for (const option of ['--bios', '--scsihw', '--vga']) expect(created?.split(option)).toHaveLength(2);
  });
});

test.each(['virtio0', 'sata0'])(
  'a VM whose root disk is %s is adopted with its size, and nothing but its mark changes',
  async (bus) => {
    const args = [
      'create',
      '1001',
      '--name',
      'vm-1001',
      `--${bus}`,
      'rpool:8',
      '--cores',
      '2',
      '--memory',
      '512',
      '--boot',
      `order=${bus}`,
    ];
    expect((await host.run({ kind: 'command', program: 'qm', args, timeoutSeconds: 10 })).exit).toBe(0);
    const network = { ...machine(1001).network, ip: null, gateway: null, bridge: null };
    const user = { username: null, passwordHash: null, sshKeys: [] };
    const target = of({ network, user });
    const actions = await apply(target, undefined, { adopt: true });
    expect(actions).toEqual(['set tags of VM 1001 to phoenix']);
    await apply(of({ network, user, diskSizeGb: 10 }), target);
    expect(await line(bus)).toContain('size=10G');
    expect(
      await refusal(of({ network, user, diskSizeGb: 10, rootDisk: { bus: 'scsi0', options: {} } }), target),
    ).toContain(`write "bus": "${bus}" in root_disk`);
  },
);

describe('rules', () => {
  const with_ = (own: object): Files => {
    const files = environment();
    Object.assign(files[VM].vms[1], { template_image: undefined, clone_from_vmid: undefined, ...own });
    return files;
  };
  const bare = { user_config: undefined, network_config: { ip: '10.0.0.111/24' }, volumes: [], docker_stacks: [] };

  test('one source is enough, an ISO image among them', () => {
    for (const own of [{ iso: ISO }, { empty: true }, { import_from: 'local:import/disk.qcow2' }])
      expect(found('INVALID_VALUE', with_({ ...bare, ...own }))).toEqual([]);
    expect(
      found('INVALID_VALUE', with_({ ...bare, iso: ISO, empty: true, import_from: 'local:import/a.raw' })),
    ).toEqual([expect.stringContaining('"import_from" and "empty" exclude each other')]);
  });

  test('without cloud-init and guest agent, setting up the guest is refused', () => {
    const asked = with_({ ...bare, iso: ISO, user_config: { username: 'phoenix' }, features: ['docker'] });
    expect(found('INVALID_VALUE', asked)).toEqual([
      expect.stringContaining('cloud-init does not set it up'),
      expect.stringContaining('features needs the guest agent'),
    ]);
    expect(found('INVALID_VALUE', with_({ ...bare, iso: ISO, guest_agent: true, features: ['docker'] }))).toEqual([]);
  });

  test('drives have places of their own and are used as their bus allows', () => {
    const disks = [
      { bus: 'scsi0', size_gb: 4 },
      { bus: 'sata1' },
      { bus: 'virtio1', size_gb: 4, ssd: true },
      { bus: 'ide0', iso: ISO, size_gb: 1 },
    ];
    expect(found('INVALID_VALUE', with_({ ...bare, iso: ISO, disks }))).toEqual([
      expect.stringContaining('scsi0 is the place of the root disk'),
      expect.stringContaining('"size_gb" is missing'),
      expect.stringContaining('a disk at virtio1 has no "ssd"'),
      expect.stringContaining('a CD has no size'),
    ]);
  });

  test('further keys are those of Proxmox, with its values, on a bus that has them, and said once', () => {
    const rows: readonly (readonly [object, string | null])[] = [
      [{ options: { werror: 'enospc', detect_zeroes: false } }, null],
      [{ options: { iops: 5, iops_max: 9, iops_max_length: 3 } }, null],
      [{ options: { iops: 0 }, read_iops: 5 }, null],
      [{ write_mb_per_s: 5, write_mb_per_s_burst: 9, options: { bps_wr_max_length: 3 } }, null],
      [{ options: { bps_wr_max_length: 3 } }, 'must not stand without write_mb_per_s_burst'],
      [{ options: { iops: 5, iops_max_length: 3 } }, 'must not stand without iops_max'],
      [{ options: { mbps: 5 }, read_mb_per_s: 5 }, 'must not stand beside read_mb_per_s'],
      [{ options: { werror: 'sometimes' } }, "must be what Proxmox takes: value 'sometimes' does not have a value"],
      [{ options: { wwn: 'x' } }, 'must be what Proxmox takes'],
      [{ options: { size: '8G' } }, 'must not stand in options; write its size in GB'],
      [{ options: { media: 'cdrom' } }, 'must not stand in options; write "iso" for a CD drive'],
      [{ options: { bps: 5242880 } }, 'must not stand in options; write "mbps"'],
      [{ options: { bps_rd: 5242880 } }, 'must not stand in options; write "read_mb_per_s"'],
      [{ options: { bps_wr_length: 3 } }, 'must be written as bps_wr_max_length'],
      [{ cache: 'none', options: { cache: 'none' } }, 'must not say cache a second time beside "cache"'],
      [{ options: { werror: ['stop'] } }, 'must be text, a number, or true or false'],
      [{ options: { product: 'disk' }, bus: 'virtio1' }, 'a disk at virtio1 has no "product"'],
      [{ options: { serial: 'a,file=/etc/passwd' } }, 'cannot stand in a property string'],
    ];
    for (const [own, refused] of rows) {
      const disks = [{ bus: 'scsi1', size_gb: 4, ...own }];
      const said = found('INVALID_VALUE', with_({ ...bare, empty: true, disks }));
      expect(said, JSON.stringify(own)).toEqual(refused === null ? [] : [expect.stringContaining(refused)]);
    }
    const discarded = with_({ ...bare, empty: true, disks: [{ bus: 'scsi1', size_gb: 4, options: { snapshot: 1 } }] });
    expect(found('INVALID_VALUE', discarded)).toEqual([
      expect.stringContaining("'snapshot' option is not yet supported"),
    ]);
    Object.assign(discarded[VM].vms[1], { machine: 'pc-q35-9.2' });
    expect(found('INVALID_VALUE', discarded)).toEqual([]);
  });

  test('an appliance is unpacked on a storage of files that takes disks', () => {
    const own = { ...bare, import_from: 'local:import/app.ova/disk.vmdk' };
    const judged = (more: object, storages: object) => {
      const files = with_({ ...own, ...more });
      Object.assign(files, { 'etc/phoenix_datacenter_config.json': { storages } });
      return found('UNKNOWN_STORAGE', files);
    };
    const dir = { type: 'dir', path: '/tank/work', content: ['images'] };
    expect(judged({ import_working_storage: 'work' }, { work: dir })).toEqual([]);
    expect(judged({ import_working_storage: 'wrok' }, { work: dir })).toEqual([
      expect.stringContaining('"wrok", which is not declared'),
    ]);
    expect(judged({ import_working_storage: 'work' }, { work: { ...dir, content: ['iso'] } })).toEqual([
      expect.stringContaining('holds no files of VM disks'),
    ]);
    expect(found('INVALID_VALUE', with_({ ...bare, import_from: 'local:import/app.ova' }))).toEqual([
      expect.stringContaining('one in an appliance such as'),
    ]);
  });

  test('a disk of the host is nothing else, and is given to one guest', () => {
    const path = '/dev/disk/by-id/ata-WDC_WD40';
    const disks = [
      { bus: 'scsi1', path, size_gb: 4 },
      { bus: 'scsi2', path },
      { bus: 'scsi3', path: '/dev/mem' },
    ];
    expect(found('INVALID_VALUE', with_({ ...bare, empty: true, disks: disks.slice(0, 2) }))).toEqual([
      expect.stringContaining('a disk of the host has its own size and content'),
      expect.stringContaining(`${path} is given to it already`),
    ]);
    expect(found('INVALID_VALUE', with_({ ...bare, empty: true, disks: disks.slice(2) }))).toEqual([
      expect.stringContaining('must be a disk of the host'),
    ]);
    const root = { root_disk: { path }, import_from: 'local:import/disk.qcow2', disk_size_gb: 8 };
    expect(found('INVALID_VALUE', with_({ ...bare, ...root }))).toEqual([
      expect.stringContaining('nothing is written to a disk of the host'),
      expect.stringContaining('a disk of the host has its own size'),
    ]);
    const files = with_({ ...bare, empty: true, disks: [disks[1]] });
    const [first] = Object.values(files['etc/phoenix_lxc_configs.json'].lxc_configs);
    Object.assign(first as object, { mount_points: [{ host_path: path, container_path: '/srv' }] });
    const twice = [expect.stringContaining('and two that write to one disk destroy')];
    expect(found('INVALID_VALUE', files)).toEqual(twice);
    Object.assign(first as object, { mount_points: [{ host_path: `${path}-part1`, container_path: '/srv' }] });
    expect(found('INVALID_VALUE', files)).toEqual([expect.stringContaining(`already as ${path}-part1, and two`)]);
    Object.assign(files[VM].vms[1], { disks: [{ bus: 'scsi2', path: `${path}-part2` }] });
    expect(found('INVALID_VALUE', files)).toEqual([]);
  });

  test('options that leave a drive without effect are refused, and those that serve it are not', () => {
    const drives = { ...bare, iso: ISO, efi_disk: {}, root_disk: { iothread: true } };
    const given = (options: object) => found('INVALID_VALUE', with_({ ...drives, options }));
    expect(given({ bios: 'seabios', scsihw: 'lsi' })).toEqual([
      expect.stringContaining('"efi_disk" is read by UEFI alone'),
      expect.stringContaining('a thread for scsi0 needs the controller virtio-scsi-single'),
    ]);
    for (const options of [{}, { bios: 'ovmf', scsihw: 'virtio-scsi-single' }]) expect(given(options)).toEqual([]);
  });
});

describe('a disk of an appliance', () => {
  const DISK_IN = 'local:import/app 1.ova/app-disk1.vmdk';
  const bare = {
    templateImage: null,
    cloudInit: false,
    network: { ...machine(1001).network, ip: null, gateway: null },
  } as const;

  /** A tar archive with a disk of so many GB, as VMware writes it. */
  function appliance(name: string, gigabytes: number): string {
    const disk = Buffer.alloc(512);
    disk.write('KDMV');
    disk.writeBigUInt64LE(BigInt(gigabytes) * 2n ** 21n, 12);
    const header = Buffer.alloc(512);
    header.write(name);
    header.write(disk.length.toString(8).padStart(11, '0'), 124);
    return Buffer.concat([header, disk, Buffer.alloc(1024)]).toString('latin1');
  }
  const files = async (): Promise<void> => {
    const text = await host.read('/etc/pve/storage.cfg');
    const local = text.replace(/^(dir: local\n(?:\s.*\n)*?\s+content ).*/m, '$1iso,vztmpl,import,snippets');
    await host.write('/etc/pve/storage.cfg', `${local}\ndir: work\n\tpath /srv/work\n\tcontent images,import\n`);
    await host.write('/var/lib/vz/import/app 1.ova', appliance('app-disk1.vmdk', 3));
  };

  test('is unpacked where it is declared, becomes the root disk, and grows', async () => {
    await files();
    const one = of({ ...bare, importFrom: DISK_IN, importWorkingStorage: 'work', diskSizeGb: 6 });
    await apply(one);
    expect(await line('scsi0')).toMatch(/^scsi0: rpool:vm-1001-disk-\d,size=6G$/);
    expect(host.commands.find((command) => command.startsWith('qm create'))).toContain(
      ' --import-working-storage work',
    );
    await host.write('/srv/work/import/other.ova', appliance('data.vmdk', 2));
    const further = { ...DISK, bus: 'scsi1', size_gb: null, import_from: 'work:import/other.ova/data.vmdk' };
    await apply(
      of({ ...bare, importFrom: DISK_IN, importWorkingStorage: 'work', diskSizeGb: 6, disks: [further] }),
      one,
    );
    expect(await line('scsi1')).toContain('size=2G');
  });

  test('is refused before anything is made where the appliance is missing, and told by Proxmox where it cannot be unpacked', async () => {
    expect(await refusal(of({ ...bare, importFrom: DISK_IN }))).toContain('put the disk there');
    await files();
    const end = await convergeStep(vm as Manager, host, ask(of({ ...bare, importFrom: DISK_IN })));
    expect(end).toMatchObject({ outcome: 'failed' });
    expect(JSON.stringify(end)).toContain("import working storage 'local' does not support");
    const inner = of({ ...bare, importFrom: 'local:import/app 1.ova/other.vmdk', importWorkingStorage: 'work' });
    const missing = await convergeStep(vm as Manager, host, ask(inner));
    expect(JSON.stringify(missing)).toContain('Not found in archive');
    await expect(host.read(CONF)).rejects.toThrow();
  });
});
