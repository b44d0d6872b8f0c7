// The two files of dnsmasq on the host: its static configuration, and the records, which it reloads by itself when they change.

import { fitting } from '../../../model/text.ts';
import { MARK } from '../act.ts';
import type { DnsRecord } from './names.ts';

export const STATIC_FILE = '/etc/dnsmasq.d/00-phoenix.conf';
/**
 * dnsmasq watches this folder (`hostsdir`): a file that is written or renamed into it is read at once, a removed one is forgotten. The folder is
 * readable by the user that dnsmasq runs as, unlike most of Phoenix's folders.
 */
const WATCHED_FOLDER = '/etc/dnsmasq.hosts.d';
export const RECORDS_FILE = `${WATCHED_FOLDER}/phoenix`;

/** Accepts only what dnsmasq reads as one name or address: no slash, `#`, comma or space. */
const name = (text: string): string => fitting(text, /^[A-Za-z0-9_][A-Za-z0-9._-]*$/, 'the settings of dnsmasq');
const address = (text: string): string => fitting(text, /^[0-9A-Fa-f.:]+(%[\w.-]+)?$/, 'the settings of dnsmasq');

export interface DnsSpec {
  /** dnsmasq is authoritative for names below it and never forwards them. */
  readonly domain: string;
  /** Resolvers for every other name; empty: those of the host's own resolv.conf. */
  readonly upstreams: readonly string[];
  /** The host's address that dnsmasq listens on; null: all of its addresses. */
  readonly address: string | null;
  readonly records: readonly DnsRecord[];
}

/**
 * Settings of dnsmasq, valid beside those of people. `bind-dynamic` leaves DNS servers on other addresses alone and follows bridges that come up
 * later.
 *
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

/** What Phoenix's settings of dnsmasq say, without its records. */
export function readStatic(text: string): Omit<DnsSpec, 'records'> {
  const all = (key: string) => [...text.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value);
  return {
    domain: all('local')[0]?.replace(/^\/|\/$/g, '') ?? '',
    upstreams: all('server'),
    address: all('listen-address').find((each) => each !== '127.0.0.1') ?? null,
  };
}

export function readRecords(text: string): DnsRecord[] {
  return text.split('\n').flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    return names.map((each) => ({ name: each, address }));
  });
}

/**
 * One line per address, as in /etc/hosts; the first name of a line is the answer to a reverse lookup.
 *
 * @throws Error for a name or address with characters that dnsmasq would read as more than one word
 */
export function recordsText(records: readonly DnsRecord[]): string {
  const byAddress = Map.groupBy(records, (record) => record.address);
  const lines = [...byAddress]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([each, names]) => `${address(each)} ${names.map((record) => name(record.name)).join(' ')}`);
  return [MARK, ...lines, ''].join('\n');
}
