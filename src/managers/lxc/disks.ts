// The root disk of a container, and the growing of its disks. A root disk is never sent to `pct set`: Proxmox would accept it and
// break the container.

import type { Action } from '../../model/action.ts';
import { action, call } from '../guest/proxmox/command.ts';
import type { GuestConf } from '../guest/proxmox/conf.ts';
import { parseProperties } from '../guest/proxmox/property-string.ts';
import { compareSize } from '../guest/proxmox/size.ts';
import type { LxcSpec } from './lxc-spec.ts';
import { mountedIn } from './mounted.ts';
import type { FoundVolumes } from './volumes.ts';

export function rootfsOf(conf: GuestConf): { volume: string; storage: string; size: string | undefined } {
  const properties = parseProperties(conf.settings['rootfs'] ?? '', 'volume');
  const volume = properties['volume'] ?? '';
  return { volume, storage: volume.slice(0, Math.max(0, volume.indexOf(':'))), size: properties['size'] };
}

/** Proxmox ends `resize` with 0 whatever came of it, so only the next look proves it. */
export function growDisks(spec: LxcSpec, conf: GuestConf, { declared }: FoundVolumes): Action[] {
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
