// qm of the lab: what Proxmox does with virtual machines, by its rules.
import { expect, test } from 'vitest';
import { type TestNode, testNode } from '../../test/support/host/lab-node.ts';
import { volumesOf } from '../src/proxmox/storage/volumes.ts';

const CREATE =
  'qm create 9000 --name base --memory 2048 --cores 2 --net0 virtio,bridge=vmbr0 --scsihw virtio-scsi-pci --agent enabled=1 --ostype l26';
const conf = (lab: TestNode, id: number): string =>
  lab
    .text(`etc/pve/qemu-server/${id}.conf`)
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID')
    .replaceAll(/ctime=\d+/g, 'ctime=T');

/** A template with a cloud image, a cloud-init drive and an agent. */
function withTemplate(orders: object = {}): TestNode {
  const lab = testNode(orders);
  lab.write('var/lib/vz/template/iso/noble.img', 'x'.repeat(4096));
  lab.do(
    CREATE,
    'qm disk import 9000 /var/lib/vz/template/iso/noble.img local-lvm',
    'qm set 9000 --scsi0 local-lvm:vm-9000-disk-0,discard=on --ide2 local-lvm:cloudinit --boot order=scsi0 --ciuser admin',
    'qm resize 9000 scsi0 16G',
    'qm template 9000',
  );
  return lab;
}

test('a new machine is written with what Proxmox adds', () => {
  const lab = testNode();
  lab.do(`${CREATE} --scsi0 local-lvm:8,ssd=1`);
  expect(conf(lab, 9000)).toBe(
    'agent: enabled=1\nboot: order=scsi0;net0\ncores: 2\nmemory: 2048\nmeta: creation-qemu=10.1.2,ctime=T\nname: base\nnet0: virtio=MAC,bridge=vmbr0\nostype: l26\nscsi0: local-lvm:vm-9000-disk-0,size=8G,ssd=1\nscsihw: virtio-scsi-pci\nsmbios1: uuid=UUID\nvmgenid: UUID\n',
  );
});

test('an image becomes a template, and a machine is cloned from it', () => {
  const lab = withTemplate();
  expect(conf(lab, 9000)).toContain('scsi0: local-lvm:base-9000-disk-0,discard=on,size=16G\n');
  lab.do('qm clone 9000 1001 --name web');
  expect(conf(lab, 1001)).toContain('ide2: local-lvm:vm-1001-cloudinit,media=cdrom,size=4M\n');
  expect(conf(lab, 1001)).toContain('scsi0: local-lvm:vm-1001-disk-0,discard=on,size=16G\n');
  expect(conf(lab, 1001)).not.toContain('template');
});

test.each([
  ['qm create 9000 --name x', "unable to create VM 9000 - VM 9000 already exists on node 'pve'"],
  ['qm set 9000', 'no options specified'],
  ['qm set 9000 --scsi1 nostore:4', "storage 'nostore' does not exist"],
  ['qm set 9000 --scsi1 nostore:4 --hookscript local:snippets/none.sh', '400 Parameter verification failed.'],
  ['qm set 9000 --boot order=scsi7', "invalid bootorder: device 'scsi7' does not exist'"],
  ['qm set 9000 --balloon 4096', 'balloon value too large (must be smaller than assigned memory)'],
  ['qm importdisk 9000 /nonexistent.img local-lvm', '/nonexistent.img: non-existent or non-regular file'],
  ['qm clone 9000 9000', 'unable to create VM 9000: config file already exists'],
  ['qm clone 9999 100', "unable to find configuration file for VM 9999 on node 'pve'"],
  ['qm guest cmd 9000 ping', 'VM 9000 is not running'],
  ['qm reboot 9000', 'VM 9000 not running'],
  ['qm rollback 9000 nosuch', "snapshot 'nosuch' does not exist"],
  ['qm set 9000 --machine viommu=intel', 'to use Intel vIOMMU please set the machine type to q35'],
  ['qm set 9000 --machine q35,aw-bits=48', 'cannot set aw-bits if no vIOMMU is configured'],
  ['qm set 9000 --vga serial0,clipboard=vnc', 'vga type serial0 is not compatible with VNC clipboard'],
  ['qm set 9000 --tpmstate0 local-lvm:0,import-from=local-lvm:vm-1-disk-0', '400 Parameter verification failed.'],
])('%s is refused', (line, message) => {
  const lab = testNode();
  lab.do(CREATE);
  const before = conf(lab, 9000);
  expect(lab.refusal(line)).toBe(message);
  expect(conf(lab, 9000)).toBe(before);
});

