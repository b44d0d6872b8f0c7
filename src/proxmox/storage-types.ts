// What a storage of each type can hold, and the formats of disks on it (pve-storage, PVE/Storage/*Plugin.pm, plugindata): Proxmox leaves out whatever
// else it is told, with a warning that nobody sees.

interface StorageType {
  readonly contents: readonly string[];
  /** Absent: disks have no other format than raw. */
  readonly formats?: readonly string[];
}

const DISKS = ['images', 'rootdir'];
const FILES = ['vztmpl', 'iso', 'backup', 'snippets', 'import'];

const TYPES: Readonly<Record<string, StorageType>> = {
  btrfs: { contents: [...DISKS, ...FILES, 'none'], formats: ['raw', 'subvol'] },
  cephfs: { contents: FILES },
  cifs: { contents: [...DISKS, ...FILES], formats: ['raw', 'qcow2', 'vmdk'] },
  dir: { contents: [...DISKS, ...FILES, 'none'], formats: ['raw', 'qcow2', 'vmdk', 'subvol'] },
  esxi: { contents: ['import'], formats: ['raw', 'qcow2', 'vmdk'] },
  iscsi: { contents: ['images', 'none'] },
  iscsidirect: { contents: ['images', 'none'] },
  lvm: { contents: DISKS, formats: ['raw', 'qcow2'] },
  lvmthin: { contents: DISKS },
  nfs: { contents: [...DISKS, ...FILES], formats: ['raw', 'qcow2', 'vmdk'] },
  pbs: { contents: ['backup', 'none'] },
  rbd: { contents: DISKS },
  zfs: { contents: ['images'] },
  zfspool: { contents: DISKS, formats: ['raw', 'subvol'] },
};

/** The content types that a storage of a type can hold; undefined for an unknown type. */
export function contentsOf(type: string): readonly string[] | undefined {
  return TYPES[type]?.contents;
}

/** The formats of disks that a storage of a type can have; undefined for an unknown type. */
export function formatsOf(type: string): readonly string[] | undefined {
  const found = TYPES[type];
  return found === undefined ? undefined : (found.formats ?? ['raw']);
}

/** Why a path cannot be that of a storage of type dir (pve-storage, PVE/Storage/DirPlugin.pm, check_config); undefined where it can. */
export function folderProblem(path: string): string | undefined {
  if (!/^\/[-/a-zA-Z0-9_.@]+$/.test(path)) return 'must be an absolute path of letters, digits and - _ . @';
  return path.replace(/\/+$/, '') === path && !/\/(\.)?(\/|$)/.test(path)
    ? undefined
    : 'must be written as Proxmox keeps it, without "//", "/./" or a slash at the end';
}
