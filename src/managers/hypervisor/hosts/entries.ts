// Parses and prints the node's hosts file as the C library and Proxmox's own page read it (hosts(5); pve-common, PVE/INotify.pm, write_etc_hosts): an
// address and its names in a line, `#` begins a comment.

import { parseAddress, spelling } from '../../../config/address.ts';
import { fitting } from '../../../model/text.ts';
import { blockIn, withBlock } from '../block.ts';
import type { HostEntry } from '../declared.ts';

export const HOSTS_FILE = '/etc/hosts';

/** Every entry of a hosts file, in order; lines without an address and a name are skipped. */
export function entriesIn(text: string): HostEntry[] {
  return text.split('\n').flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    return names.length === 0 ? [] : [{ address, names }];
  });
}

/** The file with Phoenix's block, which holds an entry for each declared one that other lines do not already provide. */
export function withEntries(text: string, declared: readonly HostEntry[]): string {
  return withBlock(text, declared.filter((entry) => !isProvided(text, entry)).map(lineOf));
}

/** The declared entries as the file has them: those that other lines provide, and what is in Phoenix's block. */
export function presentEntries(text: string, declared: readonly HostEntry[]): HostEntry[] {
  const block = entriesIn((blockIn(text) ?? []).join('\n'));
  return [...declared.filter((entry) => isProvided(text, entry)), ...block];
}

/** Whether lines outside of Phoenix's block give each name its address. */
function isProvided(text: string, { address, names }: HostEntry): boolean {
  const others = entriesIn(withBlock(text, []));
  return names.every((name) => others.some((other) => leadsTo(other, name, address)));
}

/**
 * An entry outside Phoenix's block that maps a declared name to another address, which a lookup would return too; null for none. A name may have one
 * address of each family.
 */
export function clashIn(
  text: string,
  declared: readonly HostEntry[],
): { readonly name: string; readonly other: HostEntry } | null {
  const others = entriesIn(withBlock(text, []));
  for (const { address, names } of declared)
    for (const name of names) {
      const other = others.find((one) => contradicts(one, name, address));
      if (other !== undefined) return { name, other };
    }
  return null;
}

/** Whether an entry gives a name another address of the same family. */
export function contradicts(entry: HostEntry, name: string, address: string): boolean {
  const isSameFamily = entry.address.includes(':') === address.includes(':');
  return isSameFamily && hasName(entry, name) && !isSameAddress(entry.address, address);
}

function leadsTo(entry: HostEntry, name: string, address: string): boolean {
  return hasName(entry, name) && isSameAddress(entry.address, address);
}

function hasName({ names }: HostEntry, name: string): boolean {
  return names.some((one) => one.toLowerCase() === name.toLowerCase());
}

function isSameAddress(a: string, b: string): boolean {
  const [one, other] = [parseAddress(a), parseAddress(b)];
  return one === undefined || other === undefined ? a === b : spelling(one) === spelling(other);
}

/** @throws Error for an address or name that is more than one word */
function lineOf({ address, names }: HostEntry): string {
  const words = names.map((name) => fitting(name, /^[A-Za-z0-9][A-Za-z0-9.-]*$/, HOSTS_FILE));
  return [fitting(address, /^[0-9A-Fa-f.:]+$/, HOSTS_FILE), ...words].join(' ');
}
