// The verbs of people on the command line, in the words of the original dispatcher. A command's code is loaded when it is called.

import type { Command } from 'commander';
import type { CommandVerb } from '../../../model/run.ts';
import type { Io } from '../../io.ts';

type Add = (usage: string, description: string, example: string) => Command;
type Ending = (code: Promise<number>) => Promise<void>;

const TARGETS = '<targets...>';

/** @param add makes a command; `ending` takes its exit code */
export function addVerbs(add: Add, ending: Ending, io: Io): void {
  const verb = (name: CommandVerb, words: string, description: string, example: string) => {
    const command = asking(add(`${name} ${words}`.trim(), description, example));
    if (name === 'stop' || name === 'delete') command.option('--cascade', 'take what needs them along', false);
    if (name === 'delete') command.option('--yes', 'ask nothing', false);
    return command.action(async (...given: unknown[]) => {
      const targets = words === '' ? [] : (given[0] as string[]);
      const options = given.at(-2) as {
        wait: boolean;
        json: boolean;
        dryRun: boolean;
        now: boolean;
        cascade?: boolean;
        yes?: boolean;
      };
      await ending((await import('./ask.ts')).askVerb({ verb: name, targets, ...options }, io));
    });
  };

  verb('create', TARGETS, 'make targets that are not there, with what they need', 'create 101 1001 --wait');
  verb('converge', '[targets...]', 'bring targets, and what they need, to what is declared', 'converge lxc/101 --wait');
  verb('delete', TARGETS, 'destroy guests, whatever is declared; volumes are kept', 'delete 105 --dry-run');
  verb('start', TARGETS, 'start guests, beginning with what they need', 'start 101 --wait');
  verb('stop', TARGETS, 'shut guests down', 'stop 103 --cascade --wait');
  verb('restart', TARGETS, 'shut guests down and start them, and no others', 'restart 101 --wait');
  verb('letsgo', '', 'bring up everything, in order', 'letsgo --wait').alias('LetsGo');

  asking(
    add('sync <words...>', 'all that is derived from the guests, or one stack', 'sync stack qdrant_service to 1002'),
  )
    .usage('[options] all | stack NAME to VMID')
    .action(async (words, options) => ending((await import('./sync.ts')).sync({ words, ...options }, io)));

  add('health-check [targets...]', 'ask targets how they are, and change nothing', 'health-check 101 102')
    .option('--json', 'answer with one JSON document', false)
    .action(async (words: string[], { json }: { json: boolean }) => {
      const asked = { verb: 'health-check', targets: words, wait: true, json } as const;
      await ending((await import('./ask.ts')).askVerb(asked, io));
    });

  asking(add('setup', 'bring the host itself to what is declared', 'setup --dry-run'))
    .option(
      '--allow-destructive <disks...>',
      'on the host: make declared pools of these disks, all on them is lost',
      [],
    )
    .option('--install-gpu-driver', 'on the host: install the NVIDIA driver that is declared', false)
    .option('--yes', 'with either of them: ask nothing', false)
    .option('--config <dir>', 'with either of them: the configuration, when not that of PHOENIX_REPO_URL')
    .action(async (options) => {
      const { allowDestructive: disks, installGpuDriver: gpuDriver, yes, config, dryRun, now, json, wait } = options;
      if (disks.length > 0 || gpuDriver) {
        const { setupHost } = await import('../../setup-host.ts');
        return ending(setupHost({ disks, gpuDriver, yes, config, dryRun, json }, io));
      }
      await ending((await import('./ask.ts')).askVerb({ verb: 'setup', targets: [], wait, json, dryRun, now }, io));
    });
}

function asking(command: Command): Command {
  return command
    .option('--dry-run', 'show what would be done, and do nothing', false)
    .option('--now', 'wait for no apply window of the policy', false)
    .option('--wait', 'follow it to its end, and end as it does', false)
    .option('--json', 'answer with one JSON document', false);
}
