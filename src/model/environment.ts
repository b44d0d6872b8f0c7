// What a configuration declares, as people look at it: what is called how, where it is, and who serves whom. No secrets stand here.

import type { TargetId } from './ids.ts';
import type { Json } from './json.ts';

export interface DeclaredEnvironment {
  readonly commit: string;
  /** Containers, then VMs, each by ascending id. */
  readonly guests: readonly DeclaredGuest[];
  /** The guests with these roles; null where none is declared. */
  readonly gateway: TargetId | null;
  readonly proxy: TargetId | null;
  readonly authority: TargetId | null;
  /** What can be reached under a name, in the order of names. */
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
  /** Null: none is declared. */
  readonly bridge: string | null;
  readonly vlan: number | null;
  /** As they are written: `10.0.0.10/24`, `dhcp`. */
  readonly addresses: readonly string[];
}

export interface DeclaredService {
  readonly name: string;
  /** Where its requests go: `10.0.0.10:8080`, or the name of what is there without Phoenix. */
  readonly leadsTo: string;
  /** The guest at that address; null where none that is declared has it. */
  readonly guest: TargetId | null;
}

interface DeclaredStack {
  readonly target: TargetId;
  readonly guest: TargetId;
}

/** What the followed commit says of one target. */
export interface Declaration {
  readonly commit: string;
  /** Its place in a file; null where nothing in the files is the target's own. */
  readonly place: DeclaredPlace | null;
  /** In the words of the file, secrets hidden; empty where its file says nothing of its own. */
  readonly fields: readonly DeclaredField[];
}

export interface DeclaredPlace {
  /** Path from the top of the repository. */
  readonly file: string;
  /** From 1; null where it cannot be told. */
  readonly line: number | null;
}

export interface DeclaredField {
  readonly field: string;
  readonly value: Json;
}

/** How long the certificate that lies on the host holds. */
export interface CertificateEnd {
  readonly target: TargetId;
  /** Null where none that Phoenix brought is known there. */
  readonly validity: Validity | null;
}

/** ISO 8601. */
export interface Validity {
  readonly from: string;
  readonly until: string;
}

/** How everything stands, as metrics tell it. Null is what is not known. */
export interface EnvironmentSeen {
  readonly targets: readonly TargetSeen[];
  /** Steps that wait for a person to approve them. */
  readonly approvals: number;
  /** The newest commit of the branch was not followed. */
  readonly headRefused: boolean;
  readonly orphans: number | null;
  readonly certificates: readonly CertificateEnd[] | null;
  /** The newest look at the host that came to an end, ISO 8601. */
  readonly lookedAt: string | null;
}

interface TargetSeen {
  readonly target: TargetId;
  readonly state: 'applied' | 'doubtful' | 'unproved' | 'declared';
  /** When it was proved last, ISO 8601. */
  readonly proved: string | null;
  /** Its newest step failed. */
  readonly failed: boolean;
  /** The newest look found it otherwise than it is declared; null: no look came to an end. */
  readonly drifted: boolean | null;
}
