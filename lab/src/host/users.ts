// Account programs of the node: useradd, usermod, chpasswd, and runuser, which runs a command as another user.

import { chmodSync, mkdirSync } from 'node:fs';
import { replaceFile } from '../proxmox/lock.ts';
import { type LabNode, pathOf } from '../proxmox/node.ts';
import type { Program } from '../proxmox/programs.ts';
import { failed, ok } from '../tree/tree.ts';
import { hostTree } from './files.ts';

type Database = 'passwd' | 'group' | 'shadow';

function rewrite(node: LabNode, database: Database, change: (lines: readonly string[]) => readonly string[]): void {
  const { accounts } = hostTree(node);
  const text = change(accounts.lines(database)).map((line) => `${line}\n`);
  const file = pathOf(node, `etc/${database}`);
  replaceFile(file, text.join(''));
  if (database === 'shadow') chmodSync(file, 0o640);
}

/** The options with their values; a string is the error. */
function parse(
  words: readonly string[],
  flags: Readonly<Record<string, string>>,
  values: Readonly<Record<string, string>>,
): { readonly options: ReadonlyMap<string, string>; readonly names: readonly string[] } | string {
  const options = new Map<string, string>();
  const names: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    const [, long, given] = /^(--[^=]+)=(.*)$/.exec(word) ?? [];
    const key = long ?? word;
    const flag = flags[key];
    const value = values[key];
    if (!word.startsWith('-')) names.push(word);
    else if (flag !== undefined) options.set(flag, '');
    else if (value !== undefined) options.set(value, given ?? words[++index] ?? '');
    else return `unrecognized option '${word}'`;
  }
  return { options, names };
}

const freeId = (taken: readonly number[]): number => {
  let id = 1000;
  while (taken.includes(id)) id += 1;
  return id;
};

/** Answers `useradd [-m] [-U] [-s SHELL] [-c COMMENT] [-d HOME] NAME`. */
export const useradd: Program = (node, argv) => {
  const parsed = parse(
    argv,
    { '-m': 'home', '--create-home': 'home', '-U': 'group', '--user-group': 'group' },
    {
      '-s': 'shell',
      '--shell': 'shell',
      '-c': 'comment',
      '--comment': 'comment',
      '-d': 'folder',
      '--home-dir': 'folder',
    },
  );
  if (typeof parsed === 'string') return failed(`useradd: ${parsed}`, 2);
  const { options, names } = parsed;
  const [name = '', more] = names;
  if (name === '' || more !== undefined) return failed('Usage: useradd [options] LOGIN', 2);
  if (!/^[a-z_][a-z0-9_-]{0,31}\$?$/.test(name)) {
    return failed(`useradd: invalid user name '${name}': use --badname to ignore`, 3);
  }
  const comment = options.get('comment') ?? '';
  if (/[:\n]/.test(comment)) return failed(`useradd: invalid comment '${comment}'`, 3);
  const { accounts } = hostTree(node);
  if (accounts.user(name) !== undefined) return failed(`useradd: user '${name}' already exists`, 9);
  if (accounts.line('group', name) !== undefined) {
    return failed(`useradd: group ${name} exists - if you want to add this user to that group, use -g.`, 9);
  }
  const ids = (['passwd', 'group'] as const)
    .flatMap((each) => accounts.lines(each))
    .map((line) => Number(line.split(':')[2]));
  const id = freeId(ids);
  const home = options.get('folder') ?? `/home/${name}`;
  rewrite(node, 'group', (lines) => [...lines, `${name}:x:${id}:`]);
  rewrite(node, 'shadow', (lines) => [...lines, `${name}:!:20000:0:99999:7:::`]);
  rewrite(node, 'passwd', (lines) => [
    ...lines,
    `${name}:x:${id}:${id}:${comment}:${home}:${options.get('shell') ?? '/bin/sh'}`,
  ]);
  if (options.has('home')) {
    mkdirSync(pathOf(node, home), { recursive: true, mode: 0o700 });
    hostTree(node).accounts.setOwner(home, { uid: id, gid: id });
  }
  return ok();
};

/** Answers `usermod [-c COMMENT] [-s SHELL] NAME`. */
export const usermod: Program = (node, argv) => {
  const parsed = parse(argv, {}, { '-c': 'comment', '--comment': 'comment', '-s': 'shell', '--shell': 'shell' });
  if (typeof parsed === 'string') return failed(`usermod: ${parsed}`, 2);
  const { options, names } = parsed;
  const [name = ''] = names;
  if (hostTree(node).accounts.user(name) === undefined) return failed(`usermod: user '${name}' does not exist`, 6);
  rewrite(node, 'passwd', (lines) =>
    lines.map((line) => {
      const fields = line.split(':');
      if (fields[0] !== name) return line;
      fields[4] = options.get('comment') ?? fields[4] ?? '';
      fields[6] = options.get('shell') ?? fields[6] ?? '';
      return fields.join(':');
    }),
  );
  return ok();
};

/** Answers `chpasswd -e`: `NAME:HASH` lines on standard input. */
export const chpasswd: Program = (node, argv, stdin) => {
  if (!argv.every((word) => word === '-e' || word === '--encrypted') || argv.length === 0) {
    return failed('chpasswd: only with -e in a lab', 2);
  }
  const lines = (stdin?.() ?? Buffer.alloc(0))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
  for (const [index, line] of lines.entries()) {
    const at = line.indexOf(':');
    const [name, hash] = [line.slice(0, at), line.slice(at + 1)];
    if (at < 0 || hash === '') return failed(`chpasswd: line ${index + 1}: missing new password`);
    if (hostTree(node).accounts.user(name) === undefined || hash.includes(':')) {
      return failed(
        `chpasswd: (line ${index + 1}, user ${name}) password not changed\nchpasswd: error detected, changes ignored`,
      );
    }
    rewrite(node, 'shadow', (all) => [
      ...all.filter((each) => !each.startsWith(`${name}:`)),
      `${name}:${hash}:20000:0:99999:7:::`,
    ]);
  }
  return ok();
};
