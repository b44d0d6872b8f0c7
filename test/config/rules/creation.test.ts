import { expect, test } from 'vitest';
import { environment, loadFiles, placesOf } from '../environment.ts';

const HYPERVISOR = 'etc/phoenix_hypervisor_config.json';
const LXC = 'etc/phoenix_lxc_configs.json';
const VM = 'etc/phoenix_vm_configs.json';

test('a guest without an origin, and one with two', () => {
  const files = environment();
  expect(placesOf('INVALID_VALUE', files)).toEqual([]);
  delete files[LXC].lxc_configs['900'].template;
  files[LXC].lxc_configs['101'].template = 'local:vztmpl/debian.tar.zst';
  delete files[VM].vms[1].clone_from_vmid;
  const problems = loadFiles(files).problems.filter(({ code }) => code === 'INVALID_VALUE');
  expect(problems.map(({ file, path, message }) => `${file}:${path} ${message}`).sort()).toEqual([
    `${LXC}:/lxc_configs/101/clone_from_ctid "template" and "clone_from_ctid" exclude each other`,
    `${LXC}:/lxc_configs/900 "template" or "clone_from_ctid" is missing`,
    `${VM}:/vms/1 "template_image" or "clone_from_vmid" is missing`,
  ]);
});

test('what nothing gives a default for must be written', () => {
  const files = environment();
  files[VM].vm_defaults = {};
  files[VM].vms[0].storage_pool = 'tank-disks';
  delete files[VM].vms[1].volumes[0].server;
  expect(placesOf('INVALID_VALUE', files)).toEqual([`${VM}:/vms/1`]);
  files[HYPERVISOR].network = {};
  expect(placesOf('INVALID_VALUE', files)).toEqual([`${VM}:/vms/1`, `${VM}:/vms/1/volumes/0`]);
});
