// Drives of virtual machines: creates, imports, copies, grows and moves their volumes.
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { readOnlyFirmware } from '../../../../src/proxmox/machine/processors.ts';
import { isCloudInit } from '../../../../src/proxmox/storages/volumes.ts';
import { type Call, print, warn } from '../call.ts';
import { addUnused, type Disk, disksOf, isCdrom, parseDisk, printDisk, withVolume } from '../guest/disks.ts';
import type { GuestFile, Options } from '../guest/file.ts';
import { isTemplate } from '../guest/guest.ts';
import { hostFile } from '../node.ts';
import { freeVolume } from '../pct/disks.ts';
import { Refusal, refuse, refuseParameters } from '../refusal.ts';
import { checkAccess, located, pathOfVolume, type Storage, splitVolumeId, storageNamed } from '../storage/storage.ts';
import { activate, allocate, makeBase, type NewVolume, volumeAt, volumeSize } from '../storage/volumes.ts';

const CLOUD_INIT_SIZE = 4 * 1024 ** 2;

/** `storage:GiB`, or the size alone with a default storage. */
const NEW_DRIVE = /^(?:([^/:\s]+):)?(\d+(?:\.\d+)?)$/;

const own = (call: Call, volume: string): number | undefined =>
  splitVolumeId(volume) === undefined ? undefined : located(call.node, volume).volume.owner;

/** Whether a volume belongs to a machine. */
export const isOwner = (call: Call, id: number, volume: string): boolean => own(call, volume) === id;

/** Creates a volume, with LVM's message. */
export function makeVolume(call: Call, storage: Storage, id: number, wanted: NewVolume): string {
  const format = storage.family === 'dir' ? wanted.format : 'raw';
  const volume = allocate(call.node, storage, id, { ...wanted, format });
  if (storage.family.startsWith('lvm')) print(call, `  Logical volume "${splitVolumeId(volume)?.name}" created.`);
  return volume;
}

/** What is not read from the source of a copied drive. */
const KNOWN_OF_A_COPY: Readonly<Record<string, readonly string[]>> = {
  efidisk0: ['efitype', 'pre-enrolled-keys'],
  tpmstate0: ['version'],
};

/** Normalises each drive among the options, and refuses those that are invalid by themselves (PVE/API2/Qemu.pm, check_drive_param). */
export function checkDriveOptions(call: Call, options: Options): void {
  for (const written of drivesIn(call, options)) {
    const disk = asMedia(written);
    const { volume, properties, key } = disk;
    const [isNew, , size] = NEW_DRIVE.exec(volume) ?? [];
    if (properties['import-from'] !== undefined) {
      if (isNew === undefined || Number(size) !== 0)
        refuseParameters({ [key]: "'import-from' requires special syntax - use <storage ID>:0,import-from=<source>" });
      for (const needed of KNOWN_OF_A_COPY[key] ?? [])
        if (properties[needed] === undefined)
          refuseParameters({ [key]: `need to specify '${needed}' when using 'import-from'` });
    }
    const isFile = isNew === undefined && splitVolumeId(volume) !== undefined && !isGenerated(volume);
    if (isFile && located(call.node, volume).volume.type === 'iso' && !isCdrom(disk))
      refuseParameters({ [key]: "explicit 'media=cdrom' is required for iso images" });
    options[key] = printDisk('qemu', disk);
  }
}

const isGenerated = (volume: string): boolean => splitVolumeId(volume)?.name === 'cloudinit';

/** Refuses drives whose storages do not take them, before anything is created (PVE/API2/Qemu.pm, check_storage_access). */
export function checkDriveStorages(
  call: Call,
  options: Readonly<Options>,
  defaultStorage?: string,
  workingStorage?: string,
): void {
  for (const written of drivesIn(call, options)) {
    const disk = asMedia(written);
    const { volume, properties, key } = disk;
    const [isNew, storage = defaultStorage] = NEW_DRIVE.exec(volume) ?? [];
    if (isNew !== undefined && !isCdrom(disk)) {
      const target = storageNamed(call.node, storage ?? refuse('no storage ID specified (and no default storage)'));
      if (!target.content.has('images'))
        refuseParameters({ storage: `storage '${target.id}' does not support vm images` });
    } else if (splitVolumeId(volume) !== undefined && !isGenerated(volume)) {
      checkAccess(call.node, volume);
      const { type } = located(call.node, volume).volume;
      if (type !== 'images' && type !== 'iso')
        refuseParameters({ [key]: "content type needs to be 'images' or 'iso'" });
    }
    const source = properties['import-from'];
    if (source !== undefined) checkSource(call, key, source, workingStorage);
  }
}

