// Random configuration files of guests: options that the schema can declare beside others that it cannot, in any order.

import fc from 'fast-check';
import { encodeText } from 'phoenix-lab/state';

type Lines = Record<string, string | undefined>;

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const flag = fc.constantFrom('0', '1');
const ip6 = maybe(fc.constantFrom('auto', 'dhcp', 'fd00::5/64'));
const fixed = fc
  .tuple(fc.integer({ min: 1, max: 254 }), fc.integer({ min: 8, max: 30 }))
  .map(([a, b]) => `10.0.0.${a}/${b}`);
const mac = fc.constantFrom('BC:24:11:00:00:01', 'bc:24:11:0a:0b:0c', '52:54:00:AA:BB:02');

/** A property string of those parts that are there, in any order; those of `first` lead. */
function properties(parts: Record<string, fc.Arbitrary<string | undefined>>, first: readonly string[] = []) {
  return fc.tuple(fc.record(parts), fc.infiniteStream(fc.nat())).map(([values, order]) => {
    const ranks = new Map(
      Object.keys(parts).map((key) => [key, first.includes(key) ? -1 : Number(order.next().value)]),
    );
    return Object.entries(values)
      .filter((entry): entry is [string, string] => entry[1] !== undefined)
      .sort(([a], [b]) => (ranks.get(a) ?? 0) - (ranks.get(b) ?? 0))
      .map(([key, value]) => `${key}=${value}`)
      .join(',');
  });
}

/** Options of either kind of interface that cannot be declared. */
const BESIDE = {
  firewall: maybe(flag),
  rate: maybe(fc.constantFrom('10', '2.5')),
  trunks: maybe(fc.constantFrom('20;30', '5')),
  link_down: maybe(flag),
};

const noteLine = fc.constantFrom(
  '',
  '<div align="center">',
  '# Heading',
  '- phoenix-target: lxc/7',
  'Kept by Phoenix. Change it in the repository, not here.',
  '100 % ready: 50%25',
  'trailing  ',
  'über\r',
  '> quoted',
  '---',
);
const notes = fc.array(noteLine, { maxLength: 5 }).map((lines) => lines.join('\n').replace(/\n+$/, ''));

const startup = maybe(
  fc.constantFrom('3', 'order=3', 'order=1,up=0,down=60', '7,down=20', 'down=5', 'up=30', 'down=4,up=3,order=2'),
);
const tags = maybe(fc.constantFrom('web', 'b;a', 'community-script;Proxy', 'phoenix;x', 'a,b c'));
const addresses = maybe(fc.constantFrom('1.1.1.1', '9.9.9.9 1.1.1.1', '2606:4700::1111'));
const shared = {
  cores: maybe(fc.integer({ min: 1, max: 64 }).map(String)),
  onboot: maybe(flag),
  startup,
  tags,
  nameserver: addresses,
  searchdomain: maybe(fc.constantFrom('lan', 'example.internal')),
  protection: maybe(flag),
  cpulimit: maybe(fc.constantFrom('2', '0.5')),
  cpuunits: maybe(fc.constantFrom('100', '2048')),
  hookscript: maybe(fc.constant('local:snippets/hook.pl')),
};

