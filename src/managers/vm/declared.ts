// A virtual machine as the configuration declares it.

import type { Secret } from '../../config/secret.ts';
import type { SecretReference } from '../../model/action.ts';
import type { GuestBase, GuestNetwork } from '../guest/declared.ts';
import type { SettingValues } from '../guest/settings/values.ts';
import type { Drives } from './drives/drives.ts';
import type { Passthrough } from './passthrough/passthrough.ts';

export interface VmGuest extends GuestBase, SettingValues<'vm'> {
  readonly kind: 'vm';
  /** Name of the cloud image that a template is created from; null for clones. */
  readonly templateImage: string | null;
  /** Where the node downloads that image; null: it already has it. */
  readonly templateImageUrl: string | null;
  /** Lower case; null only without a URL, or where its absence is reported as a problem. */
  readonly templateImageSha256: string | null;
  readonly storagePool: string;
  readonly diskSizeGb: number | null;
  /** Volume or file that the root disk is a copy of; null: none. */
  readonly importFrom: string | null;
  /** Where disks of appliances are unpacked; absent: on their own storage. */
  readonly importWorkingStorage?: string;
  /** Whether it is created with an empty root disk. */
  readonly empty: boolean;
  readonly iso: Drives['iso'];
  readonly cloudInit: Drives['cloud_init'];
  readonly guestAgent: Drives['guest_agent'];
  readonly rootDisk: Drives['root_disk'];
  readonly disks: Drives['disks'];
  readonly efiDisk: Drives['efi_disk'];
  readonly tpm: Drives['tpm'];
  readonly passthrough: Passthrough['passthrough'];
  readonly serial: Passthrough['serial'];
  readonly network: GuestNetwork;
  readonly user: CloudUser;
  /** Volumes that the VM mounts by NFS. */
  readonly volumes: readonly NfsVolume[];
  readonly stacks: readonly StackUse[];
  readonly portainer: PortainerMember;
  /** Names of the snapshots before and after features are installed; null: none. */
  readonly snapshots: { readonly preFeatures: string | null; readonly postFeatures: string | null };
}

export interface NfsVolume {
  /** Name of the Docker volume that it provides. */
  readonly name: string;
  readonly server: string;
  /** Exported path on the server. */
  readonly path: string;
  /** Path inside the VM. */
  readonly mountPoint: string;
}

interface CloudUser {
  readonly username: string | null;
  /** Null: no password, so that only SSH keys give access. */
  readonly passwordHash: Secret | null;
  /** Given to cloud-init; absent: none. */
  readonly password?: SecretReference;
  readonly sshKeys: readonly string[];
}

export interface StackUse {
  readonly name: string;
  readonly environment: string;
}

interface PortainerMember {
  readonly role: 'none' | 'primary' | 'agent' | 'infrastructure';
  /** Name of the environment in Portainer. Default: the guest's name. */
  readonly environmentName: string;
  /** Name under which the server reaches the agent. */
  readonly agentHostname: string | null;
}
