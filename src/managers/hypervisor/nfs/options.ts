// A canonical form for the options of an NFS export (exports(5)), so that declared options can be compared with those of the kernel, where every
// default is explicit.

import { EXPORT_VALUES, EXPORT_WORDS } from '../../../proxmox/files/nfs-exports.ts';

const ALIASES: Readonly<Record<string, string>> = {
  auth_nlm: 'secure_locks',
  no_auth_nlm: 'insecure_locks',
  mp: 'mountpoint',
};

/** Settings by name; those that are not written have their default. */
export type ExportOptions = ReadonlyMap<string, string>;

/** The first word for a setting wins: words after `sec=` repeat settings for that flavour. */
export function exportOptions(words: readonly string[]): ExportOptions {
  const options = new Map<string, string>();
  for (const word of words) {
    const { name, value } = parseOption(word);
    if (!options.has(name)) options.set(name, value);
  }
  for (const [usual] of EXPORT_WORDS) if (!options.has(usual)) options.set(usual, usual);
  for (const [name, usual] of Object.entries(EXPORT_VALUES)) if (!options.has(name)) options.set(name, usual);
  return options;
}

export function sameOptions(one: ExportOptions, other: ExportOptions): boolean {
  return one.size === other.size && [...one].every(([name, value]) => other.get(name) === value);
}

/** A setting as it is written: the reverse of how it is read. */
export function optionWord(name: string, value: string): string {
  return value === name || EXPORT_WORDS.some(([first]) => first === name) ? value : `${name}=${value}`;
}

/** `rw` is read as the setting `ro` with the value `rw`. */
function parseOption(word: string): { readonly name: string; readonly value: string } {
  const at = word.indexOf('=');
  const written = at < 0 ? word : word.slice(0, at);
  const name = ALIASES[written] ?? written;
  if (at >= 0) return { name, value: word === 'fsid=root' ? '0' : word.slice(at + 1) };
  const pair = EXPORT_WORDS.find((words) => words.includes(name));
  return { name: pair?.[0] ?? name, value: name };
}
