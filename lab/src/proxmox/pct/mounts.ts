// A container's volumes mounted on the host: `pct mount`, `pct unmount` and `pct fstrim` (pve-container, PVE/CLI/pct.pm).

import { type Call, print } from '../call.ts';
import { backing, disksOf } from '../guest/disks.ts';
import type { GuestFile } from '../guest/file.ts';
import { checkLock, update } from '../guest/guest.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse } from '../refusal.ts';

const rootOf = (id: number): string => `/var/lib/lxc/${id}/rootfs`;

/** `pct mount`: the lock stays until the container is unmounted. */
export function mountContainer(call: Call, id: number): void {
  update(call, 'lxc', id, (file) => lockFor('mounted', file));
  print(call, `mounted CT ${id} in '${rootOf(id)}'`);
}

/** `pct unmount`. */
export function unmountContainer(call: Call, id: number): void {
  update(call, 'lxc', id, (file) => unlockFrom('mounted', file));
}

/** `pct fstrim`: nothing of a volume is unused in the lab, so that each gives back nothing. */
export function trimContainer(call: Call, id: number, parameters: Parameters): void {
  update(call, 'lxc', id, (file) => {
    lockFor('fstrim', file);
    for (const { key, volume, properties } of disksOf('lxc', file.options)) {
      const isLeftOut = parameters['ignore-mountpoints'] === '1' && key !== 'rootfs';
      if (isLeftOut || properties['ro'] === '1' || backing(volume) === 'bind') continue;
      print(call, `${rootOf(id)}${properties['mp'] ?? '/'}: 0 B (0 bytes) trimmed`);
    }
    unlockFrom('fstrim', file);
  });
}

function lockFor(lock: string, file: GuestFile): void {
  checkLock('lxc', file);
  file.options['lock'] = lock;
}

function unlockFrom(lock: string, file: GuestFile): void {
  const found = file.options['lock'];
  if (found === undefined) refuse(`no lock found trying to remove '${lock}'  lock`);
  if (found !== lock) refuse(`found lock '${found}' trying to remove '${lock}' lock`);
  delete file.options['lock'];
}
