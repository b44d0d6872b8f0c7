// Reading and editing the configuration file of a guest, in the form in which Proxmox writes it.

import { expect, test } from 'vitest';
import { parseConf, salvaged, upcoming, withRawLines } from '../../../../src/managers/guest/proxmox/conf.ts';
import { withoutVolumes } from '../../../../src/managers/guest/proxmox/disk-lines.ts';

const CONF = `#line one
#line two%3A 50%25 %C3%BC
arch: amd64
features: nesting=1
hostname: Nginx-Phoenix
memory: 512
mp0: rpool:subvol-101-disk-1,mp=/data,size=1G
rootfs: local-lvm:vm-101-disk-0,size=8G
unused0: rpool:subvol-101-disk-2
lxc.mount.auto: sys:rw

[pve:pending]
delete: mp0,tags
features: nesting=0

[before]
#a snapshot
hostname: old
lxc.mount.auto: proc:rw
mp0: rpool:subvol-101-disk-1,mp=/data,size=1G
snaptime: 1795382814
`;

test('the main section, pending changes and snapshots are distinguished', () => {
  const conf = parseConf(CONF, 'pct');
  expect(conf.description).toBe('line one\nline two: 50% ü');
  expect(conf.settings['hostname']).toBe('Nginx-Phoenix');
  expect(conf.raw).toEqual([{ key: 'lxc.mount.auto', value: 'sys:rw' }]);
  expect(conf.pending).toEqual({ features: 'nesting=0' });
  expect(conf.pendingDeletes).toEqual(['mp0', 'tags']);
  expect(conf.snapshots).toEqual(['before']);
});

test('snapshots are listed in the order in which they were taken, not by name', () => {
  const taken = (name: string, time: number, parent?: string) =>
    `\n[${name}]\n${parent === undefined ? '' : `parent: ${parent}\n`}snaptime: ${time}\n`;
  const text = `hostname: a\nparent: a-last\n${taken('a-last', 20, 'b1')}${taken('b1', 20, 'z-first')}${taken('z-first', 10)}`;
  expect(parseConf(text, 'pct').snapshots).toEqual(['z-first', 'b1', 'a-last']);
});

test('what waits counts once the guest has restarted', () => {
  const later = upcoming(parseConf(CONF, 'pct'));
  expect(later['features']).toBe('nesting=0');
  expect(later).not.toHaveProperty('mp0');
});

test('a VM’s file has its own heading for pending changes, and a section for cloud-init', () => {
  const conf = parseConf('name: a\n\n[PENDING]\nmemory: 4096\n\n[special:cloudinit]\nipconfig0: ip=dhcp\n', 'qm');
  expect(conf.pending).toEqual({ memory: '4096' });
  expect(conf.cloudinit).toEqual({ ipconfig0: 'ip=dhcp' });
  expect(conf.snapshots).toEqual([]);
});

test('names that mean something to JavaScript are only names', () => {
  const conf = parseConf('__proto__: x\nconstructor: y\n[constructor]\nname: z\n', 'qm');
  expect(conf.settings['constructor']).toBe('y');
  expect(conf.snapshots).toEqual(['constructor']);
});

test('other raw lines and notes leave everything else as it was', () => {
  const text = withRawLines(CONF, [{ key: 'lxc.apparmor.profile', value: 'unconfined' }], 'new: 100%\nä');
  const conf = parseConf(text, 'pct');
  expect(conf.description).toBe('new: 100%\nä');
  expect(conf.raw).toEqual([{ key: 'lxc.apparmor.profile', value: 'unconfined' }]);
  expect(text).toContain('#new%3A 100%25\n#%C3%A4\narch: amd64\n');
  expect(text.slice(text.indexOf('[pve:pending]'))).toBe(CONF.slice(CONF.indexOf('[pve:pending]')));
  expect(withRawLines(text, conf.raw, conf.description)).toBe(text);
});

