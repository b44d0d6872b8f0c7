// Where the environment's Portainer answers, and what Phoenix keeps of it on the node.

import type { Config } from '../config.ts';
import { certificatesSeenBy, primaryOf } from '../dependencies.ts';
import { addressOf } from '../guest/guests.ts';
import type { VmGuest } from '../vm/declared.ts';

/** Plain JSON, since it is part of specs and notes. */
export type Service = {
  /** The VM that it runs on. */
  readonly vm: number;
  /** The name in its certificate; its address where it has none of the environment's. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
  /** Whether its certificate is one of the environment's. The server's own is signed by nobody. */
  readonly certified: boolean;
};

const FOLDER = '/var/lib/phoenix/portainer';
/** The key of Phoenix's own access, on the node: made once, shown nowhere. */
export const TOKEN_FILE = `${FOLDER}/token`;
/** The session of the administrator, there only until the key is made. */
export const SESSION_FILE = `${FOLDER}/session`;
/** One note for the server and one for each environment that Phoenix made. */
export const NOTES = `${FOLDER}/notes`;
const PORT = 9443;

/** Null where Portainer is not declared, or no VM with a fixed address is to run it. */
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

/** The certificate that the server shows: the first whose files its VM sees. */
export function certificateOf(config: Config, vm: VmGuest) {
  return certificatesSeenBy(config, vm)[0];
}

/** The server as it was last seen to be complete, for looks that know no configuration. */
export type ServerNote = {
  readonly service: Service;
  /** Of the compose project in its VM; null: somebody else starts it. */
  readonly project: string | null;
  readonly revision: string;
};

export const SERVER_NOTE = `${NOTES}/server.json`;

/** Null for one that is not there or cannot be read. */
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
