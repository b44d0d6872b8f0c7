// The objects of a datacenter as the configuration declares them.

import type { Place } from '../../config/read/place.ts';
import type { JsonObject } from '../../model/json.ts';
import type { FirewallRule } from '../guest/declared.ts';

export interface DeclaredObject {
  readonly name: string;
  readonly writtenAt: Place;
  /** By Proxmox's own names; lists are sorted and without duplicates. */
  readonly options: JsonObject;
  /** The options as written in the file. */
  readonly written: JsonObject;
}

/** The rules of a security group or vnet, in the form that rules about firewalls use. */
export interface NamedRules {
  readonly name: string;
  readonly rules: readonly FirewallRule[];
}

/** Objects by kind. */
export type Datacenter = ReadonlyMap<string, readonly DeclaredObject[]>;

declare module '../config.ts' {
  interface Config {
    /** Absent where the kinds are not registered. */
    readonly datacenter?: Datacenter;
    readonly securityGroups?: readonly NamedRules[];
    readonly vnetRules?: readonly NamedRules[];
    /** The rules of the datacenter's own firewall; absent or null where none are declared. */
    readonly datacenterRules?: readonly FirewallRule[] | null;
  }
}
