// Imports the node's hosts file into `network.hosts`, without what the installer writes there.

import type { LeftOver } from '../../importer.ts';
import type { HostEntry } from '../declared.ts';
import { hostEntry } from '../schema/host.ts';
import { contradicts, entriesIn, HOSTS_FILE } from './entries.ts';

/** Default entries: loopback of both families, and the IPv6 multicast groups that Debian names. */
const USUAL = /^(127\.|::1$|f[ef]0[0-2]::[0-2]?$)/i;

/** @param own the node's address, whose entry has the node's own name; null where it is not known */
export function writtenHosts(
  text: string,
  own: string | null,
): { readonly hosts: readonly HostEntry[]; readonly left: readonly LeftOver[] } {
  const hosts: HostEntry[] = [];
  const left: LeftOver[] = [];
  const others = entriesIn(text).filter(({ address }) => !USUAL.test(address) && address !== own);
  for (const entry of others) {
    const refusal = whyNot(entry, others);
    if (refusal !== null) {
      left.push({ what: `hypervisor/hosts "${entry.address} ${entry.names.join(' ')}" (${HOSTS_FILE})`, why: refusal });
    } else if (!hosts.some((one) => sayingOf(one) === sayingOf(entry))) hosts.push(entry);
  }
  return { hosts, left };
}

function whyNot(entry: HostEntry, others: readonly HostEntry[]): string | null {
  const read = hostEntry.safeParse(entry);
  if (!read.success) return read.error.issues.map(({ message }) => message).join('; ');
  const twice = entry.names.find((name) => others.some((other) => contradicts(other, name, entry.address)));
  return twice === undefined ? null : `${twice} has several addresses there: it stays as it is`;
}

function sayingOf({ address, names }: HostEntry): string {
  return [address, ...names].join(' ');
}
