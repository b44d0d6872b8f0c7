// A shipped feature needs the fields that its script reads; a feature of the repository needs none.

import { expect, test } from 'vitest';
import { environment, type Files, loadFiles } from '../../../load/environment.ts';

const LXC = 'etc/phoenix_lxc_configs.json';

/** Pointer, message and hint of what a container with these fields lacks. */
function lacks(fields: object, file: object = {}): string[] {
  const files = environment();
  Object.assign(files[LXC].lxc_configs['101'], fields);
  Object.assign(files[LXC], file);
  return loadFiles(files)
    .problems.filter(({ code }) => code === 'INVALID_VALUE')
    .map(({ path, message, hint }) => `${path}: ${message}. ${hint}`);
}

const DRIVER = { nvidia_driver_version: '580.76.05', nvidia_runfile_url: 'https://drivers.example/580.run' };

test('the driver needs its version, its installer and a GPU', () => {
  expect(lacks({ features: ['nvidia'] })).toEqual([
    '/lxc_configs/101/features/0: feature "nvidia" of lxc/101 (web) lacks the version of the driver and its installer. Write nvidia_driver_version and nvidia_runfile_url, here or for the whole file: those of the host.',
  ]);
  expect(lacks({ features: ['nvidia'] }, DRIVER)).toEqual([
    '/lxc_configs/101/gpu_assignment: feature "nvidia" of lxc/101 (web) lacks a GPU. Write gpu_assignment, such as "0".',
  ]);
  expect(lacks({ features: ['nvidia'], gpu_assignment: '0', ...DRIVER })).toEqual([]);
});

test('what vLLM serves needs a model; without any of it, it is installed only', () => {
  expect(lacks({ features: ['vllm'], vllm_engine_config: { ServerConfig: { port: 8000 } } })).toEqual([
    '/lxc_configs/101/vllm_engine_config: feature "vllm" of lxc/101 (web) lacks a model. Write "model" in one of its groups, such as "ModelConfig".',
  ]);
  expect(lacks({ features: ['vllm'], vllm_engine_config: { ModelConfig: { model: 'a/b' } } })).toEqual([]);
  expect(lacks({ features: ['vllm'] })).toEqual([]);
});

test('the authority needs its names', () => {
  expect(lacks({ features: ['step_ca'] })).toEqual([
    '/lxc_configs/101/features/0: feature "step_ca" of lxc/101 (web) lacks what the authority is called. Write step_ca of the hypervisor.',
  ]);
});

test('a feature of the config repo needs no inputs', () => {
  const files: Files = environment();
  files['features/nvidia/install.sh'] = 'true\n';
  files[LXC].lxc_configs['101'].features = ['nvidia'];
  expect(loadFiles(files).problems).toEqual([]);
});
