// Reads the files of one commit from Git without a checkout. The commit may come from anybody, so its size is limited.

import type { CommitSha } from '../../model/ids.ts';
import type { ContentTraits, Snapshot, SourceFile } from '../../model/snapshot.ts';
import { type FileReader, type FileSource, filesOf } from './clone/listing.ts';

export interface SnapshotOptions {
  /** Whether the configuration reads this file's content, by its path below the config root. */
  readonly readsContent: (path: string) => boolean;
  /** Further files, by paths below the config root, that such a content names: they are read too. */
  readonly mentionedFiles?: (bytes: Uint8Array) => readonly string[];
  /** Further files that such a content may use: only their traits are kept. */
  readonly usedFiles?: (path: string, bytes: Uint8Array) => readonly string[];
  readonly traits?: (bytes: Uint8Array) => ContentTraits;
  /** The config root inside the repository. Default: found automatically. */
  readonly root?: string;
  /** Larger contents are left out, in bytes. */
  readonly maxFileBytes: number;
}

const CONFIG_FILE = 'etc/phoenix_hypervisor_config.json';

/** Fails when the commit has too many files, so that no tree can exhaust memory. */
export function readSnapshot(objects: FileSource, commit: string, options: SnapshotOptions): Promise<Snapshot> {
  return snapshotOf(filesOf(objects), commit, options);
}

export async function snapshotOf(reader: FileReader, commit: string, options: SnapshotOptions): Promise<Snapshot> {
  const all = await reader.list(commit);
  const root = options.root ?? findRoot(all.keys());
  const files = new Map<string, SourceFile>();
  for (const [path, file] of all) {
    const inside = below(root, path);
    if (inside !== undefined) files.set(inside, file);
  }
  const read = async (paths: readonly string[]): Promise<void> => {
    const wanted = paths.filter((path) => files.get(path)?.kind !== 'submodule');
    const blobs = new Set(wanted.flatMap((path) => files.get(path)?.blob ?? []));
    const contents = await reader.contents([...blobs], options.maxFileBytes);
    for (const path of wanted) {
      const file = files.get(path);
      if (file !== undefined) files.set(path, { ...file, ...contents.get(file.blob) });
    }
  };
  await read([...files.keys()].filter(options.readsContent));
  await read(mentionedIn(files, options.mentionedFiles).filter((path) => isPlain(files.get(path))));
  if (options.traits === undefined) return { commit: commit as CommitSha, root, files };
  const used = usedIn(files, options.usedFiles).filter((path) => isPlain(files.get(path)));
  await read(used);
  for (const path of used) {
    const { bytes, ...rest } = files.get(path) as SourceFile;
    files.set(path, bytes === undefined ? rest : { ...rest, traits: options.traits(bytes) });
  }
  return { commit: commit as CommitSha, root, files };
}

function isPlain(file: SourceFile | undefined): boolean {
  return file?.kind === 'file' || file?.kind === 'executable';
}

/** Files that the content of the files read so far may use. */
export function usedIn(
  files: ReadonlyMap<string, SourceFile>,
  usedFiles: SnapshotOptions['usedFiles'] = () => [],
): string[] {
  if ([...files.values()].every(({ bytes }) => bytes !== undefined)) return [];
  const named = [...files].flatMap(([path, { bytes }]) => (bytes === undefined ? [] : usedFiles(path, bytes)));
  return [...new Set(named)].filter((path) => files.has(path) && files.get(path)?.bytes === undefined);
}

/** Files that the content of the files read so far names. */
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
