// Files that guests are made from: templates of containers and images of VMs. They are shared, so one that is on the node already
// is never fetched again.

import { nearest } from '../../../config/nearest.ts';
import type { Action, Command } from '../../../model/action.ts';
import type { HostReader } from '../../manager.ts';
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
  const [, storage, file] = STORED.exec(source.template) ?? [];
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
export function fileExists(path: string): Command {
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

/** Files that a template which is not there may be meant for: those of its storage, and those that Proxmox offers. Two commands. */
export async function templatesInstead(host: HostReader, source: Source | undefined): Promise<string[] | undefined> {
  const storage = source !== undefined && 'template' in source ? STORED.exec(source.template)?.[1] : undefined;
  if (storage === undefined) return undefined;
  const ask = (program: string, args: readonly string[]) =>
    host.run({ kind: 'command', program, args, timeoutSeconds: 60 });
  const [stored, offered] = await Promise.all([ask('pvesm', ['list', storage]), ask('pveam', ['available'])]);
  const files = [
    ...[...stored.stdout.matchAll(/^[^\s:]+:vztmpl\/(\S+)/gm)].map(([, file = '']) => file),
    ...[...offered.stdout.matchAll(/^\S+\s+(\S+\.tar\.\S+)/gm)].map(([, file = '']) => file),
  ];
  return files.length === 0 ? undefined : files;
}

const STORED = /^([^/:]+):vztmpl\/(.+)$/;

/** What is meant where nobody has the file; undefined where somebody has it, or nobody knows. */
function templateRemedy(storage: string, file: string, known: readonly string[] | undefined): string | undefined {
  if (known === undefined || known.includes(file)) return undefined;
  const meant = nearest(file, known) ?? known.find((each) => each.startsWith(file.replace(/[_.].*$/, '')));
  const otherwise = `name one that pveam available lists, or put the file on ${storage}, then replay`;
  return meant === undefined || meant === null ? otherwise : `did you mean ${storage}:vztmpl/${meant}?`;
}

/**
 * A template of Proxmox's own list, put on the storage that it is named by; nothing for a file that has no storage.
 * @param known files that could be meant, where it is neither on the storage nor offered
 */
export function downloadTemplate(template: string, known?: readonly string[]): Action[] {
  const [, storage, file] = STORED.exec(template) ?? [];
  if (storage === undefined || file === undefined) return [];
  const program = 'pveam';
  const remedy = templateRemedy(storage, file, known);
  const download = action(`download ${file} to ${storage}`, 'live', {
    kind: 'command',
    program,
    args: ['download', storage, file],
    timeoutSeconds: DOWNLOAD_SECONDS,
    answer: 'task',
  });
  return [
    action("renew the node's list of templates", 'live', {
      kind: 'command',
      program,
      args: ['update'],
      timeoutSeconds: 300,
    }),
    remedy === undefined ? download : { ...download, remedy },
  ];
}
