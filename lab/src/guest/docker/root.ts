// The files of a guest that Docker is in, and the lock under which its state changes.

import { insidePath } from '../../proxmox/guest/place.ts';
import { type LabNode, pathOf } from '../../proxmox/node.ts';
import type { Root } from './state.ts';

/** The lock lies beside the node's own: a snapshot of the guest does not take it along. */
export function rootOf(node: LabNode, id: number): Root {
  return { at: (path) => insidePath(node, id, path), lock: pathOf(node, `run/lock/docker-${id}.lck`) };
}
