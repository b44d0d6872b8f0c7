// The configuration as the rest of Phoenix sees it: every file of the config repo read, defaults filled in, each value in one form.
// What people write is described in schema/; normalise.ts turns the one into the other.

import type { SecretReference } from '../model/action.ts';
import type { BlobId } from '../model/ids.ts';
import type { JsonObject } from '../model/json.ts';

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
  /** Beside Phoenix's own; lower case, sorted, without repetition. */
  readonly tags: readonly string[];
  /** Free text for the notes; null for none. */
  readonly description: string | null;
  readonly cores: number;
  readonly memoryMb: number;
  readonly startAtBoot: boolean;
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
  /** Written dependencies, without the clone source; ascending, without repetition. */
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
  readonly swapMb: number;
  /** Template file as a volume id (`local:vztmpl/…`) or an absolute path; null for clones. */
  readonly template: string | null;
  /** Null: what the template says. */
  readonly ostype: string | null;
  readonly storagePool: string;
  readonly storageSizeGb: number;
  readonly network: LxcNetwork;
  readonly unprivileged: boolean;
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
  readonly storagePool: string;
  readonly diskSizeGb: number;
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
export type IpSetting = string | 'dhcp' | 'manual';

export interface LxcNetwork {
  /** Name of the interface inside the container. */
  readonly name: string;
  readonly bridge: string;
  readonly ip: IpSetting;
  readonly gateway: string | null;
  /** Upper case; null: Proxmox chooses and Phoenix keeps it. */
  readonly mac: string | null;
  readonly vlan: number | null;
  readonly mtu: number | null;
  /** Empty: those of the host. */
  readonly nameservers: readonly string[];
  readonly searchdomain: string | null;
}

export type VmNetwork = Omit<LxcNetwork, 'name'>;

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
export interface MountPoint {
  readonly hostPath: string;
  readonly containerPath: string;
  /** Owner inside the container; null: left as it is. */
  readonly ownerUid: number | null;
  readonly ownerGid: number | null;
  readonly readOnly: boolean;
}

