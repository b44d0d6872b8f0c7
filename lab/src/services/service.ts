// The interface of services in a lab's network: a service listens while its guest runs and has the files that it reads.

import type { Duplex } from 'node:stream';
import type { GuestKind, LabNode } from '../proxmox/node.ts';

/** The machine that a connection goes to. */
export interface Peer {
  readonly node: LabNode;
  /** Null: the node itself. */
  readonly guest: { readonly id: number; readonly kind: GuestKind } | null;
  /** The IP address of the connection. */
  readonly address: string;
  readonly port: number;
  /** Address of the client. */
  readonly from: string;
  /** Connects from that machine, through the same network. */
  connect(address: string, port: number): Promise<Duplex>;
}

export interface LabService {
  readonly name: string;
  /** Whether it listens there now. */
  listens(peer: Peer): boolean;
  serve(peer: Peer, socket: Duplex): void;
  close(): Promise<void>;
}
