// Settings of a VM that Proxmox stores and QEMU ignores or refuses at start are reported at their lines, judged with what a clone keeps of its
// source.

import { expect, test } from 'vitest';
import { environment } from '../../load/environment.ts';
import { found } from '../../load/rules/found.ts';

const VM = 'etc/phoenix_vm_configs.json';

/** A clone of a clone, beside the first. */
const LATER = { network_config: { ip: 'dhcp' }, docker_stacks: [], volumes: [] };

function withVm(own: object) {
  const files = environment();
  Object.assign(files[VM].vms[1], own);
  return files;
}

test('queues and MTU of a network card that does not support them are reported, and those of virtio are not', () => {
  const card = { ip: 'dhcp', queues: 4, mtu: 1400 };
  expect(found('NO_EFFECT', withVm({ network_config: { ...card, model: 'e1000' } }))).toEqual([
    '"queues": 4, | vm/1001 (vm-1001): net0 is of the model e1000, which has no "queues"',
    '"mtu": 1400, | vm/1001 (vm-1001): net0 is of the model e1000, which has no "mtu"',
  ]);
  expect(found('NO_EFFECT', withVm({ network_config: card }))).toEqual([]);
});

test('queues of a disk are reported where its controller supports only one', () => {
  const root_disk = { bus: 'scsi0', queues: 4 };
  expect(found('NO_EFFECT', withVm({ root_disk, scsi_controller: 'virtio-scsi-pci' }))).toEqual([
    '"queues": 4 | vm/1001 (vm-1001): scsi0 has one queue with the controller virtio-scsi-pci',
  ]);
  expect(found('NO_EFFECT', withVm({ root_disk, scsi_controller: 'virtio-scsi-single' }))).toEqual([]);
});

test('a clone is judged with what it keeps of its source, and a fault of the source alone is reported at the source', () => {
  const files = environment();
  const [source, clone] = files[VM].vms;
  Object.assign(source, { numa: false, options: { numa0: 'cpus=0-1,memory=2048', hotplug: 'network,memory' } });
  expect(found('INVALID_VALUE', files)).toEqual([
    '"clone_from_vmid": 9000 | vm/1001 (vm-1001): Proxmox would not start it: NUMA needs to be enabled for memory hotplug',
  ]);
  source.features = ['base_setup'];
  expect(found('INVALID_VALUE', files)).toEqual([
    expect.stringContaining('vm/9000 (template-9000): Proxmox would not start it: NUMA needs to be enabled'),
  ]);
  delete source.features;
  Object.assign(source, { options: { numa0: 'cpus=0-1,memory=2048' }, numa: true });
  expect(found('INVALID_VALUE', files)).toEqual([]);
  files[VM].vms.push({ ...clone, vmid: 1002, name: 'of-the-clone', clone_from_vmid: 1001, ...LATER });
  Object.assign(clone, { template_snapshot_name: 'ready', storage_pool: 'local-lvm' });
  files[VM].vms[2].memory_mb = 1024;
  expect(found('INVALID_VALUE', files)).toEqual([expect.stringContaining('vm/1002 (of-the-clone): Proxmox would')]);
  files[VM].vms.pop();
  clone.memory_mb = 4096;
  expect(found('INVALID_VALUE', files)).toEqual([
    '"memory_mb": 4096, | vm/1001 (vm-1001): Proxmox would not start it: total memory for NUMA nodes must be equal to vm static memory',
  ]);
});

test('a template that is never started is judged only by its clones', () => {
  const files = environment();
  const [source, clone] = files[VM].vms;
  Object.assign(source, { memory_mb: 512, numa: true, options: { hotplug: 'network,disk,memory' } });
  expect(found('INVALID_VALUE', files)).toEqual([]);
  clone.memory_mb = 512;
  expect(found('INVALID_VALUE', files)).toEqual([expect.stringContaining('vm/1001 (vm-1001): Proxmox would not')]);
});

