// Which symbolic links of a node root follows: those that only root can have made. Everywhere else a guest, an NFS client or a user
// may have put them there, to have root read or write where they cannot. The same list serves both kinds of hosts.

/**
 * Folders whose own entries may be links, as Debian and Proxmox make them (`/etc/pve/lxc`, `/etc/ssl/certs/NAME.pem`, `/var/run`) or
 * as administrators move whole trees (`/srv`, `/var/lib/vz`). Nobody shares these folders themselves with a guest. Others are no
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

/** Further links are a circle. */
export const MOST_LINKS = 20;

/** Bytes of a file that is read whole: what a guest puts there may have no end. */
export const LONGEST_FILE = 64 * 1024 * 1024;

/** Bytes of a file whose digest is told of; a certificate or a root is never as long. */
export const LONGEST_DIGEST = 1_000_000;

/** Why a path is not gone on with, after the link and where it leads. */
export const NOT_FOLLOWED =
  'which others than root may have made, and which is not followed: name the place that is meant';
