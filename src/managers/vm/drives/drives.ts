// The drives that a VM should have beside its root disk, under the file's names, and their property strings.

import type { z } from 'zod';
import type { DriveKeysAt } from '../../guest/options/coverage.ts';
import { type DriveKeys, optionTexts } from '../../guest/options/drive-options.ts';
import { type Properties, printProperties } from '../../guest/proxmox/property-string.ts';
import type { disk, rootDisk } from './drive-schema.ts';

type DiskDeclared = {
  readonly bus: string;
  readonly storage: string;
  readonly size_gb: number | null;
  readonly iso: string | null;
  /** A disk of the host; absent for others, so that specs recorded by older versions stay equal. */
  readonly path?: string;
  readonly import_from: string | null;
  readonly format: string | null;
  readonly options: Properties;
};

/** What is only made once: further keys of its property string; absent for none, so that specs recorded by older versions stay equal. */
type Made = { readonly options?: Properties };

/** Null: not declared. */
export type Drives = {
  readonly root_disk: {
    readonly bus: string | null;
    /** A disk of the host; absent for a volume. */
    readonly path?: string;
    readonly options: Properties;
  };
  readonly disks: readonly DiskDeclared[];
  readonly iso: string | null;
  /** Where disks of appliances are unpacked; absent for their own storage, so that specs recorded by older versions stay equal. */
  readonly import_working_storage?: string;
  readonly efi_disk: (Made & { readonly storage: string; readonly pre_enrolled_keys: boolean }) | null;
  readonly tpm: (Made & { readonly storage: string; readonly version: string }) | null;
  /** Whether cloud-init configures the VM. */
  readonly cloud_init: boolean;
  readonly guest_agent: boolean | null;
};

type Written = z.output<typeof rootDisk> | z.output<typeof disk>;

/** The fields of a disk by the key of its property string. */
export const DISK_FIELDS = {
  cache: 'cache',
  discard: 'discard',
  iothread: 'iothread',
  ssd: 'ssd',
  backup: 'backup',
  replicate: 'replicate',
  ro: 'read_only',
  aio: 'aio',
  serial: 'serial',
  queues: 'queues',
  mbps_rd: 'read_mb_per_s',
  mbps_rd_max: 'read_mb_per_s_burst',
  mbps_wr: 'write_mb_per_s',
  mbps_wr_max: 'write_mb_per_s_burst',
  iops_rd: 'read_iops',
  iops_rd_max: 'read_iops_burst',
  iops_wr: 'write_iops',
  iops_wr_max: 'write_iops_burst',
} as const;

/** One of each bus. */
const BUSES = ['scsi0', 'virtio0', 'sata0', 'ide0'];

/** How the keys of a disk or CD are declared. */
export const DISK_KEYS: DriveKeys = {
  kind: 'vm',
  what: 'drive',
  places: BUSES,
  fields: DISK_FIELDS,
  instead: {
    file: 'write what the drive is: its storage, "path" or "iso"',
    volume: 'write what the drive is: its storage, "path" or "iso"',
    format: 'write "format", for a new disk',
    'import-from': 'write "import_from"',
    media: 'write "iso" for a CD drive',
    size: 'write its size in GB',
    // Proxmox writes these as those, without what they say. (qemu-server, PVE/QemuServer/Drive.pm, parse_drive)
    bps: 'write "mbps"',
    bps_rd: 'write "read_mb_per_s"',
    bps_wr: 'write "write_mb_per_s"',
  },
};

/** What Proxmox makes with a drive that only firmware reads. */
const MADE = {
  file: 'write its storage',
  volume: 'write its storage',
  'import-from': 'leave it out, Proxmox makes it',
  size: 'leave it out, Proxmox makes it as large as it has to be',
};

/** How the keys of an EFI disk are declared. */
export const EFI_KEYS: DriveKeys = {
  kind: 'vm',
  what: 'EFI disk',
  places: ['efidisk0'],
  fields: {},
  instead: { ...MADE, 'pre-enrolled-keys': 'write "pre_enrolled_keys"' },
};

/** How the keys of the state of a TPM are declared. */
export const TPM_KEYS: DriveKeys = {
  kind: 'vm',
  what: 'TPM',
  places: ['tpmstate0'],
  fields: {},
  instead: { ...MADE, version: 'write "version"' },
};

/** The columns of the table of drives in docs/coverage.md. */
export const DRIVES_IN_TABLE: readonly DriveKeysAt[] = BUSES.map((place) => ({
  at: `\`disks\` at ${place.replace(/\d+$/, '')}`,
  keys: { ...DISK_KEYS, places: [place] },
}));

