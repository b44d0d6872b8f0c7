// The files of the host's network, as ifupdown2 reads them: which interfaces they set up, and with what.

import { parseNetwork, spelling } from '../../../config/address.ts';

/** One `iface` stanza with its options. */
export interface Stanza {
  readonly name: string;
  /** `inet` or `inet6`. */
  readonly family: string;
  /** `static`, `manual`, `dhcp`, `loopback`. */
  readonly method: string;
  /** In file order; a key may occur more than once. */
  readonly options: readonly (readonly [key: string, value: string])[];
  /** Where it begins, `/etc/network/interfaces:12`; absent where nobody asked for it. */
  readonly at?: string;
}

/** The VLANs of a VLAN-aware bridge where none are named, as Proxmox writes them. */
export const ALL_VLANS = '2-4094';

/** In place of the end of a line that goes on. */
const CONTINUED = '\u0000';

/** Keywords that start a new stanza. */
const PARTS = /^(auto|allow-\S+|iface|mapping|source|source-directory|rename|template)$/;

/**
 * Lines ending in a backslash continue on the next one; `#` begins a comment only at the start of a line.
 *
 * @param path of the file, where places are of interest
 */
export function stanzasOf(text: string, path?: string): Stanza[] {
  const found: { name: string; family: string; method: string; options: [string, string][]; at?: string }[] = [];
  let inside = false;
  let number = 0;
  for (const line of text.replaceAll(/\\\n/g, CONTINUED).split('\n')) {
    const first = number + 1;
    number += line.split(CONTINUED).length;
    const [word = '', ...rest] = line.replaceAll(CONTINUED, ' ').trim().split(/\s+/);
    if (word === '' || word.startsWith('#')) continue;
    if (PARTS.test(word)) {
      inside = word === 'iface';
      const [name = '', family = 'inet', method = 'static'] = rest;
      const place = path === undefined ? {} : { at: `${path}:${first}` };
      if (inside) found.push({ name, family, method, options: [], ...place });
    } else if (inside) found.at(-1)?.options.push([word, rest.join(' ')]);
  }
  return found;
}

/**
 * Those of the files that /etc/network/interfaces includes: by a pattern of a `source` line, or all of a folder.
 *
 * @param main its content
 */
export function includedBy(main: string, files: ReadonlyMap<string, string>): [path: string, text: string][] {
  const patterns = main.split('\n').flatMap((line) => {
    const [, word, written = ''] = /^\s*(source|source-directory)\s+(\S+)/.exec(line) ?? [];
    if (word === undefined) return [];
    const path = written.startsWith('/') ? written : `/etc/network/${written}`;
    // A folder stands for the files in it.
    return [globOf(path), globOf(`${path.replace(/\/$/, '')}/*`)];
  });
  return [...files].filter(([path]) => patterns.some((pattern) => pattern.test(path)));
}

/** A pattern of a shell: a wildcard stands for no slash. A bracket without its other one stands for itself. */
function globOf(pattern: string): RegExp {
  const source = pattern.replaceAll(/\[!?\w(?:-\w|\w)*\]|\*|\?|[^\w/]/g, (part) => {
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    return part.length === 1 ? `\\${part}` : classOf(part);
  });
  return new RegExp(`^${source}$`);
}

/** `[a-c]` or `[!ab]` of a pattern; a range the wrong way round is empty. */
function classOf(part: string): string {
  const isNot = part.startsWith('[!');
  const within = part.slice(isNot ? 2 : 1, -1);
  const characters = within.replaceAll(/(\w)-(\w)/g, (range, from: string, to: string) => (from <= to ? range : ''));
  return `[${isNot ? '^' : ''}${characters.replaceAll(/^-|-$/g, '')}]`;
}

/** The first value of an option; null when it is absent. */
export function optionOf({ options }: Stanza, key: string): string | null {
  return options.find(([name]) => name === key)?.[1] ?? null;
}

/** `10.0.0.13/24`, also where the netmask is an option of its own; null without an address. */
export function addressOf(stanza: Stanza): string | null {
  const address = optionOf(stanza, 'address');
  if (address === null || address.includes('/')) return address;
  const mask = optionOf(stanza, 'netmask');
  if (mask === null) return `${address}/${stanza.family === 'inet6' ? 128 : 32}`;
  return `${address}/${/^\d+$/.test(mask) ? mask : prefixOf(mask)}`;
}

/** The prefix length of a netmask: `255.255.255.0` gives 24. */
function prefixOf(mask: string): number {
  const bits = mask.split('.').map((byte) => Number(byte).toString(2).padStart(8, '0'));
  return bits.join('').indexOf('0') < 0 ? 32 : bits.join('').indexOf('0');
}

/** Whether two addresses are equal including the prefix length, however they are written. */
export function sameAddress(a: string | null, b: string): boolean {
  const [one, other] = [parseNetwork(a ?? ''), parseNetwork(b)];
  if (one === undefined || other === undefined) return a === b;
  return one.bits === other.bits && spelling(one.address) === spelling(other.address);
}
