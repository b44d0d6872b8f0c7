// The command line: `commands/` declares the commands in groups. A command's code is only loaded when it is called.

import { Argument, Command, CommanderError } from 'commander';
import { addVerbs } from './agent/verbs/commands.ts';
import { addAgentCommands } from './commands/agent.ts';
import { addFileCommands } from './commands/files.ts';
import type { CommandGroup } from './commands/group.ts';
import { addInstallationCommands } from './commands/installation.ts';
import { addLabCommands } from './commands/lab.ts';
import { withEnvFile } from './env-file.ts';
import { fileFault } from './file-fault.ts';
import { EXIT, type Io, type ProcessIo, wrapping } from './io.ts';
import { phoenixVersion } from './version.ts';

const COMPLETE = 'complete';
const SHELLS = ['bash', 'zsh', 'fish'];

/**
 * Executes one command line.
 *
 * @param args without the program name
 * @param starting called with the command's name before it starts
 * @returns the exit code; errors were reported on `stderr`
 */
export async function run(
  args: readonly string[],
  given: ProcessIo,
  starting: (command: string) => void = () => {},
): Promise<number> {
  const io: { -readonly [Key in keyof Io]: Io[Key] } = wrapping(given);
  let exit: number = EXIT.done;

  const isCompletion = asksToComplete(args);
  const ending: CommandGroup['ending'] = async (code) => {
    exit = await code;
  };
  const phoenix = declareProgram(io, ending, { declaresCompletion: !isCompletion }).hook(
    'preAction',
    (_root, called) => {
      starting(called.name());
      const { envFile } = phoenix.opts<{ envFile?: string }>();
      // That command reads the file itself, and creates it.
      if (envFile !== undefined && called.name() !== 'setup-agent') io.env = withEnvFile(envFile, given.env);
    },
  );
  // The library declares the command and reads all others; it is loaded on use.
  if (isCompletion) (await import('./complete.ts')).addCompletion(phoenix);

  try {
    await phoenix.parseAsync(withoutHelpOfUnknown(phoenix, args), { from: 'user' });
    return exit;
  } catch (error) {
    // The only place where an unexpected error becomes an exit code.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    const { message, hint, exit: code } = { ...toldBy(error), ...fileFault(error), ...exitOf(error) };
    io.stderr(`phoenix: ${message}\n`);
    if (typeof hint === 'string') io.stderr(`  ${hint}\n`);
    if (phoenix.opts<{ debug?: boolean }>().debug && error instanceof Error) io.stderr(`${error.stack}\n`);
    return typeof code === 'number' ? code : EXIT.no;
  }
}

/** Whether the library is to answer: with the script of a shell, or with words after `--`. Help and refusals are Phoenix's own. */
function asksToComplete([command, what = '']: readonly string[]): boolean {
  return command === COMPLETE && (what === '--' || SHELLS.includes(what));
}

/** `help x` for a command that does not exist is refused as `x` is: the library would print the list of all without a word. */
function withoutHelpOfUnknown({ commands }: Command, args: readonly string[]): readonly string[] {
  const [command, name = '-'] = args;
  if (command !== 'help' || name.startsWith('-') || name === 'help') return args;
  return commands.some((each) => each.name() === name || each.aliases().includes(name)) ? args : [name];
}

/**
 * All commands with their options, as words of a command line are read.
 *
 * @param ending receives the exit code of the command
 */
export function declareProgram(io: Io, ending: CommandGroup['ending'], { declaresCompletion = true } = {}): Command {
  const phoenix = new Command('phoenix')
    .description('Keeps a Proxmox environment equal to what a Git repository says.')
    .version(phoenixVersion())
    .option('--env-file <path>', 'read variables from a file; those of the environment itself go first')
    .option('--debug', 'show where an unexpected error came from')
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout(text), writeErr: (text) => io.stderr(text) })
    .showSuggestionAfterError()
    .showHelpAfterError('  phoenix --help lists the commands')
    .configureHelp({ showGlobalOptions: true, optionDescription: ({ description }) => description });

  const group: CommandGroup = { root: phoenix, io, command, ending };
  addFileCommands(group);
  addLabCommands(group);
  addInstallationCommands(group);
  addAgentCommands(group);
  addVerbs(group);

  phoenix.commandsGroup('The shell:');
  if (declaresCompletion)
    command(
      COMPLETE,
      'print what completes words in bash, zsh or fish',
      `${COMPLETE} bash > /etc/bash_completion.d/phoenix`,
    )
      .addArgument(new Argument('<shell>').choices(SHELLS))
      .action(() => {});
  return phoenix;

  function command(usage: string, description: string, example: string): Command {
    return phoenix
      .command(usage)
      .description(description)
      .addHelpText('after', `\nExample:\n  phoenix ${example}`)
      .showHelpAfterError(`  phoenix ${usage.split(' ', 1)[0]} --help tells how it is called`)
      .exitOverride();
  }
}

/** What an error says of itself. */
function toldBy(error: unknown): { readonly message: string; readonly hint?: unknown } {
  const { hint } = error as { hint?: unknown };
  return { message: error instanceof Error ? error.message : String(error), hint };
}

/** The exit code that an error asks for. */
function exitOf(error: unknown): { readonly exit?: unknown } {
  const { exit } = error as { exit?: unknown };
  return exit === undefined ? {} : { exit };
}
