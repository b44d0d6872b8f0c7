// The guarantees of an import, for guests of every kind: its files validate and plan no change on the host that they were read from, and a second
// import is the same.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { setRunning } from 'phoenix-lab/state';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareTargets } from '../../../src/cli/host/compare.ts';
import { snapshotOf } from '../../../src/cli/host/written-snapshot.ts';
import { readHost } from '../../../src/cli/import/import.ts';
import { load } from '../../../src/load/load.ts';
import type { Imported } from '../../../src/managers/importer.ts';
import { allTargets } from '../../../src/managers/index.ts';
import { HYPERVISOR_FILE, LXC_FILE, VM_FILE } from '../../../src/managers/places.ts';
import { readSourceSettings } from '../../../src/settings/source.ts';
import { containerFile, machineWithDrivesFile } from '../../managers/adoption/guests.ts';
import { mainOf } from '../../managers/adoption/round-trip.ts';
import { guardedHost } from '../../support/host/guarded-host.ts';
import { type LabHost, openLabHost } from '../../support/host/lab-host.ts';
import { LONG_TEST } from '../../support/long.ts';
import { runs } from '../../support/runs.ts';
import { mutatedGuest } from './mutated-guests.ts';
import { tableGuest } from './table-guests.ts';

type Kind = 'lxc' | 'vm';

const ID = 4001;
const SETTINGS = readSourceSettings({}, () => '');

let host: LabHost;
beforeAll(async () => {
  host = await openLabHost();
});
afterAll(() => host.close());

const pathOf = (kind: Kind): string => `/etc/pve/${kind === 'lxc' ? 'lxc' : 'qemu-server'}/${ID}.conf`;

/** The host with this one guest and no other. */
async function hostWith(kind: Kind, text: string, running: boolean): Promise<void> {
  const other = kind === 'lxc' ? 'vm' : 'lxc';
  await host.removeFiles({ kind: 'remove', paths: [pathOf(other)] });
  await host.write(pathOf(kind), text);
  setRunning({ dir: host.dir, name: 'pve' }, ID, running);
  host.forget();
}

function entryOf(kind: Kind, { files }: Imported): unknown {
  if (kind === 'lxc') return (files[LXC_FILE]?.['lxc_configs'] as Record<string, unknown> | undefined)?.[String(ID)];
  return (files[VM_FILE]?.['vms'] as unknown[] | undefined)?.[0];
}

/** Imports, and plans the written files against the same host. */
async function roundTrip(kind: Kind) {
  const guarded = guardedHost(host);
  const { imported } = await readHost(guarded, [kind, 'hypervisor'], SETTINGS);
  const commands = host.commands.length;
  const { config, problems } = load(snapshotOf(imported.files, imported.texts), SETTINGS);
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  const compared = config === null ? [] : await compareTargets(guarded, guarded, allTargets(config));
  expect(compared.filter((one) => one.kind !== 'same')).toEqual([]);
  const again = await readHost(guarded, [kind, 'hypervisor'], SETTINGS);
  expect(again.imported).toEqual(imported);
  return { imported, entry: entryOf(kind, imported), commands };
}

const FOLDER = process.env['PHOENIX_GUEST_FILES'] ?? '';
const isThere = FOLDER !== '' && existsSync(FOLDER);
const FILES = (['lxc', 'vm'] as const).flatMap((kind) => {
  const folder = join(FOLDER, kind === 'lxc' ? 'lxc' : 'qemu');
  const names = isThere && existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.conf')) : [];
  return names.map((name) => ({ kind, name, text: readFileSync(join(folder, name), 'utf8') }));
});

/** The same guest with the lines that Proxmox itself always writes, and the file lacks. */
function completed({ kind, text }: (typeof FILES)[number]): string {
  const needed = kind === 'lxc' ? { hostname: 'guest', memory: '512' } : { name: 'guest' };
  const lines = Object.entries(needed).filter(([key]) => !new RegExp(`^${key}:`, 'm').test(mainOf(text)));
  return `${lines.map(([key, value]) => `${key}: ${value}\n`).join('')}${text}`;
}

function filesOf(kind: Kind): string[] {
  return FILES.filter((file) => file.kind === kind).map(completed);
}

