// An address of a guest must be free and inside its network; equal networks on other bridges and single routed addresses are told apart.

import { expect, test } from 'vitest';
import { environment } from '../../../load/environment.ts';
import { found } from '../../../load/rules/found.ts';

const HYPERVISOR = 'etc/phoenix_hypervisor_config.json';
const LXC = 'etc/phoenix_lxc_configs.json';

function withNetwork(network: Record<string, unknown>) {
  const files = environment();
  Object.assign(files[LXC].lxc_configs['101'].network_config, network);
  return files;
}

test('addresses of a sound environment are fine, and so is dhcp', () => {
  expect(found('BAD_ADDRESS', environment())).toEqual([]);
  expect(found('BAD_ADDRESS', withNetwork({ ip: 'dhcp', gw: undefined }))).toEqual([]);
});

test('an address outside of the subnet is refused', () => {
  expect(found('BAD_ADDRESS', withNetwork({ ip: '10.0.1.5/24', gw: '10.0.1.1' }))).toEqual([
    '"ip": "10.0.1.5/24", | lxc/101 (web): 10.0.1.5 is outside of 10.0.0.0/24, the subnet on vmbr0',
  ]);
});

test('another bridge and a VLAN are networks of their own', () => {
  expect(found('BAD_ADDRESS', withNetwork({ ip: '10.0.1.5/24', gw: '10.0.1.1', bridge: 'vmbr1' }))).toEqual([]);
  expect(found('BAD_ADDRESS', withNetwork({ ip: '10.0.1.5/24', gw: '10.0.1.1', vlan: 7 }))).toEqual([]);
});

test('the address of the gateway or of the host is in use', () => {
  expect(found('BAD_ADDRESS', withNetwork({ ip: '10.0.0.1/24' }))).toEqual([
    '"ip": "10.0.0.1/24", | lxc/101 (web): 10.0.0.1 is the address of the gateway',
  ]);
  expect(found('BAD_ADDRESS', withNetwork({ ip: '10.0.0.13/24' }))).toEqual([
    '"ip": "10.0.0.13/24", | lxc/101 (web): 10.0.0.13 is the address of the host',
  ]);
});

test('the network and broadcast addresses cannot be used', () => {
  for (const ip of ['10.0.0.0/24', '10.0.0.255/24']) {
    expect(found('BAD_ADDRESS', withNetwork({ ip }))[0]).toContain('not one a guest can have');
  }
});

test('an address that is routed alone has its gateway outside, as at providers of rented servers', () => {
  const files = environment();
  Object.assign(files[HYPERVISOR].network.interfaces, { address: '10.0.0.13/32', gateway: '10.9.0.1' });
  expect(found('BAD_ADDRESS', files).filter((text) => text.includes('gateway'))).toEqual([]);
  const routed = found('BAD_ADDRESS', withNetwork({ ip: '10.0.0.101/32', gw: '10.0.7.1' }));
  expect(routed.filter((text) => text.includes('outside of 10.0.0.101/32'))).toEqual([]);
});

test('an address that is routed alone is of no network of the bridge, with a gateway of its own', () => {
  expect(found('BAD_ADDRESS', withNetwork({ ip: '203.0.113.5/32', gw: '192.0.2.1' }))).toEqual([]);
  expect(found('BAD_ADDRESS', withNetwork({ ip: '203.0.113.5/32', gw: undefined }))[0]).toContain('outside of');
  const files = environment();
  files[HYPERVISOR].network.interfaces.address = '198.51.100.13/24';
  files[HYPERVISOR].network.interfaces.gateway = '198.51.100.1';
  for (const [index, id] of ['101', '900'].entries())
    Object.assign(files[LXC].lxc_configs[id].network_config, { ip: `203.0.113.${5 + index}/32`, gw: '198.51.100.1' });
  files['etc/phoenix_vm_configs.json'].vms[1].network_config = { ip: '203.0.113.9/32', gw: '198.51.100.1' };
  expect(found('BAD_ADDRESS', files)).toEqual([]);
});

test('a gateway must be in the network of the guest', () => {
  expect(found('BAD_ADDRESS', withNetwork({ gw: '10.0.7.1' }))).toEqual([
    '"gw": "10.0.7.1", | lxc/101 (web): the gateway 10.0.7.1 is outside of 10.0.0.101/24',
  ]);
});

test('a MAC address of a group is refused', () => {
  const files = environment();
  files[LXC].lxc_configs['101'].mac_address = '01:00:5E:00:00:01';
  expect(found('BAD_ADDRESS', files)).toEqual([
    '"mac_address": "01:00:5E:00:00:01", | lxc/101 (web): 01:00:5E:00:00:01 is a multicast MAC address',
  ]);
});

test('the host must reach its own gateway', () => {
  const files = environment();
  files[HYPERVISOR].network.interfaces.gateway = '10.9.0.1';
  expect(found('BAD_ADDRESS', files)).toContain(
    `"gateway": "10.9.0.1" | The host's gateway 10.9.0.1 is outside of 10.0.0.13/24`,
  );
});
