// The config repo, kept as a bare clone on disk and brought up to date over HTTP. Whatever happens to the clone, a process
// killed in the middle or a damaged disk, the next operation works: what cannot be read is cloned afresh.

import { expandOid, findMergeBase } from 'isomorphic-git';
import type { CommitSha } from '../../model/ids.ts';
import type { Log, Repository } from '../../ports.ts';
import { isAncestor } from './ancestry.ts';
import { openClones } from './clones.ts';
import { INCOMPLETE, isDamage, isMissing, NotFound } from './errors.ts';
import { wholeFiles } from './files.ts';
import { HTTP_LIMITS, type HttpLimits, httpClient } from './http.ts';
import { keepObjects, type Objects, readObjects, sharePacks } from './objects.ts';
import { openRemote, type Token } from './remote.ts';
import { readSnapshot, type SnapshotOptions } from './snapshot.ts';
import { openUpkeep } from './upkeep.ts';

export interface RepositoryOptions extends SnapshotOptions {
  /** `https://…` or `http://…`. */
  readonly url: string;
  /** The branch that is followed. */
  readonly branch: string;
  readonly token?: Token;
  /** Where the clone is kept; its own, made when missing. */
  readonly folder: string;
  readonly log: Log;
  readonly limits?: HttpLimits;
  /** Packs that may pile up, one per fetch that brought something, before a fresh clone makes them one. */
  readonly maxPacks?: number;
}

const MAX_PACKS = 50;

/**
 * Does nothing until it is asked for something. A commit that the clone lacks is asked of the server before it counts as
 * unknown. Errors say what to do; none holds the token.
 */
export function openRepository(options: RepositoryOptions): Repository {
  const { branch, log, maxPacks = MAX_PACKS, limits = HTTP_LIMITS } = options;
  const fs = wholeFiles();
  const remote = openRemote(fs, httpClient(limits), options);
  const clones = openClones(options.folder);
  const kept = keepObjects();
  const packs = sharePacks();
  const objectsOf = (clone: string): Objects => readObjects(fs, clone, kept, packs());
  const upkeep = openUpkeep({ fs, remote, clones, objectsOf, log, branch, maxPacks });

  /** Said once a fresh clone lacked the same: another one would too. */
  let incomplete: Error | null = null;

  /** Runs `read` on the clone; when the clone turns out to be damaged, once more on a fresh one. */
  async function reading<Value>(read: (objects: Objects, clone: string) => Promise<Value>): Promise<Value> {
    const attempt = () => clones.reading(async (clone) => ({ value: await read(objectsOf(clone), clone) }));
    if ((await clones.current()) === undefined) await upkeep.update();
    try {
      const result = await attempt();
      if (result !== undefined) return result.value;
      throw new NotFound(`${remote.url} has no branch ${branch}`);
    } catch (error) {
      if (!isDamage(error)) throw error;
      if (incomplete !== null && isMissing(error)) throw incomplete;
      log.warn('the clone cannot be read', { error });
    }
    await upkeep.replace('the old clone cannot be read');
    try {
      const again = await attempt();
      if (again !== undefined) return again.value;
    } catch (error) {
      if (!isMissing(error)) throw error;
      incomplete = new Error(`${remote.url}: the server lacks what its commits name: ${INCOMPLETE}`, { cause: error });
      throw incomplete;
    }
    throw new NotFound(`${remote.url} has no branch ${branch}`);
  }

  function holds(commit: string): Promise<boolean> {
    return reading((objects) =>
      objects.commit(commit).then(
        () => true,
        (error) => {
          if (isMissing(error, commit)) return false;
          throw error;
        },
      ),
    );
  }

  /** Sees to it that the clone holds the commit, from the server when need be. */
  async function having(commit: CommitSha): Promise<void> {
    if (await holds(commit)) return;
    await upkeep.update();
    if (await holds(commit)) return;
    await upkeep.bring(commit);
    if (!(await holds(commit))) throw new NotFound(`${remote.url} has no commit ${commit}`);
  }

  async function expand(abbreviated: string): Promise<CommitSha | null> {
    const id = await reading((_, clone) =>
      expandOid({ fs, gitdir: clone, oid: abbreviated }).catch((error) => {
        if (isMissing(error)) return null;
        throw error;
      }),
    );
    return id !== null && (await holds(id)) ? (id as CommitSha) : null;
  }

  return {
    fetch: () => upkeep.update(),
    async snapshot(commit) {
      await having(commit);
      return reading((objects) => readSnapshot(objects, commit, options));
    },
    async resolve(revision) {
      if (/^[0-9a-f]{40}$/.test(revision)) {
        return having(revision as CommitSha).then(() => revision as CommitSha, orNull);
      }
      const expanded = /^[0-9a-f]{4,39}$/.test(revision) ? await expand(revision) : null;
      return expanded ?? (await upkeep.named(revision));
    },
    async commit(commit) {
      await having(commit);
      const { sha, parents, message, author } = await reading((objects) => objects.commit(commit));
      return { sha, parents, message, author };
    },
    async object(commit) {
      await having(commit);
      return reading((objects) => objects.raw(commit));
    },
    async isAncestor(ancestor, descendant) {
      await having(ancestor);
      await having(descendant);
      return reading((objects) => isAncestor(objects, ancestor, descendant));
    },
    async mergeBase(one, other) {
      await having(one);
      await having(other);
      const oids = [one, other];
      const found = (await reading((_, clone) => findMergeBase({ fs, gitdir: clone, oids }))) as CommitSha[];
      return found[0] ?? null;
    },
    blob: (blob) =>
      reading((objects) =>
        objects.blob(blob).catch((error) => {
          throw isMissing(error, blob) ? new NotFound(`${remote.url} has no blob ${blob}`, { cause: error }) : error;
        }),
      ),
  };
}

function orNull(error: unknown): null {
  if (error instanceof NotFound) return null;
  throw error;
}
