// A Docker stack as the configuration declares it.

import type { Compose, StackVariable } from '../../compose/contents.ts';
import type { Place } from '../../config/read/place.ts';
import type { BlobId } from '../../model/ids.ts';
import type { FirewallRule } from '../guest/declared.ts';

export interface Stack {
  readonly name: string;
  /** The manifest, `stacks/<name>/phoenix.json`. */
  readonly writtenAt: Place;
  readonly description: string | null;
  readonly compose: Compose;
  /** By name, sorted. */
  readonly environments: Readonly<Record<string, StackEnvironment>>;
}

export interface StackEnvironment {
  readonly writtenAt: Place;
  readonly variables: readonly StackVariable[];
  readonly files: readonly StackFile[];
  /** Labels by service of the compose file. */
  readonly traefikLabels: Readonly<Record<string, readonly string[]>>;
  /** Firewall rules for every VM that runs the stack in this environment. */
  readonly firewallRules: readonly FirewallRule[];
}

export interface StackFile {
  /** Path in the config repo. */
  readonly path: string;
  readonly blob: BlobId | null;
  readonly destination: string;
}
