// What the reading functions of every kind work with: the files' values, what is known of them, and where what is wrong is noted.

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

interface Looked {
  /** The value in today's shape, which the marks are of. */
  readonly modern?: unknown;
  readonly target?: TargetId;
}

/** Where is noted which files hold more than could be read. */
interface Notes {
  addFile(path: string): void;
}

/** Reads the entries of files. What is wrong with them is among the diagnostics. */
export class Reader<Unreadable extends Notes> {
  readonly diagnostics = new Diagnostics();
  /** What is wrong with references to secrets. */
  readonly references: Diagnostic[] = [];
  readonly unreadable: Unreadable;
  readonly sources: Sources;
  readonly files: Snapshot['files'];
  /** Guests and other entries of configurations before. */
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

  /** The value of a JSON file. Undefined for one that is not there, and for one that cannot be read, which is then noted. */
  json(path: string, need: 'needed' | 'optional'): unknown {
    const raw = this.sources.json(path, need);
    if (raw === undefined && (need === 'needed' || this.files.has(path))) this.unreadable.addFile(path);
    return raw;
  }

  /** Fields without effect and secrets of one written value, the latter in the words of the file. Whether it has neither. */
  look(marking: Marking | null, written: unknown, at: Place, { modern = written, target }: Looked = {}): boolean {
    const marked = marking === null ? [] : unusedAndPlain(marking, modern, at, this.#bounds, target);
    const { references, plain, refers } = this.#seek(written, at, marked, target);
    this.diagnostics.add(marked);
    this.diagnostics.add(plain);
    this.references.push(...references);
    return marked.length + plain.length === 0 && !refers;
  }

  /** Further entries of the file are not looked at: there are more errors already than are shown. */
  enough(file: string): boolean {
    if (this.diagnostics.full) this.unreadable.addFile(file);
    return this.diagnostics.full;
  }
}
