// Paths inside a container and the folders of the host that it shows there.

import type { LxcGuest } from '../config.ts';

/** Where a path inside a container lies on the host, through its mounts; null where it is the container's own. */
export function seenFrom(guest: LxcGuest, path: string): string | null {
  const [mount] = guest.mountPoints
    .filter(({ containerPath }) => path === containerPath || path.startsWith(`${containerPath}/`))
    .sort((a, b) => b.containerPath.length - a.containerPath.length);
  return mount === undefined ? null : `${mount.hostPath}${path.slice(mount.containerPath.length)}`;
}
