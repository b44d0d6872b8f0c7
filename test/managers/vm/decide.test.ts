// Decisions for VMs: for each observation the actions that follow.

import { describe, expect, test } from 'vitest';
import type { GuestObservation } from '../../../src/managers/guest/observe/observation.ts';
import { withUnreadLines } from '../../../src/managers/guest/observe/unread-lines.ts';
import { parseConf } from '../../../src/managers/guest/proxmox/conf.ts';
import type { HostReader, Wanted } from '../../../src/managers/manager.ts';
import { decideMachine, vmDifferences } from '../../../src/managers/vm/decide.ts';
import type { VmGuest } from '../../../src/managers/vm/declared.ts';
import type { VmSpec } from '../../../src/managers/vm/vm-spec.ts';
import { shown } from '../decision.ts';
import { feature, machine, ORIGIN, targetOf, wanted } from '../guests.ts';
import { HOST_FACTS, NO_GUEST } from '../observed.ts';

/** The file of `machine(1001)` as Proxmox writes it, with other lines in the place of some. */
function conf(own: Record<string, string | null> = {}, more = ''): string {
  const settings: Record<string, string | null> = {
    agent: 'enabled=1',
    boot: 'order=scsi0',
    ciuser: 'phoenix',
    cores: '2',
    ide2: 'rpool:vm-1001-cloudinit,media=cdrom,size=4M',
    ipconfig0: 'gw=10.0.0.1,ip=10.0.0.1/24',
    memory: '512',
    meta: 'creation-qemu=10.1.2,ctime=1795382861',
    name: 'vm-1001',
    net0: 'virtio=BC:24:11:00:00:01,bridge=vmbr0',
    onboot: '1',
    ostype: 'l26',
    scsi0: 'rpool:vm-1001-disk-0,discard=on,size=8G',
    tags: 'phoenix',
    ...own,
  };
  const head = [
    '#Kept by Phoenix. Change it in the repository, not here.',
    `#phoenix-repository%3A ${ORIGIN.repository.replaceAll(':', '%3A')}`,
    '#phoenix-target%3A vm/1001',
    `#phoenix-commit%3A ${'a'.repeat(40)}`,
  ];
  const lines = Object.entries(settings).flatMap(([key, value]) => (value === null ? [] : [`${key}: ${value}`]));
  return `${[...head, ...lines].join('\n')}\n${more}`;
}

const HOST = { ...HOST_FACTS, localContents: ['iso', 'snippets'] };

function asked(
  own: Partial<VmGuest>,
  text: string | null,
  look: Partial<GuestObservation> = {},
  ask: Partial<Wanted> = {},
): [Wanted<VmSpec>, GuestObservation] {
  const conf = text === null ? null : parseConf(text, 'qm');
  const seen: GuestObservation = { ...NO_GUEST, conf, running: true, host: HOST, ...look };
  const guest = machine(1001, { network: { ...machine(1001).network, ip: '10.0.0.1/24' }, ...own });
  return [wanted(targetOf(guest), ask), seen];
}

const decide = (...about: Parameters<typeof asked>) => shown(decideMachine(...asked(...about)));
const differences = (...about: Parameters<typeof asked>) => vmDifferences(...asked(...about));

describe('nothing is to be done', () => {
  test.each([
    ['as it was made', conf(), {}],
    ['the agent in its short form', conf({ agent: '1,fstrim_cloned_disks=1' }), {}],
    ['memory in its long form', conf({ memory: 'current=512' }), {}],
    [
      'keys that are encoded',
      conf({ sshkeys: 'ssh-ed25519%20AAAA%20a%40b%0A' }),
      { user: { username: 'phoenix', passwordHash: null, sshKeys: ['ssh-ed25519 AAAA a@b'] } },
    ],
    ['settings that are not declared', conf({ cpu: 'host', machine: 'q35', balloon: '0' }), {}],
    ['a name that cloud-init does not know yet', conf({}, '\n[special:cloudinit]\nname: template\n'), {}],
  ])('%s', (_, text, own) => {
    expect(decide(own as Partial<VmGuest>, text)).toBe('');
    expect(differences(own as Partial<VmGuest>, text)).toEqual([]);
  });
});