/** An empty drive, or the node's own drive, is a CD drive (QemuServer.pm, cleanup_drive_path). */
function asMedia(disk: Disk): Disk {
  const isEmpty = disk.volume === 'none' || disk.volume === 'cdrom';
  return isEmpty ? { ...disk, properties: { media: 'cdrom', ...disk.properties } } : disk;
}

/** Refuses to copy a new drive from a volume that is not a disk. */
function checkSource(call: Call, key: string, source: string, workingStorage: string | undefined): void {
  if (source.startsWith('/') || splitVolumeId(source) === undefined) return;
  const { storage, volume } = located(call.node, source);
  const { type, format } = volume;
  if (type !== 'images' && type !== 'import')
    refuseParameters({ [key]: `${source} has wrong type '${type}' - needs to be 'images' or 'import'` });
  if (!format.startsWith('ova+')) return;
  const working = workingStorage === undefined ? storage : storageNamed(call.node, workingStorage);
  if (working.content.has('images') && working.family === 'dir') return;
  refuseParameters({
    [workingStorage === undefined ? key : 'import-working-storage']:
      `import working storage '${working.id}' does not support 'images' content type or is not file based.`,
  });
}

/** The drives among options, sorted by name; one that cannot be is refused when it is its turn. */
function* drivesIn(call: Call, options: Readonly<Options>): Generator<Disk> {
  for (const key of Object.keys(options).sort())
    if (/^(ide|scsi|virtio|sata)\d+$|^(efidisk0|tpmstate0)$/.test(key)) yield driveOf(call, key, options[key] ?? '');
}

/** A drive; refuses one that cannot be, after what Proxmox complains of. */
function driveOf(call: Call, key: string, text: string): Disk {
  try {
    return parseDisk('qemu', key, text);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    for (const complaint of error.message.split('\n')) if (complaint !== '') warn(call, complaint);
    return refuseParameters({ [key]: 'unable to parse drive options' });
  }
}

/**
 * Creates the volumes of new drives; when one fails, all are removed.
 *
 * @param file the machine: its template flag and its cloud-init drive matter
 */
export function createDrives(
  call: Call,
  id: number,
  drives: Readonly<Options>,
  file: GuestFile,
  defaultStorage?: string,
): { options: Options; made: string[] } {
  const made: string[] = [];
  const options: Options = {};
  const keep = (volume: string): string => {
    const kept = isTemplate(file) ? makeBase(call.node, volume) : volume;
    made.push(kept);
    return kept;
  };
  try {
    for (const disk of drivesIn(call, drives)) {
      const [isNew, storageId = defaultStorage, gib] = NEW_DRIVE.exec(disk.volume) ?? [];
      const name = disk.volume === 'cloudinit' ? 'cloudinit' : splitVolumeId(disk.volume)?.name;
      if (disk.volume === '' || disk.volume === 'none' || disk.volume === 'cdrom') {
        const { size: _, ...properties } = disk.properties;
        options[disk.key] = printDisk('qemu', { ...disk, properties });
      } else if (name === 'cloudinit') {
        checkCloudInit(disk.key, file, options);
        const volume = makeCloudInit(
          call,
          id,
          splitVolumeId(disk.volume)?.storage ?? defaultStorage,
          disk.properties['format'],
        );
        made.push(volume);
        options[disk.key] = printDisk(
          'qemu',
          withVolume('qemu', { ...disk, properties: { ...disk.properties, media: 'cdrom' } }, volume),
        );
        print(call, `${disk.key}: successfully created disk '${options[disk.key]}'`);
      } else if (isNew !== undefined) {
        const storage = storageNamed(
          call.node,
          storageId ?? refuse('no storage ID specified (and no default storage)'),
        );
        checkFirmware(disk.key, file.options);
        options[disk.key] = printDisk('qemu', newDrive(call, id, disk, { storage, gib: Number(gib), keep }));
        print(call, `${disk.key}: successfully created disk '${options[disk.key]}'`);
      } else options[disk.key] = printDisk('qemu', existingDrive(call, disk, file, options));
    }
  } catch (error) {
    for (const volume of made) freeVolume(call, volume);
    throw error;
  }
  return { options, made };
}

