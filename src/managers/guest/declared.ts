// A guest as the configuration declares it, container or VM. Only declared values are here: null is what is not declared, and creation-defaults.ts
// says what a new guest gets instead.

import type { ScriptFile } from '../../config/files.ts';
import type { Place } from '../../config/read/place.ts';
import type { SecretReference } from '../../model/action.ts';
import type { BlobId } from '../../model/ids.ts';
import type { GuestOptions } from './options/option.ts';
import type { SharedSettings } from './settings/values.ts';

/** Root's credentials in a new container; Proxmox accepts them only at creation. */
export type RootUser = { readonly sshKeys: readonly string[]; readonly password: SecretReference | null };

/** Fields that containers and VMs have in common. */
export interface GuestBase extends SharedSettings {
  readonly id: number;
  /** Hostname of a container, name of a VM. */
  readonly name: string;
  readonly writtenAt: Place;
  /** Destroying or recreating is refused even with approval. */
  readonly protected: boolean;
  /** Declared tags, beside Phoenix's own tag and those that people set; lower case, sorted, without duplicates. */
  readonly tags: readonly string[];
  /** The guest's pool, where it is declared at the guest. */
  readonly pool: string | null;
  /** Time limit of a Proxmox task for the guest, in seconds; null: the default of each kind of task. */
  readonly taskTimeoutSeconds: number | null;
  /** Free text for the notes; null for none. */
  readonly description: string | null;
  /** The state that Phoenix maintains: `unmanaged` is started once after creation and then left as it is. */
  readonly startState: 'running' | 'stopped' | 'unmanaged';
  /** Id of the guest it is cloned from. */
  readonly cloneFrom: number | null;
  /** It is turned into a template when it is complete. */
  readonly isTemplate: boolean;
  /** Name of the snapshot that is taken when the guest is complete, and that clones are created from. */
  readonly templateSnapshot: string | null;
  /** Declared dependencies, without the clone source; in file order, without duplicates. */
  readonly dependencies: readonly number[];
  /** In installation order. */
  readonly features: readonly FeatureScript[];
  readonly firewall: GuestFirewall | null;
  readonly traefikService: TraefikService | null;
  readonly healthCheck: HealthCheck | null;
  /** Interfaces other than the first, in file order. */
  readonly networks: readonly FurtherInterface[];
  /** Options of Proxmox by its own names. */
  readonly options: GuestOptions;
}

/** An address with prefix length (`10.0.0.10/24`), or how it is obtained. */
type IpSetting = string | 'dhcp' | 'manual';

/** One interface of a guest. */
export interface GuestInterface {
  /** Name inside a container; the guest system of a VM names its own. */
  readonly name: string | null;
  readonly bridge: string | null;
  /** Of either family, as written; of IPv4 where `ip6` is set too. */
  readonly ip: IpSetting | null;
  readonly gateway: string | null;
  readonly ip6: IpSetting | 'auto' | null;
  readonly gateway6: string | null;
  /** Upper case; null: Proxmox generates it and Phoenix preserves it. */
  readonly mac: string | null;
  readonly vlan: number | null;
  /** VLANs that are passed tagged; empty: not declared. */
  /** Ranges as `2-10`. */
  readonly trunks: readonly (number | string)[];
  /** In megabytes per second. */
  readonly rate: number | null;
  readonly mtu: number | null;
  /** Whether the firewall filters it; null: if the guest's firewall is enabled. */
  readonly filtered: boolean | null;
  readonly linkDown: boolean | null;
  /** VMs only: the model of the network card, and its number of queues. */
  readonly model: string | null;
  readonly queues: number | null;
}

/** The first interface, and the guest's DNS settings. */
export interface GuestNetwork extends GuestInterface {
  /** The guest has no interface at all. */
  readonly none: boolean;
  /** Empty: not declared. */
  readonly nameservers: readonly string[];
  readonly searchdomain: string | null;
}

/** An interface other than the first. */
export interface FurtherInterface extends GuestInterface {
  /** The number in its key, `net1`. */
  readonly index: number;
}

/** A script that is installed in a guest, identified by its content. */
export interface FeatureScript {
  readonly name: string;
  /** Path in the config repo, or below Phoenix's own folder for a shipped one: `etc/features/<name>/install.sh`. */
  readonly path: string;
  /** Null: the script that Phoenix ships. */
  readonly blob: BlobId | null;
}

export interface HealthCheck {
  /** A script that is copied into the guest and run there; null: `argv` names a program of the guest. */
  readonly script: ScriptFile | null;
  /** Arguments of the script, or the program and its arguments. */
  readonly argv: readonly string[];
  readonly retries: number;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
}

export interface TraefikService {
  /** First label of the service's host name. */
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
  /** `forward` not in rules of guests, `group` only outside of groups. */
  readonly type: 'in' | 'out' | 'forward' | 'group';
  /** What happens to a matching packet; for `group` the group's name. */
  readonly action: string;
  /** Absent where the rule has none. */
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
