// The drives of a VM as its declaration has them.

import type { VmGuest } from '../declared.ts';
import type { Drives } from './drives.ts';

/** The drives of a spec, from the configuration. */
export function declaredDrives(vm: VmGuest): Drives {
  const { rootDisk, disks, iso, importWorkingStorage, efiDisk, tpm, cloudInit, guestAgent } = vm;
  return {
    root_disk: rootDisk,
    disks,
    iso,
    ...(importWorkingStorage === undefined ? {} : { import_working_storage: importWorkingStorage }),
    efi_disk: efiDisk,
    tpm,
    cloud_init: cloudInit,
    guest_agent: guestAgent,
  };
}
