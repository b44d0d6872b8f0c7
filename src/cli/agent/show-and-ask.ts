// Show, ask, go: a command that destroys or takes over shows first what would be done, by a dry run of the same command, and the yes is
// bound to that run: the agent does what was shown and nothing else.

import { AT_WORK } from '../../messages/at-work.ts';
import { ASKING } from '../../messages/command.ts';
import { runText } from '../../messages/run.ts';
import type { CommandVerb } from '../../model/verbs.ts';
import { agreed } from '../agreed.ts';
import { colours, EXIT, type Io, noteProgress } from '../io.ts';
import type { Client } from './client.ts';
import { type AskOptions, endWithRun } from './follow.ts';

/** As the API takes it. */
export interface AskedCommand {
  readonly verb: CommandVerb;
  readonly targets: readonly string[];
  readonly cascade?: boolean;
  readonly now?: boolean;
  readonly by: string;
}

interface Asking extends AskOptions {
  /** Go on without asking. */
  readonly yes: boolean;
}

/** Where nobody can be asked, null: whoever calls decides what goes on without a yes. */
export async function showAndAsk(
  client: Client,
  command: AskedCommand,
  { yes, ...options }: Asking,
  io: Io,
): Promise<number | null> {
  if (!yes && io.ask === undefined) return null;
  const { run: looked } = await client.post<{ run: string }>('/command', { ...command, dryRun: true });
  noteProgress(io, AT_WORK.looksFirst(looked));
  const shown = await client.follow(looked, {});
  io.stderr(`${runText(shown, colours(io, 'stderr'))}\n`);
  const todo = shown.steps.filter(({ actions }) => actions.length > 0);
  const ended = (exit: number) => {
    if (options.json) io.verbatim(`${JSON.stringify(shown)}\n`);
    return exit;
  };
  if (shown.state !== 'succeeded' && todo.length === 0) return ended(EXIT.no);
  // Where there is nothing to do, it is only recorded.
  if (!yes && todo.length > 0 && (await agreed({ text: ASKING.question(command.verb, todo.length) }, io)) !== 'yes') {
    io.stderr(`${ASKING.declined}\n`);
    return ended(EXIT.no);
  }
  const { run } = await client.post<{ run: string }>('/command', { ...command, shown: looked });
  return endWithRun(client, run, options, io);
}
