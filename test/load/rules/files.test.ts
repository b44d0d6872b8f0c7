// Every file that a configuration names must exist in the repository or be shipped with Phoenix, and nothing else is taken for such a file.

import { describe, expect, test } from 'vitest';
import { environment, type Files, loadFiles, placesOf } from '../environment.ts';

const LXC = 'etc/phoenix_lxc_configs.json';
const VM = 'etc/phoenix_vm_configs.json';
const missing = (files: Files) => placesOf('MISSING_FILE', files);

test('every file that a valid environment names exists', () => {
  expect(missing(environment())).toEqual([]);
});

describe('features', () => {
  test('a file that neither the repository nor Phoenix has', () => {
    const files = environment();
    files[LXC].lxc_configs['101'].features = ['docker', 'dns_server'];
    files[VM].vms[1].features = ['dns_server'];
    expect(missing(files)).toEqual([`${LXC}:/lxc_configs/101/features/1`, `${VM}:/vms/1/features/0`]);
    const [problem] = loadFiles(files).problems;
    expect(problem?.message).toBe('the script of feature "dns_server" is missing: features/dns_server/install.sh');
    expect(problem?.target).toBe('lxc/101');
  });

  test('one of the repository is used, also in place of a shipped one', () => {
    const files: Files = environment();
    files[LXC].lxc_configs['101'].features = ['docker', 'own'];
    files['features/docker/install.sh'] = '#!/bin/sh\n';
    files['features/own/install.sh'] = '#!/bin/sh\n';
    const { config, problems } = loadFiles(files);
    expect(problems).toEqual([]);
    const guest = config?.lxc.find(({ id }) => id === 101);
    expect(guest?.features.map(({ path, blob }) => [path, blob?.length])).toEqual([
      ['features/docker/install.sh', 40],
      ['features/own/install.sh', 40],
    ]);
    const [shipped] = config?.lxc.find(({ id }) => id === 900)?.features ?? [];
    expect(shipped).toEqual({ name: 'base_setup', path: 'etc/features/base_setup/install.sh', blob: null });
  });
});

test('application scripts lie in bin/, or where a path says', () => {
  const files: Files = environment();
  files[LXC].lxc_configs['101'].application_script = 'start.sh';
  expect(missing(files)).toEqual([`${LXC}:/lxc_configs/101/application_script`]);
  files['bin/start.sh'] = '#!/bin/sh\n';
  expect(missing(files)).toEqual([]);
  files[LXC].lxc_configs['101'].application_script = 'scripts/start.sh';
  expect(missing(files)).toEqual([`${LXC}:/lxc_configs/101/application_script`]);
  files['scripts/start.sh'] = '#!/bin/sh\n';
  expect(missing(files)).toEqual([]);
});

test('scripts of health checks, also by the folder of the original system', () => {
  const files: Files = environment();
  const check = { command: '/usr/local/phoenix_hypervisor/bin/health/check.sh --fast' };
  files[LXC].lxc_configs['101'].health_check = check;
  expect(missing(files)).toEqual([`${LXC}:/lxc_configs/101/health_check/command`]);
  files['bin/health/check.sh'] = '#!/bin/sh\n';
  expect(missing(files)).toEqual([]);
  const guest = loadFiles(files).config?.lxc.find(({ id }) => id === 101);
  expect(guest?.healthCheck).toMatchObject({ script: { path: 'bin/health/check.sh' }, argv: ['--fast'], retries: 5 });
});

test('a program of the guest is no file of the repository', () => {
  const files = environment();
  files[LXC].lxc_configs['101'].health_check = { command: ['systemctl', 'is-active', 'nginx'] };
  expect(missing(files)).toEqual([]);
  const guest = loadFiles(files).config?.lxc.find(({ id }) => id === 101);
  expect(guest?.healthCheck).toMatchObject({ script: null, argv: ['systemctl', 'is-active', 'nginx'] });
});

test('stacks need a manifest and a compose file, when a VM runs them', () => {
  const files: Files = environment();
  delete files['stacks/shop/docker-compose.yml'];
  expect(missing(files)).toEqual([`${VM}:/vms/1/docker_stacks/0`]);
  files[VM].vms[1].docker_stacks = [];
  expect(missing(files)).toEqual([]);
  files[VM].vms[1].docker_stacks = ['chop'];
  const messages = loadFiles(files).problems.map(({ code, message }) => `${code} ${message}`);
  expect(messages).toEqual([
    'MISSING_FILE stack "chop" has no stacks/chop/phoenix.json',
    'MISSING_FILE stack "chop" has no stacks/chop/docker-compose.yml',
  ]);
});

test('files that a stack hands in', () => {
  const files: Files = environment();
  const manifest = files['stacks/shop/phoenix.json'];
  manifest.environments.production.files = [{ source: 'shop.env', destination_in_container: '/app/.env' }];
  expect(missing(files)).toEqual(['stacks/shop/phoenix.json:/environments/production/files/0/source']);
  files['stacks/shop/shop.env'] = 'A=1\n';
  expect(missing(files)).toEqual([]);
  const file = loadFiles(files).config?.stacks.get('shop')?.environments['production']?.files[0];
  expect(file).toMatchObject({ path: 'stacks/shop/shop.env', destination: '/app/.env' });
});
