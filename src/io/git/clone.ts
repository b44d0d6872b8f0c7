// One clone as it is read: its objects, and its history as far as it is here.

import type { History } from './ancestry.ts';
import { isMissing, missing } from './errors.ts';
import { type Kept, type Objects, objectsOf } from './objects.ts';
import { openStore, type Store } from './pack/store.ts';
import { readShallow } from './shallow.ts';

export interface Clone extends Objects {
  readonly gitdir: string;
  readonly store: Store;
  readonly history: History;
  /** Whether it is here, and a commit. @throws Damage */
  holds(id: string): Promise<boolean>;
  close(): void;
}

export function openClone(gitdir: string, kept: Kept): Clone {
  const store = openStore(gitdir);
  const objects = objectsOf(store, kept);
  return {
    ...objects,
    gitdir,
    store,
    history: {
      async parents(id) {
        const { parents } = await objects.commit(id);
        const absent = parents.find((parent) => !store.has(parent));
        if (absent === undefined) return parents;
        if ((await readShallow(gitdir)).has(id)) return null;
        throw missing(absent);
      },
      time: async (id) => (await objects.commit(id)).time,
    },
    holds: (id) =>
      objects.commit(id).then(
        () => true,
        (error) => {
          if (isMissing(error, id)) return false;
          throw error;
        },
      ),
    close: store.close,
  };
}

/** Of those commits the ones whose parents are not all here. */
export async function cutOffAmong(clone: Clone, commits: Iterable<string>): Promise<Set<string>> {
  const cut = new Set<string>();
  for (const id of commits) {
    if (!clone.store.has(id)) continue;
    const { parents } = await clone.commit(id);
    if (parents.some((parent) => !clone.store.has(parent))) cut.add(id);
  }
  return cut;
}
