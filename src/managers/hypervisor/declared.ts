// The part of the configuration about the Proxmox host itself.

import type { ScriptFile } from '../../config/files.ts';
import type { Place } from '../../config/read/place.ts';
import type { Secret } from '../../config/secret.ts';
import type { SecretReference } from '../../model/action.ts';
import type { DriftPolicy } from '../../model/drift.ts';
import type { Policy } from '../../model/policy.ts';
import type { AptHandle } from '../../proxmox/files/apt-standard.ts';
import type { FirewallPolicy, FirewallRule } from '../guest/declared.ts';

/** A share of Samba. */
export interface Share {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** Empty: everybody with an account. */
  readonly validUsers: readonly string[];
  readonly browsable: boolean;
  readonly readOnly: boolean;
  readonly guestOk: boolean;
}

export interface Hypervisor {
  readonly writtenAt: Place;
  /** Null: package repositories are not managed. */
  readonly packageRepositories: PackageRepositories | null;
  /** Certificate of Proxmox's web interface; null: it stays as it is. */
  readonly pageCertificate: PageCertificate | null;
  /** The domain of guests' fully qualified names. */
  readonly domain: string;
  readonly timezone: string | null;
  readonly snippets: readonly HostSnippet[];
  /** Memory of the host in GB, `memory_gb`; null: not declared, so that the rule MEMORY_OVERCOMMIT cannot be checked. */
  readonly memoryGb: number | null;
  readonly user: HostUser | null;
  readonly network: HostNetwork;
  /** Entries of the host's own hosts file. */
  readonly hosts: readonly HostEntry[];
  /** Addresses and networks of machines that Phoenix does not manage. */
  readonly knownHosts: readonly string[];
  /** Aliases of the datacenter's firewall that people manage; IP sets likewise below. */
  readonly knownAliases: readonly string[];
  readonly knownIpSets: readonly string[];
  readonly portainerAgentImage: string;
  readonly nfsExports: readonly NfsExport[];
  readonly samba: Samba | null;
  readonly zfs: Zfs;
  /** Storages for guests' disks: one per dataset, those of `proxmox_storage_ids`, and Proxmox's defaults. */
  readonly storages: readonly Storage[];
  /** Where the hypervisor's file names storages, or datasets that become storages. */
  readonly storagePlaces: readonly { readonly id: string; readonly writtenAt: Place }[];
  readonly mountPointBase: string;
  readonly nvidia: HostNvidia | null;
  readonly firewall: HostFirewall | null;
  readonly portainer: PortainerServer | null;
  /** Ubuntu release of the cloud images that templates are created from, for example `noble`. */
  readonly ubuntuRelease: string;
  readonly dns: { readonly enabled: boolean; readonly upstreamServers: readonly string[] };
  readonly stepCa: StepCa | null;
  readonly behavior: Behavior;
  /** What a change needs before it is applied. */
  readonly policy: Policy;
  /** What is done about drift that an observation finds. */
  readonly drift: DriftPolicy;
}

interface HostUser {
  readonly username: string;
  readonly passwordHash: Secret | null;
  readonly sudo: boolean;
  readonly sshPublicKey: string | null;
}

/** A text of the config repo that lies on storage `local`. */
export interface HostSnippet extends ScriptFile {
  readonly name: string;
}

export interface HostNetwork {
  /** The host's bridge or interface. */
  readonly name: string;
  /** With prefix length; null: not declared. */
  readonly address: string | null;
  readonly gateway: string | null;
  readonly nameservers: readonly string[];
  /** Interfaces that Phoenix configures beside the management interface. */
  readonly bridges: readonly HostBridge[];
  readonly bonds: readonly HostBond[];
  readonly vlans: readonly HostVlan[];
  /** Those of Open vSwitch. Absent: none. */
  readonly ovs?: readonly (HostOvsBridge | HostOvsBond | HostOvsPort)[];
  /** The network from which guests have their addresses: `default_subnet`, else that of `address`. */
  readonly subnet: string | null;
  readonly nfsServer: string | null;
  readonly portainerAgentPort: number;
}

/** An interface of the host other than the management interface. */
export type HostInterface = HostBridge | HostBond | HostVlan | HostOvsBridge | HostOvsBond | HostOvsPort;

interface AnyInterface {
  readonly name: string;
  /** The host's address on it, with prefix length; null: none. */
  readonly address: string | null;
  /** A second address, of IPv6. What is absent of these is not declared. */
  readonly address6?: string;
  /** The default gateway of the host, in the network of `address`, and of `address6`. */
  readonly gateway?: string;
  readonly gateway6?: string;
  /** In bytes; null: that of its ports. */
  readonly mtu: number | null;
}