/** Each with its number of runs, and why the whole guest may be left out. */
const GENERATED = [
  ['a container', 'lxc', containerFile, 25, /address of/],
  ['a VM', 'vm', machineWithDrivesFile, 25, /address of/],
  ['a container of any options', 'lxc', tableGuest('lxc'), 6, /./],
  ['a VM of any options', 'vm', tableGuest('qemu'), 6, /./],
] as const;

describe.each(GENERATED)('%s that people made', (_, kind, file, usual, isLeftOut) => {
  test('is written down, plans nothing, and reads the same a second time', LONG_TEST, async () => {
    await fc.assert(
      fc.asyncProperty(file, fc.boolean(), async (text, running) => {
        await hostWith(kind, text, running);
        const { entry, imported, commands } = await roundTrip(kind);
        // What no guest of this host may have, such as the gateway's address, leaves out the whole guest.
        if (entry === undefined) expect(imported.left.map(({ why }) => why).join()).toMatch(isLeftOut);
        // The host, its guests, its templates and its clock: everything that is observed.
        expect(commands).toBeLessThanOrEqual(5);
        for (const { what, why } of imported.left) expect([what, why]).not.toContain('');
      }),
      { numRuns: runs(usual) },
    );
  });
});

/** What no declaration can say: only then is a whole guest left out. */
const SAID_BY_NO_DECLARATION =
  /has no (host)?name|a change of its name waits|lies on no storage|is not a hostname|is locked \(create\)|"memory_mb" is missing: no field can say/;

const MUTATED = [
  ['container', 'lxc', fc.oneof(containerFile, ...filesOf('lxc').map((text) => fc.constant(text)))],
  ['VM', 'vm', fc.oneof(machineWithDrivesFile, ...filesOf('vm').map((text) => fc.constant(text)))],
] as const;

describe.each(MUTATED)('the file of a %s that somebody changed by hand', (_, kind, file) => {
  test('is written down, and a whole guest is left out only for what no declaration can say', LONG_TEST, async () => {
    await fc.assert(
      fc.asyncProperty(mutatedGuest(file), fc.boolean(), async (text, running) => {
        await hostWith(kind, text, running);
        const { entry, imported } = await roundTrip(kind);
        const whole = imported.left.filter(({ what }) => what === `${kind}/${ID} (${pathOf(kind)})`);
        if (entry === undefined) expect(whole).toMatchObject([{ why: expect.stringMatching(SAID_BY_NO_DECLARATION) }]);
        else expect(whole).toEqual([]);
        for (const { what } of imported.left.filter(({ what }) => what.startsWith(`${kind}/${ID} `)))
          expect(what).toContain('/etc/pve/');
      }),
      { numRuns: runs(25) },
    );
  });
});

const CONTAINER = 'hostname: app\nmemory: 512\nrootfs: rpool:subvol-4001-disk-0,size=8G\n';
const MACHINE = 'name: app\nmemory: 2048\nscsi0: rpool:vm-4001-disk-0,size=8G\n';

/** What only one field could not say, with what is left: its name and its line. */
const ONE_FIELD: readonly (readonly [string, Kind, string, readonly string[]])[] = [
  ['a file system of no kernel', 'lxc', `${CONTAINER}features: nesting=1,mount=true\n`, ['pct_options.1', ':4']],
  ['a volume at two places', 'lxc', `${CONTAINER}${volumesAt('/a', '/b')}`, ['zfs_volumes.1', ':5']],
  ['two mounts at one place', 'lxc', `${CONTAINER}${volumesAt('/a', '/a')}`, ['zfs_volumes.mount_point', ':5']],
  ['a mount with two places', 'lxc', `${CONTAINER}mp0: /tank,mp=/a,mp=/b\n`, ['mount_points.0', ':4']],
  ['a root disk without a limit', 'lxc', CONTAINER.replace('8G', '0T'), ['rootfs size', ':3']],
  ['a distribution of nobody', 'lxc', `${CONTAINER}ostype: debian,x=1\n`, ['ostype', ':4']],
  ['a processor flag of nobody', 'vm', `${MACHINE}cpu: cputype=host,flags=+foo\n`, ['options.cpu', ':4']],
  ['a device for another chipset', 'vm', `${MACHINE}hostpci0: 01:00.0;02:00.0,pcie=1\n`, ['options.hostpci0', ':4']],
  [
    'a template that waits to be none',
    'lxc',
    `${CONTAINER}template: 1\n[pve:pending]\ntemplate: 0\n`,
    ['template', ':4'],
  ],
  ['other tags that wait', 'lxc', `${CONTAINER}tags: web\n[pve:pending]\ntags: lab\n`, ['tags', ':4']],
  ['an address that waits', 'vm', `${MACHINE}[PENDING]\nipconfig0: ip=10.0.0.5/24\n`, ['ipconfig0', '']],
];

