// Reads the clone of the config repo, and replaces it once where it turns out to be corrupt.

import type { Log } from '../../../ports/log.ts';
import type { Clone } from '../clone/clone.ts';
import type { Clones } from '../clone/clones.ts';
import { INCOMPLETE, isDamage, isMissing, NotFound } from '../errors.ts';
import type { Upkeep } from './upkeep.ts';

export interface ReaderDeps {
  readonly clones: Clones;
  /** Opens a clone with all in-memory caches. */
  readonly cloneAt: (gitdir: string) => Clone;
  readonly upkeep: Upkeep;
  readonly log: Log;
  /** The server's URL, without credentials. */
  readonly url: string;
  readonly branch: string;
}

export type ReadClone = <Value>(ask: (clone: Clone) => Promise<Value>) => Promise<Value>;

/**
 * Returns a function that asks the clone, which is created first where there is none. If the clone turns out to be corrupt, the function asks once
 * more on a fresh one.
 *
 * The function throws NotFound when the server has no such branch, and an error with the remedy when the server lacks what its commits name.
 */
export function cloneReader({ clones, cloneAt, upkeep, log, url, branch }: ReaderDeps): ReadClone {
  /** Set once a fresh clone lacked the same object: another one would too. */
  let incomplete: Error | null = null;

  async function attempt<Value>(ask: (clone: Clone) => Promise<Value>): Promise<Value> {
    const result = await clones.reading(async (gitdir) => ({ value: await ask(cloneAt(gitdir)) }));
    if (result === undefined) throw new NotFound(`${url} has no branch ${branch}`);
    return result.value;
  }

  /** @throws `error` unless a fresh clone may read what this one could not */
  function throwUnlessCorrupt(error: unknown): void {
    if (!isDamage(error)) throw error;
    if (incomplete !== null && isMissing(error)) throw incomplete;
  }

  function missingOnServer(error: unknown): unknown {
    if (!isMissing(error)) return error;
    incomplete = new Error(`${url}: the server lacks what its commits name: ${INCOMPLETE}`, { cause: error });
    return incomplete;
  }

  return async (ask) => {
    if ((await clones.current()) === undefined) await upkeep.update();
    try {
      return await attempt(ask);
    } catch (error) {
      throwUnlessCorrupt(error);
      log.warn('the clone cannot be read', { error });
    }
    await upkeep.replace('the old clone cannot be read');
    try {
      return await attempt(ask);
    } catch (error) {
      throw missingOnServer(error);
    }
  };
}
