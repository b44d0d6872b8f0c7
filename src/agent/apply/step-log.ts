// What a step did and what its programs printed, kept in the ledger as it happens. What the repository holds in plain text is hidden
// here as it is in plans; values behind references are gone already.

import type { RunId, TargetId } from '../../model/ids.ts';
import { hidePlainSecrets } from '../../model/secret-shapes.ts';
import type { Ledger } from '../../ports/ledger.ts';

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

  async function writeAll(): Promise<void> {
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
      await writing;
    },
  };
}
