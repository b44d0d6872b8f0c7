// Shared parts of computing the impact of a guest's change.

import type { GuestSpec } from './guest-spec.ts';

/** Whether two parts of specs are equal; specs are normalised, so their text can be compared. */
export function isEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Whether a guest is kept stopped, so that no change needs a restart. */
export function isStill({ final }: GuestSpec): boolean {
  return final === 'stopped' || final === 'template';
}

/** Whether a guest that may run is to become a template: it is shut down for that, for good. */
export function becomesTemplate(before: GuestSpec, after: GuestSpec): boolean {
  return after.final === 'template' && !isStill(before);
}
