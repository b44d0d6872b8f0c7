// Interfaces of the host against each other: what would be refused once it is applied is refused in the file, and what is taken can be applied.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { conflictOf } from '../../../src/managers/hypervisor/network/conflicts.ts';
import { stanzasOf } from '../../../src/managers/hypervisor/network/interfaces.ts';
import { interfacesText } from '../../../src/managers/hypervisor/network/own-file.ts';
import { isSameInterface, readInterface } from '../../../src/managers/hypervisor/network/read-interface.ts';
import { runs } from '../../support/runs.ts';
import { environment, type Files, loadFiles } from '../environment.ts';

const HYPERVISOR = 'etc/phoenix_hypervisor_config.json';

function withNetwork(network: object): Files {
  const files = environment();
  Object.assign(files[HYPERVISOR].network, network);
  return files;
}

/** `path: message`, of errors of the host's network. */
function errorsOf(network: object): string[] {
  const { problems } = loadFiles(withNetwork(network));
  return problems
    .filter(({ severity, path, file }) => severity === 'error' && file === HYPERVISOR && path.startsWith('/network'))
    .map(({ path, message }) => `${path.slice('/network/'.length)}: ${message}`);
}

const bond = { name: 'bond0', slaves: ['eno2', 'eno3'] };

test.each<[string, object, string | null]>([
  [
    'bridges, a bond and its VLAN',
    { bonds: [bond], vlans: [{ name: 'bond0.30' }], bridges: [{ name: 'vmbr5', ports: ['bond0'] }] },
    null,
  ],
  [
    'the management interface',
    { bridges: [{ name: 'vmbr0' }] },
    'bridges/0/name: vmbr0 is what Phoenix reaches the host by',
  ],
  ['a name twice', { bridges: [{ name: 'vmbr5' }, { name: 'vmbr5' }] }, 'bridges/1/name: vmbr5 is declared twice'],
  [
    'a port twice',
    { bonds: [bond], bridges: [{ name: 'vmbr5', ports: ['eno9', 'eno3'] }] },
    'bridges/0/ports/1: eno3 is a port of bond0 already, which would be cut off',
  ],
  [
    'a port with an address',
    { vlans: [{ name: 'eno2.4', address: '10.4.0.1/24' }], bridges: [{ name: 'vmbr5', ports: ['eno2.4'] }] },
    'bridges/0/ports/0: eno2.4 has the address 10.4.0.1/24, which would be cut off',
  ],
  [
    'the network of the host',
    { bridges: [{ name: 'vmbr5', address: '10.0.0.99/28' }] },
    'bridges/0/address: 10.0.0.99/28 of vmbr5 lies in the network of vmbr0, which would be cut off',
  ],
  [
    'a second default gateway',
    { bridges: [{ name: 'vmbr5', address: '10.5.0.1/24', gateway: '10.5.0.254' }] },
    'bridges/0/gateway: vmbr0 has the default gateway 10.0.0.1 already, and the host has one for each family',
  ],
  [
    'a second one of IPv6',
    {
      bridges: [{ name: 'vmbr5', address6: 'fd05::1/64', gateway6: 'fd05::2' }],
      ovs_bridges: [{ name: 'vmbr6', address: 'fd06::1/64', gateway: 'fd06::2' }],
    },
    'ovs_bridges/0/gateway: vmbr5 has the default gateway fd05::2 already, and the host has one for each family',
  ],
  [
    'a gateway of IPv6 beside that of the host',
    { bridges: [{ name: 'vmbr5', address6: 'fd05::1/64', gateway6: 'fe80::1' }] },
    null,
  ],
  [
    'a gateway outside',
    { bridges: [{ name: 'vmbr5', address6: 'fd05::1/64', gateway6: 'fd06::2' }] },
    'bridges/0/gateway6: gateway fd06::2 is outside of fd05::1/64',
  ],
  [
    'a gateway of an address that is routed alone',
    { bridges: [{ name: 'vmbr5', address6: 'fd05::1/128', gateway6: 'fd06::2' }] },
    null,
  ],
  [
    'a gateway that is itself',
    { bridges: [{ name: 'vmbr5', address6: 'fd05::1/64', gateway6: 'fd05:0::1' }] },
    'bridges/0/gateway6: gateway fd05:0::1 is the address of vmbr5 itself',
  ],
  [
    'the number of a network',
    { bridges: [{ name: 'vmbr5', address: '10.5.0.0/24' }] },
    'bridges/0/address: 10.5.0.0/24 is the number or broadcast address of its network, not one the host can have',
  ],
  [
    'a bridge of a bridge',
    { bridges: [{ name: 'vmbr5' }, { name: 'vmbr6', ports: ['vmbr5'] }] },
    'bridges/1/ports/0: vmbr6 cannot be made of vmbr5, which is one of network.bridges',
  ],
  [
    'a bond of Linux on Open vSwitch',
    { bonds: [bond], ovs_bridges: [{ name: 'vmbr6', ports: ['bond0'] }] },
    'ovs_bridges/0/ports/0: vmbr6 cannot be made of bond0, which is one of network.bonds',
  ],
  [
    'a VLAN with larger packets than its bond',
    { bonds: [{ ...bond, mtu: 1500 }], vlans: [{ name: 'bond0.3', mtu: 9000 }] },
    'vlans/0/mtu: mtu 9000 of bond0.3 is larger than 1500 of bond0',
  ],
  [
    'a VLAN twice',
    { vlans: [{ name: 'eno2.3' }, { name: 'storage', interface: 'eno2', vlan: 3 }] },
    'vlans/1/name: eno2.3 is VLAN 3 on eno2 already',
  ],
])('%s', (_, network, error) => {
  expect(errorsOf(network)).toEqual(error === null ? [] : [error]);
});

