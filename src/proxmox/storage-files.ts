// Files of a storage that guests are made from or have in a drive, by kind of content: how each must be called (pve-storage,
// PVE/API2/Storage/Status.pm), and the id that Proxmox knows it by.

/** What may be fetched, and how its file must be called. `problem` is Proxmox's word for another name. */
export const FILE_CONTENTS: Readonly<Record<string, { readonly pattern: RegExp; readonly problem: string }>> = {
  iso: { pattern: /.\.(iso|img)$/i, problem: 'wrong file extension' },
  vztmpl: { pattern: /.\.tar(\.(gz|xz|zst|bz2))?$/i, problem: 'wrong file extension' },
  import: {
    pattern: /^[a-zA-Z0-9\-.+=_]+\.(ova|qcow2|raw|vmdk)$/,
    problem: 'invalid filename or wrong extension',
  },
};

/** Hexadecimal digits of a checksum, by its algorithm. */
export const CHECKSUM_DIGITS: Readonly<Record<string, number>> = {
  md5: 32,
  sha1: 40,
  sha224: 56,
  sha256: 64,
  sha384: 96,
  sha512: 128,
};

/** How a file may be packed that is unpacked once it is fetched (PVE::Storage::Plugin, KNOWN_COMPRESSION_FORMATS). */
export const COMPRESSIONS: readonly string[] = ['gz', 'lzo', 'zst', 'bz2'];

/** `local:iso/debian.iso`. */
export function fileVolume(storage: string, content: string, filename: string): string {
  return `${storage}:${content}/${filename}`;
}
