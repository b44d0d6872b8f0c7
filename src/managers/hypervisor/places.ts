// Where the values of each section of the host are written in the files; names and exports also follow from guests.

import { nameOf } from '../../model/ids.ts';
import { ADDRESS } from '../guest/places.ts';
import { HYPERVISOR_FILE } from '../places.ts';
import {
  certificates,
  composeFiles,
  datacenter,
  guests,
  own,
  placesIn,
  type Sources,
  stacks,
  type Written,
} from '../sources.ts';

const SECTIONS: Readonly<Record<string, readonly Written[]>> = {
  dns: [
    own('/dns_server', '/domain_name', '/network', '/step_ca/dns_name', '/portainer_api/portainer_hostname'),
    guests('/name', ...ADDRESS, '/role', '/traefik_service', '/portainer_agent_hostname', '/docker_stacks'),
    certificates('/issuer', '/sans'),
    stacks('/services', '/variables'),
    composeFiles('/services/*/labels'),
  ],
  firewall: [
    own('/firewall', '/known_hosts', '/known_aliases', '/known_ip_sets', '/shared_volumes/firewall', '/network'),
    datacenter('/firewall_rules'),
  ],
  gpu: [own('/nvidia_driver')],
  hosts: [own('/network/hosts')],
  network: [own('/network', '/dns_server')],
  nfs: [own('/nfs', '/network', '/zfs'), guests('/volumes')],
  page: [own('/page_certificate'), certificates('/cert_path', '/key_path')],
  repositories: [own('/package_repositories')],
  samba: [own('/samba', '/users', '/zfs')],
  snippets: [own('/snippets')],
  storage: [own('/zfs', '/proxmox_storage_ids')],
  time: [own('/timezone')],
  trust: [guests('/role', '/mount_points')],
  users: [own('/users')],
};

export const hypervisorSources: Sources = {
  entry: () => ({ file: HYPERVISOR_FILE, path: '' }),
  of: (target) => placesIn(SECTIONS, nameOf(target)),
  isDerived: (target) => nameOf(target) === 'dns' || nameOf(target) === 'trust',
};
