// Reads the configuration for a command: from a folder on disk, or from a commit of its repository.

import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { folderPaths, folderSnapshot } from '../io/folder.ts';
import { UnreadableRepository } from '../io/git/repository-kind.ts';
import { type LocalRepository, openLocalRepository } from '../io/local-repository.ts';
import { findRoots, READING } from '../load/reading.ts';
import { HYPERVISOR_FILE } from '../managers/places.ts';
import type { CommitSha } from '../model/ids.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { readSourceSettings, type SourceSettings } from '../settings/source.ts';
import { EXIT, type Io } from './io.ts';

/** The command failed: message and remedy for people, exit code for programs. */
export class SourceFailure extends Error {
  override readonly name = 'SourceFailure';
  readonly hint: string | null;
  readonly exit: number;

  constructor(message: string, hint: string | null = null, exit: number = EXIT.usage, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
    this.exit = exit;
  }
}

/** Settings for reading a configuration. */
export function sourceSettings({ env }: Pick<Io, 'env'>): SourceSettings {
  return readSourceSettings(env, (path) => readFileSync(path, 'utf8'));
}

/** The current files of a folder. `root` is the config root inside it; default: detected. */
export async function folderSource(given: string, root: string | undefined): Promise<Snapshot> {
  const path = await configFolder(given);
  return readable(async () => {
    const paths = await folderPaths(path);
    if (root === undefined && findRoots(paths).length === 0 && paths.includes('HEAD') && paths.includes('config')) {
      throw new SourceFailure(`${path} is a bare Git repository`, 'Say which commit of it, for example --rev main.');
    }
    return folderSnapshot(path, root === undefined ? onlyRoot(paths) : insideRoot(root), paths, READING);
  });
}

/** The folder to search; for a config root's `etc/` folder the root itself. */
export async function configFolder(path: string): Promise<string> {
  await mustBeFolder(path);
  const folder = resolve(path);
  const [name, config] = [basename(folder), join(folder, basename(HYPERVISOR_FILE))];
  if (name !== dirname(HYPERVISOR_FILE) || (await stat(config).catch(() => null)) === null) return path;
  return dirname(folder);
}

/** The repository at or above a folder. */
export async function repositoryAt(path: string): Promise<LocalRepository> {
  await mustBeFolder(path);
  const repository = await readable(() => openLocalRepository(path));
  if (repository === null) throw new SourceFailure(`${path} is in no Git repository`, 'Name the folder of one.');
  return repository;
}

/** The full id of a revision. */
export async function commitAt(repository: LocalRepository, revision: string): Promise<CommitSha> {
  const commit = await readable(() => repository.resolve(revision));
  if (commit === null) {
    throw new SourceFailure(`there is no commit ${JSON.stringify(revision)}`, 'Name a branch, a tag, or a commit id.');
  }
  return commit;
}

/** The files of a commit, without a checkout. */
export async function commitSource(
  repository: LocalRepository,
  commit: CommitSha,
  root: string | undefined,
): Promise<Snapshot> {
  return readable(async () => {
    const found = root === undefined ? onlyRoot(await repository.paths(commit)) : insideRoot(root);
    return repository.snapshot(commit, { ...READING, root: found });
  });
}

/** Turns read errors (permissions, disk, too many files) into a readable failure. */
async function readable<Value>(read: () => Promise<Value>): Promise<Value> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof SourceFailure || !(error instanceof Error)) throw error;
    if (error instanceof UnreadableRepository) {
      throw new SourceFailure(error.message, error.hint, EXIT.missing, { cause: error });
    }
    throw new SourceFailure(`cannot be read: ${error.message}`, null, EXIT.missing, { cause: error });
  }
}

async function mustBeFolder(path: string): Promise<void> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    // One that may not be looked at is not one that is missing.
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
  if (found?.isDirectory()) return;
  throw new SourceFailure(
    found === null ? `${path} does not exist` : `${path} is not a folder`,
    'Name the folder or repository that contains the configuration; phoenix init DIR writes a new one.',
  );
}

/** The topmost root; the top level if there is none, so that missing files are reported as problems. */
function onlyRoot(paths: readonly string[]): string {
  const depth = (root: string) => (root === '' ? 0 : root.split('/').length);
  const roots = findRoots(paths);
  const least = roots.reduce((found, root) => Math.min(found, depth(root)), Number.POSITIVE_INFINITY);
  const [nearest = '', ...others] = roots.filter((root) => depth(root) === least);
  if (others.length === 0) return nearest;
  const hint = 'Say which one with --root or PHOENIX_CONFIG_ROOT.';
  throw new SourceFailure(`there are several configurations: ${[nearest, ...others].join(', ')}`, hint);
}

/** A given root, relative to the folder and normalised. */
function insideRoot(root: string): string {
  const parts = root.split('/').filter((part) => part !== '' && part !== '.');
  if (root.startsWith('/') || parts.includes('..')) {
    throw new SourceFailure(
      `the config root ${root} is not a folder inside`,
      'Give it relative to the folder or repository.',
    );
  }
  return parts.join('/');
}
