// Options of NFS exports as accepted and printed by exportfs (exports(5); support/nfs/exports.c and utils/exportfs/exportfs.c of nfs-utils).

/** Mutually exclusive options; the first is the default. In exportfs's order. */
export const EXPORT_WORDS: readonly (readonly [usual: string, other: string])[] = [
  ['ro', 'rw'],
  ['sync', 'async'],
  ['wdelay', 'no_wdelay'],
  ['hide', 'nohide'],
  ['nocrossmnt', 'crossmnt'],
  ['secure', 'insecure'],
  ['root_squash', 'no_root_squash'],
  ['no_all_squash', 'all_squash'],
  ['no_subtree_check', 'subtree_check'],
  ['secure_locks', 'insecure_locks'],
  ['acl', 'no_acl'],
  ['no_pnfs', 'pnfs'],
];

/** Options with their default values. In exportfs's order. */
export const EXPORT_VALUES: Readonly<Record<string, string>> = { anonuid: '65534', anongid: '65534', sec: 'sys' };

/** A UUID in `fsid=`. */
export const EXPORT_UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
