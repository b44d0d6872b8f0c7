// The drives that a VM should have beside its root disk, under the file's names, and their property strings.

import type { z } from 'zod';
import { type Properties, printProperties } from '../guest/proxmox/property-string.ts';
import type { VmGuest } from './declared.ts';
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
  readonly efi_disk: { readonly storage: string; readonly pre_enrolled_keys: boolean } | null;
  readonly tpm: { readonly storage: string; readonly version: string } | null;
  /** Whether cloud-init configures the VM. */
  readonly cloud_init: boolean;
  readonly guest_agent: boolean | null;
};

type Written = z.output<typeof rootDisk> | z.output<typeof disk>;

/** Numeric fields with their keys in the property string. */
export const LIMITS = {
  queues: 'queues',
  read_mb_per_s: 'mbps_rd',
  read_mb_per_s_burst: 'mbps_rd_max',
  write_mb_per_s: 'mbps_wr',
  write_mb_per_s_burst: 'mbps_wr_max',
  read_iops: 'iops_rd',
  read_iops_burst: 'iops_rd_max',
  write_iops: 'iops_wr',
  write_iops_burst: 'iops_wr_max',
} as const;

/** Options of a disk as keys of its property string. */
export function optionsOf(written: Written | undefined): Properties {
  const flag = (value: boolean | undefined): string | undefined =>
    value === undefined ? undefined : value ? '1' : '0';
  const discard = written?.discard === undefined ? undefined : written.discard ? 'on' : 'ignore';
  const said = {
    aio: written?.aio,
    backup: flag(written?.backup),
    cache: written?.cache,
    discard,
    iothread: flag(written?.iothread),
    replicate: flag(written?.replicate),
    ro: flag(written?.read_only),
    serial: written?.serial,
    ssd: flag(written?.ssd),
    ...Object.fromEntries(
      Object.entries(LIMITS).map(([field, key]) => [key, written?.[field as keyof typeof LIMITS]?.toString()]),
    ),
  };
  return Object.fromEntries(
    Object.entries(said).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])),
  );
}

/** Defaults of absent keys other than `0` (qemu-server, PVE/QemuServer/Drive.pm). */
export const ABSENT: Properties = {
  aio: 'io_uring',
  backup: '1',
  cache: 'none',
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

/** Key of the `iso` CD: next to the cloud-init drive, or in its place. */
export function isoKey({ cloud_init }: Pick<Drives, 'cloud_init'>): string {
  return cloud_init ? 'ide0' : 'ide2';
}

export function drivesOf(spec: Drives): Drive[] {
  const { efi_disk: efi, tpm, iso } = spec;
  return [
    ...(iso === null ? [] : [cdrom(isoKey(spec), iso)]),
    ...spec.disks.map((one) => (one.iso === null ? further(one) : cdrom(one.bus, one.iso))),
    ...(efi === null
      ? []
      : [
          of('efidisk0', 'the EFI disk', efi.storage, {
            file: `${efi.storage}:1`,
            efitype: '4m',
            'pre-enrolled-keys': efi.pre_enrolled_keys ? '1' : '0',
          }),
        ]),
    ...(tpm === null
      ? []
      : [of('tpmstate0', 'the state of the TPM', tpm.storage, { file: `${tpm.storage}:1`, version: tpm.version })]),
  ];
}

function cdrom(key: string, iso: string): Drive {
  return of(key, `the CD at ${key}`, null, { file: iso, media: 'cdrom' });
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

/** The drives of a spec, from the configuration. */
export function declaredDrives({ rootDisk, disks, iso, efiDisk, tpm, cloudInit, guestAgent }: VmGuest): Drives {
  return {
    root_disk: rootDisk,
    disks,
    iso,
    efi_disk: efiDisk,
    tpm,
    cloud_init: cloudInit,
    guest_agent: guestAgent,
  };
}