/** The columns of the table of drives that firmware reads. */
export const FIRMWARE_IN_TABLE: readonly DriveKeysAt[] = [
  { at: '`efi_disk`', keys: EFI_KEYS },
  { at: '`tpm`', keys: TPM_KEYS },
];

/** Options of a disk as keys of its property string. */
export function optionsOf(written: Written | undefined): Properties {
  const discard = written?.discard === undefined ? undefined : written.discard ? 'on' : 'ignore';
  const textOf = (value: string | number | boolean): string =>
    typeof value === 'boolean' ? (value ? '1' : '0') : String(value);
  const said = Object.entries(DISK_FIELDS).flatMap(([key, field]) => {
    const value = key === 'discard' ? discard : written?.[field];
    return value === undefined ? [] : [[key, textOf(value)] as const];
  });
  const all = [...said, ...Object.entries(optionTexts(written?.options))];
  return Object.fromEntries(all.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Defaults of absent keys other than `0` (qemu-server, PVE/QemuServer/Drive.pm, detect_zeroes_cmdline_option among others). */
export const ABSENT: Properties = {
  aio: 'io_uring',
  backup: '1',
  cache: 'none',
  detect_zeroes: '1',
  discard: 'ignore',
  replicate: '1',
  serial: '',
};

/** A drive with its key. */
export interface Drive {
  readonly key: string;
  /** Name of the drive in messages. */
  readonly what: string;
  /** Null for a CD and for a disk of the host, which have no volume of their own. */
  readonly storage: string | null;
  /** The disk of the host that it is; null for others. */
  readonly path: string | null;
  readonly sizeGb: number | null;
  readonly options: Properties;
  /** Property string that creates it. */
  readonly made: string;
}

/**
 * Further arguments of `qm create`, where it copies a disk of an appliance. `qm set` has no such option, and unpacks on the storage of the appliance.
 * (qemu-server, PVE/API2/Qemu.pm, create_vm and update_vm)
 */
export function unpackingArgs({ import_working_storage: storage }: Drives, args: readonly string[]): string[] {
  const isUnpacked = args.some((word) => /,import-from=[^,]*\.ova\//.test(word));
  return storage === undefined || !isUnpacked ? [] : [`--${WORKING_STORAGE}`, storage];
}

/** A word of the command, and no option of the VM. */
const WORKING_STORAGE = 'import-working-storage';

/** Key of the `iso` CD: next to the cloud-init drive, or in its place. */
export function isoKey({ cloud_init }: Pick<Drives, 'cloud_init'>): string {
  return cloud_init ? 'ide0' : 'ide2';
}

export function drivesOf(spec: Drives): Drive[] {
  const { efi_disk: efi, tpm, iso } = spec;
  return [
    ...(iso === null ? [] : [cdrom(isoKey(spec), iso)]),
    ...spec.disks.map((one) => (one.iso === null ? further(one) : cdrom(one.bus, one.iso, one.options))),
    ...(efi === null
      ? []
      : [
          of('efidisk0', 'the EFI disk', efi.storage, {
            file: `${efi.storage}:1`,
            efitype: '4m',
            'pre-enrolled-keys': efi.pre_enrolled_keys ? '1' : '0',
            ...efi.options,
          }),
        ]),
    ...(tpm === null
      ? []
      : [
          of('tpmstate0', 'the state of the TPM', tpm.storage, {
            file: `${tpm.storage}:1`,
            version: tpm.version,
            ...tpm.options,
          }),
        ]),
  ];
}

function cdrom(key: string, iso: string, options: Properties = {}): Drive {
  return { ...of(key, `the CD at ${key}`, null, { file: iso, media: 'cdrom', ...options }), options };
}

function further({ bus, storage, size_gb, path, import_from, format, options }: DiskDeclared): Drive {
  const kind = format === null ? {} : { format };
  if (path !== undefined)
    return { ...of(bus, `disk ${bus}`, null, { file: path, ...kind, ...options }), path, options };
  const file = `${storage}:${import_from === null ? (size_gb ?? '') : '0'}`;
  const source = import_from === null ? {} : { 'import-from': import_from };
  return { ...of(bus, `disk ${bus}`, storage, { file, ...source, ...kind, ...options }), sizeGb: size_gb, options };
}

function of(key: string, what: string, storage: string | null, made: Properties): Drive {
  return { key, what, storage, path: null, sizeGb: null, options: {}, made: printProperties(made, [], 'file') };
}
