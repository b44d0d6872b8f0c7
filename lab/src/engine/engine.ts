// The engine of a lab: who runs its containers. Without one they are imitated; `"engine": "lxc"` in lab.json runs each for real.

import type { Duplex } from 'node:stream';
import { kindOf, type LabNode, orders } from '../proxmox/node.ts';
import type { Outcome } from '../tree/tree.ts';
import { attach, dial, start, stop } from './lxc.ts';
import { copyFolder, unpack } from './rootfs.ts';

/** What a container is to a lab that runs it for real. Everything refuses with what the machine said. */
export interface Engine {
  start(id: number): void;
  /** @param kindly lets its own init end it, and ends it after a limit */
  stop(id: number, kindly: boolean): void;
  run(id: number, argv: readonly string[], stdin: () => Buffer): Outcome;
  dial(address: string, port: number): Promise<Duplex>;
  /** Fills the files of a new container from an archive of this machine. */
  unpack(archive: string, tree: string): void;
  copy(from: string, to: string): void;
}

/** Null where containers are imitated, and for virtual machines, which always are. */
export function engineFor(node: LabNode, id: number): Engine | null {
  if (orders(node).engine !== 'lxc' || kindOf(node, id) === 'qemu') return null;
  return {
    start: (id) => start(node, id),
    stop: (id, kindly) => stop(node, id, kindly),
    run: (id, argv, stdin) => attach(node, id, argv, stdin),
    dial: (address, port) => dial(node, address, port),
    unpack,
    copy: copyFolder,
  };
}
