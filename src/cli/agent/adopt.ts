// `phoenix adopt`: guests that were there before Phoenix become its own and are brought to what is declared, once a person has seen what
// that would set.

import { EXIT, type Io } from '../io.ts';
import { clientOf } from './client.ts';
import { type AskOptions, endWithRun } from './follow.ts';
import { who } from './replay.ts';
import { showAndAsk } from './show-and-ask.ts';
import { resolveTargets } from './targets.ts';

export interface AdoptArgs extends AskOptions {
  readonly targets: readonly string[];
  /** Every declared target; said on purpose, so that no forgotten word adopts them all. */
  readonly all: boolean;
  readonly dryRun?: boolean;
  /** Asks nothing. */
  readonly yes?: boolean;
}

/** Without a terminal it goes on: what restarts or replaces a guest then waits for `phoenix approve`. */
export async function adopt(args: AdoptArgs, io: Io): Promise<number> {
  const { targets: words, all, dryRun = false, yes = false, ...options } = args;
  if (all === words.length > 0) {
    io.stderr('phoenix adopt: name the targets, for example lxc/105, or say --all\n');
    return EXIT.usage;
  }
  const client = clientOf(io);
  const command = { verb: 'adopt', targets: await resolveTargets(client, words), by: who() } as const;
  const answered = dryRun ? null : await showAndAsk(client, command, { ...options, yes }, io);
  if (answered !== null) return answered;
  const { run } = await client.post<{ run: string }>('/command', { ...command, dryRun });
  return endWithRun(client, run, { ...options, wait: options.wait || dryRun }, io);
}
