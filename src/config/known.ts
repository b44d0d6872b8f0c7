// Entries of files, such as guests, that were read before. One that stands unchanged in the next commit is not checked again, and is
// the same object there, so that configurations share what they have in common.

import type { FilesByPath } from './files.ts';
import type { Place } from './read/place.ts';

interface Read {
  /** What was written, as JSON. */
  readonly text: string;
  readonly circumstances: string;
  /** The files that were looked up for it, and what they were. */
  readonly files: ReadonlyMap<string, string | null>;
  readonly value: unknown;
}

/** What an entry is read from. */
export interface Written {
  readonly at: Place;
  readonly entry: unknown;
  /** Whatever else decides how it is read, such as defaults of its file. */
  readonly circumstances: string;
  readonly files: FilesByPath;
}

/** Entries kept; more than one configuration may hold. */
const KEEP = 100_000;

/** For several configurations that follow each other. Without one each is read for itself. */
export class Known {
  readonly #entries = new Map<string, Read>();

  /**
   * The entry as it was read before, where all that it was read from is the same; else as it is read now. One with which anything is
   * wrong is read every time, as is one that refers to a secret: what there is to say of it rests on more.
   *
   * @param read must look up files in those that it is given
   */
  entry<V>(written: Written, read: (files: FilesByPath) => { value?: V; sound: boolean }): V | undefined {
    const { at, entry, circumstances, files } = written;
    const key = `${at.file}${at.path}`;
    const text = JSON.stringify(entry);
    const before = this.#entries.get(key);
    if (before?.text === text && before.circumstances === circumstances && sameFiles(before.files, files)) {
      return before.value as V;
    }
    const lookedUp = new Map<string, string | null>();
    const { value, sound } = read(noting(files, lookedUp));
    this.#entries.delete(key);
    if (value !== undefined && sound && !text.includes('"$secret"')) {
      if (this.#entries.size >= KEEP) this.#entries.clear();
      this.#entries.set(key, { text, circumstances, files: lookedUp, value });
    }
    return value;
  }
}

/** The same files, with a note of each that is looked up. */
function noting(files: FilesByPath, lookedUp: Map<string, string | null>): FilesByPath {
  return {
    get(path) {
      lookedUp.set(path, identity(files, path));
      return files.get(path);
    },
  };
}

function sameFiles(before: ReadonlyMap<string, string | null>, files: FilesByPath): boolean {
  for (const [path, known] of before) if (identity(files, path) !== known) return false;
  return true;
}

function identity(files: FilesByPath, path: string): string | null {
  const file = files.get(path);
  return file === undefined ? null : `${file.kind} ${file.blob}`;
}
