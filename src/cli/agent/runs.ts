// `phoenix runs`: lists the newest runs, or shows one with its steps.

import type { RunJson } from '../../agent/http/run-json.ts';
import { runText } from '../../messages/run.ts';
import { runsTable } from '../../messages/terminal/runs-table.ts';
import type { Run } from '../../model/run.ts';
import { answerWith, colours, EXIT, type Io } from '../io.ts';
import { clientOf } from './client.ts';
import { endWithRun } from './follow.ts';

export interface RunsArgs {
  readonly run: string | undefined;
  readonly limit: number;
  readonly wait: boolean;
  readonly json: boolean;
}

export async function runs({ run: id, limit, wait, json }: RunsArgs, io: Io): Promise<number> {
  const client = clientOf(io);
  const coloured = colours(io, 'stdout');
  if (id === undefined) {
    const newest = await client.get<Run[]>(`/runs?limit=${limit}`);
    const lines = newest.length === 0 ? 'no runs yet' : runsTable(newest, coloured);
    answerWith(io, json, newest, lines);
    return EXIT.done;
  }
  if (wait) return endWithRun(client, id, { json, wait }, io);
  const run = await client.get<RunJson>(`/runs/${encodeURIComponent(id)}`);
  answerWith(io, json, run, runText(run, coloured));
  return EXIT.done;
}