export interface LxcVolume {
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

export interface CloudUser {
  readonly username: string;
  /** Null: no password, so that only keys let in. */
  readonly passwordHash: Secret | null;
  readonly sshKeys: readonly string[];
}

export interface StackUse {
  readonly name: string;
  readonly environment: string;
}

export interface PortainerMember {
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
export interface PlainSecret {
  readonly $plain: string;
}
export type Secret = SecretReference | PlainSecret;

export interface Certificate {
  readonly writtenAt: Place;
  readonly commonName: string;
  /** The common name where none is written; otherwise as written. */
  readonly sans: readonly string[];
  readonly certPath: string;
  readonly keyPath: string;
  readonly owner: string;
  readonly group: string;
  /** Permission bits of the key, for example 0o640. */
  readonly mode: number;
  /** What makes its user read it again; null: nothing is to be done. */
  readonly hook: CertificateHook | null;
}

/** The only things that follow a renewal: a push must not be a shell on the host. */
export type CertificateHook = {
  readonly guest: number;
  /** As which kind of guest the command addresses it. */
  readonly guestKind: 'lxc' | 'vm';
} & (
  | { readonly kind: 'service'; readonly verb: 'reload' | 'restart'; readonly unit: string }
  | { readonly kind: 'container'; readonly container: string }
);

export interface Stack {
  readonly name: string;
  /** The manifest, `stacks/<name>/phoenix.json`. */
  readonly writtenAt: Place;
  readonly description: string | null;
  readonly compose: Compose;
  /** Keys in order. */
  readonly environments: Readonly<Record<string, StackEnvironment>>;
}

/** What a compose file says that matters beyond Docker. */
export interface Compose {
  readonly path: string;
  /** Null only in a configuration with the problem MISSING_FILE. */
  readonly blob: BlobId | null;
  readonly services: readonly string[];
  /** Volumes that must be there already, by the name Docker knows. */
  readonly externalVolumes: readonly ComposeMention[];
  /** `${NAME}` without a default, each once. */
  readonly variables: readonly ComposeMention[];
}

export interface ComposeMention {
  readonly name: string;
  /** Pointer into the compose file. */
  readonly path: string;
  /** In the compose file, from 1. */
  readonly line: number;
  readonly column: number;
}

export interface StackEnvironment {
  readonly writtenAt: Place;
  readonly variables: readonly StackVariable[];
  readonly files: readonly StackFile[];
  /** Labels per service of the compose file. */
  readonly traefikLabels: Readonly<Record<string, readonly string[]>>;
  /** Opened on every VM that runs the stack in this environment. */
  readonly firewallRules: readonly FirewallRule[];
}

export interface StackVariable {
  readonly name: string;
  readonly value: string | SecretReference;
  /** The name says that the value is secret: it is shown nowhere. */
  readonly secret: boolean;
}

export interface StackFile {
  /** Path in the config repo. */
  readonly path: string;
  readonly blob: BlobId | null;
  readonly destination: string;
}

export interface Hypervisor {
  readonly writtenAt: Place;
  /** Names of guests end in it. */
  readonly domain: string;
  readonly timezone: string | null;
  /** Memory of the host in GB, `memory_gb`; null: not told, so that MEMORY_OVERCOMMIT is not decided. */
  readonly memoryGb: number | null;
  readonly user: HostUser | null;
  readonly network: HostNetwork;
  readonly portainerAgentImage: string;
  readonly nfsExports: readonly NfsExport[];
  readonly samba: Samba | null;
  readonly zfs: Zfs;
  /** What guests may put their disks on: one per dataset, those of `proxmox_storage_ids`, and Proxmox's own. */
  readonly storages: readonly Storage[];
  readonly mountPointBase: string;
  readonly nvidia: HostNvidia | null;
  readonly firewall: HostFirewall | null;
  readonly portainer: PortainerServer | null;
  /** Ubuntu release whose cloud images templates are made from, for example `noble`. */
  readonly ubuntuRelease: string;
  readonly dns: { readonly enabled: boolean; readonly upstreamServers: readonly string[] };
  readonly stepCa: StepCa | null;
  readonly behavior: Behavior;
}

export interface HostUser {
  readonly username: string;
  readonly passwordHash: Secret | null;
  readonly sudo: boolean;
  readonly sshPublicKey: string | null;
}

export interface HostNetwork {
  /** The host's bridge or interface. */
  readonly name: string;
  /** With prefix length; null: not told. */
  readonly address: string | null;
  readonly gateway: string | null;
  readonly nameservers: readonly string[];
  /** The network whose addresses Phoenix gives out: `default_subnet`, else that of `address`. */
  readonly subnet: string | null;
  readonly nfsServer: string | null;
  readonly portainerAgentPort: number;
}

export interface NfsExport {
  readonly path: string;
  readonly clients: readonly string[];
  readonly options: readonly string[];
}

export interface Samba {
  readonly user: string;
  readonly shares: readonly SambaShare[];
}

export interface SambaShare {
  readonly name: string;
  /** Absolute path. */
  readonly path: string;
  readonly validUsers: readonly string[];
  readonly browsable: boolean;
  readonly readOnly: boolean;
  readonly guestOk: boolean;
}

export interface Zfs {
  /** Null: not limited. */
  readonly arcMaxGb: number | null;
  readonly pools: readonly ZfsPool[];
  readonly datasets: readonly ZfsDataset[];
  /** Accepted in older configurations; always an error when true (DESTRUCTIVE). */
  readonly allowDestructive: boolean;
}

export interface ZfsPool {
  readonly name: string;
  readonly raidLevel: string;
  readonly disks: readonly string[];
}

export interface ZfsDataset {
  readonly writtenAt: Place;
  readonly pool: string;
  readonly name: string;
  /** For example `recordsize` to `16K`. Keys in order. */
  readonly properties: Readonly<Record<string, string>>;
  /** From the property `quota`, in GB; null: none. */
  readonly quotaGb: number | null;
  readonly storageType: string | null;
  readonly contents: readonly string[];
}

export interface Storage {
  readonly id: string;
  /** `zfspool`, `dir`, `lvmthin`, …; null where only the id is declared. */
  readonly type: string | null;
  /** What may lie on it (`images`, `rootdir`, `vztmpl`, …); null where only the id is declared. */
  readonly contents: readonly string[] | null;
  /** `pool/dataset`; null where it does not come from a dataset. */
  readonly dataset: string | null;
  /** Whether it can snapshot guests; null where only the id is declared. */
  readonly snapshots: boolean | null;
}

export interface HostNvidia {
  readonly install: boolean;
  readonly version: string;
  readonly runfileUrl: string | null;
}

export interface HostFirewall {
  readonly writtenAt: Place;
  readonly enabled: boolean;
  readonly policyIn: FirewallPolicy;
  readonly policyOut: FirewallPolicy;
  readonly rules: readonly FirewallRule[];
}

export interface PortainerServer {
  readonly adminUser: string;
  readonly adminPassword: Secret | null;
  readonly hostname: string | null;
}

export interface StepCa {
  readonly rootName: string;
  readonly intermediateName: string;
  readonly dnsName: string;
  readonly provisionerName: string;
}

export interface Behavior {
  /** A guest is snapshotted before a risky change and restored when it fails. */
  readonly rollbackOnFailure: boolean;
  /** A commit that deletes more than this share of the guests (0 to 1) is refused; one deletion is never too many. */
  readonly maxDeleteShare: number;
}
