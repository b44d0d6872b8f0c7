// One guest as an entry of a file, on its way into the configuration.

import type { FilesByPath } from '../../config/files.ts';
import type { Place } from '../../config/read/place.ts';

export interface GuestContext {
  readonly id: number;
  readonly at: Place;
  readonly files: FilesByPath;
}

/** `lasting`: nothing was found wrong with it, and it refers to no secret, so that what there is to say of it rests on nothing else. */
export interface GuestEntry<Guest> {
  readonly value?: Guest;
  readonly lasting: boolean;
}

export function byId<Guest extends { readonly id: number }>(guests: readonly Guest[]): Guest[] {
  return guests.toSorted((a, b) => a.id - b.id);
}
