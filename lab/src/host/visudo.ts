// visudo of the node: `visudo -c -f FILE`, which checks a file.

import { existsSync, readFileSync } from 'node:fs';
import { pathOf } from '../proxmox/node.ts';
import type { Program } from '../proxmox/programs.ts';
import { failed, ok } from '../tree/tree.ts';
import { installed } from './packages.ts';

const WHO = '%?[A-Za-z_][\\w.-]*\\$?';
const LINES = [
  /^\s*(#|$)/,
  /^[@#]include(dir)?\s+\S/,
  /^Defaults(\s|[!:@>])/,
  /^(User|Runas|Host|Cmnd)_Alias\s+[A-Z][A-Z0-9_]*\s*=/,
  new RegExp(
    `^(${WHO}|ALL)\\s+[\\w.-]+\\s*=\\s*(\\([^)]*\\)\\s*)?((NO)?PASSWD:\\s*)?(ALL|/\\S+)(\\s*,\\s*(ALL|/\\S+))*\\s*$`,
  ),
];

export const visudo: Program = (node, argv) => {
  if (!installed(node).has('sudo')) return { rc: 127, stdout: '', stderr: 'visudo: command not found\n' };
  const words = argv.flatMap((word) => (/^-[cqs]+f$/.test(word) ? ['-c', '-f'] : [word]));
  if (!words.includes('-c')) return failed('visudo: nobody is here to edit');
  const at = words.indexOf('-f');
  const file = at < 0 ? '/etc/sudoers' : (words[at + 1] ?? '');
  if (!existsSync(pathOf(node, file))) return failed(`visudo: unable to open ${file}: No such file or directory`);
  const lines = readFileSync(pathOf(node, file), 'utf8').split('\n');
  const wrong = lines.findIndex((line) => !LINES.some((each) => each.test(line)));
  if (wrong >= 0) return failed(`${file}:${wrong + 1}:1: syntax error\n${lines[wrong]}\n^`);
  return ok(`${file}: parsed OK\n`);
};
