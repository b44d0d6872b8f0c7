// What a lab's guests offer in its network: a service listens while its guest runs and holds the files that it reads.

import type { Duplex } from 'node:stream';
import type { GuestKind, LabNode } from '../proxmox/node.ts';

/** The machine that a connection goes to. */
export interface Peer {
  readonly node: LabNode;
  /** Null: the node itself. */
  readonly guest: { readonly id: number; readonly kind: GuestKind } | null;
  /** As it was asked for, without a name. */
  readonly address: string;
  readonly port: number;
  /** The address of who connects. */
  readonly from: string;
  /** From that machine, through the same network. */
  connect(address: string, port: number): Promise<Duplex>;
}

export interface LabService {
  readonly name: string;
  /** Whether it answers there at this moment. */
  listens(peer: Peer): boolean;
  serve(peer: Peer, socket: Duplex): void;
  close(): Promise<void>;
}
