// Storages of every type (pve-storage, PVE/Storage/*Plugin.pm): the options of each type, which of them are required, and which are fixed.

import type { JsonObject } from '../../../model/json.ts';
import { parseSections, withSwitches } from '../../../proxmox/files/section-config.ts';
import { contentsOf, folderProblem, formatsOf } from '../../../proxmox/storages/types.ts';
import { wordsOf } from '../options/values.ts';
import type { ObjectRow, Reference } from '../row.ts';

const ANY = ['content', 'disable', 'nodes'];
const BACKUPS = ['create-base-path', 'create-subdirs', 'format', 'max-protected-backups', 'prune-backups'];
const FILES = [...BACKUPS, 'preallocation'];
const NETWORK_FILES = ['bwlimit', 'content-dirs', 'options', 'path', 'snapshot-as-volume-chain'];

/** The path of the storage `local`, which Proxmox does not allow to change (PVE/Storage/Plugin.pm). */
const FOLDER_OF_LOCAL = '/var/lib/vz';

/** In the order of Proxmox's own list of types. */
const TYPES = {
  btrfs: { required: ['path'], optional: [...ANY, ...FILES, 'is_mountpoint', 'nocow', 'shared'] },
  cephfs: {
    required: [],
    optional: [
      ...ANY,
      ...BACKUPS,
      'bwlimit',
      'content-dirs',
      'fs-name',
      'fuse',
      'monhost',
      'options',
      'path',
      'subdir',
      'username',
    ],
  },
  cifs: {
    required: ['server', 'share'],
    optional: [...ANY, ...FILES, ...NETWORK_FILES, 'domain', 'smbversion', 'subdir', 'username'],
    fixed: ['server', 'share', 'path', 'snapshot-as-volume-chain'],
  },
  dir: {
    required: ['path'],
    optional: [...ANY, ...FILES, 'bwlimit', 'content-dirs', 'is_mountpoint', 'shared', 'snapshot-as-volume-chain'],
    fixed: ['path', 'snapshot-as-volume-chain'],
  },
  esxi: { required: ['server', 'username'], optional: [...ANY, 'port', 'shared', 'skip-cert-verification'] },
  iscsi: { required: ['portal', 'target'], optional: [...ANY, 'bwlimit'] },
  iscsidirect: { required: ['portal', 'target'], optional: [...ANY, 'bwlimit'] },
  lvm: {
    required: ['vgname'],
    optional: [
      ...ANY,
      'base',
      'bwlimit',
      'saferemove',
      'saferemove-stepsize',
      'saferemove_throughput',
      'shared',
      'snapshot-as-volume-chain',
      'tagged_only',
    ],
  },
  lvmthin: { required: ['thinpool', 'vgname'], optional: [...ANY, 'bwlimit'] },
  nfs: {
    required: ['export', 'server'],
    optional: [...ANY, ...FILES, ...NETWORK_FILES],
    fixed: ['export', 'server', 'path', 'snapshot-as-volume-chain'],
  },
  pbs: {
    required: ['datastore', 'server'],
    optional: [...ANY, 'fingerprint', 'max-protected-backups', 'namespace', 'port', 'prune-backups', 'username'],
    fixed: ['datastore', 'server'],
  },
  rbd: {
    required: [],
    optional: [...ANY, 'bwlimit', 'data-pool', 'krbd', 'monhost', 'namespace', 'pool', 'username'],
  },
  zfs: {
    required: ['blocksize', 'iscsiprovider', 'pool', 'portal', 'target'],
    optional: [...ANY, 'bwlimit', 'comstar_hg', 'comstar_tg', 'lio_tpg', 'nowritecache', 'sparse', 'zfs-base-path'],
    fixed: ['blocksize', 'pool'],
  },
  zfspool: { required: ['pool'], optional: [...ANY, 'blocksize', 'bwlimit', 'mountpoint', 'sparse'], fixed: ['pool'] },
};

