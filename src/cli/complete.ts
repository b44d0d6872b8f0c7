// `phoenix complete SHELL`: the completion script, and the completions for it. Only covers declared commands and options; the agent is not asked, to
// avoid delays.

import tab from '@bomb.sh/tab/commander';
import { SCHEMA_NAMES } from '../load/json-schema.ts';
import { OUTCOMES, PROBLEMS } from '../messages/problems/explanations.ts';
import { KNOWN_FAILURES } from '../messages/problems/known-failures.ts';

/** @param phoenix the root command with all commands */
export function addCompletion(phoenix: Parameters<typeof tab>[0]): void {
  const { commands } = tab(phoenix);
  const words = (command: string, argument: string, all: readonly string[]) =>
    commands.get(command)?.argument(argument, (complete) => {
      for (const word of all) complete(word, '');
    });
  words('explain', 'code', [
    ...Object.keys(PROBLEMS),
    ...Object.keys(OUTCOMES),
    ...KNOWN_FAILURES.map(({ code }) => code),
  ]);
  words('schema', 'name', SCHEMA_NAMES);
}