test('unchanged raw lines are not rewritten, whatever their form', () => {
  const kept = 'lxc.cgroup2.devices.allow = c 188:* rwm\nlxc.cap.drop:\n';
  const text = `arch: amd64\n${kept}`;
  const { raw } = parseConf(text, 'pct');
  expect(raw).toEqual([
    { key: 'lxc.cgroup2.devices.allow', value: 'c 188:* rwm' },
    { key: 'lxc.cap.drop', value: '' },
  ]);
  expect(withRawLines(text, [...raw, { key: 'lxc.mount.auto', value: 'sys' }], '')).toBe(
    `${text}lxc.mount.auto: sys\n`,
  );
});

test('a header that is invalid for a container is skipped, and the section continues', () => {
  const text = 'memory: 256\n\n[a]\nmemory: 128\n\n[before]\nmemory: 64\n';
  expect(parseConf(text, 'pct').settings['memory']).toBe('128');
  expect(parseConf(text, 'pct').snapshots).toEqual(['before']);
  expect(parseConf(text, 'qm').settings['memory']).toBe('256');
});

test('notes are read as Proxmox decodes them, those of long ago too', () => {
  expect(parseConf('#100% sure %C3%BC %zz\n', 'pct').description).toBe('100% sure ü %zz');
  expect(parseConf('#first  \n#\n#%0D\nname: a\n#last\n#\n', 'qm').description).toBe('first  \n\n\r\nlast');
  expect(parseConf('#one\ndescription: two%3A\n', 'qm').description).toBe('one\ntwo:');
  expect(parseConf('#one\r\n#two  \r\n', 'qm').description).toBe('one\r\ntwo');
});

/** Lines that people wrote, and the settings that Proxmox reads from them (PVE::QemuServer::parse_vm_config, PVE::LXC::Config::parse_pct_config). */
const READ: readonly (readonly ['qm' | 'pct', string, Readonly<Record<string, string>>])[] = [
  ['qm', 'cores: 02', { cores: '2' }],
  ['qm', 'cores: 4\ncores: 2.0', { cores: '4' }],
  ['qm', 'cores: +2', {}],
  ['qm', 'cpulimit: 2.50', { cpulimit: '2.50' }],
  ['qm', 'cpulimit: .5', {}],
  ['qm', 'onboot: On\nprotection: FALSE\nnuma: 2', { onboot: '1', protection: '0' }],
  ['qm', 'name: a\nname:', { name: 'a' }],
  ['qm', 'a1b: x\nname : b\nNAME: c\n name: d', {}],
  ['qm', 'ciuser: "bob"\nargs: "-x"', { ciuser: 'bob', args: '"-x"' }],
  ['qm', 'delete: name\nsnapstate: delete\nonboot: 1', { onboot: '1' }],
  ['qm', 'net0: virtio,bridge=vmbr0\nnet0: virtio,bridge=vmbr1, firewall=1', { net0: 'virtio,bridge=vmbr0' }],
  ['qm', 'agent: 1,enabled=0\nagent: 1,,type=isa,', { agent: '1,,type=isa,' }],
  ['qm', 'agent: 1,enabled=0', {}],
  ['qm', 'agent: enabled=off,1', { agent: 'enabled=off,1' }],
  ['qm', 'agent: enabled=1,0\nvga: std,std', {}],
  ['qm', 'agent: 0\nagent: enabled=maybe', { agent: '0' }],
  ['qm', 'memory: 4096\nmemory: 1G', { memory: '4096' }],
  ['qm', 'memory: 4096\nmemory: 2048', { memory: '2048' }],
  ['qm', 'name: a\nname: "b"', { name: 'a' }],
  ['qm', 'startup: order=1\nstartup: order=a', { startup: 'order=1' }],
  ['qm', 'net0: virtio,bridge=vmbr0\nnet0: virtio,bridge=vmbr1,rate=fast', { net0: 'virtio,bridge=vmbr0' }],
  [
    'qm',
    'scsi0: local:1/a.raw\nscsi0: local:1/b.raw,size=4 G\nscsi0: local:1/c.raw,ssd=maybe',
    { scsi0: 'local:1/a.raw' },
  ],
  ['qm', 'scsi0: local:1/a.raw, size=4G\nscsi0: local:1/b.raw,size=4G', { scsi0: 'local:1/b.raw,size=4G' }],
  ['qm', 'ide2: none,media=cdrom\ncdrom: local:iso/a.iso,media=cdrom,size=1 M', { ide2: 'none,media=cdrom' }],
  ['qm', 'net0: virtio=BC:24:11:00:00:01,e1000=BC:24:11:00:00:02', {}],
  ['qm', 'net0: model=virtio,virtio=BC:24:11:00:00:02\nnet1: virtio=BC:24:11:00:00:02,model=virtio', {}],
  ['qm', 'net0: model=virtio,macaddr=BC:24:11:00:00:02', { net0: 'model=virtio,macaddr=BC:24:11:00:00:02' }],
  ['qm', 'net0: virtio,bridge=\nnet1: virtio,=vmbr0', {}],
  ['qm', 'audio0: ich9\nrng0: /dev/urandom', { rng0: '/dev/urandom' }],
  ['qm', 'scsi0: local:1/a.raw, size=4G', { scsi0: 'local:1/a.raw, size=4G' }],
  ['qm', 'later: 02', { later: '02' }],
  ['qm', 'cores: 2\r\nonboot: yes\r', { cores: '2', onboot: '1' }],
  ['pct', 'cores: 02\nonboot: yes', { cores: '2', onboot: '1' }],
  ['pct', 'cores: 4\ncores: 2.0', { cores: '2.0' }],
  ['pct', 'na-me: x\nhostname: "a"', { hostname: '"a"' }],
  ['pct', 'net0: name=eth0,bridge=vmbr0\nnet0: name=eth0, bridge=vmbr1', {}],
  ['pct', 'mp0: local:1/a.raw, mp=/data', { mp0: 'local:1/a.raw, mp=/data' }],
];

