// One subscription to the ledger for the whole process, shared by everyone who follows a run.

import type { RunId, TargetId } from '../../model/ids.ts';
import type { Ledger } from '../../ports/ledger.ts';

export interface Changes {
  /** Calls the listener when the run changed, with the step where only that did, until the returned function is called. */
  follow(run: RunId, listener: (target: TargetId | null) => void): () => void;
  /** Calls the listener with every run that changed, and the step where only that did. */
  all(listener: (run: RunId, target: TargetId | null) => void): () => void;
  close(): Promise<void>;
}

export async function watchChanges(ledger: Pick<Ledger, 'watch'>): Promise<Changes> {
  const listeners = new Set<(run: RunId, target: TargetId | null) => void>();
  const stop = await ledger.watch((run, target) => {
    for (const listener of listeners) listener(run, target);
  });
  const all: Changes['all'] = (listener) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  return {
    all,
    follow: (run, listener) => all((changed, target) => changed === run && listener(target)),
    async close() {
      listeners.clear();
      await stop();
    },
  };
}
