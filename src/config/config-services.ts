// The part of the configuration about certificates and Docker stacks.

import type { SecretReference } from '../model/action.ts';
import type { BlobId } from '../model/ids.ts';
import type { FirewallRule, Place } from './config.ts';

export interface Certificate {
  readonly writtenAt: Place;
  readonly commonName: string;
  /** The common name where none is written; otherwise as written. */
  readonly sans: readonly string[];
  readonly certPath: string;
  readonly keyPath: string;
  readonly owner: string;
  readonly group: string;
  /** Permission bits of the key as written, for example 0o640. */
  readonly mode: number;
  readonly issuer: 'jwk' | 'acme';
  /** Null: what the authority gives by itself. */
  readonly lifetimeSeconds: number | null;
  /** What makes its user read it again; null: nothing is to be done. */
  readonly hook: CertificateHook | null;
}

/** The only things that follow a renewal: a push must not be a shell on the host. */
export type CertificateHook = {
  readonly guest: number;
  /** As which kind of guest the written command addresses it; null: as what it is. */
  readonly guestKind: 'lxc' | 'vm' | null;
  readonly writtenAt: Place;
} & HookWork;

export type HookWork =
  | { readonly kind: 'service'; readonly verb: 'reload' | 'restart'; readonly unit: string }
  | { readonly kind: 'container'; readonly container: string }
  | { readonly kind: 'exec'; readonly argv: readonly string[] };

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
  /** As written, by the name of the service; those that are built have none. */
  readonly images: Readonly<Record<string, string>>;
  /** Volumes that must be there already, by the name Docker knows. */
  readonly externalVolumes: readonly ComposeMention[];
  /** `${NAME}` without a default, each once. */
  readonly variables: readonly ComposeMention[];
  /** Those that can be reached from outside by TCP; ranges are left out. */
  readonly ports: readonly ComposePort[];
  /** Every port that is published on the VM. */
  readonly portClaims: readonly PortClaim[];
  readonly containerNames: readonly ContainerNameClaim[];
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

/** As written: variables are still in it. */
export interface PortClaim extends Omit<ComposeMention, 'name'> {
  readonly service: string;
  /** Null: every address of the VM. */
  readonly hostIp: string | null;
  /** A port, or a range of them. */
  readonly published: string;
  /** Inside the container: a port, or a range of them. */
  readonly target: string;
  readonly protocol: string;
}

/** As written: variables are still in it. */
export interface ContainerNameClaim extends ComposeMention {
  readonly service: string;
}

/** As written: variables are still in it. */
export interface ComposePort {
  readonly service: string;
  /** Inside the container. */
  readonly target: string;
  /** On the VM; null: Docker chooses one. */
  readonly published: string | null;
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
