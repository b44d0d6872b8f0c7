// `phoenix approve`: approves a step that destroys or recreates something.

import type { Io } from '../io.ts';
import { clientOf } from './client.ts';
import { type AskOptions, endWithRun } from './follow.ts';
import { requesterName } from './requester-name.ts';
import { resolveTargets } from './targets.ts';

export interface ApproveArgs extends AskOptions {
  readonly run: string;
  readonly target: string;
}

export async function approve({ run, target: word, ...options }: ApproveArgs, io: Io): Promise<number> {
  const client = clientOf(io);
  const [target] = await resolveTargets(client, [word]);
  await client.post(`/runs/${encodeURIComponent(run)}/approve`, { target, by: requesterName() });
  return endWithRun(client, run, options, io);
}
