// What refuses to start a machine: its options together, and the snippets that they name.

import { existsSync } from 'node:fs';
import { startFaults } from '../../../../src/proxmox/machine/start.ts';
import { parsePropertyString } from '../../../../src/proxmox/parameters/property-string.ts';
import { isCloudInit } from '../../../../src/proxmox/storages/volumes.ts';
import { type Call, print } from '../call.ts';
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