/** PVE/API2/Qemu.pm, create_disks. For TDX Proxmox asks the storage for a disk without a size, which each refuses in its own words. */
function checkFirmware(key: string, options: Readonly<Options>): void {
  if (key !== 'efidisk0') return;
  const encryption = readOnlyFirmware((option) => options[option]);
  if (encryption === 'SEV-SNP') refuse('SEV-SNP uses consolidated read-only firmware and does not require an EFI disk');
  if (encryption === 'TDX') refuse('unable to create an EFI disk without a size');
}

function checkCloudInit(key: string, file: GuestFile, options: Readonly<Options>): void {
  const attached = [file.options, file.pending.options, options]
    .flatMap((all) => disksOf('qemu', all))
    .find((disk) => disk.key !== key && isCloudInit(disk.volume));
  if (attached !== undefined) refuse(`${key} - cloud-init drive is already attached at '${attached.key}'`);
}

function makeCloudInit(call: Call, id: number, storageId: string | undefined, format = 'qcow2'): string {
  const storage = storageNamed(call.node, storageId ?? refuse('no storage ID specified (and no default storage)'));
  const name = `vm-${id}-cloudinit${storage.family === 'dir' ? `.${format}` : ''}`;
  return makeVolume(call, storage, id, { format, size: CLOUD_INIT_SIZE, name });
}

function newDrive(
  call: Call,
  id: number,
  disk: Disk,
  {
    storage,
    gib,
    keep,
  }: { readonly storage: Storage; readonly gib: number; readonly keep: (volume: string) => string },
): Disk {
  const { 'import-from': source, ...properties } = disk.properties;
  const format = properties['format'] ?? 'raw';
  if (source !== undefined) {
    const size = importSize(call, source);
    const volume = keep(makeVolume(call, storage, id, { format, size, image: true }));
    return withVolume('qemu', { ...disk, properties }, volume, size);
  }
  const fixed =
    disk.key === 'efidisk0'
      ? properties['efitype'] === '4m'
        ? 528 * 1024
        : 128 * 1024
      : disk.key === 'tpmstate0'
        ? CLOUD_INIT_SIZE
        : undefined;
  const size = fixed ?? Math.ceil(gib * 1024 * 1024) * 1024;
  const volume = keep(makeVolume(call, storage, id, { format, size }));
  if (disk.key !== 'efidisk0') return withVolume('qemu', { ...disk, properties }, volume, size);
  return withVolume(
    'qemu',
    { ...disk, properties: withCertificate(properties) },
    volume,
    volumeSize(call.node, volume),
  );
}

/** Current firmware contains Microsoft's certificate of 2023 beside its other keys (PVE/QemuServer/OVMF.pm, create_efidisk). */
function withCertificate(properties: Disk['properties']): Disk['properties'] {
  const hasKeys = properties['efitype'] === '4m' && properties['pre-enrolled-keys'] === '1';
  return hasKeys ? { ...properties, 'ms-cert': '2023k' } : properties;
}

function importSize(call: Call, source: string): number {
  if (splitVolumeId(source) === undefined || source.startsWith('/')) {
    const file = hostFile(call.node, source) ?? refuse(`can't find file '${source}'`);
    return imageSize(file) || refuse(`could not get file size of ${source}`);
  }
  if (located(call.node, source).volume.format.startsWith('ova+')) return unpackedSize(call, source);
  checkAccess(call.node, source);
  return volumeSize(call.node, source);
}

/** The size of a disk in an appliance, which is unpacked for it (pve-storage, PVE/GuestImport.pm, extract_disk_from_import_file). */
function unpackedSize(call: Call, source: string): number {
  const [, archive = '', inner = ''] = /^(.+\.ova)\/(.+)$/.exec(source) ?? [];
  const file = hostFile(call.node, pathOfVolume(call.node, archive));
  print(call, `extracting ${source}`);
  const failed = (why: string) => refuse(`error during extraction: ${why}\n`);
  if (file === undefined)
    return failed(`tar: ${pathOfVolume(call.node, archive)}: Cannot open: No such file or directory`);
  const content = memberOf(readFileSync(file), inner) ?? failed(`tar: ${inner}: Not found in archive`);
  print(call, `cleaned up extracted image ${source}`);
  return diskSize(content);
}

