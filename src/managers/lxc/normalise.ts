// Normalises a container.

import type { z } from 'zod';
import { fileAt } from '../../config/files.ts';
import type { JsonObject } from '../../model/json.ts';
import type { GuestContext } from '../guest/entry.ts';
import { addressList, domainList, guestBase, interfaceOf, normaliseService, withoutSlash } from '../guest/normalise.ts';
import { scriptPath } from '../guest/script-files.ts';
import { valuesOf } from '../guest/settings/values.ts';
import { keyLine } from '../public-key.ts';
import type { Device, LxcGuest, LxcOption, NvidiaSource } from './declared.ts';
import { mountProperties } from './passthrough-schema.ts';
import { gpusOf, type lxcGuest } from './schema.ts';

type Written = z.output<typeof lxcGuest>;

/** Fields of the file that apply to every container that does not declare them itself. */
export interface LxcFileDefaults {
  readonly nvidia_driver_version?: string | undefined;
  readonly nvidia_repo_url?: string | undefined;
  readonly nvidia_runfile_url?: string | undefined;
  /** Roles that some container declares: no other container gets them by default. */
  readonly writtenRoles: ReadonlySet<unknown>;
}

/** Default roles of the containers of the original environment, by id. */
const ROLES: ReadonlyMap<number, NonNullable<LxcGuest['role']>> = new Map([
  [103, 'ca'],
  [102, 'proxy'],
  [101, 'gateway'],
]);

export function normaliseLxc(written: Written, defaults: LxcFileDefaults, context: GuestContext): LxcGuest {
  const role = written.role ?? usualRole(context.id, written, defaults);
  const isSource = written.template_snapshot_name !== undefined || written.is_template;
  const cloneFrom = written.clone_from_ctid === undefined ? null : Number(written.clone_from_ctid);
  const settings = valuesOf('lxc', written);
  return {
    ...guestBase(written, settings, context, { cloneFrom, isSource }),
    ...settings,
    kind: 'lxc',
    role: role === 'none' ? null : role,
    traefikService: normaliseService(written.traefik_service, role === 'ca'),
    template: written.template ?? null,
    root: rootOf(written.root_user),
    ostype: written.ostype ?? null,
    storagePool: written.storage_pool,
    storageSizeGb: written.storage_size_gb,
    rootOptions: mountProperties(written.root_disk ?? {}),
    network: networkOf(written),
    unprivileged: written.unprivileged ?? null,
    gpus: written.gpu_assignment === undefined ? [] : gpusOf(written.gpu_assignment),
    devices: written.devices.map(deviceOf),
    env: written.env,
    apparmorProfile: written.apparmor_profile ?? null,
    apparmorManagesNesting: written.apparmor_manages_nesting,
    pctFeatures: featuresOf(written.pct_options),
    lxcOptions: inOrder(written.lxc_options.map(optionOf)),
    idMaps: written.id_maps.map((map) => ({
      type: map.type,
      containerId: map.container_id,
      hostId: map.host_id,
      size: map.size,
    })),
    mountPoints: written.mount_points.map((mount) => ({
      hostPath: withoutSlash(mount.host_path),
      containerPath: withoutSlash(mount.container_path),
      ownerUid: mount.owner_uid ?? null,
      ownerGid: mount.owner_gid ?? null,
      readOnly: mount.read_only ?? null,
      options: mountProperties(mount),
    })),
    volumes: written.zfs_volumes.map((volume) => ({
      name: volume.name,
      storage: volume.pool,
      sizeGb: volume.size_gb,
      mountPoint: withoutSlash(volume.mount_point),
      options: {
        ...(volume.read_only === undefined ? {} : { ro: volume.read_only ? '1' : '0' }),
        ...mountProperties(volume),
      },
    })),
    applicationScript:
      written.application_script === undefined ? null : fileAt(context.files, scriptPath(written.application_script)),
    bootstrapCaUrl: written.bootstrap_ca_url ?? null,
    nvidia: nvidiaOf(written, defaults),
    vllm: (written.vllm_engine_config as JsonObject | undefined) ?? null,
    lifecycleSnapshots: written.enable_lifecycle_snapshots,
  };
}

/** Keys are one per line; a file without keys declares nothing. */
function rootOf(written: Written['root_user']): LxcGuest['root'] {
  if (written === undefined) return null;
  const { ssh_keys: keys, password } = written;
  return keys.length === 0 && password === undefined
    ? null
    : { sshKeys: keys.map(keyLine), password: password ?? null };
}

/** A container in which nothing is installed has no default role. */
function usualRole(id: number, written: Written, { writtenRoles }: LxcFileDefaults): LxcGuest['role'] {
  const role = ROLES.get(id) ?? null;
  const isBare = written.features.length === 0 && written.application_script === undefined;
  return isBare || writtenRoles.has(role) ? null : role;
}

function networkOf({ network_config: network, mac_address, without_network }: Written): LxcGuest['network'] {
  return {
    ...interfaceOf({ ...network, mac_address }),
    none: without_network,
    nameservers: addressList(network?.nameservers),
    searchdomain: domainList(network?.searchdomain),
  };
}

function deviceOf(written: Written['devices'][number]): Device {
  const one: Exclude<typeof written, string> = typeof written === 'string' ? { path: written } : written;
  const { path, mode, uid, gid, deny_write } = one;
  return { path, mode: mode ?? null, uid: uid ?? null, gid: gid ?? null, denyWrite: deny_write ?? null };
}

function featuresOf(written: readonly string[]): Record<string, string> {
  const pairs = written.map((option) => [option.slice(0, option.indexOf('=')), option.slice(option.indexOf('=') + 1)]);
  return Object.fromEntries(pairs.sort(([a = ''], [b = '']) => (a < b ? -1 : 1)));
}

/** `lxc.mount.auto:sys:rw` and `lxc.mount.auto = sys:rw` mean the same. */
function optionOf(written: string): LxcOption {
  const at = written.search(/[=:]/);
  return { key: written.slice(0, at).trim(), value: written.slice(at + 1).trim() };
}

/** Environment variables first, since Proxmox writes them before all other raw lines (pve-container, PVE/LXC/Config.pm, write_pct_config). */
function inOrder(options: readonly LxcOption[]): LxcOption[] {
  const isVariable = ({ key }: LxcOption) => key === 'lxc.environment.runtime';
  return [...options.filter(isVariable), ...options.filter((option) => !isVariable(option))];
}

function nvidiaOf(written: Written, defaults: LxcFileDefaults): NvidiaSource | null {
  if (!written.features.includes('nvidia')) return null;
  return {
    driverVersion: written.nvidia_driver_version ?? defaults.nvidia_driver_version ?? null,
    repositoryUrl: written.nvidia_repo_url ?? defaults.nvidia_repo_url ?? null,
    runfileUrl: written.nvidia_runfile_url ?? defaults.nvidia_runfile_url ?? null,
  };
}