test('differences are named field by field, as in the file', () => {
  const there = conf({
    memory: '2048',
    cores: '4',
    scsi0: 'rpool:vm-1001-disk-0,size=4G',
    net0: 'virtio=BC:24:11:00:00:01,bridge=vmbr1',
    ipconfig0: 'ip=dhcp',
  });
  expect(differences({}, there)).toEqual([
    { field: 'cores', declared: 2, observed: 4 },
    { field: 'memory_mb', declared: 512, observed: 2048 },
    { field: 'network_config.bridge', declared: 'vmbr0', observed: 'vmbr1' },
    { field: 'network_config.ip', declared: '10.0.0.1/24', observed: 'dhcp' },
    { field: 'network_config.gw', declared: '10.0.0.1', observed: null },
    { field: 'scsi0.size_gb', declared: 8, observed: 4 },
  ]);
});

test('a line that Proxmox cannot read is written anew with what of it is right, and shown beside it', () => {
  const there = conf({ cores: '2.0', ipconfig0: 'ip=10.0.0.1/24, gw=10.0.0.1,ip6=auto', startup: 'order=1, up=5' });
  expect(differences({}, there)).toEqual([
    { field: 'cores', declared: '2', observed: '2.0 (which Proxmox cannot read)' },
    {
      field: 'network_config',
      declared: 'ip=10.0.0.1/24,gw=10.0.0.1,ip6=auto',
      observed: 'ip=10.0.0.1/24, gw=10.0.0.1,ip6=auto (which Proxmox cannot read)',
    },
  ]);
  expect(decide({}, there)).toContain('--ipconfig0 ip=10.0.0.1/24,gw=10.0.0.1,ip6=auto');
});

test('no change of a VM takes a volume or a device away whose line Proxmox cannot read', () => {
  const there = { ide2: 'rpool:vm-1001-cloudinit,media=cdrom,size=4M', scsi1: 'rpool:vm-1001-disk-7,size=8G,size=9G' };
  expect(decide({}, conf(there))).toBe('');
  expect(decide({ memory_mb: 1024 }, conf(there))).toContain('correct it in that file');
  const sized = { scsi1: 'rpool:vm-1001-disk-7,size=8 G' };
  expect(decide({ memory_mb: 1024 }, conf(sized))).toContain('cannot read "scsi1: rpool:vm-1001-disk-7,size=8 G"');
  const card = { net1: 'virtio=BC:24:11:00:00:02,bridge=vmbr1, tag=5' };
  expect(decide({ memory_mb: 1024 }, conf(card))).toContain('Proxmox cannot read "net1: virtio=BC:24:11:00:00:02');
});

test('the node is asked for lines of which something is unknown here, where a change is due', async () => {
  const more = '\n[PENDING]\nnet1: virtio,bridge=vmbr1,later=1\n\n[before]\nscsi31: rpool:vm-1001-disk-0,size=8G\n';
  const there = conf({ scsi1: 'rpool:vm-1001-disk-7,cache=later,size=8G' }, more);
  const all: Record<string, string> = {
    'qm pending 1001': 'cur memory: 512\ncur scsi1: rpool:vm-1001-disk-7,cache=later\nnew net1: virtio,later=1\n',
    'qm config 1001 --snapshot before': 'scsi31: rpool:vm-1001-disk-0,size=8G\n',
  };
  const read = async (answers: Record<string, string | null>, own: Partial<VmGuest> = { memory_mb: 1024 }) => {
    const [ask, seen] = asked(own, there);
    const commands: string[] = [];
    const run: HostReader['run'] = async ({ program, args }) => {
      const line = [program, ...args].join(' ');
      commands.push(line);
      const stdout = answers[line] ?? null;
      return { ms: 1, exit: stdout === null ? 2 : 0, ended: 'exited', stdout: stdout ?? '', stderr: 'no quorum' };
    };
    return {
      commands,
      decided: shown(decideMachine(ask, await withUnreadLines({ run }, 'qm', ask, seen, decideMachine))),
    };
  };
  expect(await read({}, {})).toEqual({ commands: [], decided: '' });
  const known = await read(all);
  expect(known.commands).toEqual(Object.keys(all));
  expect(known.decided).toContain('qm set 1001 --memory 1024');
  const without = async (line: string, gone: string) =>
    (await read({ ...all, [line]: all[line]?.replace(gone, 'other') ?? '' })).decided;
  expect(await without('qm pending 1001', 'cur scsi1')).toContain(
    'cannot read "scsi1: rpool:vm-1001-disk-7,cache=later,size=8G" in /etc/pve',
  );
  expect(await without('qm pending 1001', 'new net1')).toContain('in the section [PENDING] of');
  expect(await without('qm config 1001 --snapshot before', 'scsi31')).toContain('in the section [before] of');
  await expect(read({ ...all, 'qm pending 1001': null })).rejects.toThrow('qm pending 1001: exit 2: no quorum');
  // Without a field that is left to people, the step changes a VM that is refused with it.
  const refused = await read(all, { memory_mb: 1024, boot_order_devices: ['scsi5'] });
  expect(refused.decided).toContain('scsi5');
  expect(refused.commands).toEqual(Object.keys(all));
});

