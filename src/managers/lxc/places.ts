// Where the values of a container's spec are written in the files.

import { FURTHER_INTERFACES, GUEST_PLACES, guestEntry, INTERFACE } from '../guest/places.ts';
import { settingPlaces } from '../guest/settings/places.ts';
import { guests, own, type Places, placesIn, type Sources } from '../sources.ts';
import type { LxcSpec } from './lxc-spec.ts';

const NVIDIA = ['/nvidia_driver_version', '/nvidia_repo_url', '/nvidia_runfile_url'] as const;

const PLACES: Places<LxcSpec> = {
  ...GUEST_PLACES,
  ...settingPlaces('lxc'),
  scripts: [
    own('/application_script', '/bootstrap_ca_url', '/vllm_engine_config', ...NVIDIA),
    { in: 'lxc', at: NVIDIA },
    ...GUEST_PLACES.scripts,
  ],
  snapshots: [own('/template_snapshot_name', '/enable_lifecycle_snapshots', '/is_template')],
  hostname: [own('/name')],
  ostype: [own('/ostype')],
  unprivileged: [own('/unprivileged')],
  source: [
    own('/template', '/root_user', '/clone_from_ctid', '/clone_from_template_ctid'),
    guests('/template_snapshot_name', '/is_template'),
  ],
  rootfs: [own('/storage_pool', '/storage_size_gb', '/root_disk')],
  network_config: [INTERFACE],
  networks: [FURTHER_INTERFACES],
  features: [own('/pct_options', '/apparmor_profile', '/apparmor_manages_nesting')],
  raw: [own('/lxc_options', '/env', '/apparmor_profile', '/id_maps', '/gpu_assignment')],
  devices: [own('/gpu_assignment', '/devices')],
  mounts: [own('/mount_points')],
  volumes: [own('/zfs_volumes', '/volumes')],
  delegated: [own('/id_maps')],
};

export const lxcSources: Sources = { entry: guestEntry, of: (_target, field) => placesIn(PLACES, field) };
