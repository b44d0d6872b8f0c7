// Names of the properties of ZFS.

/** ZFS takes a property by the heading of its column too, and shows it by its name (OpenZFS, zcommon/zfs_prop.c). */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  rdonly: 'readonly',
  compress: 'compression',
  recsize: 'recordsize',
  dnsize: 'dnodesize',
  case: 'casesensitivity',
  reserv: 'reservation',
  refreserv: 'refreservation',
  fslimit: 'filesystem_limit',
  sslimit: 'snapshot_limit',
  volblock: 'volblocksize',
  redundant_md: 'redundant_metadata',
};

/** The name by which ZFS shows a property. */
export function longName(property: string): string {
  return SHORT_NAMES[property] ?? property;
}
