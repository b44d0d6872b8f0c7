// pct of the lab: what Proxmox does with containers, by its rules.
import { expect, test } from 'vitest';
import { testNode } from '../../test/support/host/lab-node.ts';
import { tasks } from '../src/proxmox/call.ts';
import { setFrozen } from '../src/proxmox/node.ts';
import { lxcFreezer } from '../src/proxmox/pct/freeze.ts';

const CREATE = 'pct create 101 DEBIAN --rootfs local-lvm:8 --hostname web --net0 name=eth0,bridge=vmbr0,ip=10.0.0.5/24';

test('a new container is written with Proxmox’s defaults', () => {
  const lab = testNode();
  lab.do(`${CREATE} --tags b;A`);
  expect(lab.text('etc/pve/lxc/101.conf')).toBe(
    'arch: amd64\nhostname: web\nmemory: 512\nnet0: name=eth0,bridge=vmbr0,hwaddr=MAC,ip=10.0.0.5/24,type=veth\nostype: debian\nrootfs: local-lvm:vm-101-disk-0,size=8G\nswap: 512\ntags: a;b\nunprivileged: 1\n',
  );
});

test('a failed create leaves no file and no volume', () => {
  const lab = testNode();
  expect(lab.refusal('pct create 101 local:vztmpl/none.tar.zst --rootfs local-lvm:8')).toBe(
    "unable to create CT 101 - volume 'local:vztmpl/none.tar.zst' does not exist",
  );
  expect(lab.exists('etc/pve/lxc/101.conf')).toBe(false);
  lab.do(CREATE);
  expect(lab.text('etc/pve/lxc/101.conf')).toContain('vm-101-disk-0');
});

test.each([
  ['pct create 101 DEBIAN --rootfs local-lvm:8', "CT 101 already exists on node 'pve'"],
  ['pct create 102 nostore:vztmpl/x.tar.zst --rootfs local-lvm:8', "storage 'nostore' does not exist"],
  ['pct create 102 DEBIAN --mp0 local-lvm:1,mp=/x', "mount points configured, but 'rootfs' not set - aborting"],
  [
    'pct create 102 local:iso/x.iso --rootfs local-lvm:1',
    "unable to use volume local:iso/x.iso - content type needs to be 'vztmpl'",
  ],
  ['pct set 101', 'no options specified'],
  ['pct set 101 --unprivileged 0', "unable to modify read-only option: 'unprivileged'"],
  ['pct set 101 --delete rootfs', "unable to delete required option 'rootfs'"],
  [
    'pct set 101 --mp0 local-lvm:1,mp=/data,idmap=u:0:100000:10;u:5:200000:1',
    "invalid map entry 'u 5 200000 1': container uid 5 is also mapped by entry 'u 0 100000 10'",
  ],
  ['pct set 101 --dev0 /dev/nvidia0', 'Device /dev/nvidia0 does not exist'],
  ['pct set 101 --net0 name=eth0,bridge=vmbr0,mtu=9000', "net0: MTU size '9000' is bigger than bridge MTU '1500'"],
  ['pct set 101 --digest 00 --memory 512', 'detected modified configuration - file changed by other user? Try again.'],
  ['pct resize 101 rootfs 4G', 'unable to shrink disk size'],
  ['pct resize 101 rootfs 8G', 'disk is already at specified size'],
  ['pct rollback 101 nosuch', "snapshot 'nosuch' does not exist"],
  ['pct snapshot 101 current', "unable to use snapshot name 'current' (reserved name)"],
  ['pct clone 101 101', "CT 101 already exists on node 'pve'"],
  ['pct stop 101', 'CT 101 not running'],
  ['pct reboot 101', 'VM 101 not running'],
  ['pct exec 101 -- true', "container '101' not running!"],
  ['pct unlock 101', 'no lock found trying to remove any lock'],
  ['pct config 999', "Configuration file 'nodes/pve/lxc/999.conf' does not exist"],
])('%s is refused', (line, message) => {
  const lab = testNode();
  lab.do(CREATE);
  const before = lab.text('etc/pve/lxc/101.conf');
  expect(lab.refusal(line)).toBe(message);
  expect(lab.text('etc/pve/lxc/101.conf')).toBe(before);
});

