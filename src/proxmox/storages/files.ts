// Files on storages for creating guests or as CD images, by content type: allowed names (pve-storage, PVE/API2/Storage/Status.pm), and volume ids.

/** Downloadable content types with their file name pattern. `problem` is Proxmox's error message. */
export const FILE_CONTENTS: Readonly<Record<string, { readonly pattern: RegExp; readonly problem: string }>> = {
  iso: { pattern: /.\.(iso|img)$/i, problem: 'wrong file extension' },
  vztmpl: { pattern: /.\.tar(\.(gz|xz|zst|bz2))?$/i, problem: 'wrong file extension' },
  import: {
    pattern: /^[a-zA-Z0-9\-.+=_]+\.(ova|qcow2|raw|vmdk)$/,
    problem: 'invalid filename or wrong extension',
  },
};

/** Number of hexadecimal digits of a checksum by algorithm. */
export const CHECKSUM_DIGITS: Readonly<Record<string, number>> = {
  md5: 32,
  sha1: 40,
  sha224: 56,
  sha256: 64,
  sha384: 96,
  sha512: 128,
};

/** Compression formats that are unpacked after download (PVE::Storage::Plugin, KNOWN_COMPRESSION_FORMATS). */
export const COMPRESSIONS: readonly string[] = ['gz', 'lzo', 'zst', 'bz2'];

/** The volume of an appliance for that of a disk in it: `local:import/app.ova` for `local:import/app.ova/disk.vmdk`; other volumes as they are. */
export function archiveOf(volume: string): string {
  return volume.replace(/^([^/:]+:import\/[^/]+\.ova)\/.*$/, '$1');
}

/** `local:iso/debian.iso`. */
export function fileVolume(storage: string, content: string, filename: string): string {
  return `${storage}:${content}/${filename}`;
}
