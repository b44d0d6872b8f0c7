// Sections of the hypervisor's file about disks and what is shared from them.

import { z } from 'zod';
import * as value from './values.ts';

const zfsName = z
  .string()
  .regex(
    /^[a-zA-Z0-9][a-zA-Z0-9_.:-]*(\/[a-zA-Z0-9][a-zA-Z0-9_.:-]*)*$/,
    'must be a ZFS name: letters, digits and _ . : -',
  );

const pool = z.strictObject({
  name: zfsName.describe('Name of the pool.'),
  raid_level: z
    .enum(['single', 'mirror', 'raidz1', 'raidz2', 'raidz3'])
    .default('single')
    .describe('How its disks make it safe. Default: single.'),
  disks: z
    .array(value.absolutePath)
    .min(1)
    .describe(
      'Its disks by stable path, such as `/dev/disk/by-id/…`. Phoenix never makes or destroys a pool by itself.',
    ),
});

const PROPERTIES = 'must be properties such as "recordsize=16K,quota=600G"';

function isProperty(part: string): boolean {
  return part.trim() === '' || /^\s*[a-z0-9:_.-]+=[^,=]+$/.test(part);
}

const dataset = z.strictObject({
  name: zfsName.describe('Name inside the pool.'),
  pool: zfsName.describe('Pool it lies in.'),
  properties: z
    .union(
      [
        z.string().refine((written) => written.split(',').every(isProperty), PROPERTIES),
        z.record(z.string(), z.string()),
      ],
      PROPERTIES,
    )
    .optional()
    .describe('ZFS properties, such as `recordsize=16K,quota=600G`. Default: those of the pool.'),
  proxmox_storage_type: z
    .enum(['zfspool', 'dir'])
    .optional()
    .describe('Makes it a storage of Proxmox of this type. Default: it is none.'),
  proxmox_content_type: z
    .string()
    .regex(
      /^\s*(images|rootdir|vztmpl|iso|backup|snippets|import)(\s*,\s*(images|rootdir|vztmpl|iso|backup|snippets|import))*\s*$/,
      'must be content types such as "images,rootdir"',
    )
    .optional()
    .describe('What may lie on the storage, separated by commas. Default: images,rootdir.'),
  storage_class: value.withoutEffect('remove the field.'),
});

const zfs = z.strictObject({
  arc_max_gb: z
    .number()
    .positive()
    .max(65_536)
    .optional()
    .describe('Memory for the ZFS cache in GB. Default: left as it is.'),
  pools: z.array(pool).default([]).describe('Pools that exist on the host. Default: none.'),
  datasets: z.array(dataset).default([]).describe('Datasets in them. Default: none.'),
  settings: z
    .strictObject({
      allow_destructive_operations: z
        .boolean()
        .default(false)
        .describe('Refused when true: disks are never destroyed by a push. Default: false.'),
    })
    .optional()
    .describe('Older settings. Default: none.'),
});

const share = z.strictObject({
  name: value.word.describe('Name of the share.'),
  path: z.string().min(1).describe('Folder; without a slash at its start it is below `mount_point_base`.'),
  valid_users: z.array(value.word).default([]).describe('Who may use it. Default: everyone with an account.'),
  browsable: z.boolean().default(true).describe('Whether it is listed. Default: true.'),
  read_only: z.boolean().default(false).describe('Default: false.'),
  guest_ok: z.boolean().default(false).describe('Whether it needs no account. Default: false.'),
  options: value.withoutEffect('use `browsable`, `read_only` and `guest_ok`.'),
});

const nfsExport = z.strictObject({
  path: value.absolutePath.describe('Exported folder.'),
  clients: z
    .array(z.string().regex(/^[^\s()#]+$/, 'must be an address, network or name'))
    .min(1)
    .describe('Who may mount it.'),
  options: z
    .array(z.string().regex(/^[a-z_]+(=[^\s,()]+)?$/, 'must be an NFS option such as rw'))
    .default(['rw', 'sync', 'no_subtree_check'])
    .describe('Options of the export. Default: rw, sync, no_subtree_check.'),
});

/** Fields of the hypervisor's file. */
export const storageShape = {
  nfs: z
    .strictObject({ exports: z.array(nfsExport).default([]).describe('Folders that others may mount. Default: none.') })
    .optional()
    .describe('What the host exports by NFS. Default: nothing is kept.'),
  samba: z
    .strictObject({
      user: value.word.describe('Account that owns the shares.'),
      shares: z.array(share).default([]).describe('Shared folders. Default: none.'),
    })
    .optional()
    .describe('What the host shares by SMB. Default: nothing is kept.'),
  zfs: zfs.prefault({}).describe('Pools and datasets. Default: none.'),
  proxmox_storage_ids: z
    .record(z.string(), value.word)
    .default({})
    .describe(
      'Storages of Proxmox by a name of your own. The name `<pool>_<dataset>` says what the storage of a dataset is called; its default is `<pool>-<dataset>`. Others declare storages that exist already.',
    ),
  mount_point_base: value.absolutePath
    .default('/mnt/pve')
    .describe('Folder below which datasets are mounted. Default: /mnt/pve.'),
};
