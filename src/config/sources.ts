// Parses the files of a commit to values and collects syntax errors. Which files are read is decided in load/reading.ts.

import type { Snapshot, SourceFile } from '../model/snapshot.ts';
import type { Diagnostic } from './diagnostic.ts';
import { MAX_FILE_BYTES } from './limits.ts';
import { notTheContent, placeholderKind } from './read/content.ts';
import { readJson } from './read/read-json.ts';

const ADD_OR_NAME_ROOT =
  'Add it. Where the configuration is in another folder, name that one; `phoenix init DIR` writes a minimal one.';

/** Parsed files, with their texts for looking up positions. */
export class Sources {
  readonly diagnostics: Diagnostic[] = [];
  readonly texts = new Map<string, string>();
  readonly #files: Snapshot['files'];
  readonly #ifEmpty: (path: string) => string | null;
  readonly #values = new Map<string, unknown>();

  /** @param ifEmpty what to write into an empty file, as a sentence */
  constructor(snapshot: Snapshot, ifEmpty: (path: string) => string | null) {
    this.#files = snapshot.files;
    this.#ifEmpty = ifEmpty;
  }

  /** The value of a JSON file, parsed once; undefined if unreadable, which is reported as a diagnostic. */
  json(path: string, need: 'needed' | 'optional'): unknown {
    if (!this.#values.has(path)) this.#values.set(path, this.#read(path, need));
    return this.#values.get(path);
  }

  #read(path: string, need: 'needed' | 'optional'): unknown {
    const bytes = this.bytes(path, need, MAX_FILE_BYTES);
    if (bytes === undefined) return undefined;
    const { value, text, faults } = readJson(bytes);
    this.texts.set(path, text);
    for (const { code, path: pointer, message, hint, position } of faults) {
      const diagnostic = { code, at: { file: path, path: pointer }, message, position, onKey: true };
      const advice = hint ?? (text.trim() === '' ? this.#ifEmpty(path) : null);
      this.diagnostics.push(advice === null ? diagnostic : { ...diagnostic, hint: advice });
    }
    return value;
  }

  bytes(path: string, need: 'needed' | 'optional', limit: number): Uint8Array | undefined {
    const file = this.#files.get(path);
    if (file === undefined) {
      if (need === 'needed') this.#refuse(path, 'MISSING_FILE', 'the file is missing', ADD_OR_NAME_ROOT);
      return undefined;
    }
    const reason = unreadableReason(file, limit);
    if (reason === null) {
      const instead = file.bytes === undefined ? null : placeholderKind(file.bytes);
      if (instead === null) return file.bytes;
      this.diagnostics.push(notTheContent(path, instead));
      return undefined;
    }
    this.#refuse(path, file.kind === 'symlink' || file.kind === 'submodule' ? 'MISSING_FILE' : 'SYNTAX', reason);
    return undefined;
  }

  #refuse(path: string, code: 'MISSING_FILE' | 'SYNTAX', message: string, hint?: string): void {
    const diagnostic = { code, at: { file: path, path: '' }, message, position: { line: 1, column: 1 } } as const;
    this.diagnostics.push(hint === undefined ? diagnostic : { ...diagnostic, hint });
  }
}

function unreadableReason(file: SourceFile, limit: number): string | null {
  if (file.kind === 'symlink') return 'is a symbolic link, which is not followed';
  if (file.kind === 'submodule') return 'is a submodule, which is not read';
  const size = file.bytes?.length ?? file.size ?? Number.POSITIVE_INFINITY;
  if (size <= limit && file.bytes !== undefined) return null;
  const shown = Number.isFinite(size) ? `has ${size} bytes` : 'is too large';
  return `${shown}; at most ${limit} are read`;
}
