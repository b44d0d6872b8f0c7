// The part of the configuration about the Proxmox host itself.

import type { Place } from '../../config/read/place.ts';
import type { Secret } from '../../config/secret.ts';
import type { SecretReference } from '../../model/action.ts';
import type { DriftPolicy } from '../../model/drift.ts';
import type { Policy } from '../../model/policy.ts';
import type { FirewallPolicy, FirewallRule } from '../guest/declared.ts';

export interface Hypervisor {
  readonly writtenAt: Place;
  /** Names of guests end in it. */
  readonly domain: string;
  readonly timezone: string | null;
  /** Memory of the host in GB, `memory_gb`; null: not told, so that MEMORY_OVERCOMMIT is not decided. */
  readonly memoryGb: number | null;
  readonly user: HostUser | null;
  readonly network: HostNetwork;
  /** What the host itself knows by its hosts file. */
  readonly hosts: readonly HostEntry[];
  /** Addresses and networks of machines that Phoenix does not keep. */
  readonly knownHosts: readonly string[];
  /** Aliases and IP sets of the datacenter's firewall, which people keep. */
  readonly knownAliases: readonly string[];
  readonly knownIpSets: readonly string[];
  readonly portainerAgentImage: string;
  readonly nfsExports: readonly NfsExport[];
  readonly samba: Samba | null;
  readonly zfs: Zfs;
  /** What guests may put their disks on: one per dataset, those of `proxmox_storage_ids`, and Proxmox's own. */
  readonly storages: readonly Storage[];
  /** Where its own file names storages, or datasets that are some. */
  readonly storagePlaces: readonly { readonly id: string; readonly writtenAt: Place }[];
  readonly mountPointBase: string;
  readonly nvidia: HostNvidia | null;
  readonly firewall: HostFirewall | null;
  readonly portainer: PortainerServer | null;
  /** Ubuntu release whose cloud images templates are made from, for example `noble`. */
  readonly ubuntuRelease: string;
  readonly dns: { readonly enabled: boolean; readonly upstreamServers: readonly string[] };
  readonly stepCa: StepCa | null;
  readonly behavior: Behavior;
  /** What a change must have before it is carried out. */
  readonly policy: Policy;
  /** What becomes of a difference that a look finds. */
  readonly drift: DriftPolicy;
}

interface HostUser {
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
  /** What Phoenix sets up beside that interface. */
  readonly bridges: readonly HostBridge[];
  readonly bonds: readonly HostBond[];
  readonly vlans: readonly HostVlan[];
  /** The network whose addresses Phoenix gives out: `default_subnet`, else that of `address`. */
  readonly subnet: string | null;
  readonly nfsServer: string | null;
  readonly portainerAgentPort: number;
}

/** An interface of the host beside the one that it is managed by. */
export type HostInterface = HostBridge | HostBond | HostVlan;

interface AnyInterface {
  readonly name: string;
  /** Of the host, with prefix length; null: none. */
  readonly address: string | null;
  /** In bytes; null: that of what it is made of. */
  readonly mtu: number | null;
}

export interface HostBridge extends AnyInterface {
  readonly kind: 'bridge';
  readonly ports: readonly string[];
  readonly vlanAware: boolean;
}

export interface HostBond extends AnyInterface {
  readonly kind: 'bond';
  readonly slaves: readonly string[];
  /** As ifupdown2 calls it: `802.3ad`, `active-backup`, … */
  readonly mode: string;
  /** Milliseconds between looks at its links. */
  readonly miimon: number;
  /** Null: that of the kernel. */
  readonly xmitHashPolicy: string | null;
  /** Null: any of them. */
  readonly primary: string | null;
}

export interface HostVlan extends AnyInterface {
  readonly kind: 'vlan';
  /** The interface that it is on. */
  readonly device: string;
  readonly vlan: number;
}

/** Names that lead to an address: the first of them is what a reverse look-up answers. */
export interface HostEntry {
  readonly address: string;
  readonly names: readonly string[];
}

export interface NfsExport {
  readonly path: string;
  readonly clients: readonly string[];
  readonly options: readonly string[];
}

interface Samba {
  readonly user: string;
  readonly shares: readonly SambaShare[];
}

interface SambaShare {
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
  /** It is a target of its own, of the file of the datacenter. Absent for no. */
  readonly ownTarget?: true;
}

interface HostNvidia {
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

interface PortainerServer {
  readonly adminUser: string;
  readonly adminPassword: Secret | null;
  /** Shared with the agents; null: each stays with the server that asks it first after a start. */
  readonly agentSecret: SecretReference | null;
  readonly hostname: string | null;
}

interface StepCa {
  readonly rootName: string;
  readonly intermediateName: string;
  readonly dnsName: string;
  readonly provisionerName: string;
}

interface Behavior {
  /** A guest is snapshotted before a risky change and restored when it fails. */
  readonly rollbackOnFailure: boolean;
  /** A commit that deletes more than this share of the guests (0 to 1) is refused; one deletion is never too many. The policy goes first. */
  readonly maxDeleteShare: number;
}