test.each([
  ['the earlier one', 'cur memory: current=512\n', ''],
  ['the later one', 'cur memory: later=1,current=1024\n', 'set memory of VM 1001'],
])('of two lines of a key, the node shows which counts: %s', async (_, stdout, decided) => {
  const [ask, seen] = asked({}, conf({ memory: 'current=512\nmemory: current=1024,later=1' }));
  const run: HostReader['run'] = async () => ({ ms: 1, exit: 0, ended: 'exited', stdout, stderr: '' });
  const read = await withUnreadLines({ run }, 'qm', ask, seen, decideMachine);
  expect(shown(decideMachine(ask, read)).split(' to ')[0]).toBe(decided);
});

test('a line that Proxmox drops from a snapshot stops what writes the file, and no start or shutdown', () => {
  const snapshot =
    '\n[before]\nmemory: 512\nscsi0: rpool:vm-1001-disk-0, size=8G\nnet0: virtio=BC:24:11:00:00:01, bridge=vmbr0\n';
  const refused =
    'cannot read "scsi0: rpool:vm-1001-disk-0, size=8G" in the section [before] of /etc/pve/qemu-server/1001.conf';
  expect(decide({ memory_mb: 1024 }, conf({}, snapshot))).toContain(refused);
  expect(decide({}, conf({}, snapshot), { running: false })).toContain('qm start 1001');
  expect(decide({ startState: 'stopped' }, conf({}, snapshot))).toContain('qm shutdown 1001');
  const waiting = `\n[PENDING]\nballoon: 256\n${snapshot}`;
  expect(decide({}, conf({}, waiting), { running: false })).toContain(refused);
  const pending = '\n[PENDING]\nnet0: virtio=BC:24:11:00:00:01, bridge=vmbr0\n';
  expect(decide({ memory_mb: 1024 }, conf({}, pending))).toContain('in the section [PENDING] of');
});

test('a VM that is suspended to a disk is resumed, and not unlocked', () => {
  const resumed = decide({}, conf({ lock: 'suspended' }), { running: false });
  expect(resumed).toContain('qm start 1001');
  expect(resumed).not.toContain('locked');
  const decided = decide({ memory_mb: 1024 }, conf({ lock: 'suspended' }));
  expect(decided).toContain('resume it with: qm start 1001');
  expect(decided).not.toContain('unlock');
});

test('options of a root disk that is a file of the host are refused before anything is done', () => {
  const own = { rootDisk: { bus: null, options: { discard: 'on' } } };
  const there = conf({ scsi0: '/srv/web.raw,size=8G' });
  expect(decide(own, there)).toContain("set them with: qm set 1001 --scsi0 '/srv/web.raw,size=8G,discard=on'");
  expect(decide(own, conf({ scsi0: '/srv/web.raw,discard=on,size=8G' }))).toBe('');
  expect(decide({}, there)).toBe('');
  const blank = conf({ scsi0: '/srv/my disks/web.raw,size=8G' });
  expect(decide(own, blank)).toContain("--scsi0 '/srv/my disks/web.raw,size=8G,discard=on'");
});

