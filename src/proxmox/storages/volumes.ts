// What the name of a volume or disk says.

/** Whether it is a cloud-init drive, which Proxmox generates from the settings. (qemu-server, PVE/QemuServer/Drive.pm, drive_is_cloudinit) */
export function isCloudInit(volume: string): boolean {
  return /[:/](?:vm-\d+-)?cloudinit(?:\.(?:raw|qcow2|vmdk))?$/.test(volume);
}

/**
 * Whether a volume became part of a template: clones depend on it, and Proxmox makes no template of it again. A linked clone, `…/base-…/vm-…`, is none.
 * (pve-storage, PVE/Storage/Plugin.pm, and ZFSPoolPlugin.pm, create_base and volume_has_feature)
 */
export function isOfTemplate(volume: string): boolean {
  return /[:/]base(?:vol)?-\d+-[^/]+$/.test(volume);
}

/**
 * Whether two paths name the same disk of the host, or one a partition of the other: `/dev/disk/by-id/X` and `/dev/disk/by-id/X-part1`, as udev and
 * ZFS name them. Two different links to one disk cannot be told by their names.
 */
export function isSameDisk(one: string, other: string): boolean {
  const isPartOf = (part: string, whole: string): boolean => part.replace(/-part\d+$/, '') === whole;
  return isPartOf(one, other) || isPartOf(other, one);
}
