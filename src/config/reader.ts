// Context for the reading functions of every kind: values of the files, cached entries and collected diagnostics.

import type { TargetId } from '../model/ids.ts';
import type { SecretBounds } from '../model/secret-bounds.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Diagnostic } from './diagnostic.ts';
import { Diagnostics } from './diagnostics.ts';
import type { Known } from './known.ts';
import type { Place } from './read/place.ts';
import type { Sources } from './sources.ts';
import { type Marking, unusedAndPlain } from './written-marks.ts';
import { type LookForSecrets, secretSeeker } from './written-secrets.ts';

interface InspectOptions {
  /** The value in the current format, to which the schema metadata applies. */
  readonly modern?: unknown;
  readonly target?: TargetId;
}

/** Records which files could not be read completely. */
interface UnreadableFiles {
  addFile(path: string): void;
}

/** Reads the entries of files and collects their diagnostics. */
export class Reader<Unreadable extends UnreadableFiles> {
  readonly diagnostics = new Diagnostics();
  /** Problems of secret references. */
  readonly references: Diagnostic[] = [];
  readonly unreadable: Unreadable;
  readonly sources: Sources;
  readonly files: Snapshot['files'];
  /** Cache of guests and other entries of earlier configurations. */
  readonly known: Known;
  readonly #bounds: SecretBounds;
  readonly #seek: LookForSecrets;

  constructor(sources: Sources, snapshot: Snapshot, bounds: SecretBounds, known: Known, unreadable: Unreadable) {
    this.sources = sources;
    this.files = snapshot.files;
    this.known = known;
    this.unreadable = unreadable;
    this.#bounds = bounds;
    this.#seek = secretSeeker(snapshot.files, bounds);
  }

  /** The value of a JSON file. Undefined if it is absent or unreadable; the latter is recorded. */
  json(path: string, need: 'needed' | 'optional'): unknown {
    const raw = this.sources.json(path, need);
    if (raw === undefined && (need === 'needed' || this.files.has(path))) this.unreadable.addFile(path);
    return raw;
  }

  /** Reports fields without effect and secrets of one value, secrets under their field names in the file. Returns whether it has neither. */
  inspect(
    marking: Marking | null,
    written: unknown,
    at: Place,
    { modern = written, target }: InspectOptions = {},
  ): boolean {
    const marked = marking === null ? [] : unusedAndPlain(marking, modern, at, this.#bounds, target);
    const { references, plain, refers } = this.#seek(written, at, marked, target);
    this.diagnostics.add(marked);
    this.diagnostics.add(plain);
    this.references.push(...references);
    return marked.length + plain.length === 0 && !refers;
  }

  /** Whether to skip further entries of the file because the limit of errors is reached. */
  isFull(file: string): boolean {
    if (this.diagnostics.full) this.unreadable.addFile(file);
    return this.diagnostics.full;
  }
}
