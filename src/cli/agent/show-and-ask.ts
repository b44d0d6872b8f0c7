// Previews a destructive or adopting command with a dry run and asks for confirmation. The confirmed execution is bound to that dry run: the agent
// does exactly what was shown.

import { ASKING } from '../../messages/command.ts';
import { runText } from '../../messages/run.ts';
import { AT_WORK } from '../../messages/terminal/at-work.ts';
import type { CommandVerb } from '../../model/verbs.ts';
import { confirm } from '../confirm.ts';
import { colours, EXIT, type Io, noteProgress } from '../io.ts';
import type { Client } from './client.ts';
import { type AskOptions, countsWarnings, endWithRun, reasonTeller } from './follow.ts';

/** Body of the API request. */
export interface AskedCommand {
  readonly verb: CommandVerb;
  readonly targets: readonly string[];
  readonly cascade?: boolean;
  readonly now?: boolean;
  readonly by: string;
}

interface Asking extends AskOptions {
  /** Skip the confirmation. */
  readonly yes: boolean;
}

/** Null without a terminal: the caller decides what proceeds without confirmation. */
export async function showAndAsk(
  client: Client,
  command: AskedCommand,
  { yes, ...options }: Asking,
  io: Io,
): Promise<number | null> {
  if (!yes && io.ask === undefined) return null;
  const { run: looked } = await client.post<{ run: string }>('/command', { ...command, dryRun: true });
  noteProgress(io, AT_WORK.looksFirst(looked));
  const shown = await client.follow(looked, { onRun: reasonTeller((line) => io.stderr(`${line}\n`)) });
  // A script that answers in advance and waits reads the result; one that does not wait reads only here what it allowed. What was refused is its result.
  if (!yes || !options.wait || io.terminal?.stderr === true || shown.state !== 'succeeded')
    io.stderr(`${runText(shown, colours(io, 'stderr'), { warnings: countsWarnings(shown) })}\n`);
  const todo = shown.steps.filter(({ actions }) => actions.length > 0);
  const ended = (exit: number) => {
    if (options.json) io.verbatim(`${JSON.stringify(shown)}\n`);
    return exit;
  };
  if (shown.state !== 'succeeded' && todo.length === 0) return ended(EXIT.no);
  // Without changes it is only recorded.
  if (!yes && todo.length > 0 && (await confirm({ text: ASKING.question(command.verb, todo.length) }, io)) !== 'yes') {
    io.stderr(`${ASKING.declined}\n`);
    return ended(EXIT.no);
  }
  const { run } = await client.post<{ run: string }>('/command', { ...command, shown: looked });
  return endWithRun(client, run, options, io);
}
