// The schema of a VM's drives: its root disk, further disks and CDs, the EFI disk, and the TPM.

import { z } from 'zod';
import { becomes, hundredths, inMachines, oneOf, wholeNumber } from '../../../config/schema/option.ts';
import * as text from '../../../config/schema/text.ts';
import * as value from '../../../config/schema/values.ts';
import { driveOptionsShape, keysDeclaredTwice } from '../../guest/options/drive-options.ts';
import { DISK_FIELDS, DISK_KEYS, EFI_KEYS, TPM_KEYS } from './drives.ts';

const EXPECT_BUS =
  'must be a bus with its number: scsi0 to scsi30, virtio0 to virtio15, sata0 to sata5, or ide0 to ide3';
const bus = text.name(/^(scsi(\d|[12]\d|30)|virtio(\d|1[0-5])|sata[0-5]|ide[0-3])$/, EXPECT_BUS);

const KEEPS = 'one that exists keeps its own';
const flag = (property: string) => becomes(inMachines('scsi0', property), 'must be true or false', z.boolean());
const onOrIgnore = { write: (on: boolean) => (on ? 'on' : 'ignore') };

const limit = (key: string, what: string) =>
  hundredths(inMachines('scsi0', key), 'must be a number of megabytes per second', { least: 1, most: 1_000_000 })
    .optional()
    .describe(`${what}, in megabytes per second. Default: no limit for a new disk; ${KEEPS}.`);
const operations = (key: string, what: string) =>
  wholeNumber(inMachines('scsi0', key), 'must be a whole number of operations per second', {
    least: 1,
    most: 10_000_000,
  })
    .optional()
    .describe(`${what}, in operations per second. Default: no limit for a new disk; ${KEEPS}.`);

/** Limits of throughput; a burst is the maximum for one second. */
const limitShape = {
  read_mb_per_s: limit('mbps_rd', 'How fast it is read at most'),
  read_mb_per_s_burst: limit('mbps_rd_max', 'How fast it is read in a burst'),
  write_mb_per_s: limit('mbps_wr', 'How fast it is written at most'),
  write_mb_per_s_burst: limit('mbps_wr_max', 'How fast it is written in a burst'),
  read_iops: operations('iops_rd', 'How often it is read at most'),
  read_iops_burst: operations('iops_rd_max', 'How often it is read in a burst'),
  write_iops: operations('iops_wr', 'How often it is written at most'),
  write_iops_burst: operations('iops_wr_max', 'How often it is written in a burst'),
};

/** Keys that Proxmox takes only beside another. (qemu-server, PVE/QemuServer/Drive.pm, parse_drive) */
const NEEDED: Readonly<Record<string, string>> = {
  bps_max_length: 'mbps_max',
  bps_rd_max_length: 'mbps_rd_max',
  bps_wr_max_length: 'mbps_wr_max',
  iops_max_length: 'iops_max',
  iops_rd_max_length: 'iops_rd_max',
  iops_wr_max_length: 'iops_wr_max',
};

/** Limits of all access, which Proxmox takes only without those of reading or writing. */
const TOTALS = ['mbps', 'iops'];

type Limited = { readonly options?: Readonly<Record<string, unknown>> | undefined };

/** Reports limits in `options` that Proxmox refuses for what is beside them. 0 is no limit. */
function limitsFit(written: Limited, context: z.RefinementCtx): void {
  const beside = written as Readonly<Record<string, unknown>>;
  const fields: Readonly<Record<string, string | undefined>> = DISK_FIELDS;
  const isLimited = (key: string): boolean =>
    !['', '0'].includes(String(written.options?.[key] ?? beside[fields[key] ?? ''] ?? ''));
  const report = (key: string, message: string): void =>
    context.addIssue({ code: 'custom', path: ['options', key], message });
  for (const [key, needed] of Object.entries(NEEDED))
    if (isLimited(key) && !isLimited(needed)) report(key, `must not stand without ${fields[needed] ?? needed}`);
  for (const total of TOTALS) {
    const part = [`${total}_rd`, `${total}_wr`].find(isLimited);
    if (part !== undefined && isLimited(total))
      report(total, `must not stand beside ${fields[part] ?? part}; keep one of them`);
  }
}

