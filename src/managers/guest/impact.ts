// What the kinds of guests share when they weigh a change.

import type { GuestSpec } from './guest-spec.ts';

/** Whether two parts of specs say the same; specs are normalised, so their text decides. */
export function isEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** A guest that is kept stopped has nothing to restart. */
export function isStill({ final }: GuestSpec): boolean {
  return final === 'stopped' || final === 'template';
}