const BLOCK = 512;

/** A member of a tar archive; undefined where it is not in it. */
function memberOf(archive: Buffer, name: string): Buffer | undefined {
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const field = (from: number, to: number): string =>
      archive.toString('latin1', at + from, at + to).replace(/\0.*$/s, '');
    const size = Number.parseInt(field(124, 136).trim() || '0', 8);
    if (field(0, 100) === name) return archive.subarray(at + BLOCK, at + BLOCK + size);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return undefined;
}

/** By the header of qcow2 or VMDK, else that of the content. */
function diskSize(content: Buffer): number {
  const magic = content.toString('latin1', 0, 4);
  if (magic === 'QFI\xfb') return Number(content.readBigUInt64BE(24));
  return magic === 'KDMV' ? Number(content.readBigUInt64LE(12)) * 512 : content.length;
}

/** The disk size of an image file: for qcow2 from its header, else its file size. */
export function imageSize(file: string): number {
  const head = Buffer.alloc(32);
  const descriptor = openSync(file, 'r');
  readSync(descriptor, head);
  closeSync(descriptor);
  return head.toString('latin1', 0, 4) === 'QFI\xfb' ? Number(head.readBigUInt64BE(24)) : statSync(file).size;
}

function existingDrive(call: Call, disk: Disk, file: GuestFile, options: Readonly<Options>): Disk {
  const { volume, properties, key } = disk;
  const volumeId = splitVolumeId(volume);
  if (volumeId !== undefined) {
    checkAccess(call.node, volume);
    const { format } = located(call.node, volume).volume;
    if (properties['format'] !== undefined && properties['format'] !== format)
      refuse(
        `drive '${key}' - volume '${volume}' - 'format=${properties['format']}' option different from storage format '${format}'`,
      );
    if (isCloudInit(volume)) checkCloudInit(key, file, options);
    activate(call.node, volume);
  }
  const path = volumeId === undefined ? hostFile(call.node, volume) : undefined;
  const size = volumeId === undefined ? (path === undefined ? 0 : statSync(path).size) : volumeSize(call.node, volume);
  if (size === 0 && !isCdrom(disk)) refuse(`volume ${volume} does not exist`);
  return withVolume('qemu', disk, volume, size);
}

/** Records a volume that the machine no longer uses as unused; removes a cloud-init drive instead. */
export function registerUnused(call: Call, id: number, file: GuestFile, disk: Disk): void {
  if (isCloudInit(disk.volume)) {
    freeVolume(call, disk.volume);
    delete file.special['cloudinit'];
  } else if (!isCdrom(disk) && isOwner(call, id, disk.volume)) addUnused(file.options, disk.volume);
}

/** Copies or links a drive, for another machine or for another storage. */
export function cloneDrive(call: Call, disk: Disk, id: number, storageId: string | undefined, format?: string): Disk {
  const source = splitVolumeId(disk.volume) ?? refuse(`unable to parse volume ID '${disk.volume}'`);
  const storage = storageNamed(call.node, storageId ?? source.storage);
  const wanted = format ?? located(call.node, disk.volume).volume.format;
  const { image } = volumeAt(call.node, disk.volume) ?? {};
  const volume = isCloudInit(disk.volume)
    ? makeCloudInit(call, id, storage.id, wanted)
    : makeVolume(call, storage, id, {
        format: wanted,
        size: volumeSize(call.node, disk.volume),
        ...(image ? { image } : {}),
      });
  print(call, `allocated target volume '${volume}'`);
  return withVolume('qemu', disk, volume, volumeSize(call.node, volume));
}

/** Whether a snapshot of the machine uses a drive's volume. */
export function isSnapshotted(file: GuestFile, { volume }: Disk): boolean {
  return Object.values(file.snapshots).some(({ options }) =>
    disksOf('qemu', options).some((disk) => !isCdrom(disk) && disk.volume === volume),
  );
}
