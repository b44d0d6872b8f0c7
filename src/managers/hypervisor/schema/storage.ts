// Sections of the hypervisor's file about pools, datasets and shared folders.

import { posix } from 'node:path';
import { z } from 'zod';
import { becomes, becomesByRule } from '../../../config/schema/option.ts';
import * as text from '../../../config/schema/text.ts';
import * as value from '../../../config/schema/values.ts';
import { isOneLine } from '../../../model/text.ts';
import { isNfsClient, nfsOptionFault } from '../nfs/option.ts';
import { longName } from '../storage/property-names.ts';

const zfsName = text.name(
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
    .array(text.absolutePath)
    .min(1)
    .describe(
      'Its disks by stable path, such as `/dev/disk/by-id/…`. Phoenix never makes or destroys a pool by itself.',
    ),
});

const PROPERTIES =
  'must be properties such as "recordsize=16K,quota=600G", sizes without blanks, recordsize a power of two, and no quota "none" and not 0; mountpoint a folder of its own, none of the system\'s such as / or /etc';

const PROPERTY = /^[a-z0-9][a-z0-9:_.-]*$/;

const ONCE = 'must name each property once; two of these are names of one';

/** Whether no property is named twice, by either of its names. */
function areDifferent(names: readonly string[]): boolean {
  return new Set(names.map(longName)).size === names.length;
}

/** The names in `recordsize=16K,quota=600G`. */
function namesIn(written: string): string[] {
  return written.split(',').flatMap((part) => (part.trim() === '' ? [] : [(part.split('=')[0] ?? '').trim()]));
}

function isProperty(part: string): boolean {
  const [, name = '', written = ''] = /^\s*([^=]+)=([^,=]+)$/.exec(part) ?? [];
  return part.trim() === '' || (PROPERTY.test(name) && isPropertyValue(name, written.trim()));
}

const SIZES: ReadonlySet<string> = new Set(['quota', 'refquota', 'reservation', 'refreservation', 'recordsize']);

/** A size as ZFS reads it, without blanks: bytes, or with a unit of one to three letters. (OpenZFS, lib/libzfs/libzfs_util.c, zfs_nicestrtonum) */
const SIZE = /^(\d+(\.\d+)?)(?:([KMGTPEZ])(?:i?B)?|B)?$/i;
const UNITS = 'KMGTPEZ';

/** `none` is no limit. A quota of 0 is refused, and `auto` is for volumes only. (OpenZFS, lib/libzfs/libzfs_util.c, zprop_parse_value) */
function isSize(name: string, written: string): boolean {
  if (name !== 'recordsize' && written === 'none') return true;
  const [, number, , unit] = SIZE.exec(written) ?? [];
  if (number === undefined || (/^(ref)?quota$/.test(name) && Number(number) === 0)) return false;
  const power = unit === undefined ? 0 : UNITS.indexOf(unit.toUpperCase()) + 1;
  return name !== 'recordsize' || isRecordSize(Number(number) * 1024 ** power);
}

/** A power of two from 512 bytes to 16 MiB. */
function isRecordSize(bytes: number): boolean {
  return bytes >= 512 && bytes <= 16 * 1024 ** 2 && Number.isInteger(Math.log2(bytes));
}

function isPropertyValue(name: string, written: string): boolean {
  if (!isOneLine(written) || written === '') return false;
  if (SIZES.has(longName(name))) return isSize(longName(name), written);
  return name !== 'mountpoint' || isMountpoint(written);
}

/** Folders that the node cannot do without: a dataset that is mounted there hides what they hold. */
const SYSTEM_FOLDER =
  /^\/((bin|boot|etc|lib|lib32|lib64|libx32|root|sbin|usr|var)|(dev|proc|run|sys|etc\/pve)(\/.*)?)?$/;

/** A path outside of the system's own folders, or one of ZFS's keywords for none. */
function isMountpoint(written: string): boolean {
  if (/^(none|legacy)$/.test(written)) return true;
  return text.absolutePath.safeParse(written).success && !SYSTEM_FOLDER.test(posix.join('/', written, '.'));
}

const ADD = 'pvesm add';
/** The id of a dataset's storage consists of pool and name unless it is declared; a rule checks it. */
const poolName = becomesByRule(
  [
    { verb: ADD, option: 'pool' },
    { verb: ADD, option: 'storage', write: (pool: string) => `${pool}-data` },
  ],
  zfsName,
);
const datasetName = becomesByRule(
  [
    { verb: ADD, option: 'pool' },
    { verb: ADD, option: 'storage', write: (name: string) => `pool-${name.replaceAll('/', '-')}` },
  ],
  zfsName,
);

