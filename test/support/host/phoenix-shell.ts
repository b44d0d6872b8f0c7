// The forced command of the agent's key, installed as on a node, and its table, which tests read directly instead of starting a process for each
// word.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { appendFile, cp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SHIPPED = fileURLToPath(new URL('../../../deploy/ssh', import.meta.url));

/** Installs it into a new folder; `programs` may have any arguments. Resolves to the program to start. */
export async function phoenixShell(folder: string, programs: readonly string[] = []): Promise<string> {
  await cp(SHIPPED, folder, { recursive: true });
  // The tests' folder for host roots: in memory it may be below `/dev`, which the table refuses for data.
  await writeFile(join(folder, 'roots'), `${tmpdir()}\n`);
  await appendFile(join(folder, 'programs'), programs.map((name) => `${name} ( {any} )*\n`).join(''));
  return join(folder, 'phoenix-shell');
}

const STARTS = /^ *exec \{ "\/bin\/sh" \}.*$/m;

/** The same, but it only checks: allowed commands are not run on the machine of the tests. */
export async function judgingShell(folder: string, programs: readonly string[] = []): Promise<string> {
  const shell = await phoenixShell(folder, programs);
  const text = await readFile(shell, 'utf8');
  if (!STARTS.test(text)) throw new Error('phoenix-shell starts commands in another way: mend judgingShell');
  await writeFile(shell, text.replace(STARTS, 'print "let through\\n"; exit 0;'));
  return shell;
}

/** Forks for each check: starting Perl each time would take longest. */
const DRIVER = `
use Digest::SHA;
my ($shell, $path) = @ARGV;
while (my $line = <STDIN>) {
  my ($asked, $input) = map { pack "H*", substr $_, 1 } split / /, $line =~ s/\\n//r;
  my $child = fork // die;
  if (!$child) {
    pipe my $read, my $write or die; syswrite $write, $input; close $write;
    close STDIN; open STDIN, "<&", $read or die;
    open STDOUT, ">", "/dev/null"; open STDERR, ">", "/dev/null";
    $ENV{SSH_ORIGINAL_COMMAND} = $asked; $0 = $shell; @ARGV = ("--path", $path);
    do $shell; exit 99;
  }
  waitpid $child, 0; print $? >> 8, "\\n";
}
`;

/** Exit codes of the forced command for each command line and its standard input: 0 if allowed, 126 otherwise. */
export function judgeAll(
  shell: string,
  path: string,
  asked: readonly (readonly [line: string, input: string])[],
): number[] {
  const hex = (text: string): string => `x${Buffer.from(text).toString('hex')}`;
  const input = asked.map((each) => `${each.map(hex).join(' ')}\n`).join('');
  const { stdout } = spawnSync('perl', ['-e', DRIVER, shell, path], { input, encoding: 'utf8' });
  const codes = stdout.trim().split('\n').map(Number);
  if (codes.length !== asked.length) throw new Error(`${asked.length} questions, ${codes.length} answers`);
  return codes;
}

interface Shape {
  readonly line: string;
  readonly words: RegExp;
  readonly input: RegExp | null;
}

/** By program, or by `:` and the name of a script. */
export function shapesOf(table: string): ReadonlyMap<string, readonly Shape[]> {
  const lines = table.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const classes = new Map(
    lines.flatMap((line) => {
      const [, name, pattern] = /^let (\S+) (.*)$/.exec(line) ?? [];
      return name === undefined || pattern === undefined ? [] : [[name, pattern] as const];
    }),
  );
  const expand = (text: string): string =>
    text.replaceAll(/\{([a-z]+)\}/g, (_, name: string) => `(?:${expand(classes.get(name) ?? '(?!)')})`);
  const word = (shape: string): string =>
    shape
      .replaceAll('\\ ', ' ')
      .split(/(\{[a-z]+\})/)
      .map((part) => (/^\{[a-z]+\}$/.test(part) ? expand(part) : RegExp.escape(part)))
      .join('');
  const sign = new Map([['(', '(?:'], ...['|', ')', ')?', ')*', ')+'].map((each) => [each, each] as const)]);
  const shapes = lines
    .filter((line) => !line.startsWith('let '))
    .map((line): Shape => {
      const [command = '', input] = line.split(' < ');
      const [, ...parts] = command.split(/(?<!\\) /);
      const pattern = parts.map((part) => sign.get(part) ?? `${word(part)}\\0`).join('');
      return {
        line,
        words: new RegExp(`^(?:${pattern})$`),
        input: input === undefined ? null : new RegExp(`^(?:${word(input)})\\n?$`),
      };
    });
  return Map.groupBy(shapes, ({ line }) => line.split(' ')[0] ?? '');
}

const SHAPES = shapesOf(readFileSync(join(SHIPPED, 'programs'), 'utf8'));

/** The line of the shipped table that allows these words; undefined if none does. */
export function shapeFor([program = '', ...words]: readonly string[], input?: string): string | undefined {
  const text = words.map((each) => `${each}\0`).join('');
  return SHAPES.get(program)?.find(
    (shape) => shape.words.test(text) && (shape.input === null || shape.input.test(input ?? '')),
  )?.line;
}