test('an error is no rollback: with a missing bridge the change is written and the call fails', () => {
  const lab = testNode();
  lab.do('pct create 101 DEBIAN --rootfs local-lvm:8 --net0 name=eth0,bridge=vmbr9,ip=dhcp');
  expect(lab.refusal('pct set 101 --memory 1024')).toBe("bridge 'vmbr9' does not exist");
  expect(lab.text('etc/pve/lxc/101.conf')).toContain('memory: 1024\n');
});

test('a running container takes some options at once and keeps the rest for its next start', () => {
  const lab = testNode();
  lab.do(
    CREATE,
    'pct start 101',
    'pct set 101 --memory 1024 --hostname new --nameserver 1.1.1.1 --features nesting=1 --mp0 local-lvm:1,mp=/a',
  );
  expect(lab.text('etc/pve/lxc/101.conf')).toContain(
    'hostname: new\nmemory: 1024\nmp0: local-lvm:vm-101-disk-1,mp=/a,size=1G\n',
  );
  expect(lab.text('etc/pve/lxc/101.conf')).toContain('[pve:pending]\nfeatures: nesting=1\nnameserver: 1.1.1.1\n');
  expect(lab.run('pct pending 101').stdout).toContain('new nameserver: 1.1.1.1\n');
  lab.do('pct set 101 --delete mp0', 'pct set 101 --revert features');
  expect(lab.text('etc/pve/lxc/101.conf')).toContain('[pve:pending]\ndelete: mp0\nnameserver: 1.1.1.1\n');
  lab.do('pct reboot 101');
  const text = lab.text('etc/pve/lxc/101.conf');
  expect(text).not.toContain('[pve:pending]');
  expect(text).toContain('nameserver: 1.1.1.1\n');
  expect(text).toContain('unused0: local-lvm:vm-101-disk-1\n');
});

test('a network device sent without its address gets a new one', () => {
  const lab = testNode();
  lab.do(CREATE);
  const macOf = (): string | undefined => /hwaddr=([^,]+)/.exec(lab.run('pct config 101').stdout)?.[1];
  const before = macOf();
  lab.do('pct set 101 --net0 name=eth0,bridge=vmbr0,ip=dhcp');
  expect(macOf()).toMatch(/^BC:24:11:/);
  expect(macOf()).not.toBe(before);
});

test('ZFS goes back to its newest snapshot only, LVM-thin to any', () => {
  const lab = testNode();
  for (const [id, storage] of [
    ['101', 'rpool'],
    ['102', 'local-lvm'],
  ] as const)
    lab.do(`pct create ${id} DEBIAN --rootfs ${storage}:1`, `pct snapshot ${id} before`, `pct snapshot ${id} after`);
  expect(lab.refusal('pct rollback 101 before')).toBe(
    "can't rollback, 'before' is not most recent snapshot on 'rpool:subvol-101-disk-0'",
  );
  lab.do('pct rollback 102 before', 'pct delsnapshot 102 before');
  expect(
    lab
      .run('pct listsnapshot 102')
      .stdout.split('\n')
      .map((row) => row.trim().split(/ +/)[1]),
  ).toEqual(['after', 'current', undefined]);
});

test('what has no snapshots refuses one', () => {
  const lab = testNode();
  lab.do('pct create 101 DEBIAN --rootfs local:1', `pct create 102 DEBIAN --rootfs rpool:1 --mp0 /srv,mp=/srv`);
  expect(lab.refusal('pct snapshot 101 aa')).toBe('snapshot feature is not available');
  expect(lab.refusal('pct snapshot 102 aa')).toBe('snapshot feature is not available');
});

