// What the name of a volume says of it (qemu-server, PVE/QemuServer/Drive.pm, drive_is_cloudinit).

/** A drive of cloud-init, which Proxmox makes from the settings whenever it needs it. */
export function isCloudInit(volume: string): boolean {
  return /[:/](?:vm-\d+-)?cloudinit(?:\.(?:raw|qcow2|vmdk))?$/.test(volume);
}
