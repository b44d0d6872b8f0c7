// `phoenix drift`: what differs on the host from what is applied, and with `--fix` the way back.

import type { Io } from '../io.ts';
import { clientOf } from './client.ts';
import { type AskOptions, endWithRun } from './follow.ts';
import { requesterName } from './replay.ts';

export interface DriftArgs extends AskOptions {
  readonly fix: boolean;
}

export async function drift({ fix, ...options }: DriftArgs, io: Io): Promise<number> {
  const client = clientOf(io);
  const { run } = fix
    ? await client.post<{ run: string }>('/command', { verb: 'converge', by: requesterName() })
    : await client.post<{ run: string }>('/drift', { by: requesterName() });
  return endWithRun(client, run, options, io);
}