export interface HostBridge extends AnyInterface {
  readonly kind: 'bridge';
  readonly ports: readonly string[];
  readonly vlanAware: boolean;
  /** The VLANs that it carries, as ifupdown2 writes them. Absent: all. */
  readonly vlanIds?: string;
}

export interface HostBond extends AnyInterface {
  readonly kind: 'bond';
  readonly slaves: readonly string[];
  /** ifupdown2's name of it: `802.3ad`, `active-backup`, … */
  readonly mode: string;
  /** Interval of link monitoring, in milliseconds. */
  readonly miimon: number;
  /** Null: the kernel's default. */
  readonly xmitHashPolicy: string | null;
  /** Null: the kernel chooses. */
  readonly primary: string | null;
}

export interface HostVlan extends AnyInterface {
  readonly kind: 'vlan';
  /** The parent interface. */
  readonly device: string;
  readonly vlan: number;
}

export interface HostOvsBridge extends AnyInterface {
  readonly kind: 'ovs_bridge';
  /** All that is on it, bonds and ports of Open vSwitch included. */
  readonly ports: readonly string[];
  /** Those of its ports that are declared themselves: bonds and ports of Open vSwitch. */
  readonly attached: readonly string[];
}

export interface HostOvsBond extends AnyInterface {
  readonly kind: 'ovs_bond';
  readonly bridge: string;
  readonly slaves: readonly string[];
  /** Proxmox's name of it: `lacp-balance-tcp`, … */
  readonly mode: string;
  /** Null: every VLAN. */
  readonly vlan: number | null;
}

/** The host itself on a bridge of Open vSwitch. */
export interface HostOvsPort extends AnyInterface {
  readonly kind: 'ovs_port';
  readonly bridge: string;
  /** Null: no tag. */
  readonly vlan: number | null;
}

/** Names that resolve to an address; the first one is the answer to a reverse lookup. */
export interface HostEntry {
  readonly address: string;
  readonly names: readonly string[];
}

export type PackageRepositories = {
  /** Proxmox's standard repositories, enabled or disabled. Those that are absent stay as they are. */
  readonly standard: Readonly<Partial<Record<AptHandle, boolean>>>;
  readonly others: readonly OtherRepository[];
};

/** A repository that is already in a file of the node. */
export interface OtherRepository {
  readonly file: string;
  readonly uri: string;
  /** Null: all suites at that URI. */
  readonly suite: string | null;
  readonly enabled: boolean;
}

/** The certificate of Proxmox's web interface. */
export type PageCertificate =
  /** A certificate of the certificate manifest, by its common name. */
  | { readonly by: 'certificate'; readonly name: string }
  | {
      readonly by: 'files';
      readonly chain: SecretReference;
      readonly key: SecretReference;
      /** SHA-256 of the certificate, in upper case; absent: not declared. */
      readonly fingerprint?: string;
    }
  | { readonly by: 'acme' };

export interface NfsExport {
  readonly path: string;
  readonly clients: readonly string[];
  readonly options: readonly string[];
}

interface Samba {
  readonly user: string;
  readonly shares: readonly Share[];
}

export interface Zfs {
  /** Null: no limit. */
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
  /** Whether the file names the contents; otherwise they are the default. */
  readonly contentsAreNamed: boolean;
}

export interface Storage {
  readonly id: string;
  /** `zfspool`, `dir`, `lvmthin`, …; null where only the id is declared. */
  readonly type: string | null;
  /** Content types that it accepts (`images`, `rootdir`, `vztmpl`, …); null where only the id is declared. */
  readonly contents: readonly string[] | null;
  /** `pool/dataset`; null where it does not come from a dataset. */
  readonly dataset: string | null;
  /** Whether it can snapshot guests; null where only the id is declared. */
  readonly snapshots: boolean | null;
  /** It is declared in the datacenter's file, as a target of its own. Absent for no. */
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
  /** Shared with the agents; null: each agent accepts only the server that contacted it first after a start. */
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
  /** Whether a guest is snapshotted before a risky change and restored when the change fails. */
  readonly rollbackOnFailure: boolean;
  /**
   * A commit that deletes more than this share of the guests (0 to 1) is refused; a single deletion is always allowed. The policy is checked first.
   */
  readonly maxDeleteShare: number;
  /** Absent where the share is the default. */
  readonly isShareWritten?: true;
}
