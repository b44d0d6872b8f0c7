// `phoenix create`, `start`, `stop` and the other verbs: what they ask of the agent, and how its answer is shown.

import { setTimeout as pause } from 'node:timers/promises';
import type { RunJson } from '../../../agent/http/run-json.ts';
import type { CommandVerb } from '../../../model/run.ts';
import { healthText } from '../../../say/command.ts';
import { runText } from '../../../say/run.ts';
import { colours, EXIT, type Io } from '../../io.ts';
import { type Client, clientOf } from '../client.ts';
import { type AskOptions, endWithRun, exitOf } from '../follow.ts';
import { who } from '../replay.ts';
import { showAndAsk } from '../show-and-ask.ts';

export interface VerbArgs extends AskOptions {
  readonly verb: CommandVerb;
  readonly targets: readonly string[];
  readonly cascade?: boolean;
  readonly dryRun?: boolean;
  readonly now?: boolean;
  /** Asks nothing where a person would be asked. */
  readonly yes?: boolean;
}

const TARGET = /^([a-z]+\/[\p{L}\p{N}*][\p{L}\p{N}*_ .()-]*|[A-Za-z0-9][\w.-]*)$/u;
/** For a run's turn to come: what is in the way on the host is known only then. */
const PLANNED_WITHIN_MS = 5_000;

/** What is in the way is said at once; a dry run and a health check are followed, since their answer is what is asked for. */
export async function askVerb(args: VerbArgs, io: Io): Promise<number> {
  const { verb, targets, cascade = false, dryRun = false, now = false, yes = false, json, wait } = args;
  const wrong = targets.find((word) => !TARGET.test(word));
  if (wrong !== undefined) {
    io.stderr(`phoenix ${verb}: ${wrong} is no target: write lxc/101, or 101\n`);
    return EXIT.usage;
  }
  const client = clientOf(io);
  const command = { verb, targets, cascade, now, by: who() };
  if (verb === 'delete' && !dryRun) {
    // Where nobody can be asked it waits for `phoenix approve`, as any destruction does.
    const answered = await showAndAsk(client, command, { yes, json, wait }, io);
    if (answered !== null) return answered;
  }
  const { run } = await client.post<{ run: string }>('/command', { ...command, dryRun });
  if (verb === 'health-check') return endWithHealth(client, run, json, io);
  if (wait || dryRun) return endWithRun(client, run, { json, wait: true }, io);
  const planned = await Promise.race([
    client.follow(run, { enough: ({ ended, steps }) => ended !== null || steps.length > 0 }).catch(() => null),
    pause(PLANNED_WITHIN_MS, null, { ref: false }),
  ]);
  if (planned === null || planned.state !== 'invalid') {
    // It was understood, and may have to wait.
    if (planned?.reason != null) io.stderr(`${planned.reason}\n`);
    return endWithRun(client, run, { json, wait }, io);
  }
  if (json) io.stdout(`${JSON.stringify({ run })}\n`);
  io.stderr(`${runText(planned, colours(io, 'stderr'))}\n`);
  return EXIT.no;
}

async function endWithHealth(client: Client, run: string, json: boolean, io: Io): Promise<number> {
  const end: RunJson = await client.follow(run, {});
  const text = end.state === 'invalid' ? runText(end, colours(io, 'stdout')) : healthText(end, colours(io, 'stdout'));
  io.stdout(json ? `${JSON.stringify(end)}\n` : `${text}\n`);
  return exitOf(end);
}