test('linked clones hold on to the base where the storage knows of them', () => {
  const lab = testNode();
  lab.do('pct create 900 DEBIAN --rootfs rpool:4', 'pct template 900', 'pct clone 900 101 --hostname linked');
  expect(lab.text('etc/pve/lxc/101.conf')).toContain('rootfs: rpool:basevol-900-disk-0/subvol-101-disk-0,size=4G\n');
  expect(lab.refusal('pct start 900')).toBe("you can't start a CT if it's a template");
  expect(lab.refusal('pct destroy 900')).toBe("base volume 'basevol-900-disk-0' is still in use by linked clones");
  lab.do('pct destroy 101', 'pct destroy 900');
});

test('a lock that another holds is waited for and then given up on', () => {
  const lab = testNode();
  lab.do(CREATE);
  lab.write('run/lock/lxc/pve-config-101.lock', String(process.ppid));
  expect(lab.refusal('pct set 101 --memory 1024')).toBe(
    "can't lock file '/run/lock/lxc/pve-config-101.lock' - got timeout",
  );
});

test('a container’s files outlive a stop, follow clones and go back with snapshots', () => {
  const lab = testNode();
  lab.do(CREATE, 'pct start 101', 'pct exec 101 -- mkdir -p /etc/app');
  lab.write('note', 'one');
  lab.do('pct push 101 /note /etc/app/note --perms 600', 'pct snapshot 101 before');
  lab.run('pct exec 101 -- tee /etc/app/note', 'two');
  lab.do('pct stop 101', 'pct start 101');
  expect(lab.run('pct exec 101 -- cat /etc/app/note').stdout).toBe('two');
  lab.do('pct clone 101 102 --snapname before', 'pct start 102');
  expect(lab.run('pct exec 102 -- cat /etc/app/note').stdout).toBe('one');
  lab.do('pct rollback 101 before --start 1');
  expect(lab.run('pct exec 101 -- cat /etc/app/note').stdout).toBe('one');
  lab.do('pct destroy 101 --force 1');
  expect(lab.exists('guests/101')).toBe(false);
});

test('commands inside are recorded without what was piped in, and answered by orders', () => {
  const lab = testNode({ guests: [{ id: 101, match: '^systemctl is-active', rc: 3, stdout: 'inactive\n' }] });
  lab.do(CREATE, 'pct start 101');
  expect(lab.run('pct exec 101 -- systemctl is-active nginx')).toEqual({ rc: 3, stdout: 'inactive\n', stderr: '' });
  expect(lab.run('pct exec 101 -- tee /secret', 'hidden').rc).toBe(0);
  expect(lab.run('pct exec 101 -- test -f /secret').rc).toBe(0);
  expect(lab.run('pct exec 101 -- test -f /other').rc).toBe(1);
  expect(lab.run('pct exec 101 -- /tmp/install.sh').rc).toBe(0);
  const calls = lab.text('guest-calls.jsonl');
  expect(calls).not.toContain('hidden');
  expect(calls.split('\n')[0]).toBe('{"id":101,"argv":["systemctl","is-active","nginx"],"rc":3}');
});

test('paths inside a container stay inside', () => {
  const lab = testNode();
  lab.do(CREATE, 'pct start 101');
  lab.run('pct exec 101 -- tee ../../../escaped', 'x');
  expect(lab.exists('guests/101/escaped')).toBe(true);
  expect(lab.exists('escaped')).toBe(false);
});

test('tasks are remembered with how they ended', () => {
  const lab = testNode();
  lab.do(CREATE, 'pct start 101');
  lab.run('pct snapshot 101 aa');
  lab.run('pct snapshot 101 aa');
  expect(tasks(lab.node).map(({ type, id, status }) => [type, id, status])).toEqual([
    ['vzcreate', '101', 'OK'],
    ['vzstart', '101', 'OK'],
    ['vzsnapshot', '101', 'OK'],
    ['vzsnapshot', '101', "snapshot name 'aa' already used"],
  ]);
});