test.each([
  ['--hotplug memory', 'NUMA needs to be enabled for memory hotplug'],
  ['--hostpci0 01:00,pcie=1', 'q35 machine model is not enabled'],
  ['--net1 virtio,bridge=vmbr0,mtu=100', "netdev net1: MTU '100' is smaller than the IP minimum MTU '576'"],
  ['--vcpus 8', 'start failed: QEMU exited with code 1'],
  ['--scsi1 local-lvm:1,iops_max=5', 'start failed: QEMU exited with code 1'],
  [
    '--ide2 local-lvm:cloudinit --cicustom user=local:snippets/nosuch.yaml',
    "can't open '/var/lib/vz/snippets/nosuch.yaml' - No such file or directory",
  ],
  ['--ide2 local-lvm:cloudinit --cicustom user=local:iso/a.iso', 'local:iso/a.iso is not in the snippets directory'],
])('a machine with %s is made and not started', (options, message) => {
  const lab = testNode();
  lab.do(`${CREATE} ${options}`);
  expect(lab.refusal('qm start 9000')).toBe(message);
  expect(lab.run('qm status 9000').stdout).toBe('status: stopped\n');
});

test('a machine whose options go together is not made in part', () => {
  const lab = testNode();
  expect(lab.refusal(`${CREATE} --scsi0 local-lvm:1 --vga none,clipboard=vnc`)).toBe(
    'unable to create VM 9000 - vga type none is not compatible with VNC clipboard',
  );
  expect(lab.exists('etc/pve/qemu-server/9000.conf')).toBe(false);
  expect(lab.run('pvesm list local-lvm').stdout).not.toContain('vm-9000');
});

test('the version of a TPM is kept, and its hook script has to be there', () => {
  const lab = testNode();
  lab.do(`${CREATE} --tpmstate0 local-lvm:1,version=v2.0 --hookscript local:snippets/nosuch.sh`);
  const [, volume = ''] = /tpmstate0: ([^,]*)/.exec(conf(lab, 9000)) ?? [];
  expect(lab.refusal(`qm set 9000 --tpmstate0 ${volume},version=v1.2`)).toBe(
    'cannot change TPM state version after creation',
  );
  expect(lab.refusal('qm start 9000')).toContain(
    "hookscript error for 9000 on pre-start: script 'local:snippets/nosuch.sh' does not exist",
  );
});

test('a failed resize exits with 0, and only its error output shows the failure', () => {
  const lab = testNode();
  lab.do(`${CREATE} --scsi0 local-lvm:8`);
  expect(lab.run('qm resize 9000 scsi0 4G')).toEqual({
    rc: 0,
    stdout: '',
    stderr: 'shrinking disks is not supported\n',
  });
  expect(lab.run('qm resize 9000 scsi7 +1G')).toMatchObject({ rc: 0, stderr: "disk 'scsi7' does not exist\n" });
  lab.do('qm disk resize 9000 scsi0 +1G');
  expect(conf(lab, 9000)).toContain('size=9G');
});

test('a running machine takes what can be hot-plugged and keeps the rest for its next start', () => {
  const lab = withTemplate();
  lab.do(
    'qm clone 9000 1001 --name web',
    'qm start 1001',
    'qm set 1001 --memory 4096 --name hot --onboot 1 --scsi1 rpool:4 --ciuser root',
  );
  const text = conf(lab, 1001);
  expect(text).toContain('ciuser: root\n');
  expect(text).toContain('name: hot\n');
  expect(text).toContain('scsi1: rpool:vm-1001-disk-0,size=4G\n');
  expect(text).toContain('[PENDING]\nmemory: 4096\n\n[special:cloudinit]\nciuser: admin\nname: web\n');
  lab.do('qm reboot 1001');
  expect(conf(lab, 1001)).toContain('memory: 4096\n');
  expect(conf(lab, 1001)).not.toContain('[');
});

test('a drive set anew leaves the old volume unused, and a deleted one too', () => {
  const lab = testNode();
  lab.do(`${CREATE} --scsi0 rpool:1`, 'qm set 9000 --scsi0 rpool:2', 'qm set 9000 --delete scsi0');
  expect(conf(lab, 9000)).toContain('unused0: rpool:vm-9000-disk-0\nunused1: rpool:vm-9000-disk-1\n');
  expect(conf(lab, 9000)).toContain('boot: order=net0\n');
  lab.do('qm disk unlink 9000 --idlist unused0,unused1');
  expect(conf(lab, 9000)).not.toContain('unused');
});

