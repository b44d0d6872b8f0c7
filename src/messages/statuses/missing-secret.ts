// What is said of secrets that the agent does not have.

import { failureText } from '../../model/failure.ts';

export interface MissingSecret {
  /** What is the matter with it, and what to do, separated by a semicolon. */
  readonly why: string;
  /** Where the files name it: file and JSON pointer. */
  readonly places: readonly string[];
}

/** Why a target is not applied. */
export function missingSecret(secrets: readonly MissingSecret[]): string {
  const [first] = secrets;
  const [, ...remedy] = (first?.why ?? '').split('; ');
  const named = secrets.map(
    ({ why, places }) => `${why.split('; ')[0]} (${places.join(', ') || 'in a file of a stack'})`,
  );
  return failureText({
    what: 'waits for a missing secret',
    why: named.join(', and '),
    remedy: `${remedy.join('; ') || 'put it there'}, and it continues by itself`,
  });
}

/** A line under the plan of a pull request. */
export function missingWhenPlanned(target: string, reason: string): string {
  return `${target} ${reason} (as of this plan)`;
}
