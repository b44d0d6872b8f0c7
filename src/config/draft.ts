// Support for the file formats of earlier versions. Each old form is converted to the current one, with a deprecation notice, before validation, so
// that neither schemas nor rules need to know it.

import type { TargetId } from '../model/ids.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { Place } from './read/place.ts';
import { placeIn } from './read/place.ts';

export type Raw = Record<string, unknown>;

export interface Modern {
  readonly value: unknown;
  readonly diagnostics: readonly Diagnostic[];
}

/** An object that is being migrated; copied only if something in it is outdated. */
export class Draft {
  readonly diagnostics: Diagnostic[] = [];
  readonly #at: Place;
  readonly #target: TargetId | undefined;
  #raw: Raw;
  #copied = false;

  constructor(raw: Raw, at: Place, target?: TargetId) {
    this.#raw = raw;
    this.#at = at;
    this.#target = target;
  }

  get value(): Raw {
    return this.#raw;
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#raw, key);
  }

  get(key: string): unknown {
    return this.has(key) ? this.#raw[key] : undefined;
  }

  set(key: string, value: unknown): void {
    this.#writable()[key] = value;
  }

  remove(key: string): void {
    delete this.#writable()[key];
  }

  /** Records a deprecation notice at a key. */
  old(key: string, message: string, hint: string): void {
    const target = this.#target === undefined ? {} : { target: this.#target };
    this.diagnostics.push({ code: 'LEGACY_SHAPE', at: placeIn(this.#at, key), message, hint, onKey: true, ...target });
  }

  #writable(): Raw {
    if (!this.#copied) this.#raw = { ...this.#raw };
    this.#copied = true;
    return this.#raw;
  }
}

export function isObject(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
