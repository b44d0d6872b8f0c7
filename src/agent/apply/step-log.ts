// What a step did and what its programs printed, kept in the ledger as it happens. What the repository holds in plain text is hidden
// here as it is in plans; values behind references are gone already.

import { setTimeout as pause } from 'node:timers/promises';
import type { RunId, TargetId } from '../../model/ids.ts';
import { hidePlainSecrets } from '../../model/secret-shapes.ts';
import type { Ledger } from '../../ports/ledger.ts';

/** What comes within so long is kept in one write; who follows a log looks once a second. */
const GATHER_MS = 200;

export interface StepLog {
  /** Kept with the lines that come while an earlier write is on its way. */
  write(line: string): void;
  /** Resolves when everything written so far is kept. */
  flush(): Promise<void>;
}

/** A log that cannot be kept does not stop the work. */
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
