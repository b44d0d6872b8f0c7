// The subset of a shell that a lab runs: programs chained by `&&`, lists of them separated by `;`, `>` to a file, and `$1` between double quotes. A
// script with anything else, or with an unknown program, counts as successfully run.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Outcome, ok, type Tree } from '../tree/tree.ts';

type Call = { readonly argv: readonly string[]; readonly target?: string };

/** Built-in commands. */
const BUILT_IN = new Set(['umask', 'set', 'exit']);

/** @param parameters `$0`, `$1`, … */
export function runScript(
  script: string,
  parameters: readonly string[],
  tree: Tree,
  isKnown: (program: string) => boolean,
  run: (argv: readonly string[]) => Outcome,
): Outcome {
  const lists = parse(script, parameters);
  if (lists === undefined) return ok();
  const calls = lists.flat();
  if (!calls.every(({ argv: [program = ''] }) => BUILT_IN.has(program) || isKnown(program))) return ok();
  const failsFast = calls.some(({ argv: [program, flag = ''] }) => program === 'set' && /^-\w*e/.test(flag));
  let all = ok();
  for (const list of lists) {
    const { outcome, exits } = runList(list, all, tree, run);
    all = outcome;
    if (exits || (all.rc !== 0 && failsFast)) return all;
  }
  return all;
}

/** Runs programs that are chained by `&&`, until one fails. @param before the result so far, whose output comes first */
function runList(
  list: readonly Call[],
  before: Outcome,
  tree: Tree,
  run: (argv: readonly string[]) => Outcome,
): { readonly outcome: Outcome; readonly exits: boolean } {
  let all = before;
  for (const { argv, target } of list) {
    const [program = '', code = '0'] = argv;
    if (program === 'exit') return { outcome: { ...all, rc: Number(code) }, exits: true };
    const outcome = BUILT_IN.has(program) ? ok() : run(argv);
    if (target !== undefined && outcome.rc === 0) writeInside(tree, target, outcome.stdout);
    const stdout = all.stdout + (target === undefined ? outcome.stdout : '');
    all = { ...outcome, stdout, stderr: all.stderr + outcome.stderr };
    if (all.rc !== 0) break;
  }
  return { outcome: all, exits: false };
}

function writeInside(tree: Tree, path: string, data: string): void {
  mkdirSync(dirname(tree.at(path)), { recursive: true });
  writeFileSync(tree.at(path), data);
}

/** Undefined for a script outside this subset. */
function parse(script: string, parameters: readonly string[]): readonly (readonly Call[])[] | undefined {
  const tokens = script.match(/'[^']*'|"[^"\\`]*"|&&|[;>]|[^\s;>&'"]+|\s+/g) ?? [];
  if (tokens.join('') !== script) return undefined;
  const lists: { argv: string[]; target?: string }[][] = [[{ argv: [] }]];
  let redirected = false;
  for (const token of tokens) {
    const command = lists.at(-1)?.at(-1);
    const word = token.replace(/^(['"])(.*)\1$/s, '$2');
    const value = token.startsWith("'")
      ? word
      : word.replaceAll(/\$(\d)/g, (_, digit: string) => parameters[Number(digit)] ?? '');
    if (token.trim() === '' || command === undefined) continue;
    if (token === '&&') lists.at(-1)?.push({ argv: [] });
    else if (token === ';') lists.push([{ argv: [] }]);
    else if (token === '>') redirected = true;
    else if (!token.startsWith("'") && word !== '!' && /[$`|<*?(){}\\~!#]/.test(word.replaceAll(/\$\d/g, '')))
      return undefined;
    else if (redirected) {
      command.target = value;
      redirected = false;
    } else command.argv.push(value);
  }
  return lists.map((list) => list.filter(({ argv }) => argv.length > 0)).filter((list) => list.length > 0);
}
