// Requests a verb from the agent and shows the result.

import { setTimeout as pause } from 'node:timers/promises';
import type { RunJson } from '../../../agent/http/run-json.ts';
import { healthText } from '../../../messages/command.ts';
import { runText } from '../../../messages/run.ts';
import { AT_WORK } from '../../../messages/terminal/at-work.ts';
import { type CommandVerb, imperative, verbRow } from '../../../model/verbs.ts';
import { answerWith, colours, EXIT, type Io, noteProgress } from '../../io.ts';
import { type Client, clientOf } from '../client.ts';
import { type AskOptions, endWithRun, exitOf, reasonTeller } from '../follow.ts';
import { requesterName } from '../requester-name.ts';
import { showAndAsk } from '../show-and-ask.ts';
import { targetsOf } from './words.ts';

export interface VerbArgs extends Pick<AskOptions, 'json'> {
  readonly wait?: boolean;
  readonly verb: CommandVerb;
  /** Arguments after the verb. */
  readonly words: readonly string[];
  /** `--all` instead of names. */
  readonly all?: boolean;
  readonly cascade?: boolean;
  readonly dryRun?: boolean;
  readonly now?: boolean;
  /** Skip confirmations. */
  readonly yes?: boolean;
}

/** Time to wait until the run is planned, which reveals obstacles on the host. */
const PLANNED_WITHIN_MS = 5_000;

/** Reports obstacles immediately; dry runs and health checks are followed, since their result is the answer. */
export async function requestVerb(args: VerbArgs, io: Io): Promise<number> {
  const {
    verb,
    words,
    all = false,
    cascade = false,
    dryRun = false,
    now = false,
    yes = false,
    json,
    wait = false,
  } = args;
  const row = verbRow(verb);
  const targets = targetsOf(verb, row, { words, all });
  if (typeof targets === 'string') {
    io.stderr(`phoenix ${verb}: ${targets}\n`);
    return EXIT.usage;
  }
  const client = clientOf(io);
  const command = { verb, targets, cascade, now, by: requesterName() };
  if (row.showsFirst && !dryRun) {
    // Without a terminal, destructive steps wait for `phoenix approve` as in a commit.
    const answered = await showAndAsk(client, command, { yes, json, wait }, io);
    if (answered !== null) return answered;
  }
  const { run } = await client.post<{ run: string }>('/command', { ...command, dryRun });
  if (imperative(verb)?.looks) return endWithHealth(client, run, json, io);
  if (wait || dryRun) return endWithRun(client, run, { json, wait: true }, io);
  const planned = await Promise.race([
    client.follow(run, { enough: ({ ended, steps }) => ended !== null || steps.length > 0 }).catch(() => null),
    pause(PLANNED_WITHIN_MS, null, { ref: false }),
  ]);
  if (planned === null || planned.state !== 'invalid') {
    // Accepted, but may have to wait.
    if (planned?.reason != null) io.stderr(`${planned.reason}\n`);
    return endWithRun(client, run, { json, wait }, io);
  }
  if (json) io.verbatim(`${JSON.stringify({ run })}\n`);
  io.stderr(`${runText(planned, colours(io, 'stderr'))}\n`);
  return EXIT.no;
}

async function endWithHealth(client: Client, run: string, json: boolean, io: Io): Promise<number> {
  noteProgress(io, AT_WORK.asksHealth(run));
  const end: RunJson = await client.follow(run, { onRun: reasonTeller((line) => io.stderr(`${line}\n`)) });
  const text = end.state === 'invalid' ? runText(end, colours(io, 'stdout')) : healthText(end, colours(io, 'stdout'));
  answerWith(io, json, end, text);
  return exitOf(end);
}
