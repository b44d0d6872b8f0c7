// Which commit comes before which, by parents alone: times and order of arrival say nothing.

import type { Objects } from './objects.ts';

/** Whether `ancestor` is `descendant` or comes before it. Reads back to the beginning only when it is not. */
export async function isAncestor(objects: Objects, ancestor: string, descendant: string): Promise<boolean> {
  const seen = new Set([descendant]);
  for (const id of seen) {
    if (id === ancestor) return true;
    const { parents } = await objects.commit(id);
    for (const parent of parents) seen.add(parent);
  }
  return false;
}