/** Options of a disk; none of them affects its content. */
const optionShape = {
  cache: oneOf({ verb: 'qm set', option: 'scsi0', property: 'cache' })
    .optional()
    .describe(`How the host caches it. Default: none for a new disk; ${KEEPS}.`),
  discard: becomes(inMachines('scsi0', 'discard', onOrIgnore), 'must be true or false', z.boolean())
    .optional()
    .describe(
      `Whether what the VM frees is freed on the storage. Default: true for a root disk from an image, else false; ${KEEPS}.`,
    ),
  iothread: flag('iothread')
    .optional()
    .describe(
      `A thread of its own; for scsi and virtio. At scsi it takes the controller virtio-scsi-single, which a new VM with such a disk gets. Default: false; ${KEEPS}.`,
    ),
  ssd: flag('ssd').optional().describe(`Shown to the VM as an SSD; not for virtio. Default: false; ${KEEPS}.`),
  backup: flag('backup').optional().describe(`Whether backups of the VM hold it. Default: true; ${KEEPS}.`),
  replicate: flag('replicate').optional().describe(`Whether replication takes it along. Default: true; ${KEEPS}.`),
  read_only: flag('ro').optional().describe(`The VM may only read it; for scsi and virtio. Default: false; ${KEEPS}.`),
  aio: oneOf({ verb: 'qm set', option: 'scsi0', property: 'aio' })
    .optional()
    .describe(`How the host reads and writes it. Default: io_uring; ${KEEPS}.`),
  serial: becomes(
    inMachines('scsi0', 'serial'),
    'must be a serial number: letters, digits and _ -, at most 20',
    text.name(/^[A-Za-z0-9_-]{1,20}$/, 'must be a serial number: letters, digits and _ -, at most 20'),
  )
    .optional()
    .describe(`Serial number that the VM reads, at most 20 characters. Default: none; ${KEEPS}.`),
  queues: wholeNumber(inMachines('scsi0', 'queues'), 'must be a whole number of queues', { least: 2, most: 64 })
    .optional()
    .describe(`How many queues it has; for scsi. Default: one for a new disk; ${KEEPS}.`),
  ...limitShape,
  options: driveOptionsShape(DISK_KEYS),
};

const format = oneOf({ verb: 'qm create', option: 'scsi0', property: 'format' })
  .optional()
  .describe('Format of the file on a storage of files. Default: that of the storage. Only for a new disk.');

const EXPECT_SOURCE =
  'must be a volume such as local:import/disk.qcow2, an image of type qcow2, raw or vmdk, one in an appliance such as local:import/app.ova/disk.vmdk, or the absolute path of a file below /var/lib/vz or /mnt/pve';
/** An image that is copied into a new disk. It must be on a storage of images, since root reads it. (pve-storage, PVE/Storage/Plugin.pm, parse_volname) */
const importFrom = becomes(
  inMachines('scsi0', 'import-from'),
  EXPECT_SOURCE,
  text.name(
    /^([A-Za-z][A-Za-z0-9_.-]*:(import\/([A-Za-z0-9][A-Za-z0-9 _.+-]*\.ova\/)?[A-Za-z0-9][A-Za-z0-9_.+-]*\.(qcow2|raw|vmdk)|import\/[A-Za-z0-9][A-Za-z0-9 _.+-]*\.ova\/[A-Za-z0-9][A-Za-z0-9 _.+-]*\.(qcow2|raw|vmdk)|[A-Za-z0-9][A-Za-z0-9_.+~-]*)|(\/var\/lib\/vz|\/mnt\/pve\/[A-Za-z0-9_-]+)\/([A-Za-z0-9][A-Za-z0-9_.+~-]*\/)*[A-Za-z0-9][A-Za-z0-9_.+~-]*)$/,
    EXPECT_SOURCE,
  ),
);

