// Where the shared part of a guest's spec is written in the files.

import type { Place } from '../../config/read/place.ts';
import { kindOf, nameOf, type TargetId } from '../../model/ids.ts';
import type { Config } from '../config.ts';
import { guests, host, own, type Places } from '../sources.ts';
import type { GuestSpec } from './guest-spec.ts';
import type { SharedSettings } from './settings/values.ts';

/** Fields that hold a guest's address, including the old one. */
export const ADDRESS = [
  '/network_config/ip',
  '/network_config/ip6',
  '/network_config/static_ip',
  '/static_ip',
] as const;

/** All but the settings, which are written under their own names. */
export const GUEST_PLACES: Places<Omit<GuestSpec, keyof SharedSettings>> = {
  id: [own('/vmid')],
  protected: [own('/protected'), host('/phoenix/protected')],
  tags: [own('/tags')],
  pool: [own('/pool')],
  taskTimeoutSeconds: [own('/task_timeout_seconds')],
  notes: [own('/description')],
  nameservers: [own('/network_config/nameservers', '/network_config/nameserver')],
  searchdomain: [own('/network_config/searchdomain')],
  options: [own('/options')],
  firewall: [own('/firewall')],
  final: [own('/state', '/is_template')],
  scripts: [
    own('/features', '/name', ...ADDRESS),
    host('/domain_name', '/timezone', '/step_ca', '/nvidia_driver'),
    guests('/role', ...ADDRESS, '/traefik_service/port'),
  ],
  snapshots: [own('/template_snapshot_name')],
  health: [own('/health_check', '/health_checks')],
};

/** Places of the further interfaces. */
export const FURTHER_INTERFACES = own('/networks', '/firewall/enabled');

/** Places of the first interface, in both files. */
export const INTERFACE = own(
  ...['name', 'bridge', 'ip', 'static_ip', 'gw', 'ip6', 'gw6', 'mac_address', 'vlan', 'trunks', 'rate', 'mtu'].map(
    (key) => `/network_config/${key}`,
  ),
  ...['firewall', 'link_down', 'model', 'queues'].map((key) => `/network_config/${key}`),
  '/without_network',
  '/static_ip',
  '/mac_address',
  '/network_bridge',
  '/firewall/enabled',
);

export function guestEntry(config: Config, target: TargetId): Place | null {
  const guest = config.guests.get(Number(nameOf(target)));
  return guest === undefined || guest.kind !== kindOf(target) ? null : guest.writtenAt;
}
