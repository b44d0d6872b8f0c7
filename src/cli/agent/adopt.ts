// `phoenix adopt`: guests that were there before Phoenix become its own and are brought to what is declared.

import { EXIT, type Io } from '../io.ts';
import { clientOf } from './client.ts';
import { type AskOptions, endWithRun } from './follow.ts';
import { who } from './replay.ts';
import { resolveTargets } from './targets.ts';

export interface AdoptArgs extends AskOptions {
  readonly targets: readonly string[];
  /** Every declared target; said on purpose, so that no forgotten word adopts them all. */
  readonly all: boolean;
}

export async function adopt({ targets: words, all, ...options }: AdoptArgs, io: Io): Promise<number> {
  if (all === words.length > 0) {
    io.stderr('phoenix adopt: name the targets, for example lxc/105, or say --all\n');
    return EXIT.usage;
  }
  const client = clientOf(io);
  const targets = await resolveTargets(client, words);
  const { run } = await client.post<{ run: string }>('/command', { verb: 'adopt', targets, by: who() });
  return endWithRun(client, run, options, io);
}
