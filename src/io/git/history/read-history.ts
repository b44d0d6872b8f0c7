// Answers questions about the history of commits, and fetches as much of it as the answer needs.

import type { CommitSha } from '../../../model/ids.ts';
import type { Clone } from '../clone/clone.ts';
import { INCOMPLETE } from '../errors.ts';
import type { ReadClone } from '../upkeep/read-clone.ts';
import type { Upkeep } from '../upkeep/upkeep.ts';
import { type History, HistoryCut } from './ancestry.ts';

/** History that the server refused is not requested again before this time has passed. */
const REFUSED_FOR_MS = 10 * 60 * 1000;

export interface HistoryReaderDeps {
  readonly reading: ReadClone;
  readonly deepen: Upkeep['deepen'];
  /** The server's URL, without credentials. */
  readonly url: string;
  /** Depths to which history is fetched, step by step; the last one is the whole history. */
  readonly depths: readonly number[];
}

export type AskHistory<Value> = (history: History, clone: Clone) => Promise<Value>;

/**
 * Returns a function that asks about the history of commits that the clone has. Where the answer needs more history than the clone has, the function
 * fetches it and asks again; it throws where the server does not give it out.
 */
export function historyReader({ reading, deepen, url, depths }: HistoryReaderDeps) {
  /** Commits whose history the server refused, with the time. */
  const refused = new Map<string, number>();

  /** @throws when the history before the commit was requested in vain, now or shortly before */
  function throwIfRefused(cut: HistoryCut, depth: number | undefined): asserts depth is number {
    if (depth === undefined) refused.set(cut.at, performance.now());
    const since = performance.now() - (refused.get(cut.at) ?? Number.NEGATIVE_INFINITY);
    if (depth !== undefined && since >= REFUSED_FOR_MS) return;
    throw new Error(`${url} does not give out what came before ${cut.at}: ${INCOMPLETE}`, { cause: cut });
  }

  return async <Value>(commits: readonly CommitSha[], ask: AskHistory<Value>): Promise<Value> => {
    for (let step = 0; ; step += 1) {
      try {
        return await reading((clone) => ask(clone.history, clone));
      } catch (error) {
        if (!(error instanceof HistoryCut)) throw error;
        const depth = depths[step];
        throwIfRefused(error, depth);
        await deepen(commits, depth);
      }
    }
  };
}
