// Commands for config files, without an agent.

import type { CommandGroup } from './group.ts';

/** Commands to check, compare and write configurations. */
export function addFileCommands({ root, io, command, ending }: CommandGroup): void {
  root.commandsGroup('Files:');
  command('validate [path]', 'check a configuration and name every problem at its line', 'validate . --rev main --json')
    .option('--rev <rev>', 'check this commit of the Git repository at PATH, without a checkout')
    .option('--root <dir>', 'the config root, when it is not to be found by itself')
    .option('--json', 'answer with one JSON document', false)
    .action(async (path = '.', options) => ending((await import('../validate.ts')).validate({ path, ...options }, io)));

  command(
    'plan [path]',
    'show what would change between two commits, or between a folder and a host, and what it costs',
    'plan . --from main~1 --to main',
  )
    .option('--from <rev>', 'the commit that is applied, or none')
    .option('--to <rev>', 'the commit to apply')
    .option(
      '--host <host>',
      'in place of both: compare the folder with this host, local or ssh://USER@HOST; only looks',
    )
    .option('--root <dir>', 'the config root, when it is not to be found by itself')
    .option('--json', 'answer with one JSON document', false)
    .action(async (path = '.', { from, to, host, ...options }, called) => {
      if (host === undefined && from !== undefined && to !== undefined)
        return ending((await import('../plan.ts')).plan({ path, from, to, ...options }, io));
      if (host !== undefined && from === undefined && to === undefined)
        return ending((await import('../host/plan-host.ts')).planHost({ path, host, ...options }, io));
      called.error('error: name --from and --to, or --host alone');
    });

  command(
    'import',
    'read a host and write a config repo that describes it; only looks',
    'import --host ssh://root@pve.example.internal --out home',
  )
    .option('--host <host>', 'local or ssh://USER@HOST; PHOENIX_HOST, else this machine, when not given')
    .requiredOption('--out <dir>', 'the folder to write: one that is not there, or is empty')
    .option('--only <kinds...>', 'bring in these kinds alone, for example lxc vm', [])
    .option(
      '--portainer <url>',
      'also the stacks of this server, such as https://10.0.0.111:9443, with PHOENIX_PORTAINER_TOKEN',
    )
    .option('--json', 'answer with one JSON document', false)
    .action(async (options) => ending((await import('../import/import.ts')).importHost(options, io)));

  command(
    'init <dir>',
    'write a minimal config repo that validates; asks at a terminal or takes a line for each question from a pipe, with options neither',
    'init home',
  )
    .option('--domain <name>', 'domain that the names of guests end in')
    .option('--address <cidr>', 'address of the Proxmox host with prefix length')
    .option('--gateway <address>', 'gateway of its network')
    .option('--container <name>', 'name of a first container')
    .option('--storage <id>', 'storage for its disk; local-lvm when not given')
    .action(async (dir, options) => ending((await import('../init.ts')).init({ dir, ...options }, io)));

  command('schema [name]', 'print the JSON Schema of a config file', 'schema lxc')
    .option('--out <dir>', 'write all schemas into this folder')
    .action(async (name, options) => ending((await import('../schema.ts')).schema({ name, ...options }, io)));

  command(
    'explain [code]',
    'what a problem code, an outcome of a step or a message of Proxmox means, and what to do',
    'explain DUPLICATE_IP',
  )
    .option('--json', 'answer with one JSON document', false)
    .action(async (code, options) => ending((await import('../explain.ts')).explain({ code, ...options }, io)));
}
