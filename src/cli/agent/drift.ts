// `phoenix drift`: shows differences between the host and the applied state; `--fix` reverts them.

import type { Io } from '../io.ts';
import { clientOf } from './client.ts';
import { type AskOptions, endWithRun } from './follow.ts';
import { requesterName } from './requester-name.ts';

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
