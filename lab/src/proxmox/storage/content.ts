// Content and usage of storages, for the API.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { splitList } from '../../../../src/proxmox/parameters/perl.ts';
import { methodSchemas } from '../../../../src/proxmox/parameters/table.ts';
import { type LabNode, pathOf } from '../node.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuseParameters } from '../refusal.ts';
import { archiveOf, besideBackup } from './backups.ts';
import { enabledStorage, located, type Storage, storages } from './storage.ts';
import { volumesOf } from './volumes.ts';

const TOTAL = 500 * 1024 ** 3;

/** State and usage in bytes of one storage, or of all with a content type. */
export function storageStatus(node: LabNode, { storage, content, enabled }: Parameters) {
  const wanted = [...storages(node).values()].filter(
    (each) =>
      (storage === undefined || each.id === storage) &&
      (content === undefined || splitList(String(content)).some((type) => each.content.has(type))) &&
      !(enabled === '1' && each.disabled),
  );
  if (storage !== undefined && wanted.length === 0) refuseParameters({ storage: 'No such storage.' });
  return wanted
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((each) => {
      const used = each.disabled ? 0 : [...volumesOf(node, each.id).values()].reduce((sum, { size }) => sum + size, 0);
      const total = each.disabled ? 0 : TOTAL;
      return {
        storage: each.id,
        type: each.type,
        content: [...each.content].join(','),
        shared: Number(each.shared),
        enabled: Number(!each.disabled),
        active: Number(!each.disabled),
        total,
        used,
        avail: Math.max(0, total - used),
        ...(total > 0 && { used_fraction: used / total }),
      };
    });
}

/** The content of the folders of a file-based storage, except images. */
const FOLDERS: Record<string, { path: string; format: (file: string) => string | undefined }> = {
  iso: { path: 'template/iso', format: (file) => /\.(iso|img)$/i.exec(file)?.[1]?.toLowerCase() },
  vztmpl: {
    path: 'template/cache',
    format: (file) => (/\.(tar\.(?:gz|xz|zst|bz2)|tar)$/.exec(file)?.[1] ?? undefined)?.replace('tar.', 't'),
  },
  snippets: { path: 'snippets', format: () => 'snippet' },
  import: { path: 'import', format: (file) => /\.(ova|qcow2|raw|vmdk)$/.exec(file)?.[1] },
  backup: { path: 'dump', format: (file) => /\.(tgz|(?:tar|vma)(?:\.(?:gz|lzo|zst|bz2))?)$/.exec(file)?.[1] },
};

export type Content = {
  readonly volid: string;
  readonly format: string;
  readonly content: string;
  readonly size: number;
  readonly vmid?: number;
  /** Of a file: when it was changed, or when a backup was made, in seconds since 1970. */
  readonly ctime?: number;
  /** Of a backup: the kind of its guest, the first line of its notes, whether it is protected. */
  readonly subtype?: string;
  readonly notes?: string;
  readonly protected?: 1;
};

/** The volumes and files of a storage, optionally of one guest or content type. */
export function storageContent(node: LabNode, id: string, { vmid, content }: Parameters): Content[] {
  const storage = enabledStorage(node, id);
  const wanted = content === undefined ? undefined : splitList(String(content));
  const all = [...volumes(node, storage), ...files(node, storage)];
  return all.filter(
    (each) =>
      (vmid === undefined || each.vmid === Number(vmid)) && (wanted === undefined || wanted.includes(each.content)),
  );
}

function volumes(node: LabNode, storage: Storage): Content[] {
  return [...volumesOf(node, storage.id)].map(([volid, { size }]) => {
    const { volume } = located(node, volid);
    const holder =
      volume.owner !== undefined && existsSync(pathOf(node, `etc/pve/lxc/${volume.owner}.conf`)) ? 'rootdir' : 'images';
    return {
      volid,
      format: volume.format,
      content: volume.format === 'subvol' ? 'rootdir' : holder,
      size,
      ...(volume.owner !== undefined && { vmid: volume.owner }),
    };
  });
}

function files(node: LabNode, storage: Storage): Content[] {
  if (storage.family !== 'dir') return [];
  const root = pathOf(node, storage.options['path'] ?? `/mnt/pve/${storage.id}`);
  return Object.entries(FOLDERS).flatMap(([content, { path, format }]) => {
    const folder = join(root, path);
    if (!storage.content.has(content) || !existsSync(folder)) return [];
    return readdirSync(folder)
      .sort()
      .flatMap((file) => {
        const found = format(file);
        return found === undefined
          ? []
          : [
              {
                volid: `${storage.id}:${content}/${file}`,
                format: found,
                content,
                size: statSync(join(folder, file)).size,
                ctime: Math.trunc(statSync(join(folder, file)).ctimeMs / 1000),
                ...(content === 'backup' ? { ...archiveOf(file), ...besideBackup(join(folder, file)) } : {}),
              },
            ];
      });
  });
}

/** Bytes of a size for `pvesm alloc`, whose notation is its own: KiB without a suffix, or with `M` or `G`; undefined if invalid. */
export function allocationSize(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d+)([MG])?$/.exec(text) ?? [];
  return number === undefined
    ? undefined
    : Number(number) * 1024 * (unit === 'G' ? 1024 ** 2 : unit === 'M' ? 1024 : 1);
}

/** A storage's section with the digest of its file, for the API. */
export function storageSection(
  node: LabNode,
  { id, type, content, options, shared }: Storage,
): Record<string, unknown> {
  const schemas = methodSchemas('POST /storage');
  const values = Object.entries(options).map(([name, value]) => {
    const kind = schemas?.get(name)?.type;
    return [
      name,
      value === '' && kind === 'boolean' ? 1 : kind === 'boolean' || kind === 'integer' ? Number(value) : value,
    ];
  });
  const sharedByType = shared && options['shared'] === undefined ? { shared: 1 } : {};
  const file = pathOf(node, 'etc/pve/storage.cfg');
  const digest = createHash('sha1')
    .update(existsSync(file) ? readFileSync(file) : '')
    .digest('hex');
  return { ...Object.fromEntries(values), ...sharedByType, storage: id, type, content: [...content].join(','), digest };
}
