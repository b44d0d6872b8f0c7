// Changes of storage.cfg by the rules of each storage type.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { splitList } from '../../../../src/proxmox/parameters/perl.ts';
import { contentsOf, formatsOf } from '../../../../src/proxmox/storages/types.ts';
import { type Call, warn } from '../call.ts';
import { replaceFile, withLock } from '../lock.ts';
import { type LabNode, pathOf } from '../node.ts';
import { removeStorageFromPools } from '../objects/pools.ts';
import type { Parameters } from '../parameters/check.ts';
import { Refusal, refuse, refuseLineFeeds } from '../refusal.ts';
import { type Kept, keepSecrets, removeSecrets, STORAGE_SECRETS } from './secrets.ts';
import { storages } from './storage.ts';

/** Options of a storage type: required ones are written first, and those that are fixed cannot be changed or removed. */
type StorageType = {
  readonly required: readonly string[];
  readonly optional: string;
  /** The fixed ones; absent: the required ones. */
  readonly fixed?: readonly string[];
};

const FILES = 'content nodes disable format mkdir create-base-path create-subdirs prune-backups max-protected-backups';
const CHAIN = 'snapshot-as-volume-chain';
const TYPES: Record<string, StorageType> = {
  cephfs: {
    required: ['path'],
    optional: `${FILES} content-dirs monhost subdir options username fuse bwlimit keyring fs-name`,
  },
  esxi: {
    required: ['server', 'username'],
    optional: 'nodes shared disable content password skip-cert-verification port',
    fixed: [],
  },
  iscsi: { required: ['portal', 'target'], optional: 'nodes disable content bwlimit' },
  iscsidirect: { required: ['portal', 'target'], optional: 'nodes disable content bwlimit' },
  pbs: {
    required: ['datastore', 'server'],
    optional:
      'namespace port nodes disable content username password encryption-key master-pubkey prune-backups max-protected-backups fingerprint',
  },
  rbd: {
    required: [],
    optional: 'nodes disable monhost pool data-pool namespace username content krbd keyring bwlimit',
  },
  zfs: {
    required: ['blocksize', 'iscsiprovider', 'pool', 'portal', 'target'],
    optional: 'nodes disable nowritecache sparse comstar_hg comstar_tg lio_tpg content bwlimit zfs-base-path',
  },
  dir: {
    required: ['path'],
    optional: `${FILES} preallocation content-dirs shared is_mountpoint bwlimit ${CHAIN}`,
    fixed: ['path', CHAIN],
  },
  btrfs: { required: ['path'], optional: `${FILES} preallocation shared is_mountpoint nocow` },
  nfs: {
    required: ['export', 'path', 'server'],
    optional: `${FILES} preallocation content-dirs options bwlimit ${CHAIN}`,
    fixed: ['export', 'path', 'server', CHAIN],
  },
  cifs: {
    required: ['path', 'server', 'share'],
    optional: `${FILES} preallocation content-dirs subdir username password domain smbversion options bwlimit ${CHAIN}`,
    fixed: ['path', 'server', 'share', CHAIN],
  },
  zfspool: { required: ['pool'], optional: 'blocksize sparse nodes disable content bwlimit mountpoint' },
  lvmthin: { required: ['thinpool', 'vgname'], optional: 'nodes disable content bwlimit' },
  lvm: {
    required: ['vgname'],
    optional: `base nodes shared disable saferemove saferemove-stepsize saferemove_throughput content tagged_only bwlimit ${CHAIN}`,
    fixed: ['base', 'vgname'],
  },
};

/** Proxmox mounts these itself, in a folder of its own where none is named (`check_config` of their plugins). */
const MOUNTED: ReadonlySet<string> = new Set(['cephfs', 'cifs', 'nfs']);

type Section = { readonly type: string; readonly options: Record<string, string> };

