// The files of one commit, read from Git without a checkout. The commit may come from anybody, so its size is bounded.

import type { BlobId, CommitSha } from '../../model/ids.ts';
import type { ContentTraits, Snapshot, SourceFile } from '../../model/snapshot.ts';
import type { Objects } from './objects.ts';

export interface SnapshotOptions {
  /** Whether the configuration reads this file's content, by its path below the config root. */
  readonly wantsBytes: (path: string) => boolean;
  /** Further files, by their paths below the config root, that the content of one of those names: they are read too. */
  readonly mentionedFiles?: (bytes: Uint8Array) => readonly string[];
  /** Further files that the content of one of those may use: of them only the traits are kept. */
  readonly usedFiles?: (path: string, bytes: Uint8Array) => readonly string[];
  readonly traits?: (bytes: Uint8Array) => ContentTraits;
  /** The config root inside the repository; found by itself when absent. */
  readonly root?: string;
  /** Contents past this size are left out, in bytes. */
  readonly maxFileBytes: number;
}

/** Files of one commit; beyond it the commit is refused rather than read. */
export const MAX_FILES = 100_000;
const CONFIG_FILE = 'etc/phoenix_hypervisor_config.json';

/** Fails when the commit holds more than `MAX_FILES` files, so that no tree can be built to exhaust the memory. */
export async function readSnapshot(objects: Objects, commit: string, options: SnapshotOptions): Promise<Snapshot> {
  const { sha, tree } = await objects.commit(commit);
  const all = await listFiles(objects, tree, sha);
  const root = options.root ?? findRoot(all.keys());
  const files = new Map<string, SourceFile>();
  for (const [path, file] of all) {
    const inside = below(root, path);
    if (inside === undefined) continue;
    files.set(inside, options.wantsBytes(inside) ? await withBytes(objects, file, options.maxFileBytes) : file);
  }
  for (const path of mentionedIn(files, options.mentionedFiles)) {
    const file = files.get(path);
    if (file?.kind === 'file' || file?.kind === 'executable') {
      files.set(path, await withBytes(objects, file, options.maxFileBytes));
    }
  }
  for (const path of usedIn(files, options.usedFiles)) {
    const file = files.get(path);
    if (options.traits === undefined || (file?.kind !== 'file' && file?.kind !== 'executable')) continue;
    const { bytes, ...rest } = await withBytes(objects, file, options.maxFileBytes);
    files.set(path, bytes === undefined ? rest : { ...rest, traits: options.traits(bytes) });
  }
  return { commit: sha, root, files };
}

/** Of the files whose content was read: the others that they may use. */
export function usedIn(
  files: ReadonlyMap<string, SourceFile>,
  usedFiles: SnapshotOptions['usedFiles'] = () => [],
): string[] {
  if ([...files.values()].every(({ bytes }) => bytes !== undefined)) return [];
  const named = [...files].flatMap(([path, { bytes }]) => (bytes === undefined ? [] : usedFiles(path, bytes)));
  return [...new Set(named)].filter((path) => files.has(path) && files.get(path)?.bytes === undefined);
}

/** Of the files whose content was read: the others that they name. */
export function mentionedIn(
  files: ReadonlyMap<string, SourceFile>,
  mentionedFiles: SnapshotOptions['mentionedFiles'] = () => [],
): string[] {
  const named = [...files.values()].flatMap(({ bytes }) => (bytes === undefined ? [] : mentionedFiles(bytes)));
  return [...new Set(named)].filter((path) => files.has(path) && files.get(path)?.bytes === undefined);
}

/**
 * The folder of the configuration among these paths: the one nearest the top, empty for the top itself or when there is
 * none. Fails when several are equally near: a new folder in the repository must not become the configuration by its name.
 */
export function findRoot(paths: Iterable<string>): string {
  const roots: string[] = [];
  for (const path of paths) {
    if (path === CONFIG_FILE) return '';
    if (path.endsWith(`/${CONFIG_FILE}`)) roots.push(path.slice(0, -CONFIG_FILE.length - 1));
  }
  const depth = (root: string): number => root.split('/').length;
  const least = Math.min(...roots.map(depth));
  const [nearest = '', ...others] = roots.filter((root) => depth(root) === least).sort();
  if (others.length === 0) return nearest;
  throw new Error(
    `there are several configurations, ${[nearest, ...others].join(', ')}: set PHOENIX_CONFIG_ROOT to one`,
  );
}

function below(root: string, path: string): string | undefined {
  if (root === '') return path;
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : undefined;
}

async function listFiles(objects: Objects, tree: string, commit: CommitSha): Promise<Map<string, SourceFile>> {
  const files = new Map<string, SourceFile>();
  const waiting = [{ prefix: '', id: tree }];
  let seen = 0;
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for (const entry of await objects.tree(folder.id)) {
      seen += 1;
      if (seen > MAX_FILES) throw new Error(`commit ${commit} holds more than ${MAX_FILES} files and folders`);
      const path = folder.prefix + entry.name;
      if (entry.kind === 'folder') waiting.push({ prefix: `${path}/`, id: entry.id });
      else files.set(path, { blob: entry.id as BlobId, kind: entry.kind });
    }
  }
  return files;
}

async function withBytes(objects: Objects, file: SourceFile, maxBytes: number): Promise<SourceFile> {
  if (file.kind === 'submodule') return file;
  const bytes = await objects.blob(file.blob);
  const size = bytes.byteLength;
  return size > maxBytes ? { ...file, size } : { ...file, size, bytes };
}