export const storages: ObjectRow = {
  kind: 'storage',
  field: 'storages',
  label: 'storage',
  describes: 'Storages of Proxmox, by id, beside those that follow from datasets in the file of the hypervisor.',
  id: 'storage',
  paths: { create: '/storage', change: '/storage/{storage}' },
  nameFormat: {
    pattern: /^[A-Za-z][A-Za-z0-9_.-]{0,98}[A-Za-z0-9]$/,
    expected: 'must be the name of a storage: a letter, then letters, digits and _ . -, at the end a letter or digit',
  },
  file: '/etc/pve/storage.cfg',
  read: (text) =>
    new Map(
      [...parseSections(text)].map(([id, { type, options }]) => {
        const { path } = options;
        // Proxmox reads it without a slash at the end (DirPlugin.pm, check_config).
        const folder =
          path !== undefined && isFolder(type) ? { path: path.map((text) => text.replace(/(?<=.)\/+$/, '')) } : {};
        return [id, { ...withSwitches(options, 'POST /storage'), ...folder, type: [type] }];
      }),
    ),
  mark: null,
  predefined: {
    local: { type: 'dir', path: FOLDER_OF_LOCAL, content: 'iso,vztmpl,backup' },
    'local-lvm': { type: 'lvmthin', thinpool: 'data', vgname: 'pve', content: 'rootdir,images' },
    'local-zfs': { type: 'zfspool', pool: 'rpool/data', sparse: '1', content: 'images,rootdir' },
  },
  digest: 'sha1',
  // Keys can only be passed on a command line, or are shown when they are created; `authsupported` and `mkdir` are obsolete.
  without: ['authsupported', 'encryption-key', 'keyring', 'master-pubkey', 'mkdir'],
  required: ['type'],
  types: TYPES,
  defaults: {
    'create-base-path': '1',
    'create-subdirs': '1',
    disable: '0',
    fuse: '0',
    is_mountpoint: 'no',
    krbd: '0',
    nocow: '0',
    nowritecache: '0',
    preallocation: 'metadata',
    saferemove: '0',
    shared: '0',
    smbversion: 'default',
    'skip-cert-verification': '0',
    'snapshot-as-volume-chain': '0',
    sparse: '0',
    tagged_only: '0',
  },
  oneOf: [],
  clear: 'delete',
  members: [],
  references: {},
  furtherReferences: (_name, options) => [...cephPoolsOf(options), ...baseOf(options)],
  secrets: {
    password: {
      describes: 'Password that the server is asked with, by reference',
      refuses: (_name, { type, username }) => {
        if (!['cifs', 'esxi', 'pbs'].includes(String(type)))
          return 'must only stand at a storage of type cifs, esxi or pbs';
        // Proxmox stores it and never uses it (CIFSPlugin.pm, on_add_hook).
        return type === 'cifs' && username === undefined
          ? 'must not stand without username, whose password it is'
          : null;
      },
      requiredOnCreate: ({ type }) => type === 'esxi',
      stored: { by: 'options', has: ({ type, username }) => type !== 'cifs' || username !== undefined },
      // Prompted for on standard input when the option has no value on the command line.
      setAction: (name, secret) => ({
        kind: 'command',
        program: 'pvesm',
        args: ['set', name, '--password'],
        stdin: {
          from: 'joined',
          parts: [
            { from: 'secret', secret },
            { from: 'text', text: '\n' },
          ],
        },
        timeoutSeconds: 60,
      }),
      // Proxmox logs in to the server as soon as the storage is created.
      promptedOnCreate: true,
    },
  },
  createCommand: { program: 'pvesm', args: (name, { type }) => ['add', String(type), name], without: ['type'] },
  dependents: {
    folders: ['/etc/pve/lxc', '/etc/pve/qemu-server'],
    findDependent: (name, files, own) => {
      const [path] = [...files].find(([, text]) => isOn(name, text)) ?? [];
      if (path !== undefined) return `guest ${path.replace(/^.*\//, '').replace(/\.conf$/, '')} still has a disk on it`;
      const [other] =
        [...parseSections(own)].find(([, { options }]) => options['base']?.[0]?.startsWith(`${name}:`) === true) ?? [];
      return other === undefined ? null : `storage ${other} is on a disk of it`;
    },
  },
  faults: storageFaults,
  lossOnDelete: 'its places in pools and the rights on it; what it holds stays',
};

/** Whether Proxmox checks and writes the path as that of a folder (DirPlugin.pm, check_config, which BTRFSPlugin.pm calls). */
function isFolder(type: string): boolean {
  return type === 'dir' || type === 'btrfs';
}

