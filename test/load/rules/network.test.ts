// Rules about how guests reach each other: NFS exports, names in DNS, name servers and gateways.

import { describe, expect, test } from 'vitest';
import { environment } from '../environment.ts';
import { found } from './found.ts';

const HYPERVISOR = 'etc/phoenix_hypervisor_config.json';
const LXC = 'etc/phoenix_lxc_configs.json';
const VM = 'etc/phoenix_vm_configs.json';
const SHOP = 'stacks/shop/phoenix.json';

describe('NFS_NOT_EXPORTED', () => {
  test('what is exported to the VM, below an exported folder, to its network or by another server is fine', () => {
    const files = environment();
    expect(found('NFS_NOT_EXPORTED', files)).toEqual([]);
    files[HYPERVISOR].nfs.exports[0] = { path: '/tank/vm-data/', clients: ['10.0.0.0/24'] };
    expect(found('NFS_NOT_EXPORTED', files)).toEqual([]);
    files[VM].vms[1].volumes[0].server = '10.0.0.200';
    files[HYPERVISOR].nfs.exports = [];
    expect(found('NFS_NOT_EXPORTED', files)).toEqual([]);
  });

  test('a path that no export holds', () => {
    const files = environment();
    files[HYPERVISOR].nfs.exports[0].path = '/tank/vm-data/10';
    expect(found('NFS_NOT_EXPORTED', files)).toEqual([
      '"path": "/tank/vm-data/1001", | The host does not export /tank/vm-data/1001',
    ]);
  });

  test('an export that admits others', () => {
    const files = environment();
    files[HYPERVISOR].nfs.exports[0].clients = ['10.0.0.112'];
    expect(found('NFS_NOT_EXPORTED', files)).toEqual([
      '"path": "/tank/vm-data/1001", | The host exports /tank/vm-data/1001 only to 10.0.0.112, not to vm/1001 (vm-1001) at 10.0.0.111',
    ]);
  });
});

describe('DNS_AMBIGUOUS', () => {
  test('a container is reached by its name and its service at one address', () => {
    const files = environment();
    files[LXC].lxc_configs['101'].traefik_service = { name: 'web', port: 80 };
    expect(found('DNS_AMBIGUOUS', files)).toEqual([]);
  });

  test('a VM whose service has its own name is at the gateway and at itself', () => {
    const files = environment();
    files[LXC].lxc_configs['101'].role = 'gateway';
    Object.assign(files[VM].vms[1], { name: 'shop', traefik_service: { name: 'shop', port: 8000 } });
    expect(found('DNS_AMBIGUOUS', files)).toEqual([
      '"name": "shop", | shop.example.internal is 10.0.0.111 by name of vm/1001 and 10.0.0.101 by service of vm/1001',
    ]);
  });

  test('a name in network.hosts occurs once, and has the address that DNS of the environment gives it', () => {
    const files = environment();
    const hosts = [
      { address: '10.0.0.50', names: ['nas'] },
      { address: 'fd00::50', names: ['nas'] },
      { address: '10.0.0.111', names: ['vm-1001.example.internal'] },
    ];
    files[HYPERVISOR].dns_server = { enabled: true };
    files[HYPERVISOR].network.hosts = hosts;
    expect(found('DNS_AMBIGUOUS', files)).toEqual([]);
    files[HYPERVISOR].network.hosts = [
      ...hosts,
      { address: '10.0.0.51', names: ['other', 'NAS'] },
      { address: '10.0.0.52', names: ['VM-1001.example.internal'] },
    ];
    expect(found('DNS_AMBIGUOUS', files)).toEqual([
      '"NAS" | NAS is 10.0.0.51 here, and another entry of network.hosts leads it to 10.0.0.50',
      '"VM-1001.example.internal" | VM-1001.example.internal is 10.0.0.52 here, and another entry of network.hosts leads it to 10.0.0.111',
    ]);
    files[HYPERVISOR].network.hosts = [{ address: '10.0.0.52', names: ['vm-1001.example.internal'] }];
    expect(found('DNS_AMBIGUOUS', files)).toEqual([
      '"vm-1001.example.internal" | vm-1001.example.internal is 10.0.0.52 here, and the names of the environment lead it to 10.0.0.111',
    ]);
  });

  test('an agent is never behind the gateway', () => {
    const files = environment();
    Object.assign(files[VM].vms[1], {
      portainer_role: 'agent',
      portainer_agent_hostname: 'agent.example.internal',
      traefik_service: { name: 'agent', port: 9001 },
    });
    expect(found('DNS_AMBIGUOUS', files)).toEqual([]);
  });

  test('guests or services with one name are reported once, as errors', () => {
    const files = environment();
    files[LXC].lxc_configs['101'].name = 'ct-900';
    files[LXC].lxc_configs['101'].traefik_service = { name: 'web', port: 80 };
    files[LXC].lxc_configs['900'].traefik_service = { name: 'web', port: 81 };
    expect(found('DUPLICATE_NAME', files)).toHaveLength(1);
    expect(found('DUPLICATE_SERVICE', files)).toHaveLength(1);
    expect(found('DNS_AMBIGUOUS', files)).toEqual([]);
  });

  test('a stack that is reached by the name of a guest', () => {
    const files = environment();
    files[SHOP].environments.production.services = {
      shop: { traefik_labels: ['traefik.http.routers.s.rule=Host(`Web.example.internal`) && PathPrefix(`/x`)'] },
    };
    expect(found('DNS_AMBIGUOUS', files)).toEqual([
      '"traefik.http.routers.s.rule=Host(`Web.example.internal`) && PathPrefix(`/x`)" | web.example.internal is 10.0.0.101 by name of lxc/101 and the gateway by stack shop (production)',
    ]);
  });
});

