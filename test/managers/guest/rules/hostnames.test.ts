// Names that become host names or DNS names must be valid there.

import { expect, test } from 'vitest';
import { environment, placesOf } from '../../../load/environment.ts';

const HYPERVISOR = 'etc/phoenix_hypervisor_config.json';
const LXC = 'etc/phoenix_lxc_configs.json';
const VM = 'etc/phoenix_vm_configs.json';

test('a name that DNS cannot carry is refused at its line', () => {
  for (const name of ['web_server', '-web', 'web-', 'we b', 'a..b', 'x'.repeat(64)]) {
    const files = environment();
    files[LXC].lxc_configs['101'].name = name;
    expect(placesOf('INVALID_HOSTNAME', files)).toEqual([`${LXC}:/lxc_configs/101/name`]);
  }
});

test('so is every other name that ends up in DNS', () => {
  const files = environment();
  files[HYPERVISOR].domain_name = 'example_internal';
  files[HYPERVISOR].portainer_api = { portainer_hostname: 'portainer!' };
  files[HYPERVISOR].step_ca = { dns_name: 'ca_' };
  files[LXC].lxc_configs['101'].traefik_service = { name: 'we_b', port: 80 };
  files[VM].vms[1].portainer_role = 'agent';
  files[VM].vms[1].portainer_agent_hostname = 'agent_1';
  files[VM].vms[1].network_config = { ...files[VM].vms[1].network_config, searchdomain: 'example.internal, b_d' };
  files[VM].vms[1].volumes = [{ name: 'data', path: '/tank/vm-data/1001', mount_point: '/data', server: 'n$s' }];
  expect(placesOf('INVALID_HOSTNAME', files)).toEqual([
    `${HYPERVISOR}:/domain_name`,
    `${HYPERVISOR}:/portainer_api/portainer_hostname`,
    `${HYPERVISOR}:/step_ca/dns_name`,
    `${LXC}:/lxc_configs/101/traefik_service/name`,
    `${VM}:/vms/1/network_config/searchdomain`,
    `${VM}:/vms/1/volumes/0/server`,
    `${VM}:/vms/1/portainer_agent_hostname`,
  ]);
});

test('a name with a dot is a warning, and still a hostname', () => {
  const files = environment();
  files[LXC].lxc_configs['101'].name = 'granite-3.3-8b';
  expect(placesOf('INVALID_HOSTNAME', files)).toEqual([]);
  expect(placesOf('DOTTED_HOSTNAME', files)).toEqual([`${LXC}:/lxc_configs/101/name`]);
});

test('the names of a sound environment are fine', () => {
  expect(placesOf('INVALID_HOSTNAME', environment())).toEqual([]);
  expect(placesOf('DOTTED_HOSTNAME', environment())).toEqual([]);
});

test('an agent needs a name that the server reaches it by', () => {
  const files = environment();
  files[VM].vms[1].portainer_role = 'agent';
  expect(placesOf('AGENT_WITHOUT_HOSTNAME', files)).toEqual([`${VM}:/vms/1/portainer_role`]);
  files[VM].vms[1].portainer_agent_hostname = 'agent.example.internal';
  expect(placesOf('AGENT_WITHOUT_HOSTNAME', files)).toEqual([]);
  expect(placesOf('AGENT_WITHOUT_HOSTNAME', environment())).toEqual([]);
});
