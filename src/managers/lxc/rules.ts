// Checks that a container's mounts are distinct: volumes by name, all mounts by path.

import type { Diagnostic } from '../../config/diagnostic.ts';
import type { Place } from '../../config/read/place.ts';
import { placeIn } from '../../config/read/place.ts';
import { readOption } from '../../proxmox/guests/option-meaning.ts';
import { booleanOf } from '../../proxmox/parameters/perl.ts';
import { CREATION_DEFAULTS } from '../guest/creation-defaults.ts';
import { repeated, targetOf } from '../guest/guests.ts';
import type { RuleContext } from '../rule.ts';
import type { IdMap, LxcGuest } from './declared.ts';

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

/** INVALID_VALUE: the kernel refuses maps in which an id stands twice, so that the container would not start (user_namespaces(7)). */
export function idMapsAreApart({ config }: RuleContext): Diagnostic[] {
  return config.lxc.flatMap((guest) =>
    guest.idMaps.flatMap((map, index): Diagnostic[] => {
      const other = guest.idMaps.slice(0, index).find((one) => one.type === map.type && shareAnId(one, map));
      if (other === undefined) return [];
      return [
        {
          code: 'INVALID_VALUE',
          at: placeIn(guest.writtenAt, 'id_maps', index),
          message: `"${guest.name}" maps ${map.type} ${map.containerId} to ${map.hostId}, where another map of it has an id already`,
          hint: 'Let the ranges of ids of the container, and those of the host, be apart.',
          target: targetOf(guest),
        },
      ];
    }),
  );
}

/** NO_EFFECT: the kernel mounts network file systems for no user namespace, whatever Proxmox allows (user_namespaces(7)). */
export function mountsAreForPrivileged({ config }: RuleContext): Diagnostic[] {
  return config.lxc.flatMap((guest): Diagnostic[] => {
    const source = guest.cloneFrom === null ? undefined : config.guests.get(guest.cloneFrom);
    const inherited = source?.kind === 'lxc' ? source.unprivileged : null;
    if ((guest.unprivileged ?? inherited ?? CREATION_DEFAULTS.lxc.unprivileged) === false) return [];
    const kinds = (guest.pctFeatures['mount'] ?? '').split(';').filter((kind) => /^(nfs|nfs4|cifs)$/.test(kind));
    if (kinds.length === 0) return [];
    return [
      {
        code: 'NO_EFFECT',
        at: placeIn(guest.writtenAt, 'pct_options'),
        message: `"${guest.name}" is unprivileged, and the kernel mounts no ${kinds.join(' and no ')} in such a container`,
        hint: 'Mount the share on the node and declare its folder in mount_points, or write "unprivileged": false.',
        target: targetOf(guest),
      },
    ];
  });
}

/** INVALID_VALUE: where the host manages an interface, it does not take what routers announce (pve-container, PVE/LXC/Config.pm, update_pct_config). */
export function managedInterfacesHaveAnAddress({ config }: RuleContext): Diagnostic[] {
  return config.lxc.flatMap((guest) =>
    Object.entries(guest.options).flatMap(([option, value]): Diagnostic[] => {
      if (!/^net\d+$/.test(option)) return [];
      const net = (typeof value === 'string' ? readOption('lxc', option, value) : value) ?? {};
      const isOn = (key: string): boolean => booleanOf(net[key] ?? '0') === '1';
      if (net['ip6'] !== 'auto' || !isOn('host-managed') || isOn('link_down')) return [];
      return [
        {
          code: 'INVALID_VALUE',
          at: placeIn(guest.writtenAt, 'options', option),
          message: `${option} of "${guest.name}" is managed by the host, which has no "auto" for ip6`,
          hint: 'Write an address or dhcp, or take host-managed out.',
          target: targetOf(guest),
        },
      ];
    }),
  );
}

function shareAnId(one: IdMap, other: IdMap): boolean {
  const overlap = (a: number, b: number): boolean => a < b + other.size && b < a + one.size;
  return overlap(one.containerId, other.containerId) || overlap(one.hostId, other.hostId);
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