test('a snapshot is taken, listed, gone back to and deleted', () => {
  const lab = testNode();
  lab.do(
    `${CREATE} --scsi0 local-lvm:1`,
    'qm snapshot 9000 before',
    'qm set 9000 --memory 4096',
    'qm rollback 9000 before',
  );
  expect(conf(lab, 9000)).toContain('memory: 2048\n');
  expect(lab.refusal('qm template 9000')).toBe('unable to create template, because VM contains snapshots');
  lab.do('qm delsnapshot 9000 before');
  expect(conf(lab, 9000)).not.toContain('before');
});

test('the agent answers where an image runs, unless it is ordered not to', () => {
  const lab = withTemplate({ agent: { 1002: false } });
  lab.do('qm clone 9000 1001', 'qm clone 9000 1002', 'qm start 1001', 'qm start 1002', 'qm guest cmd 1001 ping');
  expect(lab.refusal('qm guest cmd 1002 ping')).toBe('QEMU guest agent is not running');
  lab.do(`${CREATE.replace('9000', '103')} --scsi0 local-lvm:1`, 'qm start 103');
  expect(lab.refusal('qm guest cmd 103 ping')).toBe('QEMU guest agent is not running');
});

test('commands inside end the call well, whatever they say', () => {
  const lab = withTemplate({
    guests: [
      { match: '^docker', rc: 3, stderr: 'no\n' },
      { match: '^slow', hang: true },
    ],
  });
  lab.do('qm clone 9000 1001', 'qm start 1001');
  expect(lab.run('qm guest exec 1001 -- docker ps')).toEqual({
    rc: 0,
    stderr: '',
    stdout: '{\n   "err-data" : "no\\n",\n   "exitcode" : 3,\n   "exited" : 1\n}\n',
  });
  const slow = lab.run('qm guest exec 1001 --timeout 2 -- slow');
  expect(slow).toMatchObject({ rc: 0, stderr: 'timeout reached, returning pid\n' });
  const pid = /"pid" : (\d+)/.exec(slow.stdout)?.[1];
  expect(lab.run(`qm guest exec-status 1001 ${pid}`).stdout).toBe('{\n   "exited" : 0\n}\n');
  expect(lab.run('qm guest exec 1001 --pass-stdin 1 -- tee /etc/app.json', '{}').rc).toBe(0);
  expect(lab.run('qm guest exec 1001 -- cat /etc/app.json').stdout).toContain('"out-data" : "{}"');
});

test('a machine that runs or is protected is not destroyed', () => {
  const lab = testNode();
  lab.do(CREATE, 'qm start 9000');
  expect(lab.refusal('qm destroy 9000')).toBe('VM 9000 is running - destroy failed');
  lab.do('qm stop 9000', 'qm stop 9000', 'qm set 9000 --protection 1');
  expect(lab.refusal('qm destroy 9000')).toBe("can't remove VM 9000 - protection mode enabled");
  lab.do('qm set 9000 --protection 0', 'qm destroy 9000');
  expect(lab.exists('etc/pve/qemu-server/9000.conf')).toBe(false);
});

test.each(['mbps=1,mbps_rd=1', 'bps=100,mbps=1'])(
  'a drive that a person wrote with %s is taken out like any other',
  (limits) => {
    const lab = testNode();
    lab.do(CREATE);
    const before = lab.text('etc/pve/qemu-server/9000.conf');
    lab.write('etc/pve/qemu-server/9000.conf', `${before}scsi1: local-lvm:vm-9000-disk-7,${limits},size=1G\n`);
    expect(lab.run(`qm set 9000 --scsi2 local-lvm:1,${limits}`).stderr).toContain('unable to parse drive options');
    lab.do('qm set 9000 --delete scsi1', 'qm set 9000 --name other');
    expect(conf(lab, 9000)).not.toContain('disk-7');
    expect(conf(lab, 9000)).toContain('name: other\n');
  },
);

test('a machine that runs has nothing to resume, whatever locks it', () => {
  const lab = testNode();
  lab.do(CREATE, 'qm start 9000');
  const before = lab.text('etc/pve/qemu-server/9000.conf');
  lab.write('etc/pve/qemu-server/9000.conf', `${before}lock: snapshot\n`);
  expect(lab.refusal('qm suspend 9000')).toContain('VM is locked (snapshot)');
  lab.do('qm resume 9000');
});

