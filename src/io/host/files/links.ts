// Decides which symbolic links root follows on a node: those that only root can have created. Anywhere else a guest, an NFS client or a user may have
// created them, to make root read or write where they cannot. Both kinds of host use the same list.

/**
 * Folders whose direct entries may be links, as created by Debian and Proxmox (`/etc/pve/lxc`, `/etc/ssl/certs/NAME.pem`, `/var/run`) or
 * or by administrators who move whole trees (`/srv`, `/var/lib/vz`). These folders are never shared with a guest. Other folders are no
 * safer for belonging to root: the root of a privileged container, and that of an NFS client without `root_squash`, is this root.
 */
export const LINK_FOLDERS: readonly string[] = [
  '/',
  '/etc',
  '/etc/network',
  '/etc/pve',
  '/etc/ssl',
  '/etc/ssl/certs',
  '/usr',
  '/usr/local',
  '/usr/local/share',
  '/var',
  '/var/lib',
];

/** More links are treated as a loop. */
export const MAX_LINKS = 20;

/** Maximum size of a file that is read, in bytes: a guest may provide an endless one. */
export const MAX_FILE_LENGTH = 64 * 1024 * 1024;

/** Maximum size of a file whose digest is computed, in bytes; certificates are much smaller. */
export const MAX_DIGEST_LENGTH = 1_000_000;

/** Why a path is not followed; appended to the link and its destination. */
export const NOT_FOLLOWED =
  'which others than root may have made, and which is not followed: name the place that is meant';
