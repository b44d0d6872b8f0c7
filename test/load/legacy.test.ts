// The older shapes of configuration files mean what they meant, each with the warning LEGACY_SHAPE that names the present one.

import { expect, test } from 'vitest';
import type { LxcGuest } from '../../src/managers/lxc/declared.ts';
import type { VmGuest } from '../../src/managers/vm/declared.ts';
import { environment, type Files, loadFiles, placesOf } from './environment.ts';

const HYPERVISOR = 'etc/phoenix_hypervisor_config.json';
const LXC = 'etc/phoenix_lxc_configs.json';
const VM = 'etc/phoenix_vm_configs.json';

const web = (files: Files) => files[LXC].lxc_configs['101'];
const machine = (files: Files) => files[VM].vms[1];

/** What an old shape is read as, and the places that are called old. */
function lxc(files: Files): LxcGuest | undefined {
  return loadFiles(files).draft?.lxc.find(({ id }) => id === 101);
}
function vm(files: Files): VmGuest | undefined {
  return loadFiles(files).draft?.vm.find(({ id }) => id === 1001);
}

test('the present shapes cause no warning', () => {
  expect(placesOf('LEGACY_SHAPE', environment())).toEqual([]);
});

test('features as text are a list', () => {
  const files = environment();
  web(files).features = 'base_setup, docker';
  expect(lxc(files)?.features.map(({ name }) => name)).toEqual(['base_setup', 'docker']);
  expect(placesOf('LEGACY_SHAPE', files)).toEqual([`${LXC}:/lxc_configs/101/features`]);
});

test('stacks as objects are their names, unless they say more', () => {
  const files = environment();
  machine(files).docker_stacks = [{ name: 'shop', environment: 'production' }];
  expect(vm(files)?.stacks).toEqual([{ name: 'shop', environment: 'production' }]);
  expect(placesOf('LEGACY_SHAPE', files)).toEqual([`${VM}:/vms/1/docker_stacks`]);

  machine(files).docker_stacks = [{ name: 'shop', environment: 'testing' }];
  files['stacks/shop/phoenix.json'].environments.testing = { variables: [{ name: 'PORT', value: '8001' }] };
  expect(vm(files)?.stacks).toEqual([{ name: 'shop', environment: 'testing' }]);
  expect(placesOf('LEGACY_SHAPE', files)).toEqual([]);
});

test('the old name of the clone source', () => {
  const files = environment();
  delete web(files).clone_from_ctid;
  web(files).clone_from_template_ctid = 900;
  expect(lxc(files)?.cloneFrom).toBe(900);
  expect(placesOf('LEGACY_SHAPE', files)).toEqual([`${LXC}:/lxc_configs/101/clone_from_template_ctid`]);
});

test('a fixed address beside the network', () => {
  const files = environment();
  delete web(files).network_config.ip;
  web(files).static_ip = '10.0.0.77/24';
  expect(lxc(files)?.network).toMatchObject({ ip: '10.0.0.77/24', bridge: 'vmbr0' });
  expect(placesOf('LEGACY_SHAPE', files)).toEqual([`${LXC}:/lxc_configs/101/static_ip`]);
});

test('a fixed address by its old name inside the network', () => {
  const files = environment();
  machine(files).network_config = { static_ip: '10.0.0.111/24', gw: '10.0.0.1', nameserver: '10.0.0.13' };
  expect(vm(files)?.network).toMatchObject({ ip: '10.0.0.111/24', gateway: '10.0.0.1' });
  expect(placesOf('LEGACY_SHAPE', files)).toEqual([`${VM}:/vms/1/network_config`]);
});

test('VMs in the file of the hypervisor, with their defaults', () => {
  const files: Files = environment();
  files[HYPERVISOR].vms = files[VM].vms;
  files[HYPERVISOR].vm_defaults = { ...files[VM].vm_defaults, cores: 3, ubuntu_release: 'noble' };
  delete files[VM];
  delete files[HYPERVISOR].vms[1].cores;
  expect(vm(files)).toMatchObject({
    cores: 3,
    storagePool: 'tank-disks',
    writtenAt: { file: HYPERVISOR, path: '/vms/1' },
  });
  expect(placesOf('LEGACY_SHAPE', files)).toEqual([`${HYPERVISOR}:/vms`, `${HYPERVISOR}:/vm_defaults`]);
  expect(placesOf('MISSING_FILE', files)).toEqual([]);
});