describe('NAMESERVER', () => {
  test('the host, or nothing said, is fine; so is any server where the host answers no names', () => {
    const files = environment();
    files[HYPERVISOR].dns_server = { enabled: true };
    files[LXC].lxc_configs['101'].network_config.nameservers = '8.8.8.8 10.0.0.13';
    files[VM].vms[1].network_config.nameserver = undefined;
    expect(found('NAMESERVER', files)).toEqual([]);
    files[HYPERVISOR].dns_server = { enabled: false };
    files[LXC].lxc_configs['101'].network_config.nameservers = '8.8.8.8';
    expect(found('NAMESERVER', files)).toEqual([]);
  });

  test('a guest with another DNS server does not find the others', () => {
    const files = environment();
    files[HYPERVISOR].dns_server = { enabled: true };
    files[LXC].lxc_configs['101'].network_config.nameservers = '8.8.8.8';
    files[VM].vms[1].network_config.nameserver = '1.1.1.1';
    expect(found('NAMESERVER', files)).toEqual([
      '"nameservers": "8.8.8.8" | lxc/101 (web) asks 8.8.8.8 for names, which knows no internal ones',
      '"nameserver": "1.1.1.1" | vm/1001 (vm-1001) asks 1.1.1.1 for names, which knows no internal ones',
    ]);
  });

  test('the host must not ask a guest that lets no question in', () => {
    const files = environment();
    files[HYPERVISOR].network.interfaces.dns_nameservers = ['9.9.9.9', '10.0.0.101'];
    expect(found('NAMESERVER', files)).toEqual([
      '"10.0.0.101" | The host asks 10.0.0.101 for names: that is lxc/101 (web), whose firewall lets no question to port 53 in',
    ]);
    const open = { type: 'in', action: 'ACCEPT', source: '10.0.0.0/24', proto: 'udp', port: '53' };
    files[LXC].lxc_configs['101'].firewall.rules = [open];
    expect(found('NAMESERVER', files)).toEqual([]);
  });

  test('a guest that took the address of the host is not the server meant', () => {
    const files = environment();
    files[HYPERVISOR].network.interfaces.dns_nameservers = ['10.0.0.13'];
    files[LXC].lxc_configs['101'].network_config.ip = '10.0.0.13/24';
    expect(found('BAD_ADDRESS', files)).toHaveLength(1);
    expect(found('NAMESERVER', files)).toEqual([]);
  });
});

describe('UNKNOWN_REFERENCE of the page of the host', () => {
  test('a certificate of the manifest is named as written there', () => {
    const files = environment();
    files[HYPERVISOR].page_certificate = { certificate: 'pve.example.internal' };
    expect(found('UNKNOWN_REFERENCE', files)).toEqual([
      '"certificate": "pve.example.internal" | there is no certificate pve.example.internal in etc/certificate-manifest.json',
    ]);
    files['etc/certificate-manifest.json'] = [
      { common_name: 'pve.example.internal', cert_path: '/tank/pve/page.crt', key_path: '/tank/pve/page.key' },
    ];
    expect(found('UNKNOWN_REFERENCE', files)).toEqual([]);
  });

  test.each([
    [{}, 'must say one of'],
    [{ acme: true, certificate: 'pve.example.internal' }, 'must say one of'],
    [{ key: { $secret: 'file:/etc/phoenix/secrets/page.key' } }, 'must say both'],
  ])('%j is refused', (page, message) => {
    const files = environment();
    files[HYPERVISOR].page_certificate = page;
    expect(found('INVALID_VALUE', files).join()).toContain(message);
  });
});