const container: fc.Arbitrary<Lines> = fc.record({
  ...shared,
  hostname: fc.constantFrom('nas', 'Docker-Host'),
  memory: fc.constantFrom('512', '2048'),
  swap: maybe(fc.constantFrom('0', '512', '4096')),
  ostype: maybe(fc.constantFrom('debian', 'alpine')),
  unprivileged: maybe(flag),
  arch: fc.constant('amd64'),
  rootfs: fc.constantFrom('rpool:subvol-101-disk-0,size=8G', 'local-lvm:vm-101-disk-0,size=8704M,mountoptions=noatime'),
  net0: properties(
    {
      ...BESIDE,
      name: fc.constantFrom('eth0', 'lan0'),
      bridge: fc.constantFrom('vmbr0', 'vmbr1'),
      hwaddr: mac,
      ip: maybe(fc.oneof(fixed, fc.constantFrom('dhcp', 'manual'))),
      ip6: maybe(fc.constantFrom('auto', 'dhcp', 'fd00::5/64')),
      gw: maybe(fc.constant('10.0.0.1')),
      gw6: maybe(fc.constant('fd00::1')),
      tag: maybe(fc.integer({ min: 1, max: 4094 }).map(String)),
      mtu: maybe(fc.constantFrom('1400', '9000')),
      type: fc.constant('veth'),
    },
    ['name'],
  ),
  net1: maybe(fc.constant('name=eth1,bridge=vmbr1,hwaddr=BC:24:11:00:00:09,ip=dhcp,type=veth')),
  features: maybe(
    properties({
      nesting: maybe(fc.constantFrom('1', 'yes', '0')),
      keyctl: maybe(flag),
      fuse: maybe(flag),
      mount: maybe(fc.constantFrom('nfs', 'nfs;cifs')),
    }).map((text) => text || 'nesting=1'),
  ),
  mp0: maybe(fc.constantFrom('/tank,mp=/tank,replicate=0,shared=1', '/srv/media,mp=/media,ro=1,mountoptions=noexec')),
  mp1: maybe(
    fc.constantFrom(
      'rpool:subvol-101-disk-1,mp=/data,backup=1,quota=1,size=2G',
      'local-lvm:vm-101-disk-2,mp=/var/lib/x,acl=0,size=512M',
    ),
  ),
  dev0: maybe(fc.constantFrom('/dev/dri/renderD128,gid=993', '/dev/nvidia0,mode=0660')),
  tty: maybe(fc.constant('4')),
  timezone: maybe(fc.constant('host')),
  unused0: maybe(fc.constant('rpool:subvol-101-disk-7')),
});

const raw = fc
  .uniqueArray(
    fc.constantFrom(
      'lxc.apparmor.profile: unconfined',
      'lxc.cap.drop:',
      'lxc.cap.drop: sys_rawio',
      'lxc.cgroup2.devices.allow: c 226:* rwm',
      'lxc.cgroup2.devices.allow = c 188:* rwm',
      'lxc.cgroup2.devices.deny: a',
      'lxc.mount.entry: /dev/ttyUSB0 dev/ttyUSB0 none bind,optional,create=file 0 0',
      'lxc.mount.entry: /dev/dri dev/dri none bind,optional,create=dir',
      'lxc.idmap: u 0 100000 65536',
      'lxc.mount.auto: sys:rw',
      'lxc.environment: A=1',
    ),
    { maxLength: 5 },
  )
  .map((lines) => lines.join('\n'));

const machine: fc.Arbitrary<Lines> = fc.record({
  ...shared,
  name: fc.constantFrom('haos', 'k8s-1'),
  memory: maybe(fc.constantFrom('2048', 'current=4096')),
  sockets: maybe(fc.constantFrom('1', '2')),
  agent: maybe(fc.constantFrom('0', '1', 'enabled=1,fstrim_cloned_disks=1,type=virtio', 'type=isa')),
  balloon: maybe(fc.constantFrom('0', '1024')),
  bios: maybe(fc.constant('ovmf')),
  boot: maybe(fc.constant('order=scsi0;net0')),
  cpu: maybe(fc.constant('host,flags=+aes')),
  machine: maybe(fc.constant('q35')),
  scsihw: maybe(fc.constant('virtio-scsi-single')),
  scsi0: maybe(
    fc.constantFrom('rpool:vm-101-disk-0,iothread=1,size=32G', 'local-lvm:vm-101-disk-0,discard=on,size=16G,ssd=1'),
  ),
  virtio1: maybe(fc.constant('rpool:vm-101-disk-1,size=4G')),
  net0: maybe(
    fc
      .tuple(
        fc.constantFrom('virtio', 'e1000', 'e1000-82545em', 'vmxnet3', 'rtl8139'),
        mac,
        properties({
          ...BESIDE,
          bridge: maybe(fc.constantFrom('vmbr0', 'vmbr1')),
          tag: maybe(fc.integer({ min: 1, max: 4094 }).map(String)),
          mtu: maybe(fc.constantFrom('1', '1400')),
          queues: maybe(fc.constantFrom('2', '4')),
        }),
      )
      .map(([model, address, more]) => [`${model}=${address}`, ...(more === '' ? [] : [more])].join(',')),
  ),
  net1: maybe(fc.constant('virtio=BC:24:11:00:00:09,bridge=vmbr1')),
  ipconfig0: maybe(
    // Proxmox drops a line with a gateway and no address.
    fc
      .oneof(
        properties({ ip6 }),
        properties({ ip: fc.oneof(fixed, fc.constant('dhcp')), ip6, gw: maybe(fc.constant('10.0.0.1')) }),
      )
      .map((text) => text || 'ip=dhcp'),
  ),
  ciuser: maybe(fc.constantFrom('ubuntu', 'me')),
  cipassword: maybe(fc.constant('$5$abc')),
  sshkeys: maybe(
    fc.constant(
      `${encodeURIComponent('ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJwyRmGDZjcYnSLkJnnnM0xjV1ZqBGYvNQ9s4a8u3Fh1 me')}%0A`,
    ),
  ),
  vmgenid: maybe(fc.constant('aa58debd-e560-4be1-9431-135326460b6e')),
  serial0: maybe(fc.constant('socket')),
});