test('the host using its own DNS server, which has no upstream', () => {
  const files = withNetwork({ interfaces: { address: '10.0.0.13/24', dns_nameservers: ['10.0.0.13'] } });
  const messages = () => loadFiles(files).problems.map(({ message }) => message);
  expect(messages()).toEqual([]);
  files[HYPERVISOR].dns_server = { enabled: true };
  expect(messages()).toContain('the host would ask itself for every name');
});

const name = (prefix: string) => fc.integer({ min: 4, max: 7 }).map((number) => `${prefix}${number}`);
const hardware = fc.constantFrom('eno2', 'eno3', 'eno4', 'bond4', 'vmbr5', 'eno2.3');
const addresses = {
  address: fc.option(fc.constantFrom('10.4.0.1/24', '10.5.0.2/24', '10.0.0.9/24', '10.6.0.255/24'), { nil: undefined }),
  address6: fc.option(fc.constantFrom('fd04::1/64', 'fd05::1/64'), { nil: undefined }),
  mtu: fc.option(fc.constantFrom(1500, 9000), { nil: undefined }),
};
const some = <Own>(one: fc.Arbitrary<Own>) => fc.array(one, { maxLength: 2 });
const networks = fc.record({
  bridges: some(
    fc.record({
      ...addresses,
      name: name('vmbr'),
      ports: fc.uniqueArray(hardware, { maxLength: 2 }),
      vlan_aware: fc.boolean(),
    }),
  ),
  bonds: some(
    fc.record({ ...addresses, name: name('bond'), slaves: fc.uniqueArray(hardware, { minLength: 1, maxLength: 2 }) }),
  ),
  vlans: some(fc.record({ ...addresses, name: fc.constantFrom('eno2.3', 'eno2.4', 'bond4.3', 'vmbr5.9') })),
});

test('whatever is taken has no conflict when it is applied, and is read back as it was declared', () => {
  let taken = 0;
  fc.assert(
    fc.property(networks, (network) => {
      const { config } = loadFiles(withNetwork(network));
      if (config === null) return;
      taken += 1;
      const { bonds, vlans, bridges, name: managed } = config.hypervisor.network;
      const all = [...bonds, ...vlans, ...bridges];
      const stanzas = stanzasOf(interfacesText(all));
      for (const one of all) {
        const others = stanzas.filter((stanza) => stanza.name !== one.name);
        expect([one.name, conflictOf(one, managed, others)]).toEqual([one.name, null]);
        const read = readInterface(one.name, stanzas);
        expect(read !== null && isSameInterface(read, one), one.name).toBe(true);
      }
    }),
    { numRuns: runs(60) },
  );
  expect(taken).toBeGreaterThan(0);
});
