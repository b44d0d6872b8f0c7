// `phoenix replay`: applies a commit again.

import type { Io } from '../io.ts';
import { clientOf } from './client.ts';
import { type AskOptions, endWithRun } from './follow.ts';
import { requesterName } from './requester-name.ts';
import { resolveTargets } from './targets.ts';

export interface ReplayArgs extends AskOptions {
  readonly commit: string;
  /** None means all. */
  readonly targets: readonly string[];
  readonly rewind: boolean;
  readonly dryRun: boolean;
  readonly now: boolean;
}

export async function replay(
  { commit, targets: words, rewind, dryRun, now, ...options }: ReplayArgs,
  io: Io,
): Promise<number> {
  const client = clientOf(io);
  const targets = await resolveTargets(
    client,
    words.flatMap((word) => word.split(',')).filter((word) => word !== ''),
  );
  const { run } = await client.post<{ run: string }>('/replay', {
    commit,
    ...(targets.length === 0 ? {} : { targets }),
    rewind,
    dryRun,
    now,
    by: requesterName(),
  });
  return endWithRun(client, run, options, io);
}
