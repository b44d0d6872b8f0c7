// One subscription to the ledger for the whole process, shared by everybody who follows a run.

import type { RunId } from '../../model/ids.ts';
import type { Ledger } from '../../ports/ledger.ts';

export interface Changes {
  /** Calls the listener when the run changed, until the returned function is called. */
  follow(run: RunId, listener: () => void): () => void;
  /** Calls the listener with every run that changed. */
  all(listener: (run: RunId) => void): () => void;
  close(): Promise<void>;
}

export async function watchChanges(ledger: Pick<Ledger, 'watch'>): Promise<Changes> {
  const listeners = new Set<(run: RunId) => void>();
  const stop = await ledger.watch((run) => {
    for (const listener of listeners) listener(run);
  });
  const all = (listener: (run: RunId) => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  return {
    all,
    follow: (run, listener) => all((changed) => changed === run && listener()),
    async close() {
      listeners.clear();
      await stop();
    },
  };
}
