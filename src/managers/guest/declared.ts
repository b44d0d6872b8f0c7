// What the configuration says of a guest, whether container or VM. Only what is declared stands here: null is what nobody declared,
// and creation-defaults.ts says what a new guest gets in its place.

import type { ScriptFile } from '../../config/files.ts';
import type { Place } from '../../config/read/place.ts';
import type { BlobId } from '../../model/ids.ts';
import type { GuestOptions } from './options/option.ts';
import type { SharedSettings } from './settings/values.ts';

/** What containers and VMs have in common. */
export interface GuestBase extends SharedSettings {
  readonly id: number;
  /** Hostname of a container, name of a VM. */
  readonly name: string;
  readonly writtenAt: Place;
  /** Destroying or recreating is refused even with approval. */
  readonly protected: boolean;
  /** Beside Phoenix's own and those that people gave it; lower case, sorted, without repetition. */
  readonly tags: readonly string[];
  /** The pool that it is in, where its own file says so. */
  readonly pool: string | null;
  /** Seconds that a task of Proxmox for it may take; null: by what the task is. */
  readonly taskTimeoutSeconds: number | null;
  /** Free text for the notes; null for none. */
  readonly description: string | null;
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
  /** Interfaces beside the first, in the order written. */
  readonly networks: readonly FurtherInterface[];
  /** Options of Proxmox by its own names. */
  readonly options: GuestOptions;
  /** A complete reconcile of everything that lists guests follows its creation. */
  readonly triggerSync: boolean;
}

/** An address with prefix length (`10.0.0.10/24`), or how it is come by. */
type IpSetting = string | 'dhcp' | 'manual';

/** One interface of a guest. */
export interface GuestInterface {
  /** Inside of a container; VMs name theirs themselves. */
  readonly name: string | null;
  readonly bridge: string | null;
  /** Of either family, as it is written; beside `ip6` it is of IPv4. */
  readonly ip: IpSetting | null;
  readonly gateway: string | null;
  readonly ip6: IpSetting | 'auto' | null;
  readonly gateway6: string | null;
  /** Upper case; null: Proxmox chooses and Phoenix keeps it. */
  readonly mac: string | null;
  readonly vlan: number | null;
  /** VLANs that pass with their tags; empty: not declared. */
  /** Ranges as `2-10`. */
  readonly trunks: readonly (number | string)[];
  /** In megabytes per second. */
  readonly rate: number | null;
  readonly mtu: number | null;
  /** Null: where the guest has a firewall that is on. */
  readonly filtered: boolean | null;
  readonly linkDown: boolean | null;
  /** Of VMs: the kind of card, and its queues. */
  readonly model: string | null;
  readonly queues: number | null;
}

/** The first interface, and what the guest asks for names. */
export interface GuestNetwork extends GuestInterface {
  /** It has no interface at all. */
  readonly none: boolean;
  /** Empty: not declared. */
  readonly nameservers: readonly string[];
  readonly searchdomain: string | null;
}

/** An interface beside the first. */
export interface FurtherInterface extends GuestInterface {
  /** The number in its key, `net1`. */
  readonly index: number;
}

/** A script that is installed in a guest, known by its content. */
export interface FeatureScript {
  readonly name: string;
  /** Path in the config repo, or below Phoenix's own folder when shipped: `etc/features/<name>/install.sh`. */
  readonly path: string;
  /** Null: the one that Phoenix ships. */
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

export type FirewallPolicy = 'ACCEPT' | 'DROP' | 'REJECT';

export interface GuestFirewall {
  readonly enabled: boolean;
  readonly policyIn: FirewallPolicy;
  readonly policyOut: FirewallPolicy;
  readonly rules: readonly FirewallRule[];
}

export interface FirewallRule {
  /** `forward` only in groups, `group` only outside of them. */
  readonly type: 'in' | 'out' | 'forward' | 'group';
  /** What happens to a packet; of a `group` its name. */
  readonly action: string;
  /** Further conditions, which only rules of groups have. */
  readonly macro?: string;
  readonly icmpType?: string;
  /** Addresses, networks and ranges, separated by commas; null: any. */
  readonly source: string | null;
  readonly dest: string | null;
  readonly proto: string | null;
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