function volumesAt(...paths: readonly string[]): string {
  return paths.map((path, index) => `mp${index}: rpool:subvol-4001-disk-1,mp=${path},size=8G\n`).join('');
}

test.each(ONE_FIELD)(
  'of %s only that is left, with its line, and the guest is declared',
  async (_, kind, text, left) => {
    await hostWith(kind, text, false);
    const { entry, imported } = await roundTrip(kind);
    expect(entry).toMatchObject({ name: 'app' });
    const [field, line] = left;
    // A line that Proxmox itself cannot read is told beside the field.
    const beside = /which template it was made from|^Proxmox cannot read this line/;
    const own = imported.left
      .filter(({ what, why }) => !what.startsWith('hypervisor') && !beside.test(why))
      .map(({ what }) => what);
    expect(own).toEqual([`${kind}/${ID} ${field} (${pathOf(kind)}${line})`]);
  },
);

test('a whole guest is left out with the reason, and its parts are not listed beside it', async () => {
  await hostWith('vm', `${MACHINE.replace('app', 'my_app')}future: 1\n`, false);
  const { entry, imported } = await roundTrip('vm');
  expect(entry).toBeUndefined();
  expect(imported.left.filter(({ what }) => what.startsWith('vm/'))).toEqual([
    { what: `vm/${ID} (${pathOf('vm')})`, why: '"my_app" is not a hostname' },
  ]);
});

test.each([
  [
    'lxc',
    'arch: amd64\nhostname: app\nmemory: 512\nnet0: name=eth0,bridge=vmbr0,ip=dhcp\nrootfs: rpool:subvol-4001-disk-0,size=8G\n',
  ],
  ['vm', 'name: app\nmemory: 2048\nnet0: virtio=BC:24:11:00:00:01,bridge=vmbr0\nscsi0: rpool:vm-4001-disk-0,size=8G\n'],
] as const)('an imported guest that a person moves to another bridge differs: %s', async (kind, text) => {
  await hostWith(kind, text, false);
  const { imported } = await roundTrip(kind);
  const { config } = load(snapshotOf(imported.files, imported.texts), SETTINGS);
  await hostWith(kind, text.replace('vmbr0', 'vmbr1'), false);
  const compared = config === null ? [] : await compareTargets(host, host, allTargets(config));
  expect(compared.filter((one) => one.kind !== 'same')).toMatchObject([{ target: `${kind}/${ID}`, kind: 'differs' }]);
});

test('nothing that may be secret comes into a file of the repository', async () => {
  const secrets = ['hunter2-of-the-container', '$5$abc$hunter2ofthevm'];
  const container = `arch: amd64\nhostname: app\nmemory: 512\nnet0: name=eth0,bridge=vmbr0,ip=dhcp,type=veth\nrootfs: rpool:subvol-4001-disk-0,size=8G\nlxc.environment.runtime: DB_PASSWORD=${secrets[0]}\nlxc.environment.runtime: LANG=C.UTF-8\n`;
  await hostWith('lxc', container, false);
  const { imported, entry } = await roundTrip('lxc');
  expect(entry).toMatchObject({ env: { LANG: 'C.UTF-8' } });
  expect(JSON.stringify(imported)).not.toContain(secrets[0]);
  expect(imported.left.map(({ what }) => what)).toContain(`lxc/4001 env DB_PASSWORD (${pathOf('lxc')})`);
  const machine = `name: app\nmemory: 2048\nscsi0: rpool:vm-4001-disk-0,size=8G\nciuser: kim\ncipassword: ${secrets[1]}\n`;
  await hostWith('vm', machine, false);
  const other = await roundTrip('vm');
  expect(JSON.stringify(other.imported.files)).not.toContain(secrets[1]);
  expect(other.imported.left.map(({ what }) => what).join()).toContain('cipassword');
  expect(JSON.stringify(other.imported)).not.toContain(secrets[1]);
});

