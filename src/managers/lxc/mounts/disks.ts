// The root disk of a container, and growing its disks. `pct set` accepts any text for a root disk and creates none: a new volume would leave the
// container without a disk, and another size would be a wrong number. So the present volume and size are always sent back, together with the mount
// options.

import type { Action } from '../../../model/action.ts';
import { action, call } from '../../guest/proxmox/command.ts';
import { type GuestConf, isTemplateConf } from '../../guest/proxmox/conf.ts';
import { editProperties, parseProperties } from '../../guest/proxmox/property-string.ts';
import type { DesiredSetting } from '../../guest/proxmox/settings.ts';
import { compareSize } from '../../guest/proxmox/size.ts';
import type { LxcSpec } from '../lxc-spec.ts';
import { mountedIn } from './mounted.ts';
import { earlierDefaults, MOUNT_DEFAULTS } from './mounts.ts';
import type { FoundVolumes } from './volumes.ts';

export function rootfsOf(conf: GuestConf): { volume: string; storage: string; size: string | undefined } {
  const properties = parseProperties(conf.settings['rootfs'] ?? '', 'volume');
  const volume = properties['volume'] ?? '';
  return { volume, storage: volume.slice(0, Math.max(0, volume.indexOf(':'))), size: properties['size'] };
}

/** Mount options of the root disk; empty where none are declared, and while the disk still has to grow, since that changes the same line. */
export function rootDiskSettings(
  { rootfs }: LxcSpec,
  conf: GuestConf | null,
  before: LxcSpec | undefined,
): DesiredSetting[] {
  const present = conf?.settings['rootfs'];
  const options = rootfs.options ?? {};
  const gone = Object.keys(before?.rootfs.options ?? {}).filter((key) => !(key in options));
  if (conf === null || present === undefined || (Object.keys(options).length === 0 && gone.length === 0)) return [];
  const { volume, size } = rootfsOf(conf);
  if (size === undefined || compareSize(size, rootfs.sizeGb) === 'grow') return [];
  // A pending entry may have been written before the disk grew.
  const set = { volume, size, ...options };
  const edited = (now = present, absent = MOUNT_DEFAULTS): string =>
    editProperties(now, { set, remove: gone, bare: 'volume', absent });
  const shown = Object.entries(options).map(([key, value]) => `${key}=${value}`);
  return [
    {
      key: 'rootfs',
      label: 'how the root disk is mounted',
      shown: shown.join(', ') || 'the defaults',
      value: (now) => edited(now),
      same: (now) => now !== undefined && edited(now) === now,
      isOverdue: (now) => now !== undefined && edited(now, earlierDefaults(before?.rootfs.options)) === now,
    },
  ];
}

/** `resize` exits with 0 whatever happened, so only the next observation proves it. */
export function growDisks(spec: LxcSpec, conf: GuestConf, { declared }: FoundVolumes): Action[] {
  // Clones may depend on the disks of a template.
  if (isTemplateConf(conf)) return [];
  const disks = [
    { key: 'rootfs', label: 'the root disk', size: rootfsOf(conf).size, sizeGb: spec.rootfs.sizeGb },
    ...declared.flatMap(({ volume, id }) => {
      const mounted = mountedIn(conf.settings).find((one) => one.volume === id);
      if (mounted === undefined) return [];
      return [{ key: mounted.key, label: `volume ${volume.name}`, size: mounted.size, sizeGb: volume.sizeGb }];
    }),
  ];
  return disks
    .filter(({ size, sizeGb }) => compareSize(size, sizeGb) === 'grow')
    .map(({ key, label, sizeGb }) =>
      action(
        `grow ${label} of container ${spec.id} to ${sizeGb} GB`,
        'live',
        call('pct', 'resize', spec.id, [key, `${sizeGb}G`]),
      ),
    );
}
