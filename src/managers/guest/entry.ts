// One guest's entry of a file, while it is being read into the configuration.

import type { FilesByPath } from '../../config/files.ts';
import type { Place } from '../../config/read/place.ts';

export interface GuestContext {
  readonly id: number;
  readonly at: Place;
  readonly files: FilesByPath;
}

/** `lasting`: the entry has no problems and refers to no secret, so its diagnostics depend on nothing else and can be cached. */
export interface GuestEntry<Guest> {
  /** Undefined if invalid. */
  readonly value: Guest | undefined;
  readonly lasting: boolean;
}

export function byId<Guest extends { readonly id: number }>(guests: readonly Guest[]): Guest[] {
  return guests.toSorted((a, b) => a.id - b.id);
}
