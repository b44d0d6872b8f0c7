// The refs that a push changed.

import type { Refs } from './git/repository.ts';

export interface PushedRef {
  readonly ref: string;
  /** All zeros for a new ref. */
  readonly before: string;
  /** All zeros for a deleted ref. */
  readonly after: string;
}

export const ZEROS = '0'.repeat(40);

/** Branches and tags of the repository itself, sorted by name. */
export function pushedRefs(before: Refs, after: Refs): PushedRef[] {
  return changedRefs(before, after).filter(({ ref }) => /^refs\/(heads|tags)\//.test(ref));
}

export function changedRefs(before: Refs, after: Refs): PushedRef[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names
    .map((ref) => ({ ref, before: before.get(ref) ?? ZEROS, after: after.get(ref) ?? ZEROS }))
    .filter((change) => change.before !== change.after);
}
