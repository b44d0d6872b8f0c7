// Follows a run to its end and determines the exit code.

import type { RunJson } from '../../agent/http/run-json.ts';
import { runText } from '../../messages/run.ts';
import { AT_WORK } from '../../messages/terminal/at-work.ts';
import { answerWith, colours, EXIT, type Io, noteProgress } from '../io.ts';
import type { Client } from './client.ts';
import { showLive } from './live.ts';

export interface AskOptions {
  readonly json: boolean;
  readonly wait: boolean;
}

/**
 * Finishes a command that started or affected a run: with `--wait` follows it, with live progress on a terminal; otherwise prints its id. Stops
 * waiting if the run needs approval.
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
  // With JSON output, nothing else is printed for programs.
  const live = json && io.terminal?.stderr !== true ? null : showLive(io);
  const tellReason = reasonTeller(live?.say ?? ((line) => io.stderr(`${line}\n`)));
  try {
    const end = await client.follow(run, {
      onRun(now) {
        live?.run(now);
        tellReason(now);
      },
      onLog: (target, lines) => live?.printed(target, lines),
      enough: waitsForPerson,
    });
    live?.close();
    // If both streams go to one terminal, nothing is printed twice.
    const told = io.terminal?.stdout === true && live !== null ? { steps: live.told } : {};
    answerWith(io, json, end, runText(end, colours(io, 'stdout'), { ...told, warnings: countsWarnings(end) }));
    return exitOf(end);
  } finally {
    live?.close();
  }
}

/** Says why a run waits, such as for the end of a freeze, whenever that changes. */
export function reasonTeller(say: (line: string) => void): (run: Pick<RunJson, 'ended' | 'reason'>) => void {
  let told: string | null = null;
  return ({ ended, reason }) => {
    if (ended === null && reason !== null && reason !== told) say(reason);
    told = reason;
  };
}

/** A command or a check brings no commit: whoever asks for several would read its warnings with each. */
export function countsWarnings({ trigger }: Pick<RunJson, 'trigger'>): boolean {
  return trigger === 'command' || trigger === 'drift';
}

export function exitOf({ state }: Pick<RunJson, 'state'>): number {
  return state === 'succeeded' ? EXIT.done : EXIT.no;
}

/** Whether nothing continues without approval. */
function waitsForPerson({ state, steps }: RunJson): boolean {
  return state === 'blocked' && steps.every(({ outcome }) => outcome !== null);
}
