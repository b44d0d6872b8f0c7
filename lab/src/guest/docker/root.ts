// The files of a guest with Docker, and the lock for changes of its state.

import { insidePath } from '../../proxmox/guest/place.ts';
import { type LabNode, pathOf } from '../../proxmox/node.ts';
import type { Root } from './state.ts';

/** The lock is a file of the node, not of the guest: a snapshot of the guest must not contain it. */
export function rootOf(node: LabNode, id: number): Root {
  return { at: (path) => insidePath(node, id, path), lock: pathOf(node, `run/lock/docker-${id}.lck`) };
}
