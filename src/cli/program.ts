// The command line: one entry per command. A command's code is loaded when it is called, and nothing else.

import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { addVerbs } from './agent/verbs/commands.ts';
import { EXIT, type Io } from './io.ts';
import { withLab } from './rehearse/with-lab.ts';
import { phoenixVersion } from './version.ts';

const EXAMPLE_COMMIT = '3f2a1bc';

/**
 * Carries out one command line.
 *
 * @param args without the program's own name
 * @param starting is told the name of the command before it begins
 * @returns the exit code; whatever goes wrong has been said on `stderr`
 */
export async function run(
  args: readonly string[],
  given: Io,
  starting: (command: string) => void = () => {},
): Promise<number> {
  const io: { -readonly [Key in keyof Io]: Io[Key] } = { ...given };
  let exit: number = EXIT.done;

  const phoenix = new Command('phoenix')
    .description('Keeps a Proxmox environment equal to what a Git repository says.')
    .version(phoenixVersion())
    .option('--env-file <path>', 'read variables from a file; those of the environment itself go first')
    .option('--debug', 'show where an unexpected error came from')
    .exitOverride()
    .configureOutput({ writeOut: given.stdout, writeErr: given.stderr })
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true, optionDescription: ({ description }) => description })
    .hook('preAction', (_root, called) => {
      starting(called.name());
      const { envFile } = phoenix.opts<{ envFile?: string }>();
      if (envFile !== undefined) io.env = { ...parseEnv(readEnvFile(envFile)), ...given.env };
    });

  command('validate [path]', 'check a configuration and name every problem at its line', 'validate . --rev main --json')
    .option('--rev <rev>', 'check this commit of the Git repository at PATH, without a checkout')
    .option('--root <dir>', 'the config root, when it is not to be found by itself')
    .option('--json', 'answer with one JSON document', false)
    .action(async (path = '.', options) => ending((await import('./validate.ts')).validate({ path, ...options }, io)));

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
    .action(async (path = '.', { from, to, host, ...options }) => {
      if (host === undefined && from !== undefined && to !== undefined)
        return ending((await import('./plan.ts')).plan({ path, from, to, ...options }, io));
      if (host !== undefined && from === undefined && to === undefined)
        return ending((await import('./host/plan-host.ts')).planHost({ path, host, ...options }, io));
      phoenix.error('error: name --from and --to, or --host alone');
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
    .action(async (options) => ending((await import('./import/import.ts')).importHost(options, io)));

  command(
    'init <dir>',
    'write a minimal config repo that validates; asks at a terminal, with options it does not',
    'init home',
  )
    .option('--domain <name>', 'domain that the names of guests end in')
    .option('--address <cidr>', 'address of the Proxmox host with prefix length')
    .option('--gateway <address>', 'gateway of its network')
    .option('--container <name>', 'name of a first container')
    .option('--storage <id>', 'storage for its disk; local-lvm when not given')
    .action(async (dir, options) => ending((await import('./init.ts')).init({ dir, ...options }, io)));

  command('rehearse [path]', 'apply a configuration to a lab host for real, twice', 'rehearse . --from main --to HEAD')
    .option('--from <rev>', 'the state to begin with; an empty host when not given')
    .option('--to <rev>', 'the commit to apply; the folder as it is when not given')
    .option('--approve', 'go ahead with what destroys or rebuilds a guest; it waits otherwise', false)
    .option('--root <dir>', 'the config root, when it is not to be found by itself')
    .option('--json', 'answer with one JSON document', false)
    .action(async (path = '.', options) =>
      ending((await withLab('rehearse', () => import('./rehearse/rehearse.ts'))).rehearse({ path, ...options }, io)),
    );

  command('schema [name]', 'print the JSON Schema of a config file', 'schema lxc')
    .option('--out <dir>', 'write all schemas into this folder')
    .action(async (name, options) => ending((await import('./schema.ts')).schema({ name, ...options }, io)));

  command(
    'explain [code]',
    'what a problem code, an outcome of a step or a message of Proxmox means, and what to do',
    'explain DUPLICATE_IP',
  )
    .option('--json', 'answer with one JSON document', false)
    .action(async (code, options) => ending((await import('./explain.ts')).explain({ code, ...options }, io)));

  command('demo', 'all of Phoenix on this machine, over a lab host', 'demo --once')
    .option('--once', 'end after the story; 0 only if all went well', false)
    .action(async (options) => ending((await withLab('demo', () => import('./demo.ts'))).demo(options, io)));

  command('lab <dir> [command...]', 'a simulated Proxmox host kept in a folder', 'lab /tmp/pve -- pct list')
    .option('--running <id>', 'set this guest running, as a kernel would', collect, [])
    .option('--stopped <id>', 'set this guest stopped', collect, [])
    .option('--age <certificate>', 'make this file of the host one that is near its end', collect, [])
    .action(async (dir, words, options) =>
      ending((await withLab('lab', () => import('./rehearse/lab.ts'))).runLab(dir, options, words)),
    );

  command('doctor', 'check what the agent needs, one line each', 'doctor --env-file /etc/phoenix/env')
    .option('--json', 'answer with one JSON document', false)
    .option('--create-app', 'make a GitHub App for Phoenix by one press in a browser', false)
    .option('--organization <name>', 'the organisation that the App is to belong to; yourself when not given')
    .action(async ({ createApp, organization, ...options }) => {
      if (createApp) return ending((await import('./doctor/create-app.ts')).createApp({ organization }, io));
      return ending((await import('./doctor/doctor.ts')).doctor(options, io));
    });

  command(
    'setup-agent',
    'make the settings of the agent from a few answers, with its webhook, and check them',
    'setup-agent --repo-url https://git.example/you/home.git --forge-token-file token',
  )
    .option('--repo-url <url>', 'address of the config repo, https://…')
    .option('--branch <name>', 'the branch that is followed')
    .option('--forge <kind>', 'github, gitea (Forgejo too), gitlab or none')
    .option('--forge-api <url>', 'its base address where it is not the usual one')
    .option('--forge-token-file <path>', 'a file with the token of the forge, which is copied')
    .option('--public-url <url>', 'where the forge and people reach the agent')
    .action(async (options) => {
      const { envFile } = phoenix.opts<{ envFile?: string }>();
      return ending((await import('./setup-agent/setup-agent.ts')).setupAgent({ envFile, ...options }, io));
    });

  command('serve', 'run the agent until SIGTERM or SIGINT', 'serve --env-file /etc/phoenix/env')
    .option('--roles <roles>', 'which parts run in this process; all when not given', list, [
      'receive',
      'reconcile',
      'apply',
      'report',
      'web',
    ])
    .option('--node <name>', 'the Proxmox node that this process works on; PHOENIX_NODE otherwise')
    .action(async (options) => ending((await import('./serve.ts')).serve(options, io)));

  command(
    'replay <commit>',
    'carry out a commit again: look at every target, do what is missing',
    `replay ${EXAMPLE_COMMIT} --wait`,
  )
    .option('--targets <targets...>', 'only these, for example lxc/101', [])
    .option('--rewind', 'allow a commit that comes before what is applied', false)
    .option('--dry-run', 'only look and say what differs', false)
    .option('--now', 'wait for no apply window of the policy', false)
    .option('--wait', 'follow it to its end, and end as it does', false)
    .option('--json', 'answer with one JSON document', false)
    .action(async (commit, options) => ending((await import('./agent/replay.ts')).replay({ commit, ...options }, io)));

  command('status [targets...]', 'what is followed, what is applied and what runs', 'status lxc/101')
    .option('--json', 'answer with one JSON document', false)
    .action(async (targets, options) =>
      ending((await import('./agent/status.ts')).status({ targets, ...options }, io)),
    );

  command('runs [run]', 'the newest runs, or one with its steps', 'runs 12 --wait')
    .option('--limit <count>', 'how many; 20 when not given', count, 20)
    .option('--wait', 'follow the run to its end, and end as it does', false)
    .option('--json', 'answer with one JSON document', false)
    .action(async (run, options) => ending((await import('./agent/runs.ts')).runs({ run, ...options }, io)));

  command('logs <run> [target]', 'what the programs of a run printed', 'logs 12 lxc/101 --follow')
    .option('--follow', 'go on until the run has ended', false)
    .option('--json', 'answer with one JSON document', false)
    .action(async (run, target, options) =>
      ending((await import('./agent/logs.ts')).logs({ run, target, ...options }, io)),
    );

  command(
    'approve <run> <target>',
    'let a step go on that destroys or recreates something',
    'approve 12 lxc/105 --wait',
  )
    .option('--wait', 'follow the run to its end, and end as it does', false)
    .option('--json', 'answer with one JSON document', false)
    .action(async (run, target, options) =>
      ending((await import('./agent/approve.ts')).approve({ run, target, ...options }, io)),
    );

  command('drift', 'look at every target and say what differs', 'drift --wait')
    .option('--fix', 'bring back what differs', false)
    .option('--wait', 'follow the run to its end, and end as it does', false)
    .option('--json', 'answer with one JSON document', false)
    .action(async (options) => ending((await import('./agent/drift.ts')).drift(options, io)));

  command('freeze <reason...>', 'start nothing that has not started', 'freeze moving the storage')
    .option('--json', 'answer with one JSON document', false)
    .action(async (words: string[], options) =>
      ending((await import('./agent/freeze.ts')).freeze({ reason: words.join(' '), ...options }, io)),
    );

  command('unfreeze', 'go on with what waits', 'unfreeze')
    .option('--json', 'answer with one JSON document', false)
    .action(async (options) => ending((await import('./agent/freeze.ts')).unfreeze(options, io)));

  command('open [what...]', 'the address of a page of the agent; on a terminal it is opened', 'open 12 lxc/101').action(
    async (what) => ending((await import('./agent/open.ts')).openPage({ what }, io)),
  );

  command('notify', 'who is told what needs a person, and whether that gets there', 'notify --test ops')
    .option('--test [channel]', 'send a test to this channel, or to all')
    .option('--json', 'answer with one JSON document', false)
    .action(async (options) => ending((await import('./agent/notify.ts')).notify(options, io)));

  addVerbs(command, ending, io);

  // Its library reads all commands that are declared above, so it is the last one, and loaded when a shell asks.
  if (args[0] === 'complete') (await import('./complete.ts')).addCompletion(phoenix);
  else
    command(
      'complete <shell>',
      'print what completes words in bash, zsh or fish',
      'complete bash > /etc/bash_completion.d/phoenix',
    );

  try {
    await phoenix.parseAsync(args, { from: 'user' });
    return exit;
  } catch (error) {
    // The one place where a surprise in a command becomes an exit code.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    const { hint, exit: code } = error as { hint?: unknown; exit?: unknown };
    io.stderr(`phoenix: ${error instanceof Error ? error.message : String(error)}\n`);
    if (typeof hint === 'string') io.stderr(`  ${hint}\n`);
    if (phoenix.opts<{ debug?: boolean }>().debug && error instanceof Error) io.stderr(`${error.stack}\n`);
    return typeof code === 'number' ? code : EXIT.no;
  }

  function command(usage: string, description: string, example: string): Command {
    return phoenix
      .command(usage)
      .description(description)
      .addHelpText('after', `\nExample:\n  phoenix ${example}`)
      .exitOverride();
  }

  async function ending(code: Promise<number>): Promise<void> {
    exit = await code;
  }
}

function readEnvFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'is not there' : `cannot be read (${code ?? String(cause)})`;
    const hint = 'see to the path that --env-file names, and who may read it';
    throw Object.assign(new Error(`the environment file ${path} ${why}`, { cause }), { exit: EXIT.usage, hint });
  }
}

function list(text: string): string[] {
  return text.split(',').filter((word) => word !== '');
}

function collect(text: string, before: readonly string[]): string[] {
  return [...before, text];
}

function count(text: string): number {
  const number = /^[1-9]\d{0,2}$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY;
  if (number > 500) throw new InvalidArgumentError('a number from 1 to 500 is needed');
  return number;
}
