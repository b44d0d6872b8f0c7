// The configuration as the rest of Phoenix sees it: every file of the config repo read, each value in one form. What people write is
// described in schema/; normalise/ turns the one into the other. Of a guest's settings only what is declared stands here: null is
// what nobody declared, and making.ts says what a new guest gets in its place.

import type { SecretReference } from '../model/action.ts';
import type { BlobId } from '../model/ids.ts';
import type { JsonObject } from '../model/json.ts';
import type { Hypervisor } from './config-host.ts';
import type { Certificate, Stack } from './config-services.ts';

/** Where something was written: a file below the config root and a JSON pointer into it. */
export interface Place {
  readonly file: string;
  readonly path: string;
}

export interface Config {
  /** By ascending id. An id that was declared twice stands here twice. */
  readonly lxc: readonly LxcGuest[];
  /** By ascending id. An id that was declared twice stands here twice. */
  readonly vm: readonly VmGuest[];
  /** Containers and VMs by id, which they share; where an id was declared twice, the first. */
  readonly guests: ReadonlyMap<number, Guest>;
  readonly certificates: readonly Certificate[];
  /** Every folder below `stacks/` that has a manifest, by its name in alphabetical order. */
  readonly stacks: ReadonlyMap<string, Stack>;
  readonly hypervisor: Hypervisor;
}

export type Guest = LxcGuest | VmGuest;

/** What containers and VMs have in common. */
export interface GuestBase {
  readonly id: number;
  /** Hostname of a container, name of a VM. */
  readonly name: string;
  readonly writtenAt: Place;
  /** Destroying or recreating is refused even with approval. */
  readonly protected: boolean;
  /** Beside Phoenix's own and those that people gave it; lower case, sorted, without repetition. */
  readonly tags: readonly string[];
  /** Free text for the notes; null for none. */
  readonly description: string | null;
  /** Null: not declared. */
  readonly cores: number | null;
  readonly memoryMb: number | null;
  readonly startAtBoot: boolean | null;
  /** Null: no order is set. */
  readonly bootOrder: number | null;
  /** Seconds to wait after this guest before the next one starts; null: not set. */
  readonly bootDelaySeconds: number | null;
  /** What Phoenix sees to: `unmanaged` is started once after it is created and then left as it is. */
  readonly startState: 'running' | 'stopped' | 'unmanaged';
  /** Id of the guest it is cloned from. */
  readonly cloneFrom: number | null;
  /** Name of the snapshot taken when it is complete, which clones start from. */
  readonly templateSnapshot: string | null;
  /** Written dependencies, without the clone source; in the order written, without repetition. */
  readonly dependencies: readonly number[];
  /** In the order in which they are installed. */
  readonly features: readonly FeatureScript[];
  readonly firewall: GuestFirewall | null;
  readonly traefikService: TraefikService | null;
  readonly healthCheck: HealthCheck | null;
  /** A complete reconcile of everything that lists guests follows its creation. */
  readonly triggerSync: boolean;
}

export interface LxcGuest extends GuestBase {
  readonly kind: 'lxc';
  /** What the rest of the environment uses it for. */
  readonly role: 'ca' | 'proxy' | 'gateway' | null;
  readonly swapMb: number | null;
  /** Template file as a volume id (`local:vztmpl/…`) or an absolute path; null for clones. */
  readonly template: string | null;
  /** Null: what the template says. */
  readonly ostype: string | null;
  readonly storagePool: string;
  readonly storageSizeGb: number;
  readonly network: LxcNetwork;
  readonly unprivileged: boolean | null;
  /** Indexes of the GPUs that are handed in, ascending. */
  readonly gpus: readonly number[];
  /** `unconfined`, `generated` or a profile's name; null: Proxmox's default. */
  readonly apparmorProfile: string | null;
  readonly apparmorManagesNesting: boolean;
  /** Proxmox's `features` of a container, such as `nesting` to `1`. Keys in order. */
  readonly pctFeatures: Readonly<Record<string, string>>;
  /** Raw `lxc.*` lines, in the order written. */
  readonly lxcOptions: readonly LxcOption[];
  readonly idMaps: readonly IdMap[];
  readonly mountPoints: readonly MountPoint[];
  /** Volumes of their own on a storage, which outlive a rebuild of the guest. */
  readonly volumes: readonly LxcVolume[];
  readonly applicationScript: ScriptFile | null;
  readonly bootstrapCaUrl: string | null;
  /** Where feature `nvidia` finds its driver; null where the feature is not used. */
  readonly nvidia: NvidiaSource | null;
  /** Groups of engine arguments, as written. */
  readonly vllm: JsonObject | null;
  /** Snapshots `pre-configured` and `final-form` are taken on the way. */
  readonly lifecycleSnapshots: boolean;
}