test.each<[what: string, source: object, clone: object, told: string | null]>([
  ['a burst above the limit of its source', { read_mb_per_s: 50 }, { read_mb_per_s_burst: 100 }, null],
  ['a burst below the limit of its source', { read_mb_per_s: 50 }, { read_mb_per_s_burst: 20 }, 'cannot be lower'],
  ['a cache under the I/O of its source', { aio: 'native' }, { cache: 'writeback' }, 'requires cache.direct=on'],
])('a drive of a clone keeps what is not declared of it: %s', (_, source, clone, told) => {
  const disk = { bus: 'scsi1', storage: 'tank-disks', size_gb: 8 };
  const drives: ((options: object) => object)[] = [
    (options) => ({ root_disk: options }),
    (options) => ({ disks: [{ ...disk, ...options }] }),
  ];
  for (const drive of drives) {
    const files = environment();
    Object.assign(files[VM].vms[0], drive(source));
    Object.assign(files[VM].vms[1], drive(clone));
    expect(found('INVALID_VALUE', files)).toEqual(told === null ? [] : [expect.stringContaining(told)]);
  }
});

const UNTOLD = 'vm/1001 (vm-1001): whether it starts cannot be judged, since';

test.each<[what: string, own: object, told: string]>([
  ['memory', { numa: true, options: { numa0: 'cpus=0-1,memory=4096' } }, '"memory_mb" is not declared: with that'],
  ['cores', { sockets: 1, options: { vcpus: 4 } }, '"cores" is not declared: with that of a new VM, QEMU would not'],
  ['sockets', { cores: 2, options: { vcpus: 4 } }, '"sockets" is not declared: with that of a new VM, QEMU would'],
])('what a VM that exists has of its own is not judged as a new VM: %s', (_, own, told) => {
  const files = withVm({ memory_mb: undefined, cores: undefined, ...own });
  files[VM].vms[0].memory_mb = undefined;
  Object.assign(files[VM].vm_defaults, { memory_mb: undefined, cores: undefined });
  expect(found('INVALID_VALUE', files)).toEqual([]);
  expect(found('NOT_JUDGED', files)).toEqual([expect.stringContaining(`${UNTOLD} ${told}`)]);
});

test('native I/O on a storage whose type nobody declares is not judged', () => {
  const disks = [{ bus: 'scsi1', storage: 'nas', size_gb: 8, aio: 'native', cache: 'writeback' }];
  const files = withVm({ disks });
  files['etc/phoenix_hypervisor_config.json'].proxmox_storage_ids = { nas: 'nas' };
  expect(found('INVALID_VALUE', files)).toEqual([]);
  expect(found('NOT_JUDGED', files)).toEqual([
    expect.stringMatching(/^"aio": "native".*the type of storage "nas" is not declared: with one that the host reads/),
  ]);
});

test('an EFI disk with SEV-SNP is reported, except for a clone that has it from its source', () => {
  const efi_disk = { storage: 'local-lvm' };
  const snp = { efi_disk, bios: 'ovmf', options: { 'amd-sev': 'type=snp' } };
  expect(found('NOT_JUDGED', withVm(snp))).toEqual([
    expect.stringMatching(/^"efi_disk": .*a new one cannot be made, as SEV-SNP uses consolidated read-only firmware/),
  ]);
  expect(found('INVALID_VALUE', withVm(snp))).toEqual([]);
  const files = withVm(snp);
  files[VM].vms[0].efi_disk = efi_disk;
  expect(found('NOT_JUDGED', files)).toEqual([]);
  expect(found('NOT_JUDGED', withVm({ ...snp, options: { 'amd-sev': 'type=es' } }))).toEqual([]);
  expect(found('NOT_JUDGED', withVm({ ...snp, options: { 'intel-tdx': 'type=tdx,attestation=0' } }))).toEqual([
    expect.stringMatching(/^"efi_disk": .*as TDX uses consolidated read-only firmware/),
  ]);
});

test('native I/O with a cache is reported, except on storages that QEMU accesses itself', () => {
  const native = { aio: 'native', cache: 'writeback' };
  const disks = [{ bus: 'scsi1', storage: 'ceph', size_gb: 8, ...native }];
  const storages = { ceph: { type: 'rbd', pool: 'vms', content: ['images'] } };
  const files = { ...withVm({ disks, root_disk: native }), 'etc/phoenix_datacenter_config.json': { storages } };
  expect(found('INVALID_VALUE', files)).toEqual([expect.stringMatching(/^"aio": "native".*requires cache.direct=on/)]);
  files[VM].vms[1].storage_pool = 'ceph';
  expect(found('INVALID_VALUE', files)).toEqual([]);
});

test('a CD of "iso" is reported where the machine has no IDE', () => {
  const files = withVm({ iso: 'local:iso/a.iso', options: { arch: 'aarch64' } });
  expect(found('INVALID_VALUE', files)).toEqual([expect.stringMatching(/^"iso": .*Bus 'ide.0' not found/)]);
});