/** Changes storage.cfg under its lock; required options are written first, others sorted. */
function changeConfig(node: LabNode, what: string, change: (sections: Map<string, Section>) => void): void {
  const locked = withLock(pathOf(node, 'run/lock/storage.lck'), 10_000, () => {
    const sections = new Map(
      [...storages(node)].map(([id, { type, options }]) => [id, { type, options: { ...options } }]),
    );
    change(sections);
    const blocks = [...sections].map(([id, { type, options }]) => {
      const written = Object.keys(options).filter((key) => key !== 'disable' && options[key] !== '');
      const first = (TYPES[type]?.required ?? []).filter((key) => written.includes(key));
      const others = written.sort().filter((key) => !first.includes(key));
      const disabled = options['disable'] !== undefined && options['disable'] !== '0' ? ['\tdisable'] : [];
      return [
        `${type}: ${id}`,
        ...disabled,
        ...[...first, ...others].map((key) => `\t${key} ${options[key]}`),
        '',
        '',
      ].join('\n');
    });
    replaceFile(pathOf(node, 'etc/pve/storage.cfg'), blocks.join(''));
  });
  if (locked === undefined)
    refuse(`${what} storage failed: cfs-lock 'file-storage_cfg' error: got lock request timeout`);
}

/** The options that a type accepts; unsupported content types are skipped with a warning. */
function optionsFor(call: Call, type: string, parameters: Parameters, changing: boolean): Record<string, string> {
  const { required, optional, fixed = required } = TYPES[type] ?? refuse(`the lab has no storages of type '${type}'`);
  const known = [...required, ...optional.split(' ')];
  const options: Record<string, string> = {};
  for (const [key, value] of Object.entries(parameters)) {
    if (NOT_OPTIONS.has(key) || typeof value !== 'string') continue;
    if (changing && fixed.includes(key)) refuse(`can't change value of fixed parameter '${key}'`);
    if (!known.includes(key)) refuse(`unexpected property '${key}'`);
    if (key === 'format' && formatsOf(type)?.includes(value) === false)
      warn(call, `storage does not support format '${value}'`);
    else if (!STORAGE_SECRETS.has(key)) options[key] = key === 'content' ? possibleContent(call, type, value) : value;
  }
  refuseLineFeeds(options);
  const missing = required.find((key) => options[key] === undefined && !(key === 'path' && MOUNTED.has(type)));
  if (!changing && missing !== undefined) refuse(`missing value for required option '${missing}'`);
  return options;
}

/** Parameters of a call that are not options of the storage. */
const NOT_OPTIONS = new Set(['storage', 'type', 'delete', 'digest', 'node']);

function possibleContent(call: Call, type: string, value: string): string {
  const content = contentsOf(type);
  const wanted = [...new Set(splitList(value))];
  const possible = wanted.filter((each) => content === undefined || content.includes(each));
  for (const each of wanted)
    if (!possible.includes(each)) warn(call, `storage does not support content type '${each}'`);
  if (possible.includes('none') && possible.length > 1) refuse("unable to combine 'none' with other content types");
  if (possible.length > 0) return possible.join(',');
  return content?.includes('none') === false ? refuse("storage does not support content type 'none'") : 'none';
}

/** What a change of a storage answers. */
export interface StorageAnswer {
  readonly storage: string;
  readonly type: string;
  /** What it tells of secrets that it keeps. */
  readonly config?: Readonly<Record<string, string>>;
}

/** Adds a storage, and creates the folder of a `dir` storage. */
export function addStorage(call: Call, parameters: Parameters): StorageAnswer {
  const id = String(parameters['storage']);
  const type = String(parameters['type']);
  const { nodes, ...given } = parameters;
  const options = optionsFor(call, type, nodes === '' ? given : parameters, false);
  if (MOUNTED.has(type)) options['path'] ??= `/mnt/pve/${id}`;
  const { path } = options;
  if (type === 'dir' && path !== undefined && !/^\/[-/a-zA-Z0-9_.@]+$/.test(path))
    refuse(`create storage failed: illegal path for directory storage: ${path}`);
  if (type === 'zfspool') options['mountpoint'] ??= `/${options['pool']}`;
  if (type === 'zfs') options['zfs-base-path'] ??= '/dev/zvol';
  let kept: Kept | undefined;
  changeConfig(call.node, 'create', (sections) => {
    if (sections.has(id)) refuse(`create storage failed: storage ID '${id}' already defined`);
    checkNew(call.node, sections, { id, type, options }, parameters);
    kept = failingWith('create storage failed', () => keepSecrets(call, type, id, parameters, true));
    sections.set(id, { type, options: { ...options, ...kept.options } });
  });
  if (options['path'] !== undefined) mkdirSync(pathOf(call.node, options['path']), { recursive: true });
  return answered(id, type, kept);
}

