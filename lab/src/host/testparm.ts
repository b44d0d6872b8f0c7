// testparm of the node: looks whether Samba could read a file of settings, with those that it includes.

import { existsSync, readFileSync } from 'node:fs';
import { type LabNode, pathOf } from '../proxmox/node.ts';
import type { Program } from '../proxmox/programs.ts';
import { failed } from '../tree/tree.ts';
import { installed } from './packages.ts';

const KNOWN = new Set(
  'workgroup|server string|server role|log file|max log size|logging|panic action|obey pam restrictions|unix password sync|passwd program|passwd chat|pam password change|map to guest|usershare allow guests|interfaces|bind interfaces only|comment|path|valid users|invalid users|read list|write list|browseable|browsable|read only|writable|writeable|guest ok|public|printable|create mask|directory mask|force user|force group|hosts allow|hosts deny|include|min protocol|server min protocol|security|dns proxy'.split(
    '|',
  ),
);

interface Found {
  readonly lines: string[];
  /** What is only said. */
  readonly notes: string[];
}

/** Reads a file into `found`; a string is why it cannot be read at all. */
function read(node: LabNode, file: string, found: Found, depth = 0): string | null {
  if (!existsSync(pathOf(node, file))) {
    if (depth === 0) return `error: Could not open ${file}`;
    found.notes.push(`Can't find include file ${file}`);
    return null;
  }
  if (depth > 10) return 'error: too many includes';
  // A line that ends with a backslash continues in the next one.
  const text = readFileSync(pathOf(node, file), 'utf8').replaceAll(/\\\r?\n/g, '');
  for (const [index, written] of text.split('\n').entries()) {
    const line = written.trim().replaceAll(/\s+/g, ' ');
    if (line === '' || /^[#;]/.test(line)) continue;
    if (line.startsWith('[') && !/^\[[^\]]+\]$/.test(line))
      return `params.c:Section() - Badly formed line in configuration file: ${line} (${index + 1})`;
    const fault = readLine(node, line, found, depth);
    if (fault !== null) return fault;
  }
  return null;
}

/** A heading, a parameter, or the inclusion of another file; a string is why that file cannot be read. */
function readLine(node: LabNode, line: string, found: Found, depth: number): string | null {
  const [, name, value = ''] = /^([^=]*?)\s*=\s*(.*)$/.exec(line) ?? [];
  const plain = name?.toLowerCase().replaceAll(/\s+/g, ' ');
  if (line.startsWith('[')) found.lines.push(line);
  else if (plain === undefined) found.notes.push(`Ignoring badly formed line in configuration file: ${line}`);
  else if (plain === 'include') return read(node, value, found, depth + 1);
  else if (KNOWN.has(plain)) found.lines.push(`\t${plain} = ${value}`);
  else found.notes.push(`Unknown parameter encountered: "${name}"`);
  return null;
}

/** Answers `testparm -s [FILE]`. */
export const testparm: Program = (node, argv) => {
  if (!installed(node).has('samba')) return { rc: 127, stdout: '', stderr: 'testparm: command not found\n' };
  const stray = argv.find((word) => word.startsWith('-') && word !== '-s' && word !== '--suppress-prompt');
  if (stray !== undefined) return failed(`Invalid option ${stray}: unknown option`);
  if (argv.every((word) => !word.startsWith('-'))) return failed('testparm: nobody is here to press enter');
  const file = argv.find((word) => !word.startsWith('-')) ?? '/etc/samba/smb.conf';
  const found: Found = { lines: [], notes: [] };
  const fault = read(node, file, found);
  const lines = [`Load smb config files from ${file}`, ...found.notes];
  if (fault !== null) return failed([...lines, fault, 'Error loading services.'].join('\n'));
  return {
    rc: 0,
    stdout: `${found.lines.join('\n')}\n`,
    stderr: `${[...lines, 'Loaded services file OK.'].join('\n')}\n`,
  };
};