const EXPECT_ISO = 'must be an ISO image on a storage, such as local:iso/debian.iso';
/** A file that a person put there may have blanks and brackets in its name; a comma would end it. (pve-storage, PVE/Storage/Plugin.pm, parse_volname) */
const ISO = /[A-Za-z][A-Za-z0-9_.-]*:iso\/[A-Za-z0-9_([][A-Za-z0-9_.+~@()[\] -]*\.(iso|img)/;
const iso = becomes(inMachines('ide2', 'file'), EXPECT_ISO, text.name(new RegExp(`^${ISO.source}$`, 'i'), EXPECT_ISO));
const EXPECT_CD = `${EXPECT_ISO}, cdrom for the drive of the host, or none for an empty drive`;
const cd = becomes(
  inMachines('ide2', 'file'),
  EXPECT_CD,
  text.name(new RegExp(`^(none|cdrom|${ISO.source})$`, 'i'), EXPECT_CD),
);

const EXPECT_PATH =
  'must be a disk of the host by a name that lasts, such as /dev/disk/by-id/ata-WDC_WD40EFRX_WD-WCC7K0 (ls -l /dev/disk/by-id lists them)';
/** Proxmox makes a volume of a path elsewhere. (qemu-server, PVE/QemuServer.pm, cleanup_drive_path) */
const path = becomes(inMachines('scsi0', 'file'), EXPECT_PATH, text.mountPath.regex(text.LASTING_DISK, EXPECT_PATH));

const rootFields = z.strictObject({
  bus: bus
    .optional()
    .describe('Where the root disk is attached. Default: scsi0 for a new VM; one that exists keeps its own.'),
  path: path
    .optional()
    .describe(
      'A disk of the host in place of a volume, never grown, formatted or destroyed; with `"empty": true` or `iso`, and without disk_size_gb. Default: a volume.',
    ),
  ...optionShape,
});

export const rootDisk = rootFields.superRefine(keysDeclaredTwice(DISK_KEYS)).superRefine(limitsFit);

const diskFields = z.strictObject({
  bus: bus.describe('Where it is attached, which is what it is told by: with another one it is another disk.'),
  storage: value.storageId.optional().describe('Storage of a new disk. Default: storage_pool of the VM.'),
  size_gb: value.sizeGb
    .optional()
    .describe('Size in GB; can only grow. Needed, but for imported disks, disks of the host and CDs.'),
  iso: cd
    .optional()
    .describe(
      'An ISO image in a CD drive, in place of a disk; `cdrom` is the drive of the host, and `none` an empty drive. Default: a disk.',
    ),
  path: path
    .optional()
    .describe(
      'A disk of the host in place of a volume, by a name that lasts, such as one below /dev/disk/by-id. It is never grown, formatted or destroyed. Default: a volume.',
    ),
  import_from: importFrom
    .optional()
    .describe('Volume or file that a new disk is a copy of. Default: empty. Only for a new disk.'),
  format,
  ...optionShape,
});

export const disk = diskFields.superRefine(keysDeclaredTwice(DISK_KEYS)).superRefine(limitsFit);

const efiDisk = z.strictObject({
  storage: value.storageId.optional().describe('Its storage. Default: storage_pool of the VM.'),
  pre_enrolled_keys: becomes(inMachines('efidisk0', 'pre-enrolled-keys'), 'must be true or false', z.boolean())
    .default(false)
    .describe(
      "Microsoft's and distributions' keys for Secure Boot, which is then on. Default: false. Only for a new one.",
    ),
  options: driveOptionsShape(EFI_KEYS, 'Only for a new one.'),
});

const tpm = z.strictObject({
  storage: value.storageId.optional().describe('Storage of its state. Default: storage_pool of the VM.'),
  version: oneOf({ verb: 'qm set', option: 'tpmstate0', property: 'version' })
    .default('v2.0')
    .describe('Version of the TPM. Default: v2.0. Only for a new one.'),
  options: driveOptionsShape(TPM_KEYS, 'Only for a new one.'),
});

/** The fields of a VM's entry. */
export const driveShape = {
  import_from: importFrom
    .optional()
    .describe('Volume or file that its root disk is a copy of; of another system than a cloud image. Default: none.'),
  import_working_storage: becomes(
    [{ verb: 'qm create', option: 'import-working-storage' }],
    'must be the name of a storage',
    value.storageId,
  )
    .optional()
    .describe(
      'Storage of files with the content images, on which a disk of an appliance (`.ova`) is unpacked while the VM is created. Default: the storage of the appliance, as for a disk that is added later.',
    ),
  iso: iso
    .optional()
    .describe(
      'ISO image in its CD drive, such as what it is installed from. With it no other source is needed. Default: none.',
    ),
  empty: z
    .boolean()
    .default(false)
    .describe('Made with an empty root disk, to be installed by network or by hand. Default: false.'),
  cloud_init: z
    .boolean()
    .optional()
    .describe(
      'Whether cloud-init sets it up: its user, address and names. Default: true for one from a template_image or a clone, else false.',
    ),
  guest_agent: becomes(inMachines('agent', 'enabled'), 'must be true or false', z.boolean())
    .optional()
    .describe(
      'Whether the guest agent runs inside. Default: true for a new VM with cloud-init; one that exists keeps its own.',
    ),
  root_disk: rootDisk
    .optional()
    .describe('How its root disk is used. Default: on scsi0 for a new VM; one that exists keeps its own.'),
  disks: z
    .array(disk)
    .default([])
    .describe(
      'Disks and CDs beside the root disk; others that people gave it stay. One that is no longer declared is detached and kept. Default: none.',
    ),
  efi_disk: efiDisk
    .optional()
    .describe('Where UEFI keeps its settings; a new VM with it starts by UEFI. Default: as it is on the VM.'),
  tpm: tpm.optional().describe('A TPM, whose state is kept. Default: as it is on the VM.'),
};
