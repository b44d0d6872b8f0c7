// What a guest names must be declared, and dependencies must have no cycle.

import { expect, test } from 'vitest';
import { environment } from '../../../load/environment.ts';
import { found } from '../../../load/rules/found.ts';

const HYPERVISOR = 'etc/phoenix_hypervisor_config.json';
const LXC = 'etc/phoenix_lxc_configs.json';
const VM = 'etc/phoenix_vm_configs.json';

test('guests, environments and pools of a sound environment are all there', () => {
  const files = environment();
  files[LXC].lxc_configs['101'].dependencies = ['900', '9000'];
  expect(found('UNKNOWN_REFERENCE', files)).toEqual([]);
});

test('a dependency that nothing declares is unknown', () => {
  const files = environment();
  files[LXC].lxc_configs['101'].dependencies = ['1001', '777', '900'];
  expect(found('UNKNOWN_REFERENCE', files)).toEqual([
    '"777", | lxc/101 (web) depends on 777, and there is no guest with this id',
  ]);
});

test('a clone source that nothing declares is unknown', () => {
  const files = environment();
  files[VM].vms[1].clone_from_vmid = 9001;
  expect(found('UNKNOWN_REFERENCE', files)).toEqual([
    '"clone_from_vmid": 9001 | vm/1001 (vm-1001) is cloned from 9001, and there is no guest with this id',
  ]);
});

test('a guest that could not be read is not unknown as well', () => {
  const files = environment();
  files[LXC].lxc_configs['900'].cores = 'many';
  expect(found('INVALID_VALUE', files)).toHaveLength(1);
  expect(found('UNKNOWN_REFERENCE', files)).toEqual([]);
});

test('an environment that the stack does not have is unknown', () => {
  const files = environment();
  files[VM].vms[1].docker_stacks = [{ name: 'shop', environment: 'staging' }];
  expect(found('UNKNOWN_REFERENCE', files)).toEqual(['{ | Stack "shop" has no environment "staging"']);
});

test('a dataset on a pool that nothing declares is unknown', () => {
  const files = environment();
  files[HYPERVISOR].zfs.datasets[0].pool = 'tanc';
  expect(found('UNKNOWN_REFERENCE', files)).toEqual([
    '"pool": "tanc", | Dataset "disks" lies on pool "tanc", which is not declared',
  ]);
});

test('a ring of dependencies and clone sources is named whole, once', () => {
  const files = environment();
  files[LXC].lxc_configs['900'].dependencies = ['1001'];
  files[VM].vms[1].dependencies = ['101'];
  expect(found('DEPENDENCY_CYCLE', files)).toEqual([
    '"clone_from_ctid": "900", | These guests wait for each other: lxc/101 → lxc/900 → vm/1001 → lxc/101',
  ]);
});

test('a guest that waits for itself is a ring', () => {
  const files = environment();
  files[VM].vms[1].dependencies = ['1001'];
  expect(found('DEPENDENCY_CYCLE', files)).toEqual(['"1001" | These guests wait for each other: vm/1001 → vm/1001']);
});

test('two ways to the same guest are no ring', () => {
  const files = environment();
  files[LXC].lxc_configs['101'].dependencies = ['900'];
  files[VM].vms[1].dependencies = ['101', '900'];
  expect(found('DEPENDENCY_CYCLE', files)).toEqual([]);
});
