// Normalises a virtual machine.

import type { z } from 'zod';
import { normaliseSecret } from '../../config/secret.ts';
import { CREATION_DEFAULTS } from '../guest/creation-defaults.ts';
import type { GuestContext } from '../guest/entry.ts';
import { addressList, domainList, guestBase, interfaceOf, normaliseService, withoutSlash } from '../guest/normalise.ts';
import { optionTexts } from '../guest/options/drive-options.ts';
import { valuesOf } from '../guest/settings/values.ts';
import type { VmGuest } from './declared.ts';
import { optionsOf } from './drives/drives.ts';
import { deviceOf } from './passthrough/passthrough.ts';
import type { vmDefaults, vmGuest } from './schema.ts';

type Written = z.output<typeof vmGuest>;

/** Defaults of VMs that do not declare a value themselves. */
export interface VmFileDefaults extends z.output<typeof vmDefaults> {
  /** Address of the host's NFS server; null when it is not declared. */
  readonly nfsServer: string | null;
}

export function normaliseVm(written: Written, defaults: VmFileDefaults, context: GuestContext): VmGuest {
  const isSource = written.is_template;
  const cloneFrom = written.clone_from_vmid === undefined ? null : Number(written.clone_from_vmid);
  const storagePool = written.storage_pool ?? defaults.storage_pool ?? '';
  const settings = valuesOf('vm', written, defaults);
  return {
    ...settings,
    ...guestBase(written, settings, context, { cloneFrom, isSource }),
    kind: 'vm',
    traefikService: normaliseService(written.traefik_service, true),
    templateImage: written.template_image ?? null,
    templateImageUrl: written.template_image_url ?? null,
    templateImageSha256: written.template_image_sha256?.toLowerCase() ?? null,
    storagePool,
    ...drivesFrom(written, storagePool),
    passthrough: written.passthrough.map(deviceOf),
    serial: written.serial,
    diskSizeGb: written.disk_size_gb ?? defaultDiskGb(written, defaults),
    network: networkOf(written, defaults),
    user: {
      username: written.user_config?.username ?? null,
      passwordHash: normaliseSecret(written.user_config?.password_hash),
      ...(written.user_config?.password === undefined ? {} : { password: written.user_config.password }),
      sshKeys: written.user_config?.ssh_keys ?? [],
    },
    volumes: written.volumes.map((volume) => ({
      name: volume.name,
      server: volume.server ?? defaults.nfsServer ?? '',
      path: withoutSlash(volume.path),
      mountPoint: withoutSlash(volume.mount_point),
    })),
    stacks: written.docker_stacks.map((use) =>
      typeof use === 'string' ? { name: use, environment: 'production' } : use,
    ),
    portainer: {
      role: written.portainer_role,
      environmentName: written.portainer_environment_name ?? written.name,
      agentHostname: written.portainer_agent_hostname ?? null,
    },
    snapshots: {
      preFeatures: written.snapshots?.['pre-features'] ?? null,
      postFeatures: written.snapshots?.['post-features'] ?? null,
    },
  };
}

function drivesFrom(written: Written, storage: string) {
  const { root_disk, disks, efi_disk: efi, tpm } = written;
  const isInstalled =
    written.iso !== undefined && written.template_image === undefined && written.clone_from_vmid === undefined;
  const isReady = written.import_from === undefined && !written.empty && !isInstalled;
  return {
    importFrom: written.import_from ?? null,
    ...(written.import_working_storage === undefined ? {} : { importWorkingStorage: written.import_working_storage }),
    empty: written.empty,
    iso: written.iso ?? null,
    cloudInit: written.cloud_init ?? isReady,
    guestAgent: written.guest_agent ?? null,
    rootDisk: { bus: root_disk?.bus ?? null, ...pathOf(root_disk), options: optionsOf(root_disk) },
    disks: disks.map((one) => ({
      bus: one.bus,
      storage: one.storage ?? storage,
      size_gb: one.size_gb ?? null,
      iso: one.iso ?? null,
      ...pathOf(one),
      import_from: one.import_from ?? null,
      format: one.format ?? null,
      options: optionsOf(one),
    })),
    efiDisk:
      efi === undefined
        ? null
        : { storage: efi.storage ?? storage, pre_enrolled_keys: efi.pre_enrolled_keys, ...madeWith(efi.options) },
    tpm: tpm === undefined ? null : { storage: tpm.storage ?? storage, version: tpm.version, ...madeWith(tpm.options) },
  };
}

function madeWith(written: Readonly<Record<string, unknown>> | undefined): {
  readonly options?: Readonly<Record<string, string>>;
} {
  const options = optionTexts(written);
  return Object.keys(options).length === 0 ? {} : { options };
}

function pathOf(written: { readonly path?: string | undefined } | undefined): { readonly path?: string } {
  return written?.path === undefined ? {} : { path: written.path };
}

/**
 * A template stays small: clones can be larger but never smaller, so a large default does not apply to templates. A disk of the host has the size that
 * it has.
 */
function defaultDiskGb({ is_template, root_disk }: Written, defaults: VmFileDefaults): number | null {
  const size = root_disk?.path === undefined ? (defaults.disk_size_gb ?? null) : null;
  return size !== null && is_template && size > CREATION_DEFAULTS.vm.diskSizeGb ? null : size;
}

function networkOf(
  { network_config: network, network_bridge, without_network }: Written,
  defaults: VmFileDefaults,
): VmGuest['network'] {
  return {
    ...interfaceOf({ ...network, bridge: network.bridge ?? network_bridge ?? defaults.network_bridge }),
    none: without_network,
    nameservers: addressList(network.nameserver),
    searchdomain: domainList(network.searchdomain),
  };
}
