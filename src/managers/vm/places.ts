// Where the values of a VM's spec are written in the files: in its own entry, else in the defaults of all VMs.

import { FURTHER_INTERFACES, GUEST_PLACES, guestEntry, INTERFACE } from '../guest/places.ts';
import { MACHINE_SETTINGS } from '../guest/settings/machine.ts';
import {
  certificates,
  guests,
  host,
  own,
  type Places,
  placesIn,
  type Sources,
  stacks,
  type Written,
} from '../sources.ts';
import type { VmSpec } from './vm-spec.ts';

/** A default of all VMs, in their file or (older shape) in the hypervisor's. */
function byDefault(...fields: readonly string[]): readonly Written[] {
  const at = fields.map((field) => `/vm_defaults/${field}`);
  return [{ in: 'vm', at }, host(...at)];
}

/** Settings that only VMs have are written under their own names. */
const MACHINE = Object.fromEntries(
  Object.keys(MACHINE_SETTINGS).map((name): [string, readonly Written[]] => [name, [own(`/${name}`)]]),
) as { readonly [Name in keyof typeof MACHINE_SETTINGS]: readonly Written[] };

const PLACES: Places<VmSpec> = {
  ...GUEST_PLACES,
  ...MACHINE,
  cores: [...GUEST_PLACES.cores, ...byDefault('cores')],
  memory_mb: [...GUEST_PLACES.memory_mb, ...byDefault('memory_mb')],
  firewall: [...GUEST_PLACES.firewall, own('/docker_stacks'), stacks('/firewall_rules')],
  scripts: [own('/volumes', '/user_config', '/is_template'), ...GUEST_PLACES.scripts],
  snapshots: [own('/snapshots', '/template_snapshot_name', '/is_template')],
  name: [own('/name')],
  source: [
    own('/clone_from_vmid', '/template_image', '/template_image_url', '/template_image_sha256'),
    own('/import_from', '/iso', '/empty'),
    guests('/template_snapshot_name', '/is_template'),
  ],
  disk: [own('/storage_pool', '/disk_size_gb'), ...byDefault('storage_pool', 'disk_size_gb')],
  network_config: [INTERFACE, ...byDefault('network_bridge')],
  networks: [FURTHER_INTERFACES],
  agent: [
    own('/features', '/volumes', '/docker_stacks', '/user_config', '/health_check', '/portainer_role'),
    certificates('/post_renewal', '/post_renewal_command'),
  ],
  user: [own('/user_config')],
  root_disk: [own('/root_disk')],
  disks: [own('/disks', '/storage_pool'), ...byDefault('storage_pool')],
  iso: [own('/iso')],
  import_working_storage: [own('/import_working_storage')],
  efi_disk: [own('/efi_disk', '/storage_pool'), ...byDefault('storage_pool')],
  tpm: [own('/tpm', '/storage_pool'), ...byDefault('storage_pool')],
  cloud_init: [own('/cloud_init', '/template_image', '/clone_from_vmid')],
  guest_agent: [own('/guest_agent')],
  passthrough: [own('/passthrough')],
  serial: [own('/serial')],
};

export const vmSources: Sources = { entry: guestEntry, of: (_target, field) => placesIn(PLACES, field) };
