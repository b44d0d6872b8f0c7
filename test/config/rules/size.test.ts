import { expect, test } from 'vitest';
import type { Config } from '../../../src/config/config.ts';
import { load } from '../../../src/config/load.ts';
import { BETWEEN_RULES } from '../../../src/config/rules/between.ts';
import { RULES } from '../../../src/config/rules/index.ts';
import { Unreadable } from '../../../src/config/unreadable.ts';
import { DEFAULT_BOUNDS } from '../../../src/settings/secret-bounds.ts';
import { environment, type Files, snapshotOf } from '../environment.ts';

const HYPERVISOR = 'etc/phoenix_hypervisor_config.json';
const LXC = 'etc/phoenix_lxc_configs.json';

/** That many containers that share a GPU, a mounted folder, a clone source and a chain of dependencies. */
function large(count: number): Files {
  const files = environment();
  files[HYPERVISOR].network.interfaces = { name: 'vmbr0', address: '10.0.0.13/8', gateway: '10.0.0.1' };
  for (let id = 10_000; id < 10_000 + count; id++) {
    const ip = `10.1.${id >> 8}.${id & 255}`;
    files[LXC].lxc_configs[id] = {
      ...files[LXC].lxc_configs['101'],
      name: `ct-${id}`,
      mac_address: undefined,
      gpu_assignment: '0',
      network_config: { ip: `${ip}/8`, gw: '10.0.0.1', nameservers: '10.0.0.13' },
      dependencies: id === 10_000 ? [] : [id - 1],
      firewall: { rules: [{ type: 'in', action: 'ACCEPT', source: ip, proto: 'tcp', port: '80' }] },
    };
  }
  return files;
}

function draftOf(files: Files): Config {
  const { draft } = load(snapshotOf(files), { strictSecrets: false, secrets: DEFAULT_BOUNDS });
  if (draft === null) throw new Error('not readable');
  return draft;
}

/** The fastest of three: what else the machine does does not count. */
function milliseconds(work: () => void): number {
  const runs = [0, 1, 2].map(() => {
    const started = performance.now();
    work();
    return performance.now() - started;
  });
  return Math.min(...runs);
}

test('no rule compares each of 10,000 guests with every other', { timeout: 60_000 }, () => {
  const config = draftOf(large(10_000));
  const context = { config, files: new Map(), unreadable: new Unreadable(), secrets: DEFAULT_BOUNDS };
  const took = [
    ...RULES.map((rule) => ({ name: rule.name, ms: milliseconds(() => rule(context)) })),
    ...BETWEEN_RULES.map((rule) => ({
      name: rule.name,
      ms: milliseconds(() => rule(config, config, new Unreadable())),
    })),
  ];
  expect(took.filter(({ ms }) => ms > 500)).toEqual([]);
});
