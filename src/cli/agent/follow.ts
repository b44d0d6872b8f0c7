// Following a run to its end, and the exit code that it deserves.

import type { RunJson } from '../../agent/http/run-json.ts';
import { AT_WORK } from '../../messages/at-work.ts';
import { runText } from '../../messages/run.ts';
import { answerWith, colours, EXIT, type Io, noteProgress } from '../io.ts';
import type { Client } from './client.ts';
import { showLive } from './live.ts';

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
    answerWith(io, json, { run }, run === null ? 'done' : `run ${run}`);
    if (run !== null) noteProgress(io, AT_WORK.follow(run));
    return EXIT.done;
  }
  let reason: string | null = null;
  // A program that reads one document is told nothing beside it.
  const live = json && io.terminal?.stderr !== true ? null : showLive(io);
  const say = live?.say ?? ((line: string) => io.stderr(`${line}\n`));
  try {
    const end = await client.follow(run, {
      onRun(now) {
        live?.run(now);
        if (now.ended === null && now.reason !== null && now.reason !== reason) say(now.reason);
        reason = now.reason;
      },
      onLog: (target, lines) => live?.printed(target, lines),
      enough: waitsForPerson,
    });
    live?.close();
    // Where both go to one screen, nothing stands there twice.
    const told = io.terminal?.stdout === true ? live?.told : undefined;
    answerWith(io, json, end, runText(end, colours(io, 'stdout'), told));
    return exitOf(end);
  } finally {
    live?.close();
  }
}

export function exitOf({ state }: Pick<RunJson, 'state'>): number {
  return state === 'succeeded' ? EXIT.done : EXIT.no;
}

/** Nothing runs any more and nothing will, until somebody approves. */
function waitsForPerson({ state, steps }: RunJson): boolean {
  return state === 'blocked' && steps.every(({ outcome }) => outcome !== null);
}
