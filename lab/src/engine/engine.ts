// The container engine of a lab. By default containers are simulated; `"engine": "lxc"` in lab.json runs real ones.

import type { Duplex } from 'node:stream';
import { kindOf, type LabNode, labSettings } from '../proxmox/node.ts';
import type { Outcome } from '../tree/tree.ts';
import { attach, dial, start, stop } from './lxc.ts';
import { copyFolder, unpack } from './rootfs.ts';

/** Operations on real containers. All of them fail with the error of the underlying program. */
export interface Engine {
  start(id: number): void;
  /** @param gracefully shut down by the container's init, killed after a timeout */
  stop(id: number, gracefully: boolean): void;
  run(id: number, argv: readonly string[], stdin: () => Buffer): Outcome;
  dial(address: string, port: number): Promise<Duplex>;
  /** Unpacks an archive of this machine into a new container. */
  unpack(archive: string, tree: string): void;
  copy(from: string, to: string): void;
}

/** Null for simulated containers and for virtual machines, which are always simulated. */
export function engineFor(node: LabNode, id: number): Engine | null {
  if (labSettings(node).engine !== 'lxc' || kindOf(node, id) === 'qemu') return null;
  return {
    start: (id) => start(node, id),
    stop: (id, gracefully) => stop(node, id, gracefully),
    run: (id, argv, stdin) => attach(node, id, argv, stdin),
    dial: (address, port) => dial(node, address, port),
    unpack,
    copy: copyFolder,
  };
}
