// Properties of ZFS file systems (zfsprops(7)): their valid values and their inheritance.

export interface Property {
  readonly usual: string;
  /** The normal form of a value; undefined for an invalid one. */
  readonly take: (written: string) => string | undefined;
  /** The valid values, as shown in an error. */
  readonly may: string;
  /** Datasets inherit it from their parent. */
  readonly inherits: boolean;
  readonly fixed?: 'readonly' | 'once';
}

const UNITS = 'BKMGTPE';

/** Bytes of `16K` or `1.5T`, with the units of zfs; undefined for other texts. */
export function bytesOf(written: string): number | undefined {
  const [, digits, unit = 'B'] = /^(\d+(?:\.\d+)?)([BKMGTPE])?(?:i?B)?$/i.exec(written) ?? [];
  if (digits === undefined) return undefined;
  return Math.floor(Number(digits) * 1024 ** UNITS.indexOf(unit.toUpperCase()));
}

function choice(words: string, inherits = true): Property {
  const list = words.split(' ');
  return {
    usual: list[0] ?? '',
    take: (written) => (list.includes(written) ? written : undefined),
    may: `must be one of '${list.join(' | ')}'`,
    inherits,
  };
}

function space(): Property {
  return {
    usual: '0',
    take: (written) => (written === 'none' ? '0' : bytesOf(written)?.toString()),
    may: 'must be a size or none',
    inherits: false,
  };
}

function shown(usual: string): Property {
  return { usual, take: () => undefined, may: 'is readonly', inherits: false, fixed: 'readonly' };
}

const isPowerOfTwo = (size: number): boolean => Number.isInteger(Math.log2(size));

const recordsize: Property = {
  usual: '131072',
  take(written) {
    const size = bytesOf(written);
    return size !== undefined && size >= 512 && size <= 16 * 1024 ** 2 && isPowerOfTwo(size) ? String(size) : undefined;
  },
  may: 'must be power of 2 from 512B to 16M',
  inherits: true,
};

const LEVELS = (name: string, most: number): string =>
  Array.from({ length: most }, (_, index) => `${name}-${index + 1}`).join(' ');

export const PROPERTIES: Readonly<Record<string, Property>> = {
  type: shown('filesystem'),
  creation: shown('1760000000'),
  used: shown('98304'),
  available: shown('1000000000000'),
  referenced: shown('98304'),
  compressratio: shown('1.00'),
  mounted: shown('no'),
  quota: space(),
  refquota: space(),
  reservation: space(),
  refreservation: space(),
  recordsize,
  mountpoint: {
    usual: '',
    take: (written) => (/^(\/.*|none|legacy)$/.test(written) ? written : undefined),
    may: "must be an absolute path, 'none', or 'legacy'",
    inherits: true,
  },
  compression: choice(`on off lzjb gzip ${LEVELS('gzip', 9)} zle lz4 zstd ${LEVELS('zstd', 19)} zstd-fast`),
  checksum: choice('on off fletcher2 fletcher4 sha256 sha512 skein edonr blake3'),
  atime: choice('on off'),
  relatime: choice('on off'),
  devices: choice('on off'),
  exec: choice('on off'),
  setuid: choice('on off'),
  readonly: choice('off on'),
  overlay: choice('on off'),
  sync: choice('standard always disabled'),
  xattr: choice('sa on off dir'),
  acltype: choice('off noacl nfsv4 posix posixacl'),
  aclinherit: choice('restricted discard noallow passthrough passthrough-x'),
  dedup: choice('off on verify sha256'),
  copies: choice('1 2 3'),
  logbias: choice('latency throughput'),
  primarycache: choice('all none metadata'),
  secondarycache: choice('all none metadata'),
  snapdir: choice('hidden visible disabled'),
  dnodesize: choice('legacy auto 1k 2k 4k 8k 16k'),
  redundant_metadata: choice('all most some none'),
  canmount: choice('on off noauto', false),
  casesensitivity: { ...choice('sensitive insensitive mixed', false), fixed: 'once' },
  normalization: { ...choice('none formC formD formKC formKD', false), fixed: 'once' },
  utf8only: { ...choice('off on', false), fixed: 'once' },
};

/** Whether zfs accepts the name. User properties have a colon in their names. */
export function isKnown(name: string): boolean {
  return Object.hasOwn(PROPERTIES, name) || /^[a-z0-9:+._-]*:[a-z0-9:+._-]*$/.test(name);
}

/** The normal form of a value; a string is zfs's error. */
export function normalised(name: string, written: string): { readonly value: string } | string {
  const property = PROPERTIES[name];
  if (property === undefined) return { value: written };
  if (property.fixed === 'readonly') return `'${name}' is readonly`;
  const value = property.take(written);
  return value === undefined ? `'${name}' ${property.may}` : { value };
}
