// The names of volumes, by the rules of their storage type.
import { refuse } from '../refusal.ts';

export type VolumeName = {
  readonly type: 'images' | 'iso' | 'vztmpl' | 'backup' | 'snippets' | 'import';
  readonly name: string;
  readonly format: string;
  readonly owner?: number;
  /** The volume that this one is a linked clone of. */
  readonly base?: string;
  readonly baseOwner?: number;
  readonly isBase: boolean;
};

/** Parses a volume name without its storage; refuses one that is invalid on the storage. */
export function parseVolumeName(family: 'dir' | 'lvm' | 'lvmthin' | 'zfspool', name: string): VolumeName {
  if (family === 'zfspool') return zfsName(name);
  return family === 'dir' ? fileName(name) : lvmName(family, name);
}

function lvmName(family: string, name: string): VolumeName {
  if (!/^[a-z0-9][a-z0-9\-_.]*[a-z0-9]$/i.test(name)) refuse(`lvm name '${name}' contains illegal characters`);
  const [, kind, owner] = /^(vm|base)-(\d+)-\S+$/.exec(name) ?? [];
  if (kind === undefined || (family === 'lvm' && kind === 'base'))
    return refuse(`unable to parse lvm volume name '${name}'`);
  return { type: 'images', name, format: 'raw', owner: Number(owner), isBase: kind === 'base' };
}

function zfsName(name: string): VolumeName {
  const [, base, baseOwner, own, kind, owner] =
    /^(?:((?:base|basevol)-(\d+)-\S+)\/)?((base|basevol|vm|subvol)-(\d+)-\S+)$/.exec(name) ?? [];
  if (own === undefined) return refuse(`unable to parse zfs volume name '${name}'`);
  const format = kind === 'subvol' || kind === 'basevol' ? 'subvol' : 'raw';
  const link = base === undefined ? {} : { base, baseOwner: Number(baseOwner) };
  return {
    type: 'images',
    name: own,
    format,
    owner: Number(owner),
    isBase: kind === 'base' || kind === 'basevol',
    ...link,
  };
}

const IMAGE = /^(?:(?:vm-|base-|subvol-)\d+-[^/\s]+|(?:base-)?[^/\s]+)\.(raw|qcow2|vmdk|subvol)$/;

function imageFormat(name: string): string {
  return IMAGE.exec(name)?.[1] ?? refuse(`unable to parse volume filename '${name}'`);
}

/** Files other than images: content type, folder and pattern of the name. */
const FILES: readonly (readonly [type: VolumeName['type'], pattern: RegExp])[] = [
  ['iso', /^iso\/([^/]+\.(?:iso|img))$/i],
  ['vztmpl', /^vztmpl\/([^/]+\.(?:tar|tar\.(?:gz|xz|zst|bz2)))$/i],
  ['backup', /^backup\/([^/]+\.(?:tgz|(?:tar|vma)(?:\.(?:gz|lzo|zst|bz2))?))$/],
  ['snippets', /^snippets\/([^/]+)$/],
  ['import', /^import\/([ A-Za-z0-9\-.+=_]+\.ova\/[ A-Za-z0-9\-.+=_]+\.(?:qcow2|raw|vmdk))$/],
  ['import', /^import\/([^/]+\.(?:ova|ovf|qcow2|raw|vmdk))$/],
];

/** `ova+vmdk` is a disk in an appliance. */
function importFormat(file: string): string {
  const format = file.split('.').at(-1) ?? 'raw';
  return file.includes('.ova/') ? `ova+${format}` : format;
}

function fileName(name: string): VolumeName {
  const [, baseOwner, base, linkedOwner, linked] = /^(\d+)\/(\S+)\/(\d+)\/(\S+)$/.exec(name) ?? [];
  if (base !== undefined && linked !== undefined) {
    imageFormat(base);
    return {
      type: 'images',
      name: linked,
      format: imageFormat(linked),
      owner: Number(linkedOwner),
      base,
      baseOwner: Number(baseOwner),
      isBase: linked.startsWith('base-'),
    };
  }
  const [, owner, image] = /^(\d+)\/(\S+)$/.exec(name) ?? [];
  if (image !== undefined)
    return {
      type: 'images',
      name: image,
      format: imageFormat(image),
      owner: Number(owner),
      isBase: image.startsWith('base-'),
    };
  for (const [type, pattern] of FILES) {
    const file = pattern.exec(name)?.[1];
    if (file !== undefined)
      return { type, name: file, format: type === 'import' ? importFormat(file) : 'raw', isBase: false };
  }
  return refuse(`unable to parse directory volume name '${name}'`);
}
