// What happens inside a guest: commands are recorded, and answered by the rules that a test ordered, by a few built-in
// programs that work on the guest's own files, or else by success. Nothing is ever executed.
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { openAccounts } from '../../accounts.ts';
import { leaveBehind } from '../../guest/scripts.ts';
import { addressesOf } from '../../network/machines.ts';
import { FILE_PROGRAMS, type Outcome, ok, type Tree } from '../../tree.ts';
import { configPath, guestTree, type LabNode, orders, pathOf } from '../node.ts';

/** Where a path inside a guest lies in the lab: below the guest's own files, or in the folder of the host that a container mounts there. */
export function insidePath(node: LabNode, id: number, path: string): string {
  const inside = normalize(`/${path}`);
  const mount = mounts(node, id).find(({ at }) => inside === at || inside.startsWith(`${at}/`));
  if (mount !== undefined) return pathOf(node, join(mount.source, inside.slice(mount.at.length)));
  return join(guestTree(node, id), inside);
}

/** Folders of the host that a container shows, the longest path first. */
function mounts(node: LabNode, id: number): { readonly source: string; readonly at: string }[] {
  const file = configPath(node, 'lxc', id);
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const lines = text.slice(0, `${text}\n[`.indexOf('\n[')).matchAll(/^mp\d+: (\/[^,]*).*?,mp=([^,\n]+)/gm);
  return [...lines]
    .map(([, source = '', at = '']) => ({ source, at: normalize(`/${at}`).replace(/(.)\/$/, '$1') }))
    .sort((a, b) => b.at.length - a.at.length);
}

/** Runs a command in a guest; standard input is read only by programs that would read it. */
export function runInside(node: LabNode, id: number, argv: readonly string[], stdin: () => Buffer): Outcome {
  const line = argv.join(' ');
  const rule = orders(node).guests?.find(
    (candidate) => (candidate.id ?? id) === id && new RegExp(candidate.match).test(line),
  );
  const { rc = 0, stdout = '', stderr = '', hang = false } = rule ?? {};
  const outcome =
    rule === undefined ? builtIn({ node, id, stdin }, argv) : { rc, stdout, stderr, seconds: hang ? Infinity : 0 };
  appendFileSync(
    pathOf(node, 'guest-calls.jsonl'),
    `${JSON.stringify({ id, argv, rc: outcome.seconds === Infinity ? null : outcome.rc })}\n`,
  );
  return outcome;
}

type Inside = { readonly node: LabNode; readonly id: number; readonly stdin: () => Buffer };

function builtIn(inside: Inside, argv: readonly string[]): Outcome {
  const [program = '', ...words] = argv;
  if (program === 'env') return builtIn(inside, words.slice(words.findIndex((word) => !/^(-\S*|\w+=.*)$/s.test(word))));
  const name = program.split('/').at(-1) ?? '';
  const own = Object.hasOwn(PROGRAMS, name) ? PROGRAMS[name] : undefined;
  if (own !== undefined) return own(inside, words);
  const onFiles = Object.hasOwn(FILE_PROGRAMS, name) ? FILE_PROGRAMS[name] : undefined;
  return onFiles === undefined ? ok() : onFiles(treeOf(inside), words);
}

/** The guest's files as its own programs see them. */
function treeOf({ node, id, stdin }: Inside): Tree {
  const at = (path: string): string => insidePath(node, id, path);
  return { at, accounts: openAccounts(at, pathOf(node, `run/lab/owners/${id}.json`)), stdin };
}

/** A program that is a guest's own: one line for each. */
type GuestProgram = (inside: Inside, words: readonly string[]) => Outcome;

const PROGRAMS: Readonly<Record<string, GuestProgram>> = {
  hostname: ({ node, id }) => ok(`${readHostname(node, id)}\n`),
  sh: shell,
  bash: shell,
};

function readHostname(node: LabNode, id: number): string {
  const file = insidePath(node, id, 'etc/hostname');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : `guest-${id}`;
}

/** `sh -c` of built-in programs chained by `&&` or `;`, with `>` to a file; any other script counts as run. */
function shell(inside: Inside, words: readonly string[]): Outcome {
  const index = words.findIndex((word) => /^-\w*c$/.test(word));
  if (index < 0) {
    // A script on standard input is taken in whole, as a shell would, so that who writes it is not cut off.
    if (words.includes('-s'))
      leaveBehind(treeOf(inside), inside.stdin().toString(), addressesOf(inside.node, inside.id));
    return ok();
  }
  const commands = parseScript(words[index + 1] ?? '', words.slice(index + 2));
  if (commands === undefined) return ok();
  let last = ok();
  for (const { argv, target } of commands) {
    const outcome = builtIn(inside, argv);
    if (target !== undefined && outcome.rc === 0) writeInside(inside, target, outcome.stdout);
    last = {
      ...outcome,
      stdout: last.stdout + (target === undefined ? outcome.stdout : ''),
      stderr: last.stderr + outcome.stderr,
    };
    if (outcome.rc !== 0) return last;
  }
  return last;
}

function writeInside({ node, id }: Inside, path: string, data: string): void {
  const file = insidePath(node, id, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, data);
}

type Command = { readonly argv: readonly string[]; readonly target?: string };

/** The commands of a script that is plain enough, undefined otherwise. `parameters` are `$0`, `$1`, … */
function parseScript(script: string, parameters: readonly string[]): Command[] | undefined {
  const tokens = script.match(/'[^']*'|"[^"\\`]*"|&&|[;>]|[^\s;>&'"]+|\s+/g) ?? [];
  if (tokens.join('') !== script) return undefined;
  const commands: { argv: string[]; target?: string }[] = [{ argv: [] }];
  let redirected = false;
  for (const token of tokens) {
    const command = commands.at(-1);
    const word = token.replace(/^(['"])(.*)\1$/s, '$2');
    const value = token.startsWith("'")
      ? word
      : word.replaceAll(/\$(\d)/g, (_, digit: string) => parameters[Number(digit)] ?? '');
    if (token.trim() === '' || command === undefined) continue;
    if (token === '&&' || token === ';') commands.push({ argv: [] });
    else if (token === '>') redirected = true;
    else if (!token.startsWith("'") && /[$`|<*?(){}\\~!#]/.test(word.replaceAll(/\$\d/g, ''))) return undefined;
    else if (redirected) {
      command.target = value;
      redirected = false;
    } else command.argv.push(value);
  }
  const filled = commands.filter((command) => command.argv.length > 0);
  const known = filled.every(
    ({ argv: [program = ''] }) =>
      Object.hasOwn(PROGRAMS, program) ||
      Object.hasOwn(FILE_PROGRAMS, program) ||
      program === 'umask' ||
      program === 'set',
  );
  return known ? filled : undefined;
}