test('of such a root disk, what a person set is taken, and an option that is no longer declared stays', () => {
  const cache = (options: Record<string, string>) => ({ rootDisk: { bus: null, options } });
  const there = { scsi0: '/dev/sdb,cache=none,size=8G' };
  expect(decide(cache({ cache: 'writeback' }), conf(there))).toContain(
    "or set them with: qm set 1001 --scsi0 '/dev/sdb,cache=writeback",
  );
  const [{ spec: before }] = asked(cache({ cache: 'none' }), conf(there));
  expect(decide(cache({}), conf(there), {}, { before })).toBe('');
  const pending = '\n[PENDING]\nscsi0: /dev/sdb,cache=writeback,size=8G\n';
  const restarted = decide(cache({ cache: 'writeback' }), conf(there, pending));
  expect(restarted).toContain('qm shutdown 1001');
  expect(restarted).not.toContain('/dev/sdb');
});

test('one is made from an image that waits on the host, and grown before it starts', () => {
  expect(decide({}, null, { running: false })).toMatchInlineSnapshot(`
    "write the snippet that installs the guest agent (live)
      /var/lib/vz/snippets/phoenix-guest-agent.yaml <-
        | #cloud-config
        | package_update: true
        | packages:
        |   - qemu-guest-agent
        | runcmd:
        |   - [systemctl, enable, --now, qemu-guest-agent]
    create VM 1001 from /var/lib/vz/template/iso/noble-server-cloudimg-amd64.img (live)
      qm create 1001 --name vm-1001 --cores 2 --memory 512 --onboot 1 --tags phoenix --agent enabled=1 --net0 virtio,bridge=vmbr0 --ipconfig0 ip=10.0.0.1/24,gw=10.0.0.1 --ciuser phoenix --ostype l26 --scsihw virtio-scsi-pci --serial0 socket --vga serial0 --scsi0 rpool:0,discard=on,import-from=/var/lib/vz/template/iso/noble-server-cloudimg-amd64.img --ide2 rpool:cloudinit --boot order=scsi0 --cicustom vendor=local:snippets/phoenix-guest-agent.yaml --description "**Kept by Phoenix.** Change it in the repository, not here.\\n\\n- phoenix-repository: https://git.example/infra.git\\n- phoenix-target: vm/1001\\n- phoenix-commit: cccccccccccccccccccccccccccccccccccccccc"
    grow the disk of VM 1001 to 8 GB (live)
      qm disk resize 1001 scsi0 8G
    start VM 1001 (live)
      qm start 1001"
  `);
});

test('the agent has to come with the image where storage local is another than that of Proxmox', () => {
  const created = decide({}, null, { running: false, host: { ...HOST, localContents: null } });
  expect(created).not.toContain('snippet');
  expect(created).not.toContain('--cicustom');
});

test('memory that is no longer declared returns to Proxmox’s default, and the plan says so', () => {
  const before = targetOf(machine(1001, { memory_mb: 1024 })).spec;
  const decided = decide({ memory_mb: null }, conf({ memory: '1024' }), {}, { before });
  expect(decided).toContain('set memory of VM 1001 to that of Proxmox');
  expect(decided).toContain('--delete memory');
});

test('memory waits for a restart, tags do not', () => {
  expect(decide({ tags: ['web'] }, conf())).toMatchInlineSnapshot(`
    "set tags of VM 1001 to phoenix;web (live)
      qm set 1001 --tags phoenix;web --description "**Kept by Phoenix.** Change it in the repository, not here.\\n\\n- phoenix-repository: https://git.example/infra.git\\n- phoenix-target: vm/1001\\n- phoenix-commit: cccccccccccccccccccccccccccccccccccccccc""
  `);
  expect(decide({ memory_mb: 1024 }, conf())).toMatchInlineSnapshot(`
    "set memory of VM 1001 to 1024 MB (restart)
      qm set 1001 --memory 1024 --description "**Kept by Phoenix.** Change it in the repository, not here.\\n\\n- phoenix-repository: https://git.example/infra.git\\n- phoenix-target: vm/1001\\n- phoenix-commit: cccccccccccccccccccccccccccccccccccccccc"
    shut VM 1001 down (restart)
      qm shutdown 1001 --forceStop 1 --timeout 120
    start VM 1001 (live)
      qm start 1001"
  `);
});

