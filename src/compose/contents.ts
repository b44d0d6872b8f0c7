// What is read of a compose file, as far as it matters beyond Docker, and what it is given.

import type { SecretReference } from '../model/action.ts';
import type { BlobId } from '../model/ids.ts';

/** What a compose file says that matters beyond Docker. */
export interface Compose {
  readonly path: string;
  /** Null only in a configuration with the problem MISSING_FILE. */
  readonly blob: BlobId | null;
  readonly services: readonly string[];
  /** As written, by the name of the service; those that are built have none. */
  readonly images: Readonly<Record<string, string>>;
  /** Of services that start only when one of them is asked for; all others are not in it. */
  readonly profiles: Readonly<Record<string, ComposeProfiles>>;
  /** Volumes that must be there already, by the name Docker knows. */
  readonly externalVolumes: readonly ComposeUse[];
  readonly ownVolumes: readonly OwnResource[];
  /** Networks that must be there already, by the name Docker knows; variables are still in it. */
  readonly externalNetworks: readonly ComposeUse[];
  readonly ownNetworks: readonly OwnResource[];
  /** `${NAME}` without a default, each once. */
  readonly variables: readonly ComposeMention[];
  /** Every entry of `ports`. */
  readonly ports: readonly PortEntry[];
  readonly containerNames: readonly ContainerNameClaim[];
  /** What it asks for and does not hold itself: files beside it, builds, what only a swarm has. */
  readonly needs: readonly ComposeNeed[];
  /** Those that the compose file gives its services itself. */
  readonly labels: readonly ComposeLabel[];
  /** `network_mode` as written, by the name of the service. */
  readonly networkModes: Readonly<Record<string, string>>;
}

/** As written: variables are still in it. */
export interface ComposeLabel extends Omit<ComposeMention, 'name'> {
  readonly service: string;
  /** Null: an entry of a list, of which `value` is the whole. */
  readonly key: string | null;
  readonly value: string;
}

interface ComposeProfiles extends Omit<ComposeMention, 'name'> {
  readonly names: readonly string[];
}

/** One entry of `ports` as written: variables are still in it. */
export interface PortEntry extends Omit<ComposeMention, 'name'> {
  readonly service: string;
  /** The short form, or the fields of the long one. */
  readonly written: string | PortFields;
  /** The service has the VM's own network: it is reached where it listens, and nothing is published. */
  readonly onHost: boolean;
}

export interface PortFields {
  readonly target: string;
  readonly published?: string;
  readonly protocol?: string;
  readonly hostIp?: string;
}

/** As written: variables are still in it. */
export interface ContainerNameClaim extends ComposeMention {
  readonly service: string;
}

/** Something that some of its services use; none: what nobody uses is left out by Docker. */
export interface ComposeUse extends ComposeMention {
  readonly services: readonly string[];
}

/** A network or volume that it makes. */
export interface OwnResource {
  readonly key: string;
  /** Null: Docker names it after the project. Variables are still in it. */
  readonly name: string | null;
  readonly services: readonly string[];
}

/** `name` is what is written there, a path mostly; variables are still in it. */
export interface ComposeNeed extends ComposeUse {
  readonly what: NeedKind;
}

export type NeedKind =
  /** What containers see: a path where it begins like one, else the name of a volume. */
  | 'bind'
  /** What containers see: a path, however it begins. */
  | 'path'
  /** A file of variables or labels, which whoever starts the stack reads. */
  | 'env_file'
  | 'optional_env_file'
  | 'label_file'
  | 'build'
  | 'extends'
  | 'include'
  /** A profile for seccomp. */
  | 'seccomp'
  /** Configs and secrets that a swarm would have. */
  | 'swarm'
  /** What programs beside Docker Compose would do. */
  | 'provider'
  | 'models'
  /** Mentioned by a service, and not declared in the file. */
  | 'undefined'
  /** Docker Compose reads it and does nothing with it. */
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
  /** The name says that the value is secret: it is shown nowhere. */
  readonly secret: boolean;
}