const CONTENT = 'must be content types such as "images,rootdir"';

const dataset = z.strictObject({
  name: datasetName.describe('Name inside the pool.'),
  pool: poolName.describe('Pool it lies in.'),
  // Only the property `mountpoint` reaches Proxmox, as the path of a storage of type `dir`.
  properties: becomesByRule(
    [{ verb: ADD, option: 'path', when: () => false }],
    z.union(
      [
        text
          .line(4096)
          .refine((written) => written.split(',').every(isProperty), PROPERTIES)
          .refine((written) => areDifferent(namesIn(written)), ONCE),
        z
          .record(text.name(PROPERTY, 'must be the name of a property'), text.line(4096))
          .refine((all) => Object.entries(all).every(([name, written]) => isPropertyValue(name, written)), PROPERTIES)
          .refine((all) => areDifferent(Object.keys(all)), ONCE),
      ],
      PROPERTIES,
    ),
  )
    .optional()
    .describe('ZFS properties, such as `recordsize=16K,quota=600G`. Default: those of the pool.'),
  proxmox_storage_type: becomes([{ verb: ADD, option: 'type' }], 'must be a type', z.enum(['zfspool', 'dir']))
    .optional()
    .describe('Makes it a storage of Proxmox of this type. Default: it is none.'),
  proxmox_content_type: becomes(
    ['pvesm add', 'pvesm set'].map((verb) => ({ verb, option: 'content' })),
    CONTENT,
    text
      .line(200)
      .regex(
        /^\s*(images|rootdir|vztmpl|iso|backup|snippets|import)(\s*,\s*(images|rootdir|vztmpl|iso|backup|snippets|import))*\s*$/,
        CONTENT,
      ),
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

const shareUser = text.name(
  /^[@+&]{0,2}([A-Za-z0-9_.-]+\\)?[A-Za-z0-9_][A-Za-z0-9_.$-]*$/,
  'must be a user such as alice, or a group such as @staff',
);

const share = z.strictObject({
  name: text
    .name(
      /^[\p{L}\p{N}_][\p{L}\p{N}_.$-]{0,79}$/u,
      'must be the name of a share: letters, digits and _ . $ -, at most 80',
    )
    .refine((name) => !/^(global|homes|printers|ipc\$|print\$)$/i.test(name), "must not be one of Samba's own sections")
    .describe('Name of the share.'),
  path: text.pathBelow.describe('Folder; without a slash at its start it is below `mount_point_base`.'),
  valid_users: z.array(shareUser).default([]).describe('Who may use it. Default: everyone with an account.'),
  browsable: z.boolean().default(true).describe('Whether it is listed. Default: true.'),
  read_only: z.boolean().default(false).describe('Default: false.'),
  guest_ok: z.boolean().default(false).describe('Whether it needs no account. Default: false.'),
  options: value.withoutEffect('use `browsable`, `read_only` and `guest_ok`.'),
});

const nfsOption = text.ofTextKind(
  'name',
  z.string().superRefine((option, context) => {
    const fault = nfsOptionFault(option);
    if (fault !== null) context.addIssue({ code: 'custom', message: fault });
  }),
);

const NFS_CLIENT =
  'must be an address, a network such as 10.0.0.0/24, the name of a machine, a name with * or ?, or @netgroup';

const nfsExport = z.strictObject({
  path: text.absolutePath.describe('Exported folder.'),
  clients: z
    .array(
      text
        .name(/^@?[A-Za-z0-9*?[:][A-Za-z0-9*?[\].:/_-]*$/, NFS_CLIENT)
        .refine((client) => isNfsClient(client), NFS_CLIENT),
    )
    .min(1)
    .describe('Who may mount it.'),
  options: z
    .array(nfsOption)
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
      user: value.accountName.describe('Account that owns the shares.'),
      shares: z.array(share).default([]).describe('Shared folders. Default: none.'),
    })
    .optional()
    .describe('What the host shares by SMB. Default: nothing is kept.'),
  zfs: zfs.prefault({}).describe('Pools and datasets. Default: none.'),
  proxmox_storage_ids: z
    .record(text.line(256), value.storageId)
    .default({})
    .describe(
      'Storages of Proxmox by a name of your own. The name `<pool>_<dataset>` says what the storage of a dataset is called; its default is `<pool>-<dataset>`. Others declare storages that exist already.',
    ),
  mount_point_base: becomes([{ verb: ADD, option: 'path' }], 'must be an absolute path', text.absolutePath)
    .default('/mnt/pve')
    .describe('Folder below which datasets are mounted. Default: /mnt/pve.'),
};
