// The cost of every rule grows in proportion to the number of guests.

import { expect, test } from 'vitest';
import { BETWEEN_RULES } from '../../../src/load/rules/between.ts';
import { ADDRESS_RULES, rulesOf } from '../../../src/load/rules/index.ts';
import type { Config } from '../../../src/managers/config.ts';
import { KINDS } from '../../../src/managers/index.ts';
import { Unreadable } from '../../../src/managers/unreadable.ts';
import { DEFAULT_BOUNDS } from '../../../src/settings/secret-bounds.ts';
import { environment, type Files, loadFiles } from '../environment.ts';

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
  const { draft } = loadFiles(files);
  if (draft === null) throw new Error('not readable');
  return draft;
}

/** How often a rule looks at something of the configuration. */
function looksOf(value: object): { readonly seen: object; looks: number } {
  const counter = { seen: value, looks: 0 };
  const proxies = new Map<object, object>();
  const counted = <Value>(each: Value): Value => {
    if (typeof each !== 'object' || each === null) return each;
    const present = proxies.get(each);
    if (present !== undefined) return present as Value;
    const proxy = new Proxy(each, {
      get(target, key, receiver) {
        counter.looks += 1;
        if (target instanceof Map || target instanceof Set) {
          const member: unknown = Reflect.get(target, key, target);
          // Any iteration visits all of it.
          if (key !== 'get' && key !== 'has') counter.looks += target.size;
          return typeof member === 'function' ? member.bind(target) : member;
        }
        return counted(Reflect.get(target, key, receiver));
      },
    });
    proxies.set(each, proxy);
    return proxy as Value;
  };
  counter.seen = counted(value);
  return counter;
}

test('no rule compares each guest with every other: four times as many are four times the work', () => {
  const [few, many] = [draftOf(large(60)), draftOf(large(240))];
  const work = (config: Config, run: (seen: Config) => unknown): number => {
    const counter = looksOf(config);
    run(counter.seen as Config);
    return counter.looks;
  };
  const growth = (name: string, run: (seen: Config) => unknown) => {
    const [less, more] = [work(few, run), work(many, run)];
    return { name, factor: more / Math.max(less, 100) };
  };
  const unreadable = new Unreadable();
  const found = [
    ...[...ADDRESS_RULES, ...rulesOf(KINDS)].map((rule) =>
      growth(rule.name, (config) => rule({ config, files: new Map(), unreadable, secrets: DEFAULT_BOUNDS })),
    ),
    ...BETWEEN_RULES.map((rule) => growth(rule.name, (config) => rule(config, config, unreadable))),
  ];
  const compared = growth('each with each', ({ lxc }) => lxc.map((one) => lxc.map((other) => one.id === other.id)));
  expect(compared.factor).toBeGreaterThan(12);
  expect(found.filter(({ factor }) => factor > 6)).toEqual([]);
});
