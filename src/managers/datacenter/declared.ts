// What the configuration says of the objects of a datacenter.

import type { Place } from '../../config/read/place.ts';
import type { JsonObject } from '../../model/json.ts';
import type { FirewallRule } from '../guest/declared.ts';

export interface DeclaredObject {
  readonly name: string;
  readonly writtenAt: Place;
  /** By Proxmox's own names, lists in order and without repetition. */
  readonly options: JsonObject;
  /** The same as it is written. */
  readonly written: JsonObject;
}

/** A security group, as those see it who look at rules of firewalls. */
export interface SecurityGroup {
  readonly name: string;
  readonly rules: readonly FirewallRule[];
}

/** By the kind of the row. */
export type Datacenter = ReadonlyMap<string, readonly DeclaredObject[]>;

declare module '../config.ts' {
  interface Config {
    /** Absent where the kinds are not registered. */
    readonly datacenter?: Datacenter;
    readonly securityGroups?: readonly SecurityGroup[];
  }
}