test('a snapshot that was broken off is not rolled back to', () => {
  const lab = testNode();
  lab.do(CREATE);
  lab.do('pct snapshot 101 one');
  lab.write('etc/pve/lxc/101.conf', lab.text('etc/pve/lxc/101.conf').replace('[one]\n', '[one]\nsnapstate: delete\n'));
  expect(lab.refusal('pct rollback 101 one')).toBe('unable to rollback to incomplete snapshot (snapstate = delete)');
});

test.each([['stopped'], ['running']])(
  'an interface whose line cannot be read is neither set nor deleted: %s',
  (state) => {
    const lab = testNode();
    lab.do(CREATE);
    if (state === 'running') lab.do('pct start 101');
    const file = 'etc/pve/lxc/101.conf';
    lab.write(file, lab.text(file).replace('bridge=vmbr0,', 'bridge=vmbr0, '));
    const before = lab.text(file);
    for (const change of ['--net0 name=eth0,bridge=vmbr0', '--delete net0'])
      expect(lab.refusal(`pct set 101 ${change}`), change).toContain('net0');
    expect(lab.text(file)).toBe(before);
  },
);

test('pct suspend and resume need a program that Proxmox does not install, and leave the container as it was', () => {
  const lab = testNode();
  lab.do(CREATE);
  expect(lab.refusal('pct suspend 101')).toBe('CT 101 not running');
  const failed = (words: string): string => `command 'lxc-checkpoint -n 101 ${words}' failed: exit code 1`;
  expect(lab.refusal('pct resume 101')).toBe(failed('-r --foreground -D /var/lib/vz/dump'));
  lab.do('pct start 101');
  expect(lab.refusal('pct resume 101')).toBe('CT 101 already running');
  expect(lab.refusal('pct suspend 101')).toBe(failed('-s -D /var/lib/vz/dump'));
  expect(tasks(lab.node).at(-1)).toMatchObject({ type: 'vzsuspend', log: expect.stringContaining('is it installed?') });
  expect(lab.run('pct status 101').stdout).toBe('status: running\n');
});

test('a frozen container counts as running, and only ends by force', () => {
  const lab = testNode();
  lab.do(CREATE);
  lab.do('pct start 101');
  const events = (): string => lab.text('sys/fs/cgroup/lxc/101/ns/cgroup.events');
  expect(events()).toBe('populated 1\nfrozen 0\n');
  expect(lxcFreezer(true)(lab.node, ['-n', '101'])).toEqual({ stdout: '', stderr: '', rc: 0 });
  expect(events()).toBe('populated 1\nfrozen 1\n');
  expect(lab.run('pct status 101').stdout).toBe('status: running\n');
  expect(lab.refusal('pct shutdown 101')).toBe('container did not stop');
  lab.do('pct shutdown 101 --forceStop 1');
  expect(lab.exists('sys/fs/cgroup/lxc/101')).toBe(false);
  expect(lxcFreezer(true)(lab.node, ['-n', '101'])).toMatchObject({ rc: 1 });
  expect(lxcFreezer(false)(lab.node, ['-n', '101'])).toMatchObject({ rc: 0 });
  lab.do('pct start 101');
  expect(events()).toBe('populated 1\nfrozen 0\n');
});

test('a container that a task of Proxmox froze is not let go on by lxc-unfreeze', () => {
  const lab = testNode();
  lab.do(CREATE);
  lab.do('pct start 101');
  const events = (): string => lab.text('sys/fs/cgroup/lxc/101/ns/cgroup.events');
  setFrozen(lab.node, 101, 'inner', true);
  expect(lxcFreezer(false)(lab.node, ['-n', '101'])).toEqual({ stdout: '', stderr: '', rc: 0 });
  expect(events()).toBe('populated 1\nfrozen 1\n');
  lxcFreezer(true)(lab.node, ['-n', '101']);
  setFrozen(lab.node, 101, 'inner', false);
  expect(events()).toBe('populated 1\nfrozen 1\n');
  lxcFreezer(false)(lab.node, ['-n', '101']);
  expect(events()).toBe('populated 1\nfrozen 0\n');
});
