// Runs one below the other, for a terminal. Pure.

import type { Run } from '../../model/run.ts';
import { printable } from '../printable.ts';
import { outcomeCounts, runOrigin, runWord, STATE_STYLES } from '../run.ts';
import { shortSha } from '../statuses/status.ts';
import { paint } from './paint.ts';
import { tableOf } from './width.ts';

/** One below the other: `run 12  succeeded  3f2a1bc  push by ada  2 applied, 1 unchanged`. */
export function runsTable(runs: readonly Run[], colours: boolean): string {
  const rows = runs.map((run) => [
    `run ${run.id}`,
    runWord(run),
    shortSha(run.commit),
    printable(runOrigin(run)),
    outcomeCounts(run),
  ]);
  const lines = tableOf(rows).split('\n');
  return lines.map((line, at) => painted(line, runs[at], colours)).join('\n');
}

function painted(line: string, run: Run | undefined, colours: boolean): string {
  return run === undefined ? line : line.replace(runWord(run), (word) => paint(word, STATE_STYLES[run.state], colours));
}