test.each(READ)('%s reads %j as Proxmox does', (program, text, settings) => {
  expect({ ...parseConf(`${text}\n`, program).settings }).toEqual(settings);
});

/** Lines of a VM that Proxmox drops with the next change; a key, a value of a list or a number that is unknown here may be known to a later Proxmox. */
test.each([
  ['scsi0: local-lvm:vm-1-disk-0,size=', true],
  ['scsi0: file=local-lvm:vm-1-disk-0,volume=local-lvm:vm-1-disk-1', true],
  ['scsi0: local-lvm:vm-1-disk-0,volume=local-lvm:vm-1-disk-1', true],
  ['scsi0: local-lvm:vm-1-disk-0,size=8 G', true],
  ['scsi0: local-lvm:vm-1-disk-0,ssd=maybe', true],
  ['scsi0: size=8G', true],
  ['scsi00: local-lvm:vm-1-disk-0', true],
  ['unused0: foo bar', true],
  ['net0: virtio=BC:24:11:00:00:0g,bridge=vmbr0', true],
  ['ipconfig0: ip=10.0.0.3', true],
  ['ipconfig0: gw=10.0.0.1', true],
  ['usb0: host=spice,usb3=maybe', true],
  ['scsi0: volume=local-lvm:vm-1-disk-0', false],
  ['scsi0: local-lvm:vm-1-disk-0,,size=8G,ssd=on', false],
  ['scsi0: local-lvm:vm-1-disk-0,later=1,cache=later', false],
  ['scsi99: local-lvm:vm-1-disk-0', false],
  ['vmstate: local-lvm:vm-1-state-x', false],
  ['net0: virtio=BC:24:11:00:00:01,bridge=vmbr0,tag=5000', false],
  ['ipconfig0: ip=dhcp,ip6=auto', false],
  ['ide2: none,media=cdrom', false],
  ['serial0: socket', false],
])('%s is lost with the next change: %s', (line, isLost) => {
  const [key = ''] = line.split(':');
  const conf = parseConf(`${line}\n`, 'qm');
  expect(Object.keys(conf.misread)).toEqual(isLost ? [key] : []);
  expect(Object.keys(conf.settings)).toEqual([key]);
});

test('of two lines of a volume, the one that Proxmox keeps counts, and the other is still known as lost', () => {
  const conf = parseConf(
    'scsi0: local:1/a.raw\nscsi0: local:1/b.raw,size=4 G\nnet0: virtio\nnet0: virtio,rate=fast\n',
    'qm',
  );
  expect({ ...conf.misread }).toEqual({ scsi0: 'local:1/b.raw,size=4 G' });
  expect(conf.unreadable).toEqual({});
});

