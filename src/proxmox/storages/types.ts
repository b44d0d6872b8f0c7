// What a storage of each type can hold, and the formats of disks on it (pve-storage, PVE/Storage/*Plugin.pm, plugindata): Proxmox leaves out whatever
// else it is told, with a warning that nobody sees. What can be done with snapshots there: volume_has_feature of the same files.

interface StorageType {
  readonly contents: readonly string[];
  /** Absent: disks have no other format than raw. */
  readonly formats?: readonly string[];
  /** Snapshots of disks: of all, of those in the format qcow2, which disks of containers never have, or of none. Absent: not known. */
  readonly snapshots?: 'all' | 'qcow2' | 'none';
  /** A snapshot of a VM's disk cannot be copied to another disk. */
  readonly keepsSnapshots?: true;
}

const DISKS = ['images', 'rootdir'];
const FILES = ['vztmpl', 'iso', 'backup', 'snippets', 'import'];

const TYPES: Readonly<Record<string, StorageType>> = {
  btrfs: { contents: [...DISKS, ...FILES, 'none'], formats: ['raw', 'subvol'], snapshots: 'all' },
  cephfs: { contents: FILES },
  cifs: { contents: [...DISKS, ...FILES], formats: ['raw', 'qcow2', 'vmdk'], snapshots: 'qcow2' },
  dir: { contents: [...DISKS, ...FILES, 'none'], formats: ['raw', 'qcow2', 'vmdk', 'subvol'], snapshots: 'qcow2' },
  esxi: { contents: ['import'], formats: ['raw', 'qcow2', 'vmdk'] },
  iscsi: { contents: ['images', 'none'], snapshots: 'none' },
  iscsidirect: { contents: ['images', 'none'], snapshots: 'none' },
  lvm: { contents: DISKS, formats: ['raw', 'qcow2'], snapshots: 'qcow2' },
  lvmthin: { contents: DISKS, snapshots: 'all' },
  nfs: { contents: [...DISKS, ...FILES], formats: ['raw', 'qcow2', 'vmdk'], snapshots: 'qcow2' },
  pbs: { contents: ['backup', 'none'] },
  rbd: { contents: DISKS, snapshots: 'all' },
  zfs: { contents: ['images'], snapshots: 'all', keepsSnapshots: true },
  zfspool: { contents: DISKS, formats: ['raw', 'subvol'], snapshots: 'all', keepsSnapshots: true },
};

/** The content types that a storage of a type can hold; undefined for an unknown type. */
export function contentsOf(type: string): readonly string[] | undefined {
  return TYPES[type]?.contents;
}

/** Whether a storage of a type is a folder of files; null where the type is not known. */
export function holdsFiles(type: string | null): boolean | null {
  const contents = type === null ? undefined : TYPES[type]?.contents;
  return contents === undefined ? null : contents.includes('iso');
}

/** The formats of disks that a storage of a type can have; undefined for an unknown type. */
export function formatsOf(type: string): readonly string[] | undefined {
  const found = TYPES[type];
  return found === undefined ? undefined : (found.formats ?? ['raw']);
}

/** Whether disks of guests there can be snapshotted; undefined where that depends on their format or is not known. */
export function takesSnapshots(type: string, kind: 'lxc' | 'vm'): boolean | undefined {
  const possible = TYPES[type]?.snapshots;
  if (possible === undefined) return undefined;
  if (possible === 'qcow2') return kind === 'lxc' ? false : undefined;
  return possible === 'all';
}

/** Whether a VM cannot be cloned from a snapshot with a disk there. */
export function keepsSnapshots(type: string): boolean {
  return TYPES[type]?.keepsSnapshots === true;
}

const SHARED = ['cephfs', 'cifs', 'drbd', 'iscsi', 'iscsidirect', 'nfs', 'pbs', 'rbd', 'zfs'];

/** Whether every node has what is on a storage of the type (pve-storage, PVE/Storage/Plugin.pm, @SHARED_STORAGE). */
export function isShared(type: string): boolean {
  return SHARED.includes(type);
}

/** Why a path cannot be that of a storage of type dir (pve-storage, PVE/Storage/DirPlugin.pm, check_config); undefined where it can. */
export function folderProblem(path: string): string | undefined {
  if (!/^\/[-/a-zA-Z0-9_.@]+$/.test(path)) return 'must be an absolute path of letters, digits and - _ . @';
  return path.replace(/\/+$/, '') === path && !/\/(\.)?(\/|$)/.test(path)
    ? undefined
    : 'must be written as Proxmox keeps it, without "//", "/./" or a slash at the end';
}
