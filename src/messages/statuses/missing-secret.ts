// What is said of secrets that the agent does not have.

import { failureText } from '../../model/failure.ts';

export interface MissingSecret {
  /** Why it cannot be used. */
  readonly why: string;
  /** What to do about it; null if unknown. */
  readonly remedy: string | null;
  /** Where the files name it: file and JSON pointer. */
  readonly places: readonly string[];
}

/** Why a target is not applied. */
export function missingSecret(secrets: readonly MissingSecret[]): string {
  const named = secrets.map(({ why, places }) => `${why} (${places.join(', ') || 'in a file of a stack'})`);
  return failureText({
    what: 'waits for a missing secret',
    why: named.join(', and '),
    remedy: `${secrets[0]?.remedy ?? 'put it there'}, and it continues by itself`,
  });
}

/** A line under the plan of a pull request. */
export function missingWhenPlanned(target: string, reason: string): string {
  return `${target} ${reason} (as of this plan)`;
}