test('a cloud-init drive with older values needs a restart', () => {
  const text = conf({}, '\n[special:cloudinit]\nipconfig0: ip=10.0.0.9/24\n');
  expect(decide({}, text)).toMatchInlineSnapshot(`
    "shut VM 1001 down (restart)
      qm shutdown 1001 --forceStop 1 --timeout 120
    start VM 1001 (live)
      qm start 1001"
  `);
  expect(decide({}, text, { running: false })).toMatch(/^start VM 1001/);
});

test('the address of an interface stays, whatever model it is', () => {
  const vlan = { network: { ...machine(1001).network, ip: '10.0.0.1/24', vlan: 5 } };
  expect(decide(vlan, conf())).toContain('--net0 virtio=BC:24:11:00:00:01,bridge=vmbr0,tag=5');
});

test('keys are passed by a file, and removed when they are no longer declared', () => {
  const user = { username: 'phoenix', passwordHash: null, sshKeys: ['ssh-ed25519 AAAA a@b'] };
  expect(decide({ user }, conf(), { running: false })).toMatchInlineSnapshot(`
    "write the SSH keys for VM 1001 (live)
      /var/lib/phoenix/sshkeys/1001.pub <-
        | ssh-ed25519 AAAA a@b
    set SSH keys of VM 1001 (live)
      qm set 1001 --sshkeys /var/lib/phoenix/sshkeys/1001.pub --description "**Kept by Phoenix.** Change it in the repository, not here.\\n\\n- phoenix-repository: https://git.example/infra.git\\n- phoenix-target: vm/1001\\n- phoenix-commit: cccccccccccccccccccccccccccccccccccccccc"
    start VM 1001 (live)
      qm start 1001"
  `);
  const before = targetOf(machine(1001, { user })).spec;
  const stopped = { running: false };
  const encoded = 'ssh-ed25519%20AAAA%20a%40b%0A';
  expect(decide({}, conf({ sshkeys: encoded }), stopped, { before })).toContain('--delete sshkeys');
  const more = decide({}, conf({ sshkeys: `${encoded}ssh-rsa%20B%0A` }), stopped, { before });
  expect(more).toContain('    | ssh-rsa B\n');
  expect(more).not.toContain('AAAA');
  expect(decide({}, conf({ sshkeys: 'ssh-rsa%20B' }), stopped)).not.toContain('qm set');
});

test('a template is turned into one, and left alone from then on', () => {
  const own = { isTemplate: true, startState: 'stopped', features: [feature('base')] } as const;
  expect(decide(own, conf({ template: '1' }), { running: false, installed: null })).toBe('');
  expect(decide({ ...own, features: [] }, conf(), { running: false })).toMatch(/^turn VM 1001 into a template/);
  expect(decide({}, conf({ template: '1' }), { running: false })).toMatch(
    /^blocked: .*it is a template and should not be/,
  );
});

test('disks only grow, and stay where they are', () => {
  expect(decide({ diskSizeGb: 10 }, conf())).toMatchInlineSnapshot(`
    "grow the disk of VM 1001 to 10 GB (live)
      qm disk resize 1001 scsi0 10G"
  `);
  expect(decide({ diskSizeGb: 4 }, conf())).toMatch(/^impossible: the disk of VM 1001 has 8 GB/);
  expect(decide({ storagePool: 'local' }, conf())).toMatch(/^blocked: .*its disk is on rpool and should be on local/);
});

test('a password is set inside, from a reference', () => {
  const user = { username: 'me', passwordHash: { $secret: 'env:HASH' }, sshKeys: [] };
  const decided = decide({ user }, conf({ ciuser: 'me' }));
  expect(decided).toMatch(/^install user_password in VM 1001/);
  expect(decided).not.toContain('env:HASH');
});