test('a machine that a backup holds goes on when it is started', () => {
  const lab = testNode();
  lab.do(CREATE, 'qm start 9000', 'qm suspend 9000', 'qm set 9000 --lock backup', 'qm start 9000');
  expect(lab.run('qm status 9000').stdout).toBe('status: running\n');
  lab.do('qm stop 9000 --skiplock 1');
  expect(lab.refusal('qm start 9000')).toBe('VM is locked (backup)');
});

test('a paused machine runs, is not shut down, and goes on when it is resumed', () => {
  const lab = testNode();
  lab.do(CREATE, 'qm start 9000', 'qm suspend 9000');
  expect(lab.run('qm status 9000').stdout).toBe('status: paused\n');
  expect(lab.run('qm status 9000 --verbose 1').stdout).toContain('\nqmpstatus: paused\n');
  expect(lab.run('qm list').stdout).toContain('running');
  expect(lab.refusal('qm shutdown 9000')).toBe('VM is paused - cannot shutdown');
  expect(lab.refusal('qm reboot 9000')).toBe('VM is paused - cannot shutdown');
  lab.do('qm resume 9000', 'qm resume 9000');
  expect(lab.run('qm status 9000').stdout).toBe('status: running\n');
  lab.do('qm suspend 9000');
  expect(lab.run('qm shutdown 9000 --forceStop 1').stderr).toBe('VM is paused - stop instead of shutdown\n');
  expect(lab.run('qm status 9000').stdout).toBe('status: stopped\n');
});

test('the memory of a suspended machine is a volume until it is started, and its pending changes wait', () => {
  const lab = testNode();
  lab.do(`${CREATE} --scsi0 local-lvm:8`, 'qm start 9000', 'qm set 9000 --cores 1', 'qm suspend 9000 --todisk 1');
  expect(lab.run('qm status 9000').stdout).toBe('status: stopped\n');
  expect(conf(lab, 9000)).toMatch(/\nlock: suspended\n[\s\S]*\nvmstate: local-lvm:vm-9000-state-suspend-[\d-]+\n/);
  expect(lab.refusal('qm set 9000 --name other')).toBe('VM is locked (suspended)');
  expect(lab.run('qm start 9000').stdout).toContain('Resuming suspended VM\nResumed VM, removing state\n');
  expect(conf(lab, 9000)).not.toMatch(/^(lock|vmstate|running.*):/m);
  expect(conf(lab, 9000)).toContain('\ncores: 2\n');
  expect([...volumesOf(lab.node, 'local-lvm').keys()]).toEqual(['local-lvm:vm-9000-disk-0']);
  lab.do('qm suspend 9000 --todisk 1 --statestorage local');
  const files = [...volumesOf(lab.node, 'local').keys()].filter((id) => id.includes('9000'));
  expect(files).toEqual([expect.stringMatching(/^local:9000\/vm-9000-state-suspend-[\d-]+\.raw$/)]);
  lab.do('qm destroy 9000');
  expect([...volumesOf(lab.node, 'local').keys()].filter((id) => id.includes('9000'))).toEqual([]);
});

test.each([
  ['qm migrate 9000 pve', '400 Parameter verification failed.\ntarget: target is local node.'],
  ['qm migrate 9000 pve2', "no such cluster node 'pve2'"],
  ['pct migrate 9000 pve2', "no such cluster node 'pve2'"],
  ['qm suspend 9000 --todisk 1', 'VM 9000 not running'],
])('%s is refused', (line, words) => {
  const lab = testNode();
  lab.do(CREATE);
  expect(lab.run(line).stderr).toContain(`${words}\n`);
});

test('a task with warnings tells their number, and has done its work', () => {
  const lab = testNode();
  lab.do(`${CREATE} --bios ovmf`);
  const started = lab.run('qm start 9000');
  expect(started.stdout).toContain('WARN: no efidisk configured! Using temporary efivars disk.\n');
  expect(started.stderr).toBe('Task finished with 1 warning(s)!\n');
  expect(lab.run('qm status 9000').stdout).toBe('status: running\n');
  expect(lab.text('var/log/pve/tasks/lab.jsonl')).toContain('"status":"WARNINGS: 1"');
});
