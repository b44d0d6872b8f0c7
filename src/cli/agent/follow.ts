// Following a run to its end, and the exit code that it deserves.

import type { RunJson } from '../../agent/http/run-json.ts';
import { progressLines, runText } from '../../messages/run.ts';
import { colours, EXIT, type Io } from '../io.ts';
import type { Client } from './client.ts';

export interface AskOptions {
  readonly json: boolean;
  readonly wait: boolean;
}

/**
 * Ends a command that started or touched a run: with `--wait` follows it, with live progress on a terminal; otherwise
 * names it. A run that waits for a person is waited for no longer.
 */
export async function endWithRun(
  client: Client,
  run: string | null,
  { json, wait }: AskOptions,
  io: Io,
): Promise<number> {
  if (!wait || run === null) {
    io.stdout(json ? `${JSON.stringify({ run })}\n` : `${run === null ? 'done' : `run ${run}`}\n`);
    return EXIT.done;
  }
  let seen: RunJson | null = null;
  const end = await client.follow(run, {
    onRun(now) {
      if (io.terminal?.stderr) {
        for (const line of progressLines(seen, now, colours(io, 'stderr'))) io.stderr(`${line}\n`);
      }
      if (now.ended === null && now.reason !== null && now.reason !== seen?.reason) io.stderr(`${now.reason}\n`);
      seen = now;
    },
    enough: waitsForPerson,
  });
  io.stdout(json ? `${JSON.stringify(end)}\n` : `${runText(end, colours(io, 'stdout'))}\n`);
  return exitOf(end);
}

export function exitOf({ state }: Pick<RunJson, 'state'>): number {
  return state === 'succeeded' ? EXIT.done : EXIT.no;
}

/** Nothing runs any more and nothing will, until somebody approves. */
function waitsForPerson({ state, steps }: RunJson): boolean {
  return state === 'blocked' && steps.every(({ outcome }) => outcome !== null);
}
