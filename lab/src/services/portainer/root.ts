// The files of the guest that Portainer or its agent runs in.

import type { Root } from '../../guest/docker/state.ts';
import { insidePath } from '../../proxmox/guest/place.ts';
import type { Peer } from '../service.ts';

export function rootOf(node: Peer['node'], id: number): Root {
  return { at: (path) => insidePath(node, id, path) };
}
