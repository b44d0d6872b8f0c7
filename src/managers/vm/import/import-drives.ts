// Imports the drives of a VM from its settings: its root disk, further drives, the EFI disk and the TPM.

import type { z } from 'zod';
import type { Json, JsonObject } from '../../../model/json.ts';
import { readOnlyFirmware } from '../../../proxmox/machine/processors.ts';
import { propertiesOf } from '../../../proxmox/parameters/table.ts';
import { isCloudInit } from '../../../proxmox/storages/volumes.ts';
import { writtenDriveOptions } from '../../guest/import/drive-options.ts';
import { defined } from '../../guest/import/guests.ts';
import type { Unclaimed } from '../../guest/import/unclaimed.ts';
import type { GuestConf } from '../../guest/proxmox/conf.ts';
import { isVolume } from '../../guest/proxmox/disk-lines.ts';
import { normalFlag, parseProperties } from '../../guest/proxmox/property-string.ts';
import { gigabytes } from '../../guest/proxmox/size.ts';
import { ROOT_DRIVE, rootDiskOf } from '../drives/disks.ts';
import { disk, driveShape, rootDisk } from '../drives/drive-schema.ts';
import { storageOf, volumeOf } from '../drives/drive-value.ts';
import { DISK_FIELDS, DISK_KEYS, isoKey, TPM_KEYS } from '../drives/drives.ts';

export interface WrittenDrives {
  /** Storage of the root disk, the default for new disks. */
  readonly storage: string;
  readonly fields: Record<string, Json | undefined>;
}

const BUSES = ['scsi', 'virtio', 'sata', 'ide'];
const BUS = /^(scsi|virtio|sata|ide)(\d+)$/;

/** Options that only a VM with cloud-init has. */
const TOLD_BY_CLOUD_INIT = /^(ciuser|sshkeys|nameserver|searchdomain|ipconfig\d+)$/;

/**
 * Fields for the drives; what they cannot express stays unclaimed.
 *
 * @param usual the default storage, for a VM whose root disk is on no storage
 */
export function writtenDrives(guest: GuestConf, conf: Unclaimed, usual: string): WrittenDrives {
  const root = rootDiskOf(guest, null);
  const storage = root !== null && isVolume(root.volume) ? root.storage : usual;
  const others = conf
    .keys()
    .filter((key) => BUS.test(key) && key !== root?.key)
    .sort(byBus);
  const clouds = others.filter((key) => isCloudInit(volumeOf(conf.peek(key))));
  const cloudInit = clouds.length > 0 || conf.keys().some((key) => TOLD_BY_CLOUD_INIT.test(key));
  for (const key of clouds) conf.claim(key);
  // Key of a new VM's cloud-init drive.
  const beside = others.filter((key) => !clouds.includes(key) && !(cloudInit && key === 'ide2'));
  const place = isoKey({ cloud_init: cloudInit });
  const iso = beside.includes(place) && isPlainCd(conf.peek(place)) ? isoAt(conf, place, driveShape.iso) : undefined;
  const disks = beside
    .filter((key) => key !== place || iso === undefined)
    .flatMap((key): JsonObject[] => {
      const written = diskAt(conf, key, storage);
      return written === undefined ? [] : [written];
    });
  return {
    storage,
    fields: {
      empty: iso === undefined ? true : undefined,
      iso,
      cloud_init: cloudInit ? true : undefined,
      ...(root === null ? {} : rootAt(conf, root.key)),
      disks: disks.length === 0 ? undefined : disks,
      efi_disk: efiDisk(conf, storage),
      tpm: tpm(conf, storage),
    },
  };
}

function byBus(one: string, other: string): number {
  const rank = (key: string): number => {
    const [, bus = '', number = '0'] = BUS.exec(key) ?? [];
    return BUSES.indexOf(bus) * 100 + Number(number);
  };
  return rank(one) - rank(other);
}

/** Of a root disk that can be declared no other way, only the key is. */
function rootAt(conf: Unclaimed, key: string): Record<string, Json | undefined> {
  const text = conf.peek(key);
  const isMade = text !== undefined && isVolume(volumeOf(text));
  const path = pathAt(conf, key);
  const fields = defined({
    bus: key === ROOT_DRIVE ? undefined : key,
    path,
    ...(isMade || path !== undefined ? usage(conf, key) : {}),
  });
  const size = isMade ? sizeAt(conf, key) : undefined;
  const passed = ['file', ...(size === undefined ? [] : ['size']), ...(isFormatOfVolume(text ?? '') ? ['format'] : [])];
  if (isMade) conf.pass(key, passed, 'file');
  return { disk_size_gb: size, root_disk: Object.keys(fields).length === 0 ? undefined : fields };
}

/** Whether the format is the one that the volume's name tells, so that it says nothing more: raw, where the name has no other ending. */
function isFormatOfVolume(text: string): boolean {
  const [, ending = 'raw'] = /\.(raw|qcow2|vmdk)$/.exec(volumeOf(text)) ?? [];
  return parseProperties(text, 'file')['format'] === ending;
}

/** In GB; undefined where the field could not hold it. */
function sizeAt(conf: Unclaimed, key: string): number | undefined {
  const size = gigabytes(parseProperties(conf.peek(key) ?? '', 'file')['size']);
  return disk.shape.size_gb.safeParse(size).success ? size : undefined;
}

