// Files that guests are made from: templates of containers and images of VMs. They are shared, so one that is on the node already
// is never fetched again.

import type { Action, Command } from '../../../model/action.ts';
import { action } from '../proxmox/command.ts';

/** Seconds for fetching a file: cloud images are large, and lines slow. */
const DOWNLOAD_SECONDS = 3600;

/** Where a cloud image comes from, and what it must be. */
export type Download = { readonly url: string; readonly sha256: string };

/** What a guest is made from. */
export type Source =
  | { readonly clone: number; readonly snapshot: string | null }
  | { readonly template: string }
  | { readonly image: string; readonly download: Download | null }
  /** A copy of a disk, an installation from an ISO image, or nothing. */
  | { readonly import_from: string }
  | { readonly iso: string }
  | { readonly empty: true };

/** As what Proxmox keeps a cloud image: storage `local` has a folder for each kind. */
export function contentOf(image: string): 'iso' | 'import' {
  return /\.img$/i.test(image) ? 'iso' : 'import';
}

/** Where a cloud image lies on the node. */
export function imagePath(image: string): string {
  return `/var/lib/vz/${contentOf(image) === 'iso' ? 'template/iso' : 'import'}/${image}`;
}

/** The file on the node that a guest is made from; null for a clone, and where only Proxmox knows where it is. */
export function sourcePath(source: Source, storages: string | undefined): string | null {
  if ('image' in source) return imagePath(source.image);
  if ('import_from' in source && source.import_from.startsWith('/')) return source.import_from;
  const volume = 'iso' in source ? source.iso : 'import_from' in source ? source.import_from : null;
  if (volume !== null) return imageOnStorage(volume, storages ?? '');
  if (!('template' in source)) return null;
  const [, storage, file] = /^([^/:]+):vztmpl\/(.+)$/.exec(source.template) ?? [];
  if (storage === undefined || file === undefined) return source.template.startsWith('/') ? source.template : null;
  const folder = folderOf(storage, storages ?? '');
  return folder === null ? null : `${folder}/template/cache/${file}`;
}

/** Where an image lies that a storage of files has; null where only Proxmox knows. */
function imageOnStorage(volume: string, storages: string): string | null {
  const [, storage = '', content, file] = /^([^/:]+):(iso|import)\/(.+)$/.exec(volume) ?? [];
  const folder = content === undefined ? null : folderOf(storage, storages);
  return folder === null ? null : `${folder}/${content === 'iso' ? 'template/iso' : 'import'}/${file}`;
}

function folderOf(storage: string, storages: string): string | null {
  const section = storages.split(/^(?=\S)/m).find((part) => part.replace(/^\S+:\s*/, '').split(/\s/, 1)[0] === storage);
  const path = /^\s+path\s+(\S+)/m.exec(section ?? '')?.[1];
  if (path !== undefined) return path.replace(/\/$/, '');
  return section !== undefined && /^(nfs|cifs):/.test(section) ? `/mnt/pve/${storage}` : null;
}

/** Whether that file is there. */
export function lookFor(path: string): Command {
  return { kind: 'command', program: 'test', args: ['-f', path], timeoutSeconds: 30 };
}

/** Proxmox compares the checksum, also of a file that is there already, which it then leaves as it is. */
export function downloadImage(image: string, { url, sha256 }: Download): Action {
  const options = {
    content: contentOf(image),
    filename: image,
    url,
    checksum: sha256,
    'checksum-algorithm': 'sha256',
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  return action(`see that ${image} is on the node, with its checksum`, 'live', {
    kind: 'command',
    program: 'pvesh',
    args: ['create', '/nodes/localhost/storage/local/download-url', ...args],
    timeoutSeconds: DOWNLOAD_SECONDS,
    answer: 'task',
  });
}

/** A template of Proxmox's own list, put on the storage that it is named by; nothing for a file that has no storage. */
export function downloadTemplate(template: string): Action[] {
  const [, storage, file] = /^([^/:]+):vztmpl\/(.+)$/.exec(template) ?? [];
  if (storage === undefined || file === undefined) return [];
  const program = 'pveam';
  return [
    action("renew the node's list of templates", 'live', {
      kind: 'command',
      program,
      args: ['update'],
      timeoutSeconds: 300,
    }),
    action(`download ${file} to ${storage}`, 'live', {
      kind: 'command',
      program,
      args: ['download', storage, file],
      timeoutSeconds: DOWNLOAD_SECONDS,
      answer: 'task',
    }),
  ];
}
