// Reads the regular files of a tar archive in GNU's format, as `tar --format=gnu` writes it.

const BLOCK = 512;
const REGULAR = '0';
/** The next entry's name is the content of this one. */
const LONG_NAME = 'L';

/** Contents by name. Fails when the archive is cut short. */
export function readTar(archive: Buffer): Map<string, string> {
  const files = new Map<string, string>();
  let longName: string | undefined;
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const header = archive.subarray(at, at + BLOCK);
    if (header[0] === 0) return files;
    const size = sizeOf(header.subarray(124, 136));
    const content = archive.subarray(at + BLOCK, at + BLOCK + size);
    const type = header.toString('latin1', 156, 157);
    if (type === LONG_NAME) longName = textOf(content);
    else {
      if (type === REGULAR) files.set(longName ?? textOf(header.subarray(0, 100)), content.toString('utf8'));
      longName = undefined;
    }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  throw new Error('the archive of the files is cut short');
}

function textOf(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? field.length : end);
}

/** Octal digits; GNU writes sizes that do not fit as a binary number with the first bit set, which no file here reaches. */
function sizeOf(field: Buffer): number {
  return Number.parseInt(textOf(field).trim(), 8);
}