/** Lines that this version of Proxmox does not read, or not as a start of a container needs it, for something that a later one may know. */
test.each([
  ['qm', 'scsi0: local-lvm:vm-1-disk-0,later=1', true],
  ['qm', 'scsi0: local-lvm:vm-1-disk-0,cache=later', true],
  ['qm', 'net0: virtio=BC:24:11:00:00:01,bridge=vmbr0,tag=5000', true],
  ['qm', 'scsi31: local-lvm:vm-1-disk-0', true],
  ['qm', 'net40: virtio,bridge=vmbr0', true],
  ['qm', 'serial4: socket', true],
  ['qm', 'later0: local-lvm:vm-1-disk-0,size=8G', true],
  ['qm', 'later: 1', false],
  ['qm', 'rng0: later', false],
  ['qm', 'vmstate: local-lvm:vm-1-state-x', false],
  ['qm', 'running-nets-host-mtu: net0=1500', false],
  ['qm', 'scsi0: local-lvm:vm-1-disk-0,ssd=on,cache=none', false],
  ['pct', 'features: later=1', true],
  ['pct', 'net0: name=eth0,bridge=vmbr0,tag=5000', true],
  ['pct', 'mp0: local:1/a.raw,mp=/data,later=1', true],
  ['pct', 'rootfs: local:1/a.raw,size=8 G', true],
  ['pct', 'net40: name=eth0,bridge=vmbr0', false],
  ['pct', 'startup: later=1', false],
] as const)('of %s, whether the node reads %s has to be asked: %s', (program, line, isUnknown) => {
  const { unknown } = parseConf(`${line}\n\n[special:cloudinit]\n${line}\n`, program);
  expect(unknown.map(({ section, key, value }) => [section, `${key}: ${value}`])).toEqual(
    isUnknown ? [['', line]] : [],
  );
});

/** What of a line is right by itself, in a form that Proxmox takes. */
test.each([
  ['model=e1000,virtio=BC:24:11:00:00:02,bridge=vmbr0', 'model=e1000,macaddr=BC:24:11:00:00:02,bridge=vmbr0'],
  ['virtio=BC:24:11:00:00:02,model=virtio,bridge=vmbr0', 'virtio=BC:24:11:00:00:02,bridge=vmbr0'],
  ['virtio=BC:24:11:00:00:02,e1000=BC:24:11:00:00:03', 'virtio=BC:24:11:00:00:02'],
])('of net0: %s, %s is kept', (value, kept) => {
  expect(salvaged('qemu', parseConf(`net0: ${value}\n`, 'qm'))['net0']).toBe(kept);
});

/** Headings that people wrote: the snapshots and the pending changes. */
test.each([
  ['qm', '[pending]', [], { cores: '2' }],
  ['qm', '[PENDING] ', [], { cores: '2' }],
  ['qm', '[pve:pending]', [], {}],
  ['qm', '[snap.1]', [], {}],
  ['qm', '[1snap]', [], {}],
  ['qm', '[]', [], {}],
  ['qm', '[Snap-1]', ['Snap-1'], {}],
  ['qm', '[special:fleecing]', [], {}],
  ['pct', '[PVE:Pending]', [], { cores: '2' }],
  ['pct', '[PENDING]', ['PENDING'], {}],
] as const)('%s reads the heading %s as Proxmox does', (program, heading, snapshots, pending) => {
  const conf = parseConf(`cores: 1\n\n${heading}\ncores: 02\n`, program);
  expect(conf.settings['cores']).toBe('1');
  expect(conf.snapshots).toEqual(snapshots);
  expect({ ...conf.pending }).toEqual(pending);
});

test('volumes are removed from the snapshots too', () => {
  const text = withoutVolumes(CONF, new Set(['rpool:subvol-101-disk-1', 'rpool:subvol-101-disk-2']));
  expect(text).not.toMatch(/subvol/);
  expect(text).toContain('rootfs: local-lvm:vm-101-disk-0,size=8G');
});
