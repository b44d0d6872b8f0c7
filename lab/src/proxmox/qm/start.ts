// What refuses to start a machine: its options together, and the snippets that they name.

import { existsSync } from 'node:fs';
import { startFaults } from '../../../../src/proxmox/machine/start.ts';
import { parsePropertyString } from '../../../../src/proxmox/parameters/property-string.ts';
import { isCloudInit } from '../../../../src/proxmox/storages/volumes.ts';
import { type Call, print, taskWarning } from '../call.ts';
import { disksOf } from '../guest/disks.ts';
import type { GuestFile } from '../guest/file.ts';
import { type LabNode, pathOf } from '../node.ts';
import { refuse } from '../refusal.ts';
import { located, pathOfVolume } from '../storage/storage.ts';

/** PVE/QemuServer.pm, config_to_command. The recorded sessions started machines without looking at devices, mappings and bridges of the host, and so does the lab. */
export function checkStart(call: Call, { options }: GuestFile): void {
  const [fault] = startFaults(options);
  if (fault?.by === 'Proxmox') refuse(fault.message);
  if (fault === undefined) return;
  print(call, `kvm: ${fault.message}`);
  refuse('start failed: QEMU exited with code 1');
}

/** What Proxmox warns of where a machine starts all the same (PVE/QemuServer/OVMF.pm, and check_efi_vars in PVE/QemuServer.pm). */
export function warnOfFirmware(call: Call, { options }: GuestFile): void {
  const { bios, efidisk0 } = options;
  if (bios === 'ovmf' && efidisk0 === undefined)
    taskWarning(call, 'no efidisk configured! Using temporary efivars disk.');
  const disk = parsePropertyString('qemu/efidisk0', efidisk0 ?? '');
  const { 'pre-enrolled-keys': keys = '0', 'ms-cert': certificate } = disk.ok ? disk.properties : {};
  if (efidisk0 === undefined || keys === '0' || certificate === '2023k') return;
  taskWarning(
    call,
    "EFI disk without 'ms-cert=2023k' option, suggesting that not all UEFI 2023\ncertificates from Microsoft are enrolled yet.",
  );
}

/** The files that the cloud-init drive is made from (PVE/QemuServer/Cloudinit.pm, read_cloudinit_snippets_file). */
export function checkSnippets(node: LabNode, id: number, { options }: GuestFile): void {
  const own = disksOf('qemu', options).some(
    ({ volume }) => isCloudInit(volume) && volume.includes(`vm-${id}-cloudinit`),
  );
  const custom = parsePropertyString('qemu/cicustom', options['cicustom'] ?? '');
  if (!own || !custom.ok) return;
  for (const part of ['user', 'network', 'meta', 'vendor']) {
    const volume = custom.properties[part];
    if (volume === undefined) continue;
    if (located(node, volume).volume.type !== 'snippets') refuse(`${volume} is not in the snippets directory`);
    const path = pathOfVolume(node, volume);
    if (!existsSync(pathOf(node, path))) refuse(`can't open '${path}' - No such file or directory`);
  }
}