/** The disk of the host, claimed with its size, which it has by itself; undefined for other drives and paths. */
function pathAt(conf: Unclaimed, key: string): string | undefined {
  const volume = volumeOf(conf.peek(key));
  if (!disk.shape.path.unwrap().safeParse(volume).success) return undefined;
  conf.pass(key, ['file', 'size'], 'file');
  return volume;
}

/** Whether a CD has nothing that only an entry of `disks` can declare. */
function isPlainCd(text: string | undefined): boolean {
  return Object.keys(parseProperties(text ?? '', 'file')).every((key) => ['file', 'media', 'size'].includes(key));
}

/** @param field which of the fields of a CD is to hold it */
function isoAt(conf: Unclaimed, key: string, field: z.ZodType): string | undefined {
  const text = conf.peek(key) ?? '';
  const volume = volumeOf(text);
  if (parseProperties(text)['media'] !== 'cdrom' || !field.safeParse(volume).success) return undefined;
  conf.pass(key, ['file', 'media', 'size'], 'file');
  return volume;
}

function diskAt(conf: Unclaimed, key: string, usual: string): JsonObject | undefined {
  const text = conf.peek(key) ?? '';
  if (parseProperties(text)['media'] === 'cdrom') {
    const iso = isoAt(conf, key, disk.shape.iso);
    return iso === undefined ? undefined : defined({ bus: key, iso, ...usage(conf, key) });
  }
  // Some buses have more places than every version of Proxmox accepts.
  if (!disk.shape.bus.safeParse(key).success) return undefined;
  const path = pathAt(conf, key);
  if (path !== undefined)
    return defined({ bus: key, path, format: declarable(conf, key, 'format'), ...usage(conf, key) });
  const size = sizeAt(conf, key);
  const place = placeOf(conf, key, usual);
  if (place === null || size === undefined) return undefined;
  conf.pass(key, ['file', 'size'], 'file');
  return defined({ bus: key, ...place, size_gb: size, format: declarable(conf, key, 'format'), ...usage(conf, key) });
}

/** Its storage where that is not the default; null for a drive without storage. */
function placeOf(conf: Unclaimed, key: string, usual: string): { readonly storage?: string } | null {
  const volume = volumeOf(conf.peek(key));
  if (!isVolume(volume)) return null;
  const storage = storageOf(volume);
  return storage === usual ? {} : { storage };
}

/** The value, claimed only if the field accepts it. */
function declarable(conf: Unclaimed, key: string, property: 'format' | Used): Json | undefined {
  const text = parseProperties(conf.peek(key) ?? '', 'file')[property];
  const [, bus = ''] = BUS.exec(key) ?? [];
  if (text === undefined || !Object.hasOwn(propertiesOf(`qemu/${bus}`) ?? {}, property)) return undefined;
  const field: z.ZodType = property === 'format' ? disk.shape.format : rootDisk.shape[DISK_FIELDS[property]];
  const flag = FLAGS[text === 'ignore' && property === 'discard' ? '0' : normalFlag(text)];
  const value = [text, flag, Number(text)].find((form) => form !== undefined && field.safeParse(form).success);
  if (value !== undefined) conf.pass(key, [property], 'file');
  return value;
}

const FLAGS: Readonly<Record<string, boolean>> = { 0: false, 1: true };

type Used = keyof typeof DISK_FIELDS;

/** The options of the drive, where they are set. */
function usage(conf: Unclaimed, key: string): Record<string, Json> {
  const properties = Object.keys(DISK_FIELDS) as Used[];
  const values = properties.map((property) => [property, declarable(conf, key, property)] as const);
  const declared = values.flatMap(([property, value]) => (value === undefined ? [] : [property]));
  // A disk may say that it is one.
  if (parseProperties(conf.peek(key) ?? '')['media'] === 'disk') conf.pass(key, ['media'], 'file');
  return defined({
    ...Object.fromEntries(values.map(([property, value]) => [DISK_FIELDS[property], value])),
    options: writtenDriveOptions(DISK_KEYS, conf, { key, bare: 'file', declared }),
  });
}

/** One beside SEV-SNP or TDX stays undeclared, since Proxmox makes none for these. */
function efiDisk(conf: Unclaimed, usual: string): JsonObject | undefined {
  if (readOnlyFirmware((option) => conf.peek(option)) !== null) return undefined;
  const place = placeOf(conf, 'efidisk0', usual);
  if (place === null) return undefined;
  const drive = conf.properties('efidisk0', 'file');
  // A new one would be of the newer type, and Proxmox's default is the older one.
  const type = drive('efitype') ?? '2m';
  conf.pass('efidisk0', ['file', 'size', 'format', 'ms-cert'], 'file');
  const hasKeys = normalFlag(drive('pre-enrolled-keys') ?? '0') === '1';
  return defined({
    ...place,
    pre_enrolled_keys: hasKeys || undefined,
    options: type === '4m' ? undefined : { efitype: type },
  });
}

function tpm(conf: Unclaimed, usual: string): JsonObject | undefined {
  const place = placeOf(conf, 'tpmstate0', usual);
  if (place === null) return undefined;
  const drive = conf.properties('tpmstate0', 'file');
  conf.pass('tpmstate0', ['file', 'size'], 'file');
  // Proxmox's default is the older version.
  const version = drive('version') ?? 'v1.2';
  const options = writtenDriveOptions(TPM_KEYS, conf, { key: 'tpmstate0', bare: 'file', declared: ['version'] });
  return defined({ ...place, version: version === 'v2.0' ? undefined : version, options });
}
