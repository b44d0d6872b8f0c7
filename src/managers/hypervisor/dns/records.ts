// The two files of the host's DNS server: what it is told once, and the names, which it reads again by itself when they change.

import { fitting } from '../../../model/text.ts';
import { MARK } from '../act.ts';
import type { DnsRecord } from './names.ts';

export const STATIC_FILE = '/etc/dnsmasq.d/00-phoenix.conf';
/**
 * dnsmasq watches it: a file that is written or renamed into it is read at once, one that goes is forgotten. It lies where the user
 * that dnsmasq runs as may look, which is not so of every folder of ours.
 */
const WATCHED_FOLDER = '/etc/dnsmasq.hosts.d';
export const RECORDS_FILE = `${WATCHED_FOLDER}/phoenix`;

/** What dnsmasq reads as a name or an address and nothing else: no slash, `#`, comma or space. */
const name = (text: string): string => fitting(text, /^[A-Za-z0-9_][A-Za-z0-9._-]*$/, 'the settings of dnsmasq');
const address = (text: string): string => fitting(text, /^[0-9A-Fa-f.:]+(%[\w.-]+)?$/, 'the settings of dnsmasq');

export interface DnsSpec {
  /** Names below it are known here or nowhere. */
  readonly domain: string;
  /** Asked for every other name; empty: those of the host's own resolv.conf. */
  readonly upstreams: readonly string[];
  /** Address of the host that guests ask; null: every one of its addresses. */
  readonly address: string | null;
  readonly records: readonly DnsRecord[];
}

/**
 * Settings of dnsmasq that stand beside those of people. `bind-dynamic` leaves other DNS servers on other addresses alone and
 * follows bridges that come up later.
 * @throws Error for a domain or server that dnsmasq would read as something else
 */
export function staticText({ domain, upstreams, address: own }: DnsSpec): string {
  return [
    MARK,
    `hostsdir=${WATCHED_FOLDER}`,
    `local=/${name(domain)}/`,
    'domain-needed',
    'bogus-priv',
    ...(own === null ? [] : ['bind-dynamic', 'listen-address=127.0.0.1', `listen-address=${address(own)}`]),
    ...(upstreams.length === 0 ? [] : ['no-resolv', ...upstreams.map((server) => `server=${address(server)}`)]),
    '',
  ].join('\n');
}

/**
 * One line per address, as in /etc/hosts; the first name is the one that a reverse look-up answers.
 * @throws Error for a name or address that is more than one word
 */
export function recordsText(records: readonly DnsRecord[]): string {
  const byAddress = Map.groupBy(records, (record) => record.address);
  const lines = [...byAddress]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([each, names]) => `${address(each)} ${names.map((record) => name(record.name)).join(' ')}`);
  return [MARK, ...lines, ''].join('\n');
}