function answered(storage: string, type: string, kept: Kept | undefined): StorageAnswer {
  return { ...(kept?.told === undefined ? {} : { config: kept.told }), storage, type };
}

function failingWith<T>(failing: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return refuse(`${failing}: ${error.message}`);
  }
}

/** What a plugin checks when a storage is added (on_add_hook), and whether it is reached, where this node is to use it (activate_storage). */
function checkNew(
  node: LabNode,
  sections: ReadonlyMap<string, Section>,
  {
    id,
    type,
    options,
  }: { readonly id: string; readonly type: string; readonly options: Readonly<Record<string, string>> },
  parameters: Parameters,
): void {
  const { base, disable, nodes, server } = options;
  const failing = 'create storage failed';
  const [baseId = ''] = base?.split(':') ?? [];
  if (base !== undefined && !sections.has(baseId)) refuse(`${failing}: base storage ID '${baseId}' does not exist`);
  if (base !== undefined && sections.get(baseId)?.type !== 'iscsi')
    refuse(
      `${failing}: unsupported base type '${sections.get(baseId)?.type}' at /usr/share/perl5/PVE/Storage/LVMPlugin.pm line 489.`,
    );
  if (type === 'esxi' && parameters['password'] === undefined) refuse(`${failing}: missing password`);
  const isUsed = (disable ?? '0') === '0' && (nodes === undefined || splitList(nodes).includes(node.name));
  if (!isUsed || server === undefined || isReached(server)) return;
  if (type === 'nfs' || type === 'cifs') refuse(`${failing}: storage '${id}' is not online`);
  if (type === 'pbs')
    refuse(`${failing}: ${id}: error fetching datastores - 500 Can't connect to ${server}:8007 (Connection timed out)`);
}

/** Every server answers, but for those below `.invalid` and in the network that no recorded session reached. */
function isReached(server: string): boolean {
  return !/(^|\.)invalid$|^10\.99\./.test(server);
}

/** Changes a storage. */
export function setStorage(call: Call, parameters: Parameters): StorageAnswer {
  const id = String(parameters['storage']);
  const failing = 'update storage failed';
  const raw = readFileSync(pathOf(call.node, 'etc/pve/storage.cfg'), 'utf8');
  const { digest } = parameters;
  if (digest !== undefined && digest !== createHash('sha1').update(raw).digest('hex'))
    refuse(`${failing}: detected modified configuration - file changed by other user? Try again.`);
  let type = '';
  let kept: Kept | undefined;
  changeConfig(call.node, 'update', (sections) => {
    const section = sections.get(id) ?? refuse(`${failing}: storage '${id}' does not exist`);
    ({ type } = section);
    const options = failingWith(failing, () => optionsFor(call, section.type, parameters, true));
    for (const key of splitList(String(parameters['delete'] ?? ''))) {
      checkCleared(section.type, key, options);
      delete section.options[key];
    }
    kept = failingWith(failing, () => keepSecrets(call, section.type, id, parameters, false));
    Object.assign(section.options, options, kept.options);
  });
  return answered(id, type, kept);
}

/** Refuses to remove an option that is required, fixed, unknown or set by the same call. */
function checkCleared(type: string, key: string, set: Readonly<Record<string, string>>): void {
  const failing = 'update storage failed';
  const { required, optional, fixed = required } = TYPES[type] ?? { required: [], optional: '' };
  if (required.includes(key)) refuse(`${failing}: unable to delete required option '${key}'`);
  if (!optional.split(' ').includes(key)) refuse(`${failing}: no such option '${key}'`);
  if (fixed.includes(key)) refuse(`${failing}: unable to delete fixed option '${key}'`);
  if (set[key] !== undefined) refuse(`${failing}: cannot set and delete property '${key}' at the same time!`);
}

/** Removes a storage from storage.cfg; its content stays. */
export function removeStorage(node: LabNode, id: string): void {
  changeConfig(node, 'delete', (sections) => {
    if ([...sections.values()].some(({ options }) => options['base']?.startsWith(`${id}:`)))
      refuse("delete storage failed: can't remove storage - storage is used as base of another storage");
    if (!sections.delete(id)) refuse(`delete storage failed: storage '${id}' does not exist`);
  });
  removeSecrets(node, id);
  removeStorageFromPools(node, id);
}