test('what people upload and hand in beside is declared, or left on the VM with its reason', async () => {
  const lines = [
    'scsi0: rpool:vm-4001-disk-0,size=8G',
    'scsi1: /dev/disk/by-id/ata-WDC_WD40EFRX-1,size=4T,backup=0',
    'ide0: none,media=cdrom',
    'ide2: local:iso/Win11 24H2 (x64).iso,media=cdrom,size=5G',
    'hookscript: rpool-files:snippets/hook.sh',
  ];
  await hostWith('vm', `name: app\nmemory: 2048\n${lines.join('\n')}\n`, false);
  const { entry, imported } = await roundTrip('vm');
  expect(entry).toMatchObject({
    iso: 'local:iso/Win11 24H2 (x64).iso',
    disks: [
      { bus: 'scsi1', path: '/dev/disk/by-id/ata-WDC_WD40EFRX-1', backup: false },
      { bus: 'ide0', iso: 'none' },
    ],
  });
  expect(imported.left.filter(({ what }) => what.startsWith('vm/4001 scsi'))).toEqual([]);
});

test('interfaces of the host that no file may declare beside the others are left as a whole, and nothing else', async () => {
  const path = '/etc/network/interfaces';
  const before = await host.read(path);
  const bridge = (name: string, ...lines: string[]) => [
    '',
    `auto ${name}`,
    `iface ${name} inet static`,
    ...lines,
    'bridge-ports none',
    'bridge-stp off',
    'bridge-fd 0',
    '',
  ];
  const further = [
    ...bridge('vmbr5', 'address 10.0.0.14/24'),
    ...bridge('vmbr6', 'address 10.6.0.14/24', 'gateway 10.6.0.1'),
    ...bridge('vmbr7', 'address 10.7.0.14/24'),
  ];
  await host.write(path, `${before}${further.join('\n')}`);
  await hostWith('lxc', 'arch: amd64\nhostname: app\nmemory: 512\nrootfs: rpool:subvol-4001-disk-0,size=8G\n', false);
  const { imported } = await roundTrip('lxc').finally(() => host.write(path, before));
  expect(imported.files[HYPERVISOR_FILE]).toMatchObject({
    network: {
      interfaces: { address: '10.0.0.13/24', gateway: '10.0.0.1' },
      bridges: [{ name: 'vmbr1' }, { name: 'vmbr7' }],
    },
  });
  const left = imported.left.map(({ what }) => what).filter((what) => what.startsWith('hypervisor'));
  expect(left).toEqual([`hypervisor/network vmbr5 (${path}:23)`, `hypervisor/network vmbr6 (${path}:31)`]);
});

test('drives are imported by their bus, with options that have no field, and what Proxmox has not is left with its line', async () => {
  const text = `name: app
memory: 2048
boot: order=virtio0
ide0: local:iso/virtio-win.iso,media=cdrom,size=600M
ide2: local-lvm:vm-4001-cloudinit,media=cdrom,size=4M
sata0: none,media=cdrom
scsi1: rpool:vm-4001-disk-1,cache=writeback,werror=stop,future=1,iops_rd=100,iops_rd_max=200,iops_rd_length=3,size=512M
scsi2: /dev/disk/by-id/ata-WDC_WD40,size=4000G
tpmstate0: local-lvm:vm-4001-disk-2,size=4M
virtio0: local-lvm:vm-4001-disk-0,discard=on,iothread=1,size=32G
`;
  await hostWith('vm', text, false);
  const { entry, imported } = await roundTrip('vm');
  expect(entry).toMatchObject({
    iso: 'local:iso/virtio-win.iso',
    cloud_init: true,
    storage_pool: 'local-lvm',
    disk_size_gb: 32,
    root_disk: { bus: 'virtio0', discard: true, iothread: true },
    disks: [
      {
        bus: 'scsi1',
        storage: 'rpool',
        size_gb: 0.5,
        cache: 'writeback',
        read_iops_burst: 200,
        options: { iops_rd_max_length: 3, werror: 'stop' },
      },
      { bus: 'scsi2', path: '/dev/disk/by-id/ata-WDC_WD40' },
      { bus: 'sata0', iso: 'none' },
    ],
    tpm: { version: 'v1.2' },
  });
  expect(imported.left.map(({ what }) => what)).toEqual([`vm/4001 scsi1: future=1 (${pathOf('vm')}:7)`]);
});

