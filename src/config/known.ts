// Caches what was read before: entries of files, such as guests, and compose files. One that is unchanged in the next commit is not validated again
// and yields the same object, so that configurations share memory.

import type { FilesByPath } from './files.ts';
import type { Place } from './read/place.ts';

interface Read {
  readonly entry: unknown;
  readonly circumstances: string;
  /** The files that were looked up for the entry, with their identities. */
  readonly files: ReadonlyMap<string, string | null>;
  readonly value: unknown;
}

/** The input from which an entry is read. */
export interface Written {
  readonly at: Place;
  readonly entry: unknown;
  /** Everything else that affects the result, such as defaults of the file. */
  readonly circumstances: string;
  readonly files: FilesByPath;
}

/** Maximum number of cached entries. */
const KEEP = 100_000;

/** Shared by consecutive configurations. */
export class Known {
  readonly #entries = new Map<string, Read>();

  /**
   * The cached entry if its input is unchanged; otherwise reads it.
   *
   * @param read must look up files in the given `files`; `lasting` tells that the result depends on nothing else
   */
  entry<V>(written: Written, read: (files: FilesByPath) => { value: V; lasting: boolean }): V {
    const { at, entry, circumstances, files } = written;
    const key = `${at.file}${at.path}`;
    const before = this.#entries.get(key);
    if (
      before !== undefined &&
      before.circumstances === circumstances &&
      sameJson(before.entry, entry) &&
      sameFiles(before.files, files)
    ) {
      return before.value as V;
    }
    const noting = new NotedFiles(files);
    const { value, lasting } = read(noting);
    if (before !== undefined) this.#entries.delete(key);
    if (lasting) {
      if (this.#entries.size >= KEEP) this.#entries.clear();
      this.#entries.set(key, { entry, circumstances, files: noting.lookedUp, value });
    }
    return value;
  }
}

const NO_FILES: ReadonlyMap<string, string | null> = new Map();

/** Records which files are looked up. */
class NotedFiles implements FilesByPath {
  readonly #files: FilesByPath;
  #lookedUp: Map<string, string | null> | undefined;

  constructor(files: FilesByPath) {
    this.#files = files;
  }

  get(path: string): ReturnType<FilesByPath['get']> {
    this.#lookedUp ??= new Map();
    this.#lookedUp.set(path, identity(this.#files, path));
    return this.#files.get(path);
  }

  get lookedUp(): ReadonlyMap<string, string | null> {
    return this.#lookedUp ?? NO_FILES;
  }
}

/** Whether two values have the same JSON text, including the order of keys. Their depth is limited by the reader. */
function sameJson(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, index) => sameJson(item, b[index]));
  }
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  return (
    keys.length === others.length &&
    keys.every(
      (key, index) =>
        key === others[index] && sameJson((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
    )
  );
}

function sameFiles(before: ReadonlyMap<string, string | null>, files: FilesByPath): boolean {
  for (const [path, known] of before) if (identity(files, path) !== known) return false;
  return true;
}

function identity(files: FilesByPath, path: string): string | null {
  const file = files.get(path);
  return file === undefined ? null : `${file.kind} ${file.blob}`;
}
