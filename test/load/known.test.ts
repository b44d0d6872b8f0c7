// Reuse of what was read from an earlier commit changes neither the configuration nor its problems.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Known } from '../../src/config/known.ts';
import { load } from '../../src/load/load.ts';
import { DEFAULT_BOUNDS } from '../../src/settings/secret-bounds.ts';
import { LONG_TEST } from '../support/long.ts';
import { environment, type Files, snapshotOf } from './environment.ts';

const HYPERVISOR = 'etc/phoenix_hypervisor_config.json';
const LXC = 'etc/phoenix_lxc_configs.json';
const VM = 'etc/phoenix_vm_configs.json';
const COMPOSE = 'stacks/shop/docker-compose.yml';

/** Edits that each change how some guest is read, or its problems. */
const EDITS: Readonly<Record<string, (files: Files) => void>> = {
  'more memory': (files) => (files[LXC].lxc_configs['101'].memory_mb = 4_096),
  'an unknown field': (files) => (files[LXC].lxc_configs['101'].memroy = 1),
  'a value that cannot be': (files) => (files[LXC].lxc_configs['101'].memory_mb = 'much'),
  'an old field': (files) => (files[LXC].lxc_configs['101'].run_integration_tests = true),
  'a script of its own': (files) => (files[LXC].lxc_configs['101'].application_script = 'app.sh'),
  'another script': (files) => (files['bin/app.sh'] = 'echo other\n'),
  'a script that is gone': (files) => delete files['bin/app.sh'],
  'another compose file': (files) => (files[COMPOSE] = 'services:\n  other:\n    image: nginx:1.27\n'),
  'a compose file that is not valid': (files) => (files[COMPOSE] = 'services: [other]\n'),
  'a compose file with a secret': (files) =>
    (files[COMPOSE] =
      'services:\n  other:\n    image: nginx:1.27\n    environment:\n      API_TOKEN: 0a9f8e7d6c5b4a39\n'),
  'another feature script': (files) => (files['features/docker/install.sh'] = 'echo docker\n'),
  'a driver for all': (files) => (files[LXC].nvidia_driver_version = '580.65.06'),
  'a role taken': (files) => (files[LXC].lxc_configs['101'].role = 'gateway'),
  'another storage for all VMs': (files) => (files[VM].vm_defaults.storage_pool = 'local-lvm'),
  'another NFS server': (files) => (files[HYPERVISOR].network.nfs_server = '10.0.0.14'),
  'a VM before the others': (files) => files[VM].vms.unshift({ ...files[VM].vms[1], vmid: 1009, name: 'first' }),
  'a secret in plain text': (files) =>
    (files[LXC].lxc_configs['101'].description = 'ghp_0123456789abcdefghijklmnopqrstuvwxyz'),
  'a secret that is not allowed': (files) =>
    (files[VM].vms[1].user_config = { password_hash: { $secret: 'file:/root/x' } }),
};

const COMMITS = fc.array(fc.subarray(Object.keys(EDITS)), { minLength: 2, maxLength: 6 });

test('a configuration and its problems do not depend on what was read before', LONG_TEST, () => {
  fc.assert(
    fc.property(COMMITS, (commits) => {
      const known = new Known();
      for (const edits of commits) {
        const files: Files = { ...environment(), 'bin/app.sh': 'echo app\n' };
        for (const name of edits) EDITS[name]?.(files);
        const options = { strictSecrets: false, secrets: DEFAULT_BOUNDS };
        const alone = load(snapshotOf(files), options);
        expect(load(snapshotOf(files), { ...options, known })).toEqual(alone);
      }
    }),
    { numRuns: 60 },
  );
});

test('an unchanged guest is the same object in the next configuration, and a changed one is not', () => {
  const known = new Known();
  const options = { strictSecrets: false, secrets: DEFAULT_BOUNDS, known };
  const before = load(snapshotOf(environment()), options).config;
  const files = environment();
  files[LXC].lxc_configs['101'].memory_mb = 4_096;
  const after = load(snapshotOf(files), options).config;
  expect(after?.guests.get(900)).toBe(before?.guests.get(900));
  expect(after?.guests.get(101)).not.toBe(before?.guests.get(101));
});
