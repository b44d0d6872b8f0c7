// One fault is one problem: rules do not report again what follows from a wrong value. Checked for each value of this repository's reference
// configuration.

import { expect, test } from 'vitest';
import { LONG_TEST } from '../support/long.ts';
import { repositoryFiles } from '../support/repository-files.ts';
import { environment, type Files, loadFiles } from './environment.ts';
import { type Keys, leaves, replaced } from './replace-values.ts';

const HYPERVISOR = 'etc/phoenix_hypervisor_config.json';
const LXC = 'etc/phoenix_lxc_configs.json';
const VM = 'etc/phoenix_vm_configs.json';

const reference: Files = repositoryFiles();
const errorsOf = (files: Files) =>
  loadFiles(files)
    .problems.filter(({ severity }) => severity === 'error')
    .map(({ code, file, path, message }) => `${code} ${file}:${path} ${message}`);

/** Of the entries of a list, and of the guests, the first that has the field. */
function oneOfEach(all: readonly (readonly [Keys, unknown])[]): (readonly [Keys, unknown])[] {
  const kinds = new Map<string, readonly [Keys, unknown]>();
  for (const leaf of all) {
    const kind = leaf[0].map((key) => (/^\d+$/.test(String(key)) ? '*' : key)).join('/');
    if (!kinds.has(kind)) kinds.set(kind, leaf);
  }
  return [...kinds.values()];
}

/** Replaces each value of the reference configuration by another one: more than one error may be reported. */
function repeated(wrong: (value: unknown) => readonly unknown[]): string[] {
  const read = Object.keys(reference).filter((path) => /^(etc\/[^/]+\.json|stacks\/[^/]+\/phoenix\.json)$/.test(path));
  return read.flatMap((path) => {
    const value: unknown = JSON.parse(String(reference[path]));
    return oneOfEach(leaves(value)).flatMap(([keys, leaf]) =>
      wrong(leaf)
        .filter((by) => by !== leaf)
        .flatMap((by) => {
          const errors = errorsOf({ ...reference, [path]: replaced(value, keys, by) });
          return errors.length > 1
            ? [`${path} /${keys.join('/')} as ${JSON.stringify(by)}:\n  ${errors.join('\n  ')}`]
            : [];
        }),
    );
  });
}

test('the reference configuration has no error', () => {
  expect(errorsOf(reference)).toEqual([]);
});

test('an address that cannot be meant', () => {
  const wrong = (value: unknown) => {
    const [, net, third, host, prefix = ''] = /^(\d+\.\d+)\.(\d+)\.(\d+)(\/\d+)?$/.exec(String(value)) ?? [];
    if (net === undefined) return [];
    const isSetting = prefix !== '';
    const nobodys = [`${net}.${Number(third) + 77}.${host}${prefix}`, `${net}.${third}.255${prefix}`];
    return [`${net}.${third}.300${prefix}`, `${net}.${third}`, ...(isSetting ? nobodys : [])];
  };
  expect(repeated(wrong)).toEqual([]);
});

test('a value of another kind, or with signs that it cannot have', LONG_TEST, () => {
  expect(repeated((value) => [typeof value === 'string' ? 'a b;' : {}])).toEqual([]);
  expect(repeated((value) => (typeof value === 'number' ? [-5] : []))).toEqual([]);
});

test('a duplicate address is reported once, at the second guest', () => {
  const files = environment();
  files[VM].vms[1].network_config.ip = files[LXC].lxc_configs['101'].network_config.ip;
  expect(errorsOf(files)).toEqual([
    `DUPLICATE_IP ${VM}:/vms/1/network_config/ip 10.0.0.101 is also the address of lxc/101 (web)`,
  ]);
});

test('a subnet without any guest is reported once, at the host', () => {
  const files = environment();
  files[HYPERVISOR].network.default_subnet = '10.9.0.0/24';
  expect(errorsOf(files)).toEqual([
    `BAD_ADDRESS ${HYPERVISOR}:/network/interfaces/address all 3 guests on vmbr0 are outside of 10.9.0.0/24, such as lxc/101 (web) at 10.0.0.101/24`,
  ]);
});

test('a host with the number or broadcast address of its network', () => {
  for (const address of ['10.0.0.0/24', '10.0.0.255/24']) {
    const files = environment();
    files[HYPERVISOR].network.interfaces.address = address;
    expect(errorsOf(files)).toEqual([
      `BAD_ADDRESS ${HYPERVISOR}:/network/interfaces/address ${address} is the number or broadcast address of its network, not one the host can have`,
    ]);
  }
});

test('where no guest uses the host’s DNS, that is reported once', () => {
  const files = environment();
  files[HYPERVISOR].dns_server = {};
  files[HYPERVISOR].network.interfaces.address = '10.0.0.14/24';
  const said = loadFiles(files).problems.map(({ code, path, message }) => `${code} ${path} ${message}`);
  expect(said).toEqual([
    'NAMESERVER /network/interfaces/address no guest asks the host, 10.0.0.14, for names: all 4 ask 10.0.0.13, which knows no internal ones',
  ]);
});

test('a fixed address without a gateway, where the host has one', () => {
  const files = environment();
  delete files[LXC].lxc_configs['101'].network_config.gw;
  const gateways = () => loadFiles(files).problems.map(({ code, path, severity }) => `${severity} ${code} ${path}`);
  expect(gateways()).toEqual(['warning NO_GATEWAY /lxc_configs/101/network_config/ip']);
  for (const own of [{ bridge: 'vmbr1' }, { vlan: 7 }, { ip: 'dhcp' }]) {
    const network = files[LXC].lxc_configs['101'].network_config;
    files[LXC].lxc_configs['101'].network_config = { ...network, ...own };
    expect(gateways()).toEqual([]);
    files[LXC].lxc_configs['101'].network_config = network;
  }
  delete files[HYPERVISOR].network.interfaces.gateway;
  expect(gateways()).toEqual([]);
});