test('disks of the host are declared by names that last, and others are left with the remedy', async () => {
  const name = '/dev/disk/by-id/ata-WDC_WD40';
  await hostWith('vm', `name: nas\nmemory: 2048\nscsi0: ${name},size=4000G\nscsi1: /dev/sdb,size=4000G\n`, false);
  const { entry, imported } = await roundTrip('vm');
  expect(entry).toMatchObject({ name: 'nas', empty: true, root_disk: { path: name } });
  expect(entry).not.toHaveProperty('disk_size_gb');
  expect(imported.left).toMatchObject([
    {
      what: `vm/4001 scsi1: /dev/sdb,size=4000G (${pathOf('vm')}:4)`,
      why: expect.stringContaining('qm set ID --scsi1, then import again'),
    },
  ]);
  const mounts = `mp0: /dev/sdb1,mp=/data,backup=1,mountoptions=noatime\nmp1: ${name}-part1,mp=/srv,ro=1,size=4T`;
  await hostWith(
    'lxc',
    `arch: amd64\nhostname: app\nmemory: 512\nostype: debian\n${mounts}\nrootfs: rpool:subvol-4001-disk-0,size=8G\n`,
    false,
  );
  const container = await roundTrip('lxc');
  expect(container.entry).toMatchObject({
    mount_points: [{ host_path: `${name}-part1`, container_path: '/srv', read_only: true }],
  });
  expect(container.imported.left).toMatchObject([
    {
      what: `lxc/4001 mp0: /dev/sdb1,mp=/data,backup=1,mountoptions=noatime (${pathOf('lxc')}:5)`,
      why: expect.stringContaining('pct set ID --mp0, then import again'),
    },
  ]);
});

test('an option of a mount that no field says is left as that, not as a volume without its size', async () => {
  const mounts = 'mp0: /tank/media,mp=/media,keepattrs=1,future=1\nmp1: rpool:subvol-4001-disk-1,mp=/data';
  await hostWith(
    'lxc',
    `arch: amd64\nhostname: app\nmemory: 512\nostype: debian\n${mounts}\nrootfs: rpool:subvol-4001-disk-0,size=8G\n`,
    false,
  );
  const { entry, imported } = await roundTrip('lxc');
  expect(entry).toMatchObject({ mount_points: [{ options: { keepattrs: 1 } }] });
  expect(imported.left.map(({ why }) => why)).toEqual([
    expect.stringContaining('no field says it'),
    expect.stringContaining('pct rescan'),
  ]);
});

const title = isThere
  ? 'guest files'
  : 'guest files (skipped: PHOENIX_GUEST_FILES names no folder with configuration files of guests)';

describe.skipIf(!isThere)(title, () => {
  const declared: string[] = [];
  const left: string[] = [];

  test.each(FILES)('$kind $name', async (file) => {
    await hostWith(file.kind, completed(file), false);
    const { entry, imported } = await roundTrip(file.kind);
    if (entry === undefined)
      left.push(
        `${file.kind}/${file.name}: ${imported.left
          .map(({ why }) => why)
          .filter((why) => !why.startsWith('no field'))
          .join('; ')}`,
      );
    else declared.push(file.name);
    // Everything that is not declared is listed.
    if (entry === undefined) expect(imported.left).not.toEqual([]);
  });

  test('how many can be declared, and which not', () => {
    console.log(`${declared.length} of ${FILES.length}`);
    expect([declared.length, left]).toEqual([FILES.length, []]);
  });
});
