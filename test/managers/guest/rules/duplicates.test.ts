// What must be unique in an environment is, whatever its spelling: ids, names, addresses, services and mount points.

import { describe, expect, test } from 'vitest';
import { environment } from '../../../load/environment.ts';
import { found } from '../../../load/rules/found.ts';

const LXC = 'etc/phoenix_lxc_configs.json';
const VM = 'etc/phoenix_vm_configs.json';

describe('each is the only one in a sound environment', () => {
  for (const code of ['ID', 'NAME', 'IP', 'MAC', 'SERVICE'] as const) {
    test(`DUPLICATE_${code}`, () => {
      const files = environment();
      files[LXC].lxc_configs['101'].traefik_service = { name: 'web', port: 80 };
      files[VM].vms[1].traefik_service = { name: 'shop', port: 8000 };
      expect(found(`DUPLICATE_${code}`, files)).toEqual([]);
    });
  }
});

test('a VM cannot have the id of a container', () => {
  const files = environment();
  files[VM].vms[1].vmid = 101;
  expect(found('DUPLICATE_ID', files)).toEqual(['"vmid": 101, | Id 101 of "vm-1001" is taken by lxc/101 (web)']);
});

test('two VMs cannot have one id', () => {
  const files = environment();
  files[VM].vms.push({ ...files[VM].vms[1], name: 'other' });
  expect(found('DUPLICATE_ID', files)).toEqual(['"vmid": 1001, | Id 1001 of "other" is taken by vm/1001 (vm-1001)']);
});

test('names are the same whatever their case', () => {
  const files = environment();
  files[VM].vms[1].name = 'WEB';
  expect(found('DUPLICATE_NAME', files)).toEqual(['"name": "WEB", | "WEB" is also the name of lxc/101']);
});

test('addresses are the same whatever their prefix', () => {
  const files = environment();
  files[VM].vms[1].network_config.ip = '10.0.0.101/16';
  expect(found('DUPLICATE_IP', files)).toEqual([
    '"ip": "10.0.0.101/16", | 10.0.0.101 is also the address of lxc/101 (web)',
  ]);
});

test('IPv6 addresses are the same however they are written', () => {
  const files = environment();
  files[LXC].lxc_configs['101'].network_config = { ip: 'fd00::1/64' };
  files[VM].vms[1].network_config = { ip: 'FD00:0:0::0001/64' };
  expect(found('DUPLICATE_IP', files)).toHaveLength(1);
});

test('MAC addresses are the same whatever their case', () => {
  const files = environment();
  files[LXC].lxc_configs['101'].mac_address = '52:54:00:aa:bb:01';
  files[VM].vms[1].network_config.mac_address = '52:54:00:AA:BB:01';
  expect(found('DUPLICATE_MAC', files)).toEqual([
    '"mac_address": "52:54:00:AA:BB:01" | 52:54:00:AA:BB:01 is also the MAC address of lxc/101 (web)',
  ]);
});

describe('an interface of "options"', () => {
  const MAC = '52:54:00:AA:BB:01';
  const CONTAINER = `name=dmz,bridge=vmbr0,ip=10.0.0.111/24,gw=10.0.0.1,hwaddr=${MAC}`;

  test.each<[what: string, options: object, ip: RegExp, mac: RegExp]>([
    [
      'as texts',
      { net1: `virtio=${MAC},bridge=vmbr0`, ipconfig1: 'ip=10.0.0.111/24' },
      /^"ipconfig1": ".* is also the address of net1 of lxc\/101/,
      /^"net1": ".* is also the MAC address of net1 of lxc\/101/,
    ],
    [
      'by its keys',
      { net1: { model: 'virtio', macaddr: MAC.toLowerCase() }, ipconfig1: { ip: '10.0.0.111/24' } },
      /^"ip": "10.0.0.111\/24"/,
      new RegExp(`^"net1": {.*${MAC} is also`),
    ],
  ])('has an address and a MAC address that no other may have: %s', (_, options, ip, mac) => {
    const files = environment();
    Object.assign(files[LXC].lxc_configs['101'], { networks: [], options: { net1: CONTAINER } });
    Object.assign(files[VM].vms[1], { network_config: { ip: 'dhcp' }, networks: [], options });
    expect(found('DUPLICATE_IP', files)).toEqual([expect.stringMatching(ip)]);
    expect(found('DUPLICATE_MAC', files)).toEqual([expect.stringMatching(mac)]);
  });

  test('is one that rules of the firewall may name, and is judged as any other', () => {
    const files = environment();
    const web = files[LXC].lxc_configs['101'];
    Object.assign(web, { networks: [], options: { net1: CONTAINER.replace('10.0.0.111', '10.7.0.5') } });
    web.firewall.rules = [{ type: 'in', action: 'ACCEPT', iface: 'net1', source: '10.0.0.0/24' }];
    expect(found('BAD_RULE', files)).toEqual([]);
    expect(found('BAD_ADDRESS', files)).not.toEqual([]);
    Object.assign(web, { network_config: undefined, without_network: true });
    expect(found('BAD_RULE', files)).toEqual([]);
    web.firewall.rules[0].iface = 'net0';
    expect(found('BAD_RULE', files)).toHaveLength(1);
  });
});

test('a service name can lead to one guest only', () => {
  const files = environment();
  files[LXC].lxc_configs['101'].traefik_service = { name: 'shop', port: 80 };
  files[VM].vms[1].traefik_service = { name: 'Shop', port: 8000 };
  expect(found('DUPLICATE_SERVICE', files)).toEqual(['"name": "Shop", | Service "Shop" is also that of lxc/101 (web)']);
});

describe('mounts of a container', () => {
  const volume = (name: string, mount_point: string) => ({ name, pool: 'quickOS-lxc-disks', size_gb: 1, mount_point });

  test('two volumes have two names, and a volume of another container may have the same', () => {
    const files = environment();
    const guests = files[LXC].lxc_configs;
    guests['101'].zfs_volumes = [volume('data', '/a'), volume('logs', '/b')];
    guests['102'] = { ...guests['101'], name: 'other', network_config: { ip: '10.0.0.222/24', gw: '10.0.0.1' } };
    expect(found('DUPLICATE_NAME', files)).toEqual([]);
    guests['101'].zfs_volumes = [volume('data', '/a'), volume('data', '/b')];
    expect(found('DUPLICATE_NAME', files)).toEqual([
      '"name": "data", | "data" is also the name of another volume of "web"',
    ]);
  });

  test.each([
    ['a slash at the end', ['/x', '/x/'], []],
    ['a mount and a volume', ['/x'], ['/x']],
    ['slashes in a row', ['/x/y', '/x//y'], []],
  ])('one path takes one mount: %s', (_, volumes, mounts) => {
    const files = environment();
    const guest = files[LXC].lxc_configs['101'];
    guest.zfs_volumes = volumes.map((path, at) => volume(`v${at}`, path));
    guest.mount_points = mounts.map((path) => ({ host_path: '/srv/x', container_path: path }));
    expect(found('INVALID_VALUE', files)).toHaveLength(1);
    guest.zfs_volumes = [volume('v0', '/x')];
    guest.mount_points = [{ host_path: '/srv/x', container_path: '/xy' }];
    expect(found('INVALID_VALUE', files)).toEqual([]);
  });
});
