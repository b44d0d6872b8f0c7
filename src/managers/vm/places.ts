// Where the values of a VM's spec are written in the files: in its own entry, else in the defaults of all VMs.

import { FURTHER_INTERFACES, GUEST_PLACES, guestEntry, INTERFACE } from '../guest/places.ts';
import { settingPlaces, vmDefaults } from '../guest/settings/places.ts';
import { certificates, guests, own, type Places, placesIn, type Sources, stacks } from '../sources.ts';
import type { VmSpec } from './vm-spec.ts';

const PLACES: Places<VmSpec> = {
  ...GUEST_PLACES,
  ...settingPlaces('vm'),
  firewall: [...GUEST_PLACES.firewall, own('/docker_stacks'), stacks('/firewall_rules')],
  scripts: [own('/volumes', '/user_config', '/is_template'), ...GUEST_PLACES.scripts],
  snapshots: [own('/snapshots', '/template_snapshot_name', '/is_template')],
  name: [own('/name')],
  source: [
    own('/clone_from_vmid', '/template_image', '/template_image_url', '/template_image_sha256'),
    own('/import_from', '/iso', '/empty'),
    guests('/template_snapshot_name', '/is_template'),
  ],
  disk: [own('/storage_pool', '/disk_size_gb'), ...vmDefaults('storage_pool', 'disk_size_gb')],
  network_config: [INTERFACE, ...vmDefaults('network_bridge')],
  networks: [FURTHER_INTERFACES],
  agent: [
    own('/features', '/volumes', '/docker_stacks', '/user_config', '/health_check', '/portainer_role'),
    certificates('/post_renewal', '/post_renewal_command'),
  ],
  user: [own('/user_config')],
  root_disk: [own('/root_disk')],
  disks: [own('/disks', '/storage_pool'), ...vmDefaults('storage_pool')],
  iso: [own('/iso')],
  import_working_storage: [own('/import_working_storage')],
  efi_disk: [own('/efi_disk', '/storage_pool'), ...vmDefaults('storage_pool')],
  tpm: [own('/tpm', '/storage_pool'), ...vmDefaults('storage_pool')],
  cloud_init: [own('/cloud_init', '/template_image', '/clone_from_vmid')],
  guest_agent: [own('/guest_agent')],
  passthrough: [own('/passthrough')],
  serial: [own('/serial')],
};

export const vmSources: Sources = { entry: guestEntry, of: (_target, field) => placesIn(PLACES, field) };
