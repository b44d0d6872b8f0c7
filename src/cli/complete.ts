// `phoenix complete SHELL`: the script with which a shell asks for words, and the answers to it. Commands and options are those that are
// declared; a running agent is not asked, since a key that waits for the network is worse than none.

import tab from '@bomb.sh/tab/commander';
import { SCHEMA_NAMES } from '../load/json-schema.ts';
import { OUTCOMES, PROBLEMS } from '../messages/explanations.ts';
import { KNOWN_FAILURES } from '../messages/failure.ts';

/** @param phoenix with all of its commands */
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
