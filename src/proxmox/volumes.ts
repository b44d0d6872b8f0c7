// Classification of volumes by name (qemu-server, PVE/QemuServer/Drive.pm, drive_is_cloudinit).

/** Whether it is a cloud-init drive, which Proxmox generates from the settings. */
export function isCloudInit(volume: string): boolean {
  return /[:/](?:vm-\d+-)?cloudinit(?:\.(?:raw|qcow2|vmdk))?$/.test(volume);
}
