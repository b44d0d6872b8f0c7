// Checks that a container's mounts are distinct: volumes by name, all mounts by path.

import type { Diagnostic } from '../../config/diagnostic.ts';
import type { Place } from '../../config/read/place.ts';
import { placeIn } from '../../config/read/place.ts';
import { repeated, targetOf } from '../guest/guests.ts';
import type { RuleContext } from '../rule.ts';
import type { LxcGuest } from './declared.ts';

/** DUPLICATE_NAME: a volume is identified by its name within its guest, whatever its path. */
export function volumeNamesAreUnique({ config }: RuleContext): Diagnostic[] {
  return config.lxc.flatMap((guest) => {
    const volumes = guest.volumes.map(({ name }, index) => ({ name, index }));
    return repeated(volumes, ({ name }) => name).flatMap(([, ...later]) =>
      later.map(
        ({ name, index }): Diagnostic => ({
          code: 'DUPLICATE_NAME',
          at: placeIn(guest.writtenAt, 'zfs_volumes', index, 'name'),
          message: `"${name}" is also the name of another volume of "${guest.name}"`,
          hint: 'Phoenix tells the volumes of a guest apart by their names.',
          target: targetOf(guest),
        }),
      ),
    );
  });
}

/** INVALID_VALUE: of two mounts at the same path, the second hides the first. */
export function mountPathsAreUnique({ config }: RuleContext): Diagnostic[] {
  return config.lxc.flatMap((guest) =>
    repeated(mountsOf(guest), ({ path }) => path).flatMap(([, ...later]) =>
      later.map(
        ({ path, at }): Diagnostic => ({
          code: 'INVALID_VALUE',
          at,
          message: `${path} is mounted twice in "${guest.name}"`,
          hint: 'The second would hide the first: give each mount point and volume a path of its own.',
          target: targetOf(guest),
        }),
      ),
    ),
  );
}

function mountsOf(guest: LxcGuest): { readonly path: string; readonly at: Place }[] {
  return [
    ...guest.mountPoints.map(({ containerPath }, index) => ({
      path: plain(containerPath),
      at: placeIn(guest.writtenAt, 'mount_points', index, 'container_path'),
    })),
    ...guest.volumes.map(({ mountPoint }, index) => ({
      path: plain(mountPoint),
      at: placeIn(guest.writtenAt, 'zfs_volumes', index, 'mount_point'),
    })),
  ];
}

/** The path as the system inside resolves it. */
function plain(path: string): string {
  return path.replace(/\/+/g, '/').replace(/(?<=.)\/$/, '');
}
