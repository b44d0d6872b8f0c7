// Maps paths inside a container to folders of the host, and back, by the container's mounts.

import type { Guest } from '../config.ts';
import type { LxcGuest } from '../lxc/declared.ts';

/** The host's path for a path inside a container, through its mounts; null where it is in the container's own file system. */
export function hostPathOf(guest: LxcGuest, path: string): string | null {
  const [mount] = guest.mountPoints
    .filter(({ containerPath }) => path === containerPath || path.startsWith(`${containerPath}/`))
    .sort((a, b) => b.containerPath.length - a.containerPath.length);
  return mount === undefined ? null : `${mount.hostPath}${path.slice(mount.containerPath.length)}`;
}

/** The path at which a guest sees a path of the host, through its mounts; null where it does not see it. */
export function guestPathOf(guest: Guest, path: string): string | null {
  const mounts =
    guest.kind === 'lxc'
      ? guest.mountPoints.map(({ hostPath, containerPath }) => ({ from: hostPath, to: containerPath }))
      : guest.volumes.map((volume) => ({ from: volume.path, to: volume.mountPoint }));
  const [mount] = mounts
    .filter(({ from }) => path.startsWith(from === '/' ? from : `${from}/`))
    .sort((a, b) => b.from.length - a.from.length);
  return mount === undefined ? null : `${mount.to}${path.slice(mount.from.length)}`.replace(/^\/\//, '/');
}
