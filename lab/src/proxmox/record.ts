// The log of calls of a lab's programs, in order of completion.

import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @param dir folder of the lab
 * @param argv program and arguments
 * @param rc exit code; null for a call that was killed or never ends
 * @param started by `performance.now()`
 */
export function recordCall(dir: string, argv: readonly string[], rc: number | null, started: number): void {
  const ms = Math.round(performance.now() - started);
  appendFileSync(join(dir, 'calls.jsonl'), `${JSON.stringify({ argv, rc, ms })}\n`);
}
