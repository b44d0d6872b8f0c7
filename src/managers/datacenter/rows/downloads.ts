// Files on a storage that the node downloads: ISO images, templates of containers, images to import, and OCI images of a registry.

import type { JsonObject } from '../../../model/json.ts';
import { CHECKSUM_DIGITS, COMPRESSIONS, FILE_CONTENTS } from '../../../proxmox/storages/files.ts';
import {
  decideDownload,
  downloadDifferences,
  holderOf,
  isFileThere,
  isOtherFile,
  readFiles,
  readVolumes,
} from '../downloads/downloads.ts';
import type { ObjectRow } from '../row.ts';

const GUESTS = ['/etc/pve/lxc', '/etc/pve/qemu-server'];

export const downloads: ObjectRow = {
  kind: 'download',
  field: 'downloads',
  label: 'file',
  describes:
    'Files that the node downloads to a storage, each by a name for people: ISO images, templates of containers, images to import, by their url; OCI images of a registry, by their reference.',
  id: null,
  paths: {
    create: '/nodes/{node}/storage/{storage}/download-url',
    createOtherwise: '/nodes/{node}/storage/{storage}/oci-registry-pull',
    change: '/nodes/{node}/storage/{storage}/content/{volume}',
  },
  file: '/etc/pve/storage.cfg',
  read: readVolumes,
  readSource: readFiles,
  keepsNotes: true,
  mark: null,
  // Of backups alone.
  without: ['notes', 'protected'],
  required: ['storage', 'content', 'filename'],
  defaults: { 'verify-certificates': '1' },
  oneOf: ['url', 'reference'],
  clear: 'delete',
  members: [],
  references: { storage: 'storage' },
  dependents: { folders: GUESTS, findDependent: holderOf },
  lossOnDelete: 'nothing that its address does not give again',
  faults: (_name, options) => faults(options),
  isRecreated: isOtherFile,
  notImported: true,
  asWhole: { decide: decideDownload, differences: downloadDifferences, isThere: isFileThere },
};

function faults(options: JsonObject) {
  const { content, filename, url, reference, checksum, compression } = options;
  const algorithm = String(options['checksum-algorithm']);
  const digits = CHECKSUM_DIGITS[algorithm];
  const isSum = digits === undefined || new RegExp(`^[0-9a-fA-F]{${digits}}$`).test(String(checksum));
  const named = FILE_CONTENTS[String(content)];
  return [
    // Proxmox would write another name, and it would not be found by this one.
    ...(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(String(filename)) && named?.pattern.test(String(filename)) === true
      ? []
      : [{ option: 'filename', message: `must be ${NAMES[String(content)] ?? 'the name of a file'}` }]),
    ...(url === undefined || /^https?:\/\/[^/@\s]+(\/\S*)?$/.test(String(url))
      ? []
      : [{ option: 'url', message: 'must be an address with http or https, and without a user and password in it' }]),
    ...(reference === undefined ? [] : imageFaults(options)),
    ...(checksum === undefined || isSum
      ? []
      : [{ option: 'checksum', message: `must be the ${digits} hexadecimal digits of ${algorithm}` }]),
    ...(compression === undefined || (content === 'iso' && COMPRESSIONS.includes(String(compression)))
      ? []
      : [
          {
            option: 'compression',
            message: `must be one of ${COMPRESSIONS.join(', ')}, and stand at a file of content iso alone`,
          },
        ]),
  ];
}

/** A registry has images as archives that containers are made from, and says itself what each is. */
function imageFaults(options: JsonObject) {
  const { content, filename } = options;
  const ofAddresses = ['checksum', 'checksum-algorithm', 'compression', 'verify-certificates'];
  return [
    ...(content === 'vztmpl' ? [] : [{ option: 'content', message: 'must be vztmpl beside reference' }]),
    // Proxmox puts the ending behind the name itself.
    ...(String(filename).endsWith('.tar')
      ? []
      : [{ option: 'filename', message: 'must have the ending .tar beside reference' }]),
    ...ofAddresses.flatMap((option) =>
      options[option] === undefined ? [] : [{ option, message: 'must not stand beside reference, only beside url' }],
    ),
  ];
}

const ENDING = 'of letters, digits and _ . -, with the ending';
const NAMES: Readonly<Record<string, string>> = {
  iso: `a name ${ENDING} .iso or .img`,
  vztmpl: `a name ${ENDING} .tar, .tar.gz, .tar.xz, .tar.zst or .tar.bz2`,
  import: `a name ${ENDING} .qcow2, .raw, .vmdk or .ova`,
};
