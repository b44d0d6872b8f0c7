// The log of a step: what it did and what its programs printed, recorded in the ledger as it happens. Plain-text secrets of the repository are hidden
// here as in plans; values behind references are already removed.

import { setTimeout as pause } from 'node:timers/promises';
import type { RunId, TargetId } from '../../model/ids.ts';
import { hidePlainSecrets } from '../../model/secret-shapes.ts';
import type { Ledger } from '../../ports/ledger.ts';

/** Lines within this time are written together; readers of a log poll once a second. */
const GATHER_MS = 200;

export interface StepLog {
  /** Buffered while an earlier write is in progress. */
  write(line: string): void;
  /** Resolves when everything so far is recorded. */
  flush(): Promise<void>;
}

/** A failure to record the log does not stop the work. */
export function stepLog(ledger: Ledger, run: RunId, target: TargetId): StepLog {
  let waiting: string[] = [];
  let writing: Promise<void> | undefined;
  const hurried = Promise.withResolvers<void>();

  async function writeAll(): Promise<void> {
    await Promise.race([pause(GATHER_MS, undefined, { ref: false }), hurried.promise]);
    while (waiting.length > 0) {
      const lines = waiting;
      waiting = [];
      await ledger.appendLog(run, target, lines).catch(() => {});
    }
    writing = undefined;
  }

  return {
    write(line) {
      waiting.push(hidePlainSecrets(line));
      writing ??= writeAll();
    },
    async flush() {
      hurried.resolve();
      await writing;
    },
  };
}
