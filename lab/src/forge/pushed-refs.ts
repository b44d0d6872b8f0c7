// The refs that a push changed.

import type { PushedRef } from './events.ts';
import type { Refs } from './git/repository.ts';

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
