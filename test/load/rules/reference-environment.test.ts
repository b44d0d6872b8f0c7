// The environment that Phoenix was made for, with all its faults: what is wrong in it is found, and nothing else.
// It is no part of this repository, so the test runs only where PHOENIX_TEST_REFERENCE names it.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { referencePath } from '../../support/reference.ts';
import { loadFiles } from '../environment.ts';

const FOLDER = referencePath('environment') ?? '';

/** Codes of the rules about guests, firewalls, storages and names: not those of files, shapes and certificates. */
const CODES = new Set([
  ...['UNKNOWN_REFERENCE', 'DEPENDENCY_CYCLE', 'DUPLICATE_ID', 'DUPLICATE_IP', 'DUPLICATE_MAC', 'DUPLICATE_NAME'],
  ...[
    'DUPLICATE_SERVICE',
    'BAD_ADDRESS',
    'UNKNOWN_STORAGE',
    'CLONE_SOURCE',
    'DISK_SHRINK',
    'UNOWNED_ADDRESS',
    'BAD_RULE',
  ],
  ...['NFS_NOT_EXPORTED', 'BOOT_ORDER', 'LOCKOUT', 'DESTRUCTIVE', 'DUPLICATE_RULE', 'OPEN_SOURCE', 'DNS_AMBIGUOUS'],
  ...['SHARED_SECRET_PATH', 'GPU_OVERCOMMIT', 'MEMORY_OVERCOMMIT', 'QUOTA_OVERCOMMIT', 'NAMESERVER', 'NO_FIREWALL'],
  'LATE_DEPENDENCY',
]);

test.skipIf(FOLDER === '')('every fault of the reference environment is found, and nothing else', () => {
  const paths = (readdirSync(FOLDER, { recursive: true }) as string[]).filter((path) =>
    statSync(`${FOLDER}/${path}`).isFile(),
  );
  const files = Object.fromEntries(paths.map((path) => [path, readFileSync(`${FOLDER}/${path}`, 'utf8')]));
  const found = loadFiles(files)
    .problems.filter(({ code }) => CODES.has(code))
    .map(({ code, file, path }) => `${code} ${file.split('/').at(-1)} ${path}`);
  expect(found).toMatchInlineSnapshot(`
    [
      "NAMESERVER phoenix_hypervisor_config.json /network/interfaces/dns_nameservers/0",
      "QUOTA_OVERCOMMIT phoenix_hypervisor_config.json /zfs/pools/0/name",
      "QUOTA_OVERCOMMIT phoenix_hypervisor_config.json /zfs/pools/1/name",
      "OPEN_SOURCE phoenix_hypervisor_config.json /shared_volumes/firewall/global_firewall_rules/0",
      "OPEN_SOURCE phoenix_hypervisor_config.json /shared_volumes/firewall/global_firewall_rules/1",
      "NAMESERVER phoenix_lxc_configs.json /lxc_configs/900/network_config/nameservers",
      "NO_FIREWALL phoenix_lxc_configs.json /lxc_configs/901",
      "LATE_DEPENDENCY phoenix_lxc_configs.json /lxc_configs/901/dependencies/0",
      "NO_FIREWALL phoenix_lxc_configs.json /lxc_configs/910",
      "NO_FIREWALL phoenix_lxc_configs.json /lxc_configs/911",
      "NO_FIREWALL phoenix_lxc_configs.json /lxc_configs/912",
      "GPU_OVERCOMMIT phoenix_lxc_configs.json /lxc_configs/801/gpu_assignment",
      "DUPLICATE_RULE phoenix_lxc_configs.json /lxc_configs/101/firewall/rules/3",
      "SHARED_SECRET_PATH phoenix_lxc_configs.json /lxc_configs/101/mount_points/2/host_path",
      "DUPLICATE_RULE phoenix_lxc_configs.json /lxc_configs/103/firewall/rules/2",
      "DUPLICATE_RULE phoenix_lxc_configs.json /lxc_configs/103/firewall/rules/3",
      "SHARED_SECRET_PATH phoenix_lxc_configs.json /lxc_configs/102/mount_points/1/host_path",
      "DNS_AMBIGUOUS phoenix_vm_configs.json /vms/1/traefik_service/name",
      "DUPLICATE_RULE phoenix_vm_configs.json /vms/2/firewall/rules/2",
      "OPEN_SOURCE phoenix_vm_configs.json /vms/2/firewall/rules/4",
      "OPEN_SOURCE phoenix_vm_configs.json /vms/2/firewall/rules/5",
      "OPEN_SOURCE phoenix.json /environments/production/firewall_rules/0",
      "OPEN_SOURCE phoenix.json /environments/production/firewall_rules/1",
      "OPEN_SOURCE phoenix.json /environments/production/firewall_rules/0",
    ]
  `);
});
