// Whether a container is frozen: its processes stand still, while Proxmox counts it as running. A person froze it with lxc-freeze, or a backup does for a
// moment. `pct exec` waits in it for ever. The kernel says it in a file, so no command is needed.

import { createHash } from 'node:crypto';
import type { HostReader } from '../../manager.ts';

/**
 * The state of the innermost control group of a running container, which is frozen too where an outer one is. It does not exist where the container does
 * not run. (pve-container, PVE/LXC.pm, update_lxc_config; Linux, Documentation/admin-guide/cgroup-v2.rst, cgroup.events)
 */
export function freezerFile(id: number): string {
  return `/sys/fs/cgroup/lxc/${id}/ns/cgroup.events`;
}

/** @param events content of the file; undefined where there is none. A group without a process is left over, and no container is in it. */
export function isFrozen(events: string | undefined): boolean {
  return events !== undefined && /^populated 1$/m.test(events) && /^frozen 1$/m.test(events);
}

/**
 * What a person does about it. lxc-freeze freezes the outer control group, which only lxc-unfreeze lets go on; a task of Proxmox freezes the inner one, which
 * lxc-unfreeze leaves as it is. Each command does nothing where it does not apply. (lxc, src/lxc/lxccontainer.c, do_lxcapi_unfreeze; pve-container,
 * PVE/LXC.pm, freeze)
 */
export function unfreezing(id: number): string {
  return `when no task of the node works on it, let it go on with: lxc-unfreeze -n ${id} && echo 0 > /sys/fs/cgroup/lxc/${id}/ns/cgroup.freeze`;
}

/** Of something inside a container that is frozen. */
export function frozenReason(id: number): string {
  return `container ${id} is frozen: it does nothing; ${unfreezing(id)}`;
}

/** The digest of the file of a container that goes on. */
const GOES_ON = createHash('sha256').update('populated 1\nfrozen 0\n').digest('hex');

/** The containers of these that may be frozen: all whose file has other content than that of one that goes on. One round trip, however many there are. */
export async function maybeFrozen(host: HostReader, ids: readonly number[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const states = await host.inspect(ids.map(freezerFile));
  const suspects = ids.filter((id) => {
    const state = states.get(freezerFile(id));
    return state !== undefined && state.digest !== GOES_ON;
  });
  return new Set(suspects.map(String));
}