function storageFaults(name: string, options: JsonObject) {
  const { type, path, mountpoint, content, format, is_mountpoint: mounted, lio_tpg: group, iscsiprovider } = options;
  const kind = String(type);
  const problem = isFolder(kind) && typeof path === 'string' ? folderProblem(path) : undefined;
  return [
    ...Object.entries({ path, mountpoint }).flatMap(([option, value]) =>
      typeof value === 'string' &&
      !(name === 'local' && value === FOLDER_OF_LOCAL) &&
      (SYSTEM_FOLDER.test(value) || /^\/+$/.test(value))
        ? [{ option, message: 'must not lie in a folder of the system: guests and people write there' }]
        : [],
    ),
    ...(problem === undefined ? [] : [{ option: 'path', message: problem }]),
    ...(name === 'local' ? localFaults(options) : []),
    ...contentFaults(kind, wordsOf(content)),
    ...folderFaults(kind, wordsOf(options['content-dirs'])),
    // LunCmd/LIO.pm.
    ...(iscsiprovider === 'LIO' && group === undefined
      ? [{ option: 'iscsiprovider', message: 'must have lio_tpg beside it, the portal group of the target' }]
      : []),
    ...(format !== undefined && formatsOf(kind)?.includes(String(format)) === false
      ? [{ option: 'format', message: `must be ${orOf(formatsOf(kind) ?? [])} on a storage of type ${kind}` }]
      : []),
    ...(mounted !== undefined && !/^(yes|no|on|off|true|false|0|1|\/.+)$/i.test(String(mounted))
      ? [{ option: 'is_mountpoint', message: 'must be "yes", "no" or the absolute path of the mount' }]
      : []),
  ];
}

/** Proxmox always has this storage, in place of any other of the name, and drops its nodes (Plugin.pm, parse_config). */
function localFaults({ type, path, nodes }: JsonObject) {
  return [
    ...(type === 'dir' && path === FOLDER_OF_LOCAL
      ? []
      : [{ option: 'type', message: `must be dir, with path ${FOLDER_OF_LOCAL}: Proxmox has no other local` }]),
    ...(nodes === undefined ? [] : [{ option: 'nodes', message: 'must not stand at local, which every node has' }]),
  ];
}

/** Folders of content that the type cannot hold are left out (Plugin.pm, decode_value), and one folder for two is refused (activate_storage). */
function folderFaults(type: string, folders: readonly string[]) {
  const possible = contentsOf(type);
  const pairs = folders.map((pair) => ({
    content: pair.split('=')[0] ?? '',
    folder: pair.slice(pair.indexOf('=') + 1),
  }));
  const stray = pairs.find(({ content }) => possible?.includes(content) === false);
  const twice = pairs.find(({ folder }, index) => pairs.findIndex((other) => other.folder === folder) < index);
  return [
    ...(stray === undefined
      ? []
      : [
          {
            option: 'content-dirs',
            message: `must not name ${stray.content}, which a storage of type ${type} cannot hold`,
          },
        ]),
    ...(twice === undefined
      ? []
      : [
          {
            option: 'content-dirs',
            message: `must not name ${twice.folder} twice: each content has a folder of its own`,
          },
        ]),
  ];
}

/** Proxmox leaves out what a type cannot hold, and combines `none` with nothing. */
function contentFaults(type: string, contents: readonly string[]) {
  const possible = contentsOf(type);
  const stray = contents.find((each) => possible?.includes(each) === false);
  if (possible !== undefined && stray !== undefined)
    return [
      { option: 'content', message: `must not hold ${stray}: a storage of type ${type} takes ${orOf(possible)}` },
    ];
  return contents.includes('none') && contents.length > 1
    ? [{ option: 'content', message: 'must not hold none beside other content' }]
    : [];
}

function orOf(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

/** Pools of the node's own Ceph. An external cluster, named by its monitors, has pools of its own. */
function cephPoolsOf({ type, monhost, pool, 'data-pool': data }: JsonObject): Reference[] {
  if (type !== 'rbd' || monhost !== undefined) return [];
  const named = Object.entries({ pool, 'data-pool': data });
  return named.flatMap(([option, name]) =>
    typeof name === 'string' ? [{ sort: 'Ceph pool', name, at: [option] } as const] : [],
  );
}

/** The storage that the volume group is made on (LVMPlugin.pm, on_add_hook). */
function baseOf({ base }: JsonObject): Reference[] {
  return typeof base === 'string' ? [{ sort: 'storage', name: base.split(':')[0] ?? '', at: ['base'] }] : [];
}

/** System folders: with a storage in one of them, guests and people would write there. */
const SYSTEM_FOLDER =
  /^\/+(bin|boot|dev|etc|home|lib|lib32|lib64|libx32|opt|proc|root|run|sbin|snap|sys|usr|var)(\/|$)/;

/** Whether a guest's file names a volume of the storage. */
function isOn(storage: string, text: string): boolean {
  return text.split('\n').some((line) => line.replace(/^\w+: /, '').startsWith(`${storage}:`));
}
