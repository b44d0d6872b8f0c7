// Files that guests are created from: container templates and VM images. Guests share them, so a file that is already on the node is never downloaded
// again.

import { nearest } from '../../../config/nearest.ts';
import type { Action, Command } from '../../../model/action.ts';
import { archiveOf } from '../../../proxmox/storages/files.ts';
import type { HostReader } from '../../manager.ts';
import type { RootUser } from '../declared.ts';
import { action, call, guestName, type Program } from '../proxmox/command.ts';

/** Time limit of a download in seconds: cloud images are large, and connections slow. */
const DOWNLOAD_SECONDS = 3600;

/** The URL of a cloud image, and its checksum. */
export type Download = { readonly url: string; readonly sha256: string };

/** A guest to clone; the snapshot is null for its present state. */
type CloneSource = { readonly clone: number; readonly snapshot: string | null };

/** What a guest is created from. */
export type Source =
  | CloneSource
  | { readonly template: string; readonly root?: RootUser }
  | { readonly image: string; readonly download: Download | null }
  /** A copy of a disk, an installation from an ISO image, or an empty disk. */
  | { readonly import_from: string }
  | { readonly iso: string }
  | { readonly empty: true };

/** The content type of a cloud image: storage `local` has a folder for each type. */
export function contentOf(image: string): 'iso' | 'import' {
  return /\.img$/i.test(image) ? 'iso' : 'import';
}

/** The path of a cloud image on the node. */
export function imagePath(image: string): string {
  return `/var/lib/vz/${contentOf(image) === 'iso' ? 'template/iso' : 'import'}/${image}`;
}

/** The file on the node that a guest is created from; null for a clone, and where only Proxmox knows the path. */
export function sourcePath(source: Source, storages: string | undefined): string | null {
  if ('image' in source) return imagePath(source.image);
  if ('import_from' in source && source.import_from.startsWith('/')) return source.import_from;
  const volume = 'iso' in source ? source.iso : 'import_from' in source ? source.import_from : null;
  if (volume !== null) return imageOnStorage(archiveOf(volume), storages ?? '');
  if (!('template' in source)) return null;
  const [, storage, file] = STORED.exec(source.template) ?? [];
  if (storage === undefined || file === undefined) return source.template.startsWith('/') ? source.template : null;
  const folder = folderOf(storage, storages ?? '');
  return folder === null ? null : `${folder}/template/cache/${file}`;
}

/** The path of an image on a file-based storage; null where only Proxmox knows it. */
function imageOnStorage(volume: string, storages: string): string | null {
  const [, storage = '', content, file] = /^([^/:]+):(iso|import)\/(.+)$/.exec(volume) ?? [];
  const folder = content === undefined ? null : folderOf(storage, storages);
  return folder === null ? null : `${folder}/${content === 'iso' ? 'template/iso' : 'import'}/${file}`;
}

/** Whether the node's storage.cfg has that storage. */
export function hasStorage(storage: string, storages: string): boolean {
  return sectionOf(storage, storages) !== undefined;
}

function sectionOf(storage: string, storages: string): string | undefined {
  return storages.split(/^(?=\S)/m).find((part) => part.replace(/^\S+:\s*/, '').split(/\s/, 1)[0] === storage);
}

function folderOf(storage: string, storages: string): string | null {
  const section = sectionOf(storage, storages);
  const path = /^\s+path\s+(\S+)/m.exec(section ?? '')?.[1];
  if (path !== undefined) return path.replace(/\/$/, '');
  return section !== undefined && /^(nfs|cifs):/.test(section) ? `/mnt/pve/${storage}` : null;
}

/** Checks that the file exists. */
export function fileExists(path: string): Command {
  return { kind: 'command', program: 'test', args: ['-f', path], timeoutSeconds: 30 };
}

/** Proxmox verifies the checksum, also of an existing file, which it then leaves as it is. */
export function downloadImage(image: string, { url, sha256 }: Download): Action {
  const options = {
    content: contentOf(image),
    filename: image,
    url,
    checksum: sha256,
    'checksum-algorithm': 'sha256',
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  return action(`make sure that ${image} is on the node, with its checksum`, 'live', {
    kind: 'command',
    program: 'pvesh',
    args: ['create', '/nodes/localhost/storage/local/download-url', ...args],
    timeoutSeconds: DOWNLOAD_SECONDS,
    answer: 'task',
  });
}

/** Candidates for a missing template's name: the files of its storage, and those that Proxmox offers. Runs two commands. */
export async function templatesInstead(host: HostReader, source: Source | undefined): Promise<string[] | undefined> {
  const storage = source !== undefined && 'template' in source ? STORED.exec(source.template)?.[1] : undefined;
  if (storage === undefined) return undefined;
  const [stored, offered] = await Promise.all([filesOn(host, storage), offeredTemplates(host)]);
  const files = [...stored.filter(({ content }) => content === 'vztmpl').map(({ file }) => file), ...offered];
  return files.length === 0 ? undefined : files;
}

/** Templates in the node's copy of Proxmox's list; none where it has no copy yet. */
export async function offeredTemplates(host: HostReader): Promise<string[]> {
  const { stdout } = await host.run({ kind: 'command', program: 'pveam', args: ['available'], timeoutSeconds: 60 });
  return [...stdout.matchAll(/^\S+\s+(\S+\.tar\.\S+)/gm)].map(([, file = '']) => file);
}

/** Templates and images on a storage; none where it does not answer. Runs one command. */
export async function filesOn(
  host: HostReader,
  storage: string,
): Promise<readonly { readonly content: string; readonly file: string }[]> {
  const { stdout } = await host.run({ kind: 'command', program: 'pvesm', args: ['list', storage], timeoutSeconds: 60 });
  return [...stdout.matchAll(/^[^\s:]+:(vztmpl|iso|import)\/(\S+)/gm)].map(([, content = '', file = '']) => {
    return { content, file };
  });
}

const STORED = /^([^/:]+):vztmpl\/(.+)$/;

/** Of the known names, the one that was probably meant: a similar one, or another version of it; null for none. */
export function nearestFile(file: string, known: readonly string[]): string | null {
  return nearest(file, known) ?? known.find((each) => each.startsWith(file.replace(/[_.].*$/, ''))) ?? null;
}

/** A suggestion where the file is neither on the storage nor offered; undefined where it is, or where that is unknown. */
function templateRemedy(storage: string, file: string, known: readonly string[] | undefined): string | undefined {
  if (known === undefined || known.includes(file)) return undefined;
  const meant = nearestFile(file, known);
  const otherwise = `name one that pveam available lists, or put the file on ${storage}, then replay`;
  return meant === null ? otherwise : `did you mean ${storage}:vztmpl/${meant}?`;
}

/**
 * Downloads a template of Proxmox's own list to the storage that its name gives; nothing for a name without a storage.
 *
 * @param known candidates to suggest, where the template is neither on the storage nor offered
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

/**
 * A full clone, which depends on its source no more.
 *
 * @param id the id of the new guest
 * @param storage where all its disks are put
 * @param settings its name and notes, as arguments
 */
export function cloneGuest(
  program: Program,
  id: number,
  { clone, snapshot }: CloneSource,
  storage: string,
  settings: readonly string[],
): Action {
  const args = [
    String(id),
    ...(snapshot === null ? [] : ['--snapname', snapshot]),
    ...['--full', '1', '--storage', storage],
    ...settings,
  ];
  const from = snapshot === null ? '' : ` at ${snapshot}`;
  return action(`clone ${guestName(program, clone)}${from} as ${id}`, 'live', call(program, 'clone', clone, args));
}