test('the firewall inside the shared volumes', () => {
  const files = environment();
  const rule = { type: 'in', action: 'ACCEPT', source: '10.0.0.0/24', proto: 'tcp', port: '8006' };
  files[HYPERVISOR].shared_volumes = { firewall: { enabled: true, global_firewall_rules: [rule] } };
  const { draft } = loadFiles(files);
  expect(draft?.hypervisor.firewall?.rules).toMatchObject([{ port: '8006', source: '10.0.0.0/24' }]);
  expect(draft?.hypervisor.firewall?.writtenAt.path).toBe('/shared_volumes/firewall');
  expect(placesOf('LEGACY_SHAPE', files)).toEqual([`${HYPERVISOR}:/shared_volumes`]);
  expect(placesOf('NO_EFFECT', files)).toEqual([]);
});

test('arguments of vLLM one by one, null among them', () => {
  const files = environment();
  Object.assign(web(files), {
    vllm_model: 'some/model',
    vllm_port: 8000,
    vllm_tensor_parallel_size: 2,
    vllm_quantization: null,
  });
  expect(lxc(files)?.vllm).toEqual({
    ModelConfig: { model: 'some/model' },
    ServerConfig: { port: 8000 },
    ParallelConfig: { tensor_parallel_size: 2 },
  });
  expect(placesOf('LEGACY_SHAPE', files)).toEqual([`${LXC}:/lxc_configs/101/vllm_model`]);
});

test('a misspelt group of arguments is no old shape', () => {
  const files = environment();
  web(files).vllm_engine_confg = { ModelConfig: {} };
  expect(placesOf('UNKNOWN_KEY', files)).toEqual([`${LXC}:/lxc_configs/101/vllm_engine_confg`]);
});

test('tests by their old names', () => {
  const files = environment();
  Object.assign(web(files), { integration_tests: [{ name: 'x' }], run_integration_tests: true });
  expect(placesOf('LEGACY_SHAPE', files)).toEqual([
    `${LXC}:/lxc_configs/101/integration_tests`,
    `${LXC}:/lxc_configs/101/run_integration_tests`,
  ]);
  expect(loadFiles(files).config).not.toBeNull();
});

test('volumes and health checks of containers by their old names', () => {
  const files = environment();
  web(files).volumes = [{ name: 'models', pool: 'tank-disks', size_gb: 5, mount_point: '/models' }];
  web(files).health_checks = [{ command: '/bin/true' }];
  expect(lxc(files)).toMatchObject({
    volumes: [{ storage: 'tank-disks', sizeGb: 5 }],
    healthCheck: { argv: ['/bin/true'] },
  });
  expect(placesOf('LEGACY_SHAPE', files)).toEqual([
    `${LXC}:/lxc_configs/101/volumes`,
    `${LXC}:/lxc_configs/101/health_checks`,
  ]);
});

test('options and dependencies as text are lists, and ids may be text or numbers', () => {
  const files = environment();
  Object.assign(web(files), { pct_options: 'nesting=1,keyctl=1', lxc_options: [], dependencies: '900' });
  machine(files).clone_from_vmid = '9000';
  machine(files).vmid = '1001';
  machine(files).dependencies = [101, '900'];
  expect(lxc(files)).toMatchObject({ pctFeatures: { keyctl: '1', nesting: '1' }, dependencies: [900] });
  expect(vm(files)).toMatchObject({ id: 1001, cloneFrom: 9000, dependencies: [101, 900] });
  expect(placesOf('LEGACY_SHAPE', files)).toEqual([
    `${LXC}:/lxc_configs/101/pct_options`,
    `${LXC}:/lxc_configs/101/dependencies`,
  ]);
});
