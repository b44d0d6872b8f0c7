// Commands for a running agent, besides the verbs.

import { InvalidArgumentError } from 'commander';
import type { CommandGroup } from './group.ts';

const EXAMPLE_COMMIT = '3f2a1bc';

/** Commands to inspect and control an agent. */
export function addAgentCommands({ root, io, command, ending }: CommandGroup): void {
  root.commandsGroup('Asked of a running agent:');
  command(
    'replay <commit>',
    'carry out a commit again: look at every target, do what is missing',
    `replay ${EXAMPLE_COMMIT} --wait`,
  )
    .option('--targets <targets...>', 'only these, for example lxc/101', [])
    .option('--rewind', 'allow a commit that comes before what is applied', false)
    .option('--dry-run', 'only check and report what differs', false)
    .option('--now', 'wait for no apply window of the policy', false)
    .option('--wait', 'follow it to its end, and end as it does', false)
    .option('--json', 'answer with one JSON document', false)
    .action(async (commit, options) => ending((await import('../agent/replay.ts')).replay({ commit, ...options }, io)));

  command('status [targets...]', 'what is followed, what is applied and what runs', 'status lxc/101')
    .option('--json', 'answer with one JSON document', false)
    .action(async (targets, options) =>
      ending((await import('../agent/status.ts')).status({ targets, ...options }, io)),
    );

  command('runs [run]', 'the newest runs, or one with its steps', 'runs 12 --wait')
    .option('--limit <count>', 'how many; 20 when not given', count, 20)
    .option('--wait', 'follow the run to its end, and end as it does', false)
    .option('--json', 'answer with one JSON document', false)
    .action(async (run, options) => ending((await import('../agent/runs.ts')).runs({ run, ...options }, io)));

  command('logs <run> [target]', 'what the programs of a run printed', 'logs 12 lxc/101 --follow')
    .option('--follow', 'go on until the run has ended', false)
    .option('--json', 'answer with one JSON document', false)
    .action(async (run, target, options) =>
      ending((await import('../agent/logs.ts')).logs({ run, target, ...options }, io)),
    );

  command(
    'approve <run> <target>',
    'let a step go on that destroys or recreates something',
    'approve 12 lxc/105 --wait',
  )
    .option('--wait', 'follow the run to its end, and end as it does', false)
    .option('--json', 'answer with one JSON document', false)
    .action(async (run, target, options) =>
      ending((await import('../agent/approve.ts')).approve({ run, target, ...options }, io)),
    );

  command('drift', 'look at every target and say what differs', 'drift --wait')
    .option('--fix', 'bring back what differs', false)
    .option('--wait', 'follow the run to its end, and end as it does', false)
    .option('--json', 'answer with one JSON document', false)
    .action(async (options) => ending((await import('../agent/drift.ts')).drift(options, io)));

  command('freeze <reason...>', 'start nothing that has not started', 'freeze moving the storage')
    .option('--json', 'answer with one JSON document', false)
    .action(async (words: string[], options) =>
      ending((await import('../agent/freeze.ts')).freeze({ reason: words.join(' '), ...options }, io)),
    );

  command('unfreeze', 'go on with what waits', 'unfreeze')
    .option('--json', 'answer with one JSON document', false)
    .action(async (options) => ending((await import('../agent/freeze.ts')).unfreeze(options, io)));

  command('open [what...]', 'the address of a page of the agent; on a terminal it is opened', 'open 12 lxc/101').action(
    async (what) => ending((await import('../agent/open.ts')).openPage({ what }, io)),
  );

  command('notify', 'who is told what needs a person, and whether that gets there', 'notify --test ops')
    .option('--test [channel]', 'send a test to this channel, or to all')
    .option('--json', 'answer with one JSON document', false)
    .action(async (options) => ending((await import('../agent/notify.ts')).notify(options, io)));
}

function count(text: string): number {
  const number = /^[1-9]\d{0,2}$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY;
  if (number > 500) throw new InvalidArgumentError('a number from 1 to 500 is needed');
  return number;
}
