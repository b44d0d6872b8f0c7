// What the configuration says of a virtual machine.

import type { Secret } from '../../config/secret.ts';
import type { GuestBase, GuestNetwork } from '../guest/declared.ts';
import type { SettingValues } from '../guest/settings/values.ts';
import type { Drives } from './drives.ts';
import type { Passthrough } from './handed.ts';

export interface VmGuest extends GuestBase, SettingValues<'vm'> {
  readonly kind: 'vm';
  readonly isTemplate: boolean;
  /** Name of the cloud image that a template is made from; null for clones. */
  readonly templateImage: string | null;
  /** Where the node gets that image; null: it is there already. */
  readonly templateImageUrl: string | null;
  /** Lower case; null only without a URL, or in a configuration with that problem. */
  readonly templateImageSha256: string | null;
  readonly storagePool: string;
  readonly diskSizeGb: number | null;
  /** Volume or file that the root disk is a copy of; null: none. */
  readonly importFrom: string | null;
  /** Made with an empty root disk. */
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
  /** Names of the snapshots around the installation of features; null: none is taken. */
  readonly snapshots: { readonly preFeatures: string | null; readonly postFeatures: string | null };
}

export interface NfsVolume {
  /** Docker volume of this name is provided by it. */
  readonly name: string;
  readonly server: string;
  /** Exported path on the server. */
  readonly path: string;
  /** Path inside the VM. */
  readonly mountPoint: string;
}

interface CloudUser {
  readonly username: string | null;
  /** Null: no password, so that only keys let in. */
  readonly passwordHash: Secret | null;
  readonly sshKeys: readonly string[];
}

export interface StackUse {
  readonly name: string;
  readonly environment: string;
}

interface PortainerMember {
  readonly role: 'none' | 'primary' | 'agent' | 'infrastructure';
  /** Name of the environment in Portainer; the guest's name where none is written. */
  readonly environmentName: string;
  /** Name under which the server reaches the agent. */
  readonly agentHostname: string | null;
}
