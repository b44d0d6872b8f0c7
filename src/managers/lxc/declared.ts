// A container as the configuration declares it.

import type { ScriptFile } from '../../config/files.ts';
import type { JsonObject } from '../../model/json.ts';
import type { GuestBase, GuestNetwork, RootUser } from '../guest/declared.ts';
import type { SettingValues } from '../guest/settings/values.ts';

export interface LxcGuest extends GuestBase, SettingValues<'lxc'> {
  readonly kind: 'lxc';
  /** Its role in the environment. */
  readonly role: 'ca' | 'proxy' | 'gateway' | null;
  /** Template file as a volume id (`local:vztmpl/…`) or an absolute path; null for clones. */
  readonly template: string | null;
  /** Root's credentials in a new container; null: not declared. */
  readonly root: RootUser | null;
  /** Null: as the template says. */
  readonly ostype: string | null;
  readonly storagePool: string;
  readonly storageSizeGb: number;
  /** Further declared keys of the root disk's property string. */
  readonly rootOptions: Readonly<Record<string, string>>;
  readonly network: GuestNetwork;
  readonly unprivileged: boolean | null;
  /** Indexes of the GPUs that are passed through, ascending. */
  readonly gpus: readonly number[];
  /** Devices that are passed through beside the GPUs. */
  readonly devices: readonly Device[];
  /** Environment variables of the init process. */
  readonly env: Readonly<Record<string, string>>;
  /** `unconfined`, `generated` or a profile's name; null: Proxmox's default. */
  readonly apparmorProfile: string | null;
  readonly apparmorManagesNesting: boolean;
  /** Proxmox's `features` of a container, such as `nesting` to `1`. Keys in order. */
  readonly pctFeatures: Readonly<Record<string, string>>;
  /** Raw `lxc.*` lines, in the order written. */
  readonly lxcOptions: readonly LxcOption[];
  readonly idMaps: readonly IdMap[];
  readonly mountPoints: readonly MountPoint[];
  /** Volumes on a storage, which are retained when the container is recreated. */
  readonly volumes: readonly LxcVolume[];
  readonly applicationScript: ScriptFile | null;
  readonly bootstrapCaUrl: string | null;
  /** Where feature `nvidia` finds its driver; null where the feature is not used. */
  readonly nvidia: NvidiaSource | null;
  /** Groups of engine arguments, as written. */
  readonly vllm: JsonObject | null;
  /** Whether snapshots `pre-configured` and `final-form` are taken during installation. */
  readonly lifecycleSnapshots: boolean;
}

export interface LxcOption {
  /** For example `lxc.apparmor.profile`. */
  readonly key: string;
  readonly value: string;
}

export interface IdMap {
  readonly type: 'uid' | 'gid';
  readonly containerId: number;
  readonly hostId: number;
  /** Number of consecutive ids. */
  readonly size: number;
}

/** A passed-through device of the host. Null: not declared. */
export type Device = {
  readonly path: string;
  readonly mode: string | null;
  readonly uid: number | null;
  readonly gid: number | null;
  readonly denyWrite: boolean | null;
};

/** A bind mount of a folder of the host. */
interface MountPoint {
  readonly hostPath: string;
  readonly containerPath: string;
  /** Owner inside the container; null: not changed. */
  readonly ownerUid: number | null;
  readonly ownerGid: number | null;
  readonly readOnly: boolean | null;
  /** Further keys of its property string. */
  readonly options?: Readonly<Record<string, string>>;
}

interface LxcVolume {
  readonly name: string;
  readonly storage: string;
  readonly sizeGb: number;
  /** Path inside the container. */
  readonly mountPoint: string;
  /** Further keys of its property string. */
  readonly options?: Readonly<Record<string, string>>;
}

export interface NvidiaSource {
  readonly driverVersion: string | null;
  readonly repositoryUrl: string | null;
  readonly runfileUrl: string | null;
}