/** Drives at every bus, of storages and of the host. */
const drives: fc.Arbitrary<Lines> = fc.record({
  boot: maybe(fc.constantFrom('order=scsi0;net0', 'order=ide2;virtio1', 'order=sata0')),
  scsi0: maybe(
    fc.constantFrom(
      'rpool:vm-101-disk-0,iothread=1,size=32G',
      'local-lvm:vm-101-disk-0,discard=on,size=16G,ssd=1',
      '/dev/sdb,size=100G',
    ),
  ),
  virtio1: maybe(
    fc.constantFrom('rpool:vm-101-disk-1,size=4G', 'file=local-lvm:vm-101-disk-1,cache=writeback,backup=no,size=512M'),
  ),
  scsi3: maybe(
    fc.constantFrom(
      'rpool:vm-101-disk-3,aio=threads,ro=1,serial=A-1,size=4G',
      '/dev/disk/by-id/ata-WDC_WD40,size=4000G',
      'rpool:vm-101-disk-3,size=8G,detect_zeroes=0,mbps_rd=10',
    ),
  ),
  sata0: maybe(
    fc.constantFrom(
      'local-lvm:vm-101-disk-4,discard=ignore,size=64G,replicate=0',
      'local:101/vm-101-disk-4.qcow2,format=qcow2,size=1T',
      'none,media=cdrom',
    ),
  ),
  ide0: maybe(fc.constantFrom('local:iso/virtio-win.iso,media=cdrom,size=600M', 'cdrom,media=cdrom')),
  ide2: maybe(
    fc.constantFrom(
      'local:iso/debian-13.iso,media=cdrom,size=700M',
      'local-lvm:vm-101-cloudinit,media=cdrom,size=4M',
      'none,media=cdrom',
      'rpool:vm-101-disk-5,size=2G',
    ),
  ),
  efidisk0: maybe(
    fc.constantFrom(
      'rpool:vm-101-disk-6,efitype=4m,pre-enrolled-keys=1,size=1M',
      'local-lvm:vm-101-disk-6,size=4M',
      'local-lvm:vm-101-disk-6,efitype=2m,size=128K',
    ),
  ),
  tpmstate0: maybe(fc.constantFrom('rpool:vm-101-disk-8,size=4M,version=v2.0', 'local-lvm:vm-101-disk-8,size=4M')),
});

/** What waits for the next start, of settings that the schema has no word for. */
const waiting = fc.constantFrom('', 'tty: 2\n', 'delete: cpulimit,net3\n', 'console: 0\ndelete: timezone\n');

function print(lines: Lines, raws: string, text: string, pending: string, heading: string): string {
  const head = text === '' ? [] : text.split('\n').map((line) => `#${encodeText(line)}`);
  const body = Object.entries(lines).flatMap(([key, value]) => (value === undefined ? [] : [`${key}: ${value}`]));
  const more = raws === '' ? [] : [raws];
  return `${[...head, ...body.sort(), ...more].join('\n')}\n${pending === '' ? '' : `\n[${heading}]\n${pending}`}`;
}

export const containerFile = fc
  .tuple(container, raw, notes, waiting)
  .map(([lines, raws, text, pending]) => print(lines, raws, text, pending, 'pve:pending'));

export const machineFile = fc
  .tuple(machine, notes, waiting)
  .map(([lines, text, pending]) => print(lines, '', text, pending, 'PENDING'));

export const machineWithDrivesFile = fc
  .tuple(machine, drives, notes, waiting)
  .map(([lines, more, text, pending]) => print({ ...lines, ...more }, '', text, pending, 'PENDING'));
