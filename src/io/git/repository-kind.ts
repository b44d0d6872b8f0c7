// Recognises local repositories that Phoenix can read only in part or not at all, by Git's own files, so that missing objects are explained.

import * as fs from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getConfig, getConfigAll } from 'isomorphic-git';
import { isMissing } from './errors.ts';

/** The repository cannot be read, or not completely; the hint says what to do. */
export class UnreadableRepository extends Error {
  override readonly name = 'UnreadableRepository';
  readonly hint: string;

  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}

export interface LocalKind {
  /** A shallow clone: older history is missing. */
  readonly shallow: boolean;
  /** A partial clone: Git fetches objects when they are needed. */
  readonly partial: boolean;
}

/** @throws UnreadableRepository for one with another object or ref format */
export async function kindOfRepository(gitdir: string): Promise<LocalKind> {
  const setting = async (path: string) => String((await getConfig({ fs, gitdir, path })) ?? '').toLowerCase();
  const format = await setting('extensions.objectformat');
  if (format !== '' && format !== 'sha1') {
    throw new UnreadableRepository(
      `${gitdir} names its objects by ${format.toUpperCase().replace('SHA', 'SHA-')}, and Phoenix reads those of SHA-1 only`,
      'Keep the configuration in a repository made with git init --object-format=sha1; a folder can be checked without --rev.',
    );
  }
  const refs = await setting('extensions.refstorage');
  if (refs !== '' && refs !== 'files') {
    throw new UnreadableRepository(
      `${gitdir} keeps its branches in the format ${refs}, which Phoenix does not read`,
      'Convert it: git refs migrate --ref-format=files',
    );
  }
  const shallow = await readFile(join(gitdir, 'shallow'), 'utf8').catch(() => '');
  const promisors = await getConfigAll({ fs, gitdir, path: 'remote.origin.promisor' });
  const partial =
    promisors.some((value) => String(value) === 'true') || (await setting('extensions.partialclone')) !== '';
  return { shallow: shallow.trim() !== '', partial };
}

/** Why an object may be missing in such a repository; null where the repository is complete. */
export function missingReason({ shallow, partial }: LocalKind, what: string): UnreadableRepository | null {
  if (shallow) {
    return new UnreadableRepository(
      `${what} is not in this clone, which is shallow: its history is cut off`,
      'Fetch the rest: git fetch --unshallow; in a workflow, check out with fetch-depth: 0.',
    );
  }
  if (!partial) return null;
  return new UnreadableRepository(
    `${what} is not in this clone, which is partial: Git fetches what is missing when it needs it, and Phoenix does not`,
    'Fetch all of it: git fetch --refetch --no-filter',
  );
}

/** Runs a read, and explains missing objects. */
export async function reading<Value>(kind: LocalKind, what: string, read: () => Promise<Value>): Promise<Value> {
  try {
    return await read();
  } catch (error) {
    throw (isMissing(error) ? missingReason(kind, what) : null) ?? error;
  }
}
