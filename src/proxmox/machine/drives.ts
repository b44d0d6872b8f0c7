// Drives of VMs that are refused where the VM starts.

import type { Properties } from '../parameters/schema.ts';
import { isCloudInit } from '../storages/volumes.ts';
import { type Check, isBefore, isOn, type Machine, numbered, refused, type StartFault } from './fault.ts';

export const scsiHasItsPlace: Check = (machine) => {
  const beyond = numbered(machine, 'scsi').find(({ index }) => index > 13);
  return beyond === undefined || !isBefore(machine, [4, 1, 2])
    ? null
    : refused(
        'SCSI of an old machine',
        [beyond.option, 'machine'],
        `${beyond.option}: machine version 4.1~pve2 or higher is required to use more than 14 SCSI disks`,
      );
};

/** PVE/QemuServer/Cloudinit.pm, read_cloudinit_snippets_file: read where the VM has a drive of cloud-init. */
export const cloudInitReadsSnippets: Check = (machine) => {
  const drives = DRIVES.flatMap((bus) => numbered(machine, bus));
  if (!drives.some(({ option }) => isCloudInit(machine.properties(option)['file'] ?? ''))) return null;
  const stray = Object.values(machine.properties('cicustom')).find((volume) => !/^[^:]+:snippets\//.test(volume));
  return stray === undefined
    ? null
    : refused('file of cloud-init', ['cicustom'], `${stray} is not in the snippets directory`);
};

/** QEMU: machines of the type virt have no such bus. */
export const armHasNoIde: Check = (machine) => {
  const [drive] = machine.options['arch'] === 'aarch64' ? numbered(machine, 'ide') : [];
  if (drive === undefined) return null;
  return refused('IDE of ARM', [drive.option, 'arch'], `Bus 'ide.${Math.floor(drive.index / 2)}' not found`, 'QEMU');
};

const DRIVES = ['scsi', 'virtio', 'sata', 'ide'];

/** QEMU, block/file-posix.c and util/throttle.c. */
export const drivesAreServed: Check = (machine) =>
  DRIVES.flatMap((bus) => numbered(machine, bus)).flatMap(({ option }): StartFault[] => {
    const drive = machine.properties(option);
    const isBuffered = drive['cache'] !== undefined && !/^(off|none|directsync)$/.test(drive['cache']);
    const native =
      drive['aio'] === 'native' && isBuffered
        ? [
            {
              ...refused(
                'native I/O',
                [option],
                'aio=native was specified, but it requires cache.direct=on, which was not specified.',
                'QEMU',
              ),
              property: 'aio',
            },
          ]
        : [];
    return [...native, ...discardedWrites(machine, option, drive), ...burstFaults(option, drive)];
  });

/** PVE/QemuServer/Blockdev.pm, generate_file_blockdev: drives are opened in that way since version 10.0 of a machine. */
function discardedWrites(machine: Machine, option: string, drive: Properties): StartFault[] {
  if (!isOn(drive['snapshot']) || isBefore(machine, [10, 0, 0])) return [];
  const message = "'snapshot' option is not yet supported for '-blockdev'";
  return [{ ...refused('discarded writes', [option], message), property: 'snapshot' }];
}

function burstFaults(option: string, drive: Properties): StartFault[] {
  return Object.keys(drive)
    .filter((key) => /^(mbps|iops)(_rd|_wr)?_max$/.test(key))
    .flatMap((property): StartFault[] => {
      const [most, usual] = [Number(drive[property]), Number(drive[property.replace(/_max$/, '')] ?? 0)];
      if (most === 0 || (usual > 0 && most >= usual)) return [];
      const message =
        usual === 0
          ? 'bps_max/iops_max require corresponding bps/iops values'
          : 'bps_max/iops_max cannot be lower than bps/iops';
      return [{ ...refused('burst', [option], message, 'QEMU'), property }];
    });
}