export interface VmGuest extends GuestBase {
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
  readonly network: VmNetwork;
  readonly user: CloudUser;
  /** Volumes that the VM mounts by NFS. */
  readonly volumes: readonly NfsVolume[];
  readonly stacks: readonly StackUse[];
  readonly portainer: PortainerMember;
  /** Names of the snapshots around the installation of features; null: none is taken. */
  readonly snapshots: { readonly preFeatures: string | null; readonly postFeatures: string | null };
}

/** An address with prefix length (`10.0.0.10/24`), or how it is come by. */
type IpSetting = string | 'dhcp' | 'manual';

export interface LxcNetwork {
  /** Name of the interface inside the container. */
  readonly name: string | null;
  readonly bridge: string | null;
  /** Null only for VMs. */
  readonly ip: IpSetting | null;
  readonly gateway: string | null;
  /** Upper case; null: Proxmox chooses and Phoenix keeps it. */
  readonly mac: string | null;
  readonly vlan: number | null;
  readonly mtu: number | null;
  /** Empty: not declared. */
  readonly nameservers: readonly string[];
  readonly searchdomain: string | null;
}

type VmNetwork = Omit<LxcNetwork, 'name'>;

export interface LxcOption {
  /** For example `lxc.apparmor.profile`. */
  readonly key: string;
  readonly value: string;
}

export interface IdMap {
  readonly type: 'uid' | 'gid';
  readonly containerId: number;
  readonly hostId: number;
  /** How many ids in a row. */
  readonly size: number;
}

/** A folder of the host, seen inside the container. */
interface MountPoint {
  readonly hostPath: string;
  readonly containerPath: string;
  /** Owner inside the container; null: left as it is. */
  readonly ownerUid: number | null;
  readonly ownerGid: number | null;
  readonly readOnly: boolean | null;
}

interface LxcVolume {
  readonly name: string;
  readonly storage: string;
  readonly sizeGb: number;
  /** Path inside the container. */
  readonly mountPoint: string;
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

/** A script that is installed in a guest, known by its content. */
export interface FeatureScript {
  readonly name: string;
  /** Path in the config repo, or below Phoenix's own folder when shipped: `etc/features/<name>/install.sh`. */
  readonly path: string;
  /** Null: the one that Phoenix ships. */
  readonly blob: BlobId | null;
}

/** A file of the config repo, known by its content. */
export interface ScriptFile {
  readonly path: string;
  /** Null only in a configuration with the problem MISSING_FILE. */
  readonly blob: BlobId | null;
}

export interface HealthCheck {
  /** Pushed into the guest and run there; null: `argv` names a program of the guest. */
  readonly script: ScriptFile | null;
  /** Arguments of the script, or the program and its arguments. */
  readonly argv: readonly string[];
  readonly retries: number;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
}

export interface TraefikService {
  /** First label of the name that it is reached by. */
  readonly name: string;
  readonly port: number;
  readonly scheme: 'http' | 'https';
}

export interface NvidiaSource {
  readonly driverVersion: string | null;
  readonly repositoryUrl: string | null;
  readonly runfileUrl: string | null;
}

export type FirewallPolicy = 'ACCEPT' | 'DROP' | 'REJECT';

export interface GuestFirewall {
  readonly enabled: boolean;
  readonly policyIn: FirewallPolicy;
  readonly policyOut: FirewallPolicy;
  readonly rules: readonly FirewallRule[];
}

export interface FirewallRule {
  readonly type: 'in' | 'out';
  readonly action: FirewallPolicy;
  /** Addresses, networks and ranges, separated by commas; null: any. */
  readonly source: string | null;
  readonly dest: string | null;
  readonly proto: 'tcp' | 'udp' | 'icmp' | 'icmpv6' | 'sctp' | null;
  /** Destination ports and ranges (`80,443`, `6000:6010`); null: any. */
  readonly port: string | null;
  readonly sourcePort: string | null;
  /** Name of the interface; null: every one. */
  readonly iface: string | null;
  readonly log: string | null;
  readonly enabled: boolean;
  readonly comment: string | null;
  readonly writtenAt: Place;
}

/** Never part of a spec, log, job or plan: only a reference may be. */
interface PlainSecret {
  readonly $plain: string;
}
export type Secret = SecretReference | PlainSecret;
