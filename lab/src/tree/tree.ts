// A machine whose files are below a folder: the node, or a guest. Owners are recorded beside the files, since a lab may run without root. What its
// file programs share is here.

import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Accounts } from '../accounts.ts';

/** The result of a command, and its duration in seconds: default 0, infinite for one that never ends. */
export type Outcome = {
  readonly rc: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds?: number;
};

export interface Tree {
  /** The real path of a path of the machine. */
  at(path: string): string;
  readonly accounts: Accounts;
  stdin(): Buffer;
}

export type TreeProgram = (tree: Tree, words: readonly string[]) => Outcome;

export const ok = (stdout = ''): Outcome => ({ rc: 0, stdout, stderr: '' });
export const failed = (stderr: string, rc = 1): Outcome => ({ rc, stdout: '', stderr: `${stderr}\n` });

interface Parsed {
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  readonly operands: readonly string[];
}

/** Parses short options; those in `withValue` take the rest of the word or the next one. `--` ends them. */
export function parse(words: readonly string[], withValue = ''): Parsed {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const operands: string[] = [];
  const following = [...words];
  for (let word = following.shift(); word !== undefined; word = following.shift()) {
    if (word === '--') return { flags, values, operands: [...operands, ...following] };
    if (word.startsWith('--')) {
      const [, name = '', value] = /^--([^=]+)(?:=(.*))?$/.exec(word) ?? [];
      if (value === undefined) flags.add(name);
      else values.set(name, value);
    } else if (/^-./.test(word)) parseLetters(word.slice(1), following, withValue, flags, values);
    else operands.push(word);
  }
  return { flags, values, operands };
}

/** A word of single-letter options, of which the last may have a value. */
function parseLetters(
  letters: string,
  following: string[],
  withValue: string,
  flags: Set<string>,
  values: Map<string, string>,
): void {
  const at = [...letters].findIndex((letter) => withValue.includes(letter));
  for (const letter of at < 0 ? letters : letters.slice(0, at)) flags.add(letter);
  if (at >= 0) values.set(letters[at] ?? '', letters.slice(at + 1) || (following.shift() ?? ''));
}

export const missing = (program: string, verb: string, path: string): Outcome =>
  failed(`${program}: cannot ${verb} '${path}': No such file or directory`);

export function write(tree: Tree, path: string, data: Buffer | string): void {
  mkdirSync(dirname(tree.at(path)), { recursive: true });
  writeFileSync(tree.at(path), data);
}

/** Folders that exist on every machine. */
const STANDARD =
  /^\/(etc(\/(apt|cron\.d|default|logrotate\.d|modprobe\.d|ssh|ssl|sudoers\.d|systemd\/system))?|home|mnt|opt|root|run|srv|tmp|usr\/local\/(bin|sbin|share)|var(\/(cache|lib|log|tmp|www))?)?$/;

export function hasFolder(tree: Tree, path: string): boolean {
  const folder = dirname(path);
  if (!existsSync(tree.at(folder)) && STANDARD.test(folder)) mkdirSync(tree.at(folder), { recursive: true });
  return existsSync(tree.at(folder));
}

/** The result of the first file that fails, or success. */
export function each(paths: readonly string[], act: (path: string) => Outcome | undefined): Outcome {
  for (const path of paths) {
    const outcome = act(path);
    if (outcome !== undefined) return outcome;
  }
  return ok();
}

export function placeOf(tree: Tree, source: string, target: string): string {
  const into = existsSync(tree.at(target)) && statSync(tree.at(target)).isDirectory();
  return into ? join(target, basename(source)) : target;
}
