// Types of the parsed contents of a compose file that matter outside Docker, and of its inputs.

import type { SecretReference } from '../model/action.ts';
import type { BlobId } from '../model/ids.ts';

/** Contents of a compose file that matter outside Docker. */
export interface Compose {
  readonly path: string;
  /** Null only in a configuration with a MISSING_FILE problem. */
  readonly blob: BlobId | null;
  readonly services: readonly string[];
  /** Images as written, by service; built services have none. */
  readonly images: Readonly<Record<string, string>>;
  /** Services with profiles, which only start on request. */
  readonly profiles: Readonly<Record<string, ComposeProfiles>>;
  /** External volumes by their Docker name. */
  readonly externalVolumes: readonly ComposeUse[];
  readonly ownVolumes: readonly OwnResource[];
  /** External networks by their Docker name; variables are not interpolated. */
  readonly externalNetworks: readonly ComposeUse[];
  readonly ownNetworks: readonly OwnResource[];
  /** Variables without a default, without duplicates. */
  readonly variables: readonly ComposeMention[];
  /** Every entry of `ports`. */
  readonly ports: readonly PortEntry[];
  readonly containerNames: readonly ContainerNameClaim[];
  /** External requirements: further files, builds, swarm features. */
  readonly needs: readonly ComposeNeed[];
  /** Labels that the compose file sets. */
  readonly labels: readonly ComposeLabel[];
  /** `network_mode` as written, by service. */
  readonly networkModes: Readonly<Record<string, string>>;
}

/** As written, without interpolation. */
export interface ComposeLabel extends Omit<ComposeMention, 'name'> {
  readonly service: string;
  /** Null for a list entry, which is completely in `value`. */
  readonly key: string | null;
  readonly value: string;
}

interface ComposeProfiles extends Omit<ComposeMention, 'name'> {
  readonly names: readonly string[];
}

/** One entry of `ports`, without interpolation. */
export interface PortEntry extends Omit<ComposeMention, 'name'> {
  readonly service: string;
  /** The short syntax, or the fields of the long syntax. */
  readonly written: string | PortFields;
  /** The service uses the VM's network directly: its ports are not published. */
  readonly onHost: boolean;
}

export interface PortFields {
  readonly target: string;
  readonly published?: string;
  readonly protocol?: string;
  readonly hostIp?: string;
}

/** As written, without interpolation. */
export interface ContainerNameClaim extends ComposeMention {
  readonly service: string;
}

/** A resource with the services that use it; Docker ignores unused ones. */
export interface ComposeUse extends ComposeMention {
  readonly services: readonly string[];
}

/** A network or volume that the stack creates. */
export interface OwnResource {
  readonly key: string;
  /** Null: named by Docker after the project. Without interpolation. */
  readonly name: string | null;
  readonly services: readonly string[];
}

/** `name` is the value as written, usually a path, without interpolation. */
export interface ComposeNeed extends ComposeUse {
  readonly what: NeedKind;
}

export type NeedKind =
  /** A bind mount or volume: a path if it starts like one, else the name of a volume. */
  | 'bind'
  /** A bind mount: always a path. */
  | 'path'
  /** A file of variables or labels, read when the stack is started. */
  | 'env_file'
  | 'optional_env_file'
  | 'label_file'
  | 'build'
  | 'extends'
  | 'include'
  /** A seccomp profile. */
  | 'seccomp'
  /** Configs and secrets of a swarm. */
  | 'swarm'
  /** Features of external providers. */
  | 'provider'
  | 'models'
  /** Referenced by a service but not defined in the file. */
  | 'undefined'
  /** Ignored by Docker Compose. */
  | 'ignored';

export interface ComposeMention {
  readonly name: string;
  /** Pointer into the compose file. */
  readonly path: string;
  /** In the compose file, from 1. */
  readonly line: number;
  readonly column: number;
}

export interface StackVariable {
  readonly name: string;
  readonly value: string | SecretReference;
  /** The name marks the value as secret: it is never shown. */
  readonly secret: boolean;
}
