// A configuration for display: names, addresses and services. Without secrets.

import type { TargetId } from './ids.ts';
import type { Json } from './json.ts';

export interface DeclaredEnvironment {
  readonly commit: string;
  /** Containers, then VMs, both by ascending id. */
  readonly guests: readonly DeclaredGuest[];
  /** The guests with these roles; null if not declared. */
  readonly gateway: TargetId | null;
  readonly proxy: TargetId | null;
  readonly authority: TargetId | null;
  /** Services with a host name, sorted by name. */
  readonly services: readonly DeclaredService[];
  readonly certificates: readonly TargetId[];
  readonly stacks: readonly DeclaredStack[];
}

export interface DeclaredGuest {
  readonly target: TargetId;
  readonly name: string;
  readonly interfaces: readonly DeclaredInterface[];
}

export interface DeclaredInterface {
  /** Null: not declared. */
  readonly bridge: string | null;
  readonly vlan: number | null;
  /** As in the configuration: `10.0.0.10/24`, `dhcp`. */
  readonly addresses: readonly string[];
}

export interface DeclaredService {
  readonly name: string;
  /** The destination of its requests: `10.0.0.10:8080`, or the name of a service that Phoenix does not manage. */
  readonly leadsTo: string;
  /** The guest with that address; null if none is declared. */
  readonly guest: TargetId | null;
}

interface DeclaredStack {
  readonly target: TargetId;
  readonly guest: TargetId;
}

/** The declaration of one target in the followed commit. */
export interface Declaration {
  readonly commit: string;
  /** Its place in a file; null if no part of the files is specific to the target. */
  readonly place: DeclaredPlace | null;
  /** With the field names of the file and hidden secrets; empty if its file has no fields of its own. */
  readonly fields: readonly DeclaredField[];
}

export interface DeclaredPlace {
  /** Path from the top of the repository. */
  readonly file: string;
  /** From 1; null if unknown. */
  readonly line: number | null;
}

export interface DeclaredField {
  readonly field: string;
  readonly value: Json;
}

/** The validity of an installed certificate. */
export interface CertificateEnd {
  readonly target: TargetId;
  /** Null if Phoenix has not installed one. */
  readonly validity: Validity | null;
}

/** ISO 8601. */
export interface Validity {
  readonly from: string;
  readonly until: string;
}

/** The state of the environment for metrics. Null stands for unknown. */
export interface EnvironmentSeen {
  readonly targets: readonly TargetSeen[];
  /** Steps that wait for approval. */
  readonly approvals: number;
  /** Whether the branch's newest commit was rejected. */
  readonly headRefused: boolean;
  readonly orphans: number | null;
  readonly certificates: readonly CertificateEnd[] | null;
  /** Time of the newest completed drift check, ISO 8601. */
  readonly lookedAt: string | null;
}

interface TargetSeen {
  readonly target: TargetId;
  readonly state: 'applied' | 'doubtful' | 'unproved' | 'declared';
  /** Time of the last verification, ISO 8601. */
  readonly proved: string | null;
  /** Whether its newest step failed. */
  readonly failed: boolean;
  /** Whether the newest drift check found differences; null: none was completed. */
  readonly drifted: boolean | null;
}
