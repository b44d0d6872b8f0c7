// A new guest must declare all that its creation needs, and a downloaded image its checksum.

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

test('an image that is downloaded has a checksum, and one name is one file', () => {
  const files = environment();
  const [template] = files[VM].vms;
  template.template_image_url = 'https://images.example/noble.img';
  const messages = () =>
    loadFiles(files)
      .problems.filter(({ code }) => code === 'INVALID_VALUE')
      .map(({ path, message }) => `${path} ${message}`);
  expect(messages()).toEqual([
    '/vms/0/template_image_url "template_image_sha256" is missing: write the checksum that the publisher of the image gives',
  ]);
  template.template_image_sha256 = 'A'.repeat(64);
  expect(messages()).toEqual([]);
  const other = { ...template, vmid: 9001, name: 'other', template_image_sha256: 'b'.repeat(64) };
  files[VM].vms.push(other);
  expect(messages()).toEqual([
    '/vms/2/template_image_sha256 vm/9000 has another checksum for "noble-server-cloudimg-amd64.img": images of one name are one file on the node',
  ]);
  other.template_image_sha256 = 'abc';
  expect(messages()).toEqual([
    expect.stringContaining('is "abc" and must be a SHA-256 checksum: 64 hexadecimal digits'),
  ]);
  files[VM].vms.pop();
  delete template.template_image_url;
  expect(messages()).toEqual([
    '/vms/0/template_image_sha256 "template_image_url" is missing: a checksum says nothing without it',
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
