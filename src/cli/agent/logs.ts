// `phoenix logs`: output of a run's steps.

import type { RunJson } from '../../agent/http/run-json.ts';
import { noOutput } from '../../messages/command.ts';
import type { TargetId } from '../../model/ids.ts';
import { EXIT, type Io } from '../io.ts';
import { clientOf } from './client.ts';
import { exitOf } from './follow.ts';
import { resolveTargets } from './targets.ts';

export interface LogsArgs {
  readonly run: string;
  /** Undefined: all steps. */
  readonly target: string | undefined;
  readonly follow: boolean;
  readonly json: boolean;
}

/** With `--follow` until the run ends, with its exit code. Lines of several steps are prefixed with their target. */
export async function logs({ run: id, target: word, follow, json }: LogsArgs, io: Io): Promise<number> {
  const client = clientOf(io);
  const path = `/runs/${encodeURIComponent(id)}`;
  const run = await client.get<RunJson>(path);
  const only = word === undefined ? undefined : (await resolveTargets(client, [word]))[0];
  const collected = new Map<TargetId, string[]>();
  const take = (target: TargetId, lines: readonly string[]) => {
    if (only !== undefined && target !== only) return;
    if (json) collected.set(target, [...(collected.get(target) ?? []), ...lines]);
    else io.verbatim(lines.map((line) => `${only === undefined ? `${target}: ` : ''}${line}\n`).join(''));
  };
  const end = follow ? await client.follow(id, { onLog: take }) : undefined;
  if (!follow) {
    let printed = false;
    const targets = only === undefined ? run.steps.map(({ target }) => target) : [only];
    for (const target of targets) {
      const { lines } = await client.get<{ lines: string[] }>(`${path}/logs/${target}`);
      if (lines.length > 0) take(target, lines);
      printed ||= lines.length > 0;
    }
    if (!printed && !json) io.stderr(`${noOutput(only ?? `run ${id}`)}\n`);
  }
  if (json) {
    const steps = [...collected].map(([target, lines]) => ({ target, lines }));
    io.verbatim(`${JSON.stringify({ run: id, logs: steps })}\n`);
  }
  return end === undefined ? EXIT.done : exitOf(end);
}
