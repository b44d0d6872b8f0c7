// Commands for the verbs, one for each row of the verb table. Their code is loaded on use.

import type { Command } from 'commander';
import { COMMAND_VERBS, type CommandVerb, type VerbRow, verbRow } from '../../../model/verbs.ts';
import type { CommandGroup } from '../../commands/group.ts';
import type { Io } from '../../io.ts';
import type { VerbArgs } from './request.ts';
import { ARGUMENTS } from './words.ts';

type Options = Omit<VerbArgs, 'verb' | 'words'>;

export function addVerbs({ root, command: declare, ending, io }: CommandGroup): void {
  root.commandsGroup('Verbs:');
  for (const verb of COMMAND_VERBS) {
    const row = verbRow(verb);
    const { words, usage } = ARGUMENTS[row.names];
    const command = withOptions(row, declare(`${verb} ${words}`.trim(), row.description, row.example));
    if (row.alias !== undefined) command.alias(row.alias);
    if (usage !== undefined) command.usage(usage);
    const takesWords = words !== '';
    const ask = async (given: readonly string[], options: Options) =>
      ending((await import('./request.ts')).requestVerb({ ...options, verb, words: given }, io));
    const onHost = ON_THE_HOST[verb]?.(command);
    command.action(async (...given: unknown[]) => {
      const options = given.at(-2) as Options;
      const here = onHost?.(options, io);
      await (here === undefined ? ask(takesWords ? (given[0] as string[]) : [], options) : ending(here));
    });
  }
}

function withOptions(row: VerbRow, command: Command): Command {
  if (row.names === 'one or more, or all') command.option('--all', 'every declared target', false);
  if (row.work === 'converge' || !row.looks) {
    command
      .option('--dry-run', 'show what would be done, and do nothing', false)
      .option('--now', 'wait for no apply window of the policy', false)
      .option('--wait', 'follow it to its end, and end as it does', false);
  }
  if (row.cascades) command.option('--cascade', 'take what needs them along', false);
  if (row.showsFirst) command.option('--yes', 'ask nothing', false);
  return command.option('--json', 'answer with one JSON document', false);
}

interface SetupOptions extends Options {
  readonly allowDestructive: readonly string[];
  readonly installGpuDriver: boolean;
  readonly config?: string;
}

type OnTheHost = (command: Command) => (options: Options, io: Io) => Promise<number> | undefined;

/** Local alternatives of a verb without an agent, selected by options. */
const ON_THE_HOST: Partial<Record<CommandVerb, OnTheHost>> = {
  setup(command) {
    command
      .option(
        '--allow-destructive <disks...>',
        'on the host: make declared pools of these disks, all on them is lost',
        [],
      )
      .option('--install-gpu-driver', 'on the host: install the NVIDIA driver that is declared', false)
      .option('--yes', 'with either of them: ask nothing', false)
      .option('--config <dir>', 'with either of them: the configuration, when not that of PHOENIX_REPO_URL');
    return (options, io) => {
      const { allowDestructive: disks, installGpuDriver: gpuDriver, config, ...asked } = options as SetupOptions;
      if (disks.length === 0 && !gpuDriver) return undefined;
      const { yes = false, dryRun = false, json } = asked;
      return import('../../setup-host.ts').then(({ setupHost }) =>
        setupHost({ disks, gpuDriver, yes, dryRun, json, ...(config === undefined ? {} : { config }) }, io),
      );
    };
  },
};
