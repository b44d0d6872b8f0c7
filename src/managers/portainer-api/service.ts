// How to reach the environment's Portainer, and Phoenix's files about it on the node.

import type { Config } from '../config.ts';
import { certificatesSeenBy, primaryOf } from '../dependencies.ts';
import { addressOf } from '../guest/guests.ts';
import type { VmGuest } from '../vm/declared.ts';

/** Plain JSON, since it is part of specs and notes. */
export type Service = {
  /** VMID of the VM that it runs on. */
  readonly vm: number;
  /** The name in its certificate; its address where it has no certificate of the environment's. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
  /** Whether its certificate is one of the environment's; the server's default one is self-signed. */
  readonly certified: boolean;
};

const FOLDER = '/var/lib/phoenix/portainer';
/** Phoenix's API key, on the node: created once, never shown. */
export const TOKEN_FILE = `${FOLDER}/token`;
/** The administrator's session token, which exists only until the key is created. */
export const SESSION_FILE = `${FOLDER}/session`;
/** One note for the server and one for each environment that Phoenix created. */
export const NOTES = `${FOLDER}/notes`;
const PORT = 9443;

/** Null where Portainer is not declared, or its VM has no fixed address. */
export function serviceOf(config: Config): Service | null {
  const vm = primaryOf(config);
  const address = addressOf(vm ?? undefined);
  if (config.hypervisor.portainer === null || vm === null || address === null) return null;
  const certificate = certificateOf(config, vm);
  return {
    vm: vm.id,
    host: certificate?.commonName ?? address,
    address,
    port: vm.traefikService?.port ?? PORT,
    certified: certificate !== undefined,
  };
}

/** The server's certificate: the first one whose files its VM mounts. */
export function certificateOf(config: Config, vm: VmGuest) {
  return certificatesSeenBy(config, vm)[0];
}

/** The server when it was last observed to be complete, for inventories, which have no configuration. */
export type ServerNote = {
  readonly service: Service;
  /** Name of its compose project; null: somebody else starts it. */
  readonly project: string | null;
  readonly revision: string;
};

export const SERVER_NOTE = `${NOTES}/server.json`;

/** Null for a missing or unreadable note. */
export function readServerNote(text: string | undefined): ServerNote | null {
  try {
    const note = JSON.parse(text ?? '') as Partial<ServerNote> | null;
    const known = typeof note?.service?.vm === 'number' && (typeof note.project === 'string' || note.project === null);
    return known ? (note as ServerNote) : null;
  } catch {
    return null;
  }
}

export function printServerNote(note: ServerNote): string {
  return `${JSON.stringify(note)}\n`;
}
