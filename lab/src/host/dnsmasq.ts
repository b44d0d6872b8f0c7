// dnsmasq of the node: the checks of its configuration, by `--test` and before its service starts.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { type LabNode, pathOf } from '../proxmox/node.ts';
import type { Program } from '../proxmox/programs.ts';
import type { Outcome } from '../tree/tree.ts';
import { installed } from './packages.ts';

/** Options without a value. */
const FLAGS = new Set(
  'all-servers bind-dynamic bind-interfaces bogus-priv clear-on-reload dnssec domain-needed expand-hosts filterwin2k keep-in-foreground local-service localise-queries localmx log-debug log-dhcp no-daemon no-hosts no-negcache no-ping no-poll no-resolv no-round-robin quiet-dhcp read-ethers rebind-localhost-ok selfmx stop-dns-rebind strict-order'.split(
    ' ',
  ),
);

/** dnsmasq's error for the value of an option; undefined if it is valid. */
type Check = (value: string) => string | undefined;

const free: Check = () => undefined;
const number =
  (most: number): Check =>
  (value) =>
    /^\d+$/.test(value) && Number(value) <= most ? undefined : 'error';
const server: Check = (value) => {
  const [, address = ''] = /^(?:\/[^ ]*\/)?([^#@]*)(?:#\d+)?(?:@\S+)?$/.exec(value) ?? [];
  const inDomain = value.startsWith('/');
  return (inDomain && ['', '#'].includes(address)) || isIP(address) !== 0 ? undefined : 'Name or service not known';
};
const address: Check = (value) => {
  const [, given = 'x'] = /^\/[^ ]*\/([^/]*)$/.exec(value) ?? [];
  return given === '' || given === '#' || isIP(given) !== 0 ? undefined : 'Bad address in --address';
};

const VALUES: Readonly<Record<string, Check>> = {
  address,
  'addn-hosts': free,
  'auth-server': free,
  'auth-zone': free,
  'cache-size': number(1_000_000),
  cname: free,
  'conf-dir': free,
  'conf-file': free,
  'dhcp-authoritative': free,
  'dhcp-host': free,
  'dhcp-leasefile': free,
  'dhcp-option': free,
  'dhcp-range': free,
  domain: free,
  'except-interface': free,
  group: free,
  'host-record': free,
  hostsdir: free,
  interface: free,
  'listen-address': (value) =>
    value.split(',').every((each) => isIP(each) !== 0 && !each.includes('%')) ? undefined : 'error',
  local: server,
  'local-ttl': number(4_294_967_295),
  'log-facility': free,
  'log-queries': free,
  'max-ttl': number(4_294_967_295),
  'mx-host': free,
  'neg-ttl': number(4_294_967_295),
  'no-dhcp-interface': free,
  'pid-file': free,
  port: number(65_535),
  'ptr-record': free,
  'resolv-file': free,
  'rev-server': free,
  server,
  'srv-host': free,
  'txt-record': free,
  user: free,
};

/** Options with an optional value. */
const OPTIONAL = new Set(['log-queries', 'dhcp-authoritative']);

/** The first error in a file with dnsmasq's message and exit code; null if there is none. */
function faultOf(node: LabNode, file: string, seen: ReadonlySet<string> = new Set()): Fault | null {
  if (seen.has(file)) return null;
  const path = pathOf(node, file);
  if (!existsSync(path)) return { message: `cannot read ${file}: No such file or directory`, rc: 3 };
  for (const [index, written] of readFileSync(path, 'utf8').split('\n').entries()) {
    const line = written.replace(/(^|\s)#.*/, '').trim();
    if (line === '') continue;
    const [, option = '', value] = /^([^=]*?)\s*(?:=\s*(.*))?$/.exec(line) ?? [];
    const problem = problemOf(option, value);
    if (problem !== undefined) return { message: `${problem} at line ${index + 1} of ${file}`, rc: 1 };
    const inner = value === undefined ? null : innerFault(node, option, value, new Set([...seen, file]));
    if (inner !== null) return inner;
  }
  return null;
}

/** dnsmasq's error for an option with its value; undefined if it is valid. */
function problemOf(option: string, value: string | undefined): string | undefined {
  if (FLAGS.has(option)) return value === undefined ? undefined : 'extraneous parameter';
  const check = Object.hasOwn(VALUES, option) ? VALUES[option] : undefined;
  if (check === undefined) return 'bad option';
  if (value !== undefined) return check(value);
  return OPTIONAL.has(option) ? undefined : 'missing parameter';
}

interface Fault {
  readonly message: string;
  readonly rc: number;
}

function innerFault(node: LabNode, option: string, value: string, seen: ReadonlySet<string>): Fault | null {
  if (option === 'conf-file') return faultOf(node, value, seen);
  return option === 'conf-dir' ? folderFault(node, value, seen) : null;
}

/** `FOLDER[,SUFFIX…]`: files with one of the suffixes are skipped; with `*SUFFIX`, only those are read. */
function folderFault(node: LabNode, value: string, seen: ReadonlySet<string> = new Set()): Fault | null {
  const [folder = '', ...suffixes] = value.split(',').map((part) => part.trim());
  const path = pathOf(node, folder);
  if (!existsSync(path)) return { message: `cannot access directory ${folder}: No such file or directory`, rc: 3 };
  const only = suffixes.filter((suffix) => suffix.startsWith('*')).map((suffix) => suffix.slice(1));
  const without = suffixes.filter((suffix) => !suffix.startsWith('*'));
  const files = readdirSync(path)
    .filter((name) => !/^\.|~$|^#.*#$/.test(name) && statSync(join(path, name)).isFile())
    .filter((name) => only.length === 0 || only.some((suffix) => name.endsWith(suffix)))
    .filter((name) => !without.some((suffix) => suffix !== '' && name.endsWith(suffix)))
    .sort();
  for (const name of files) {
    const fault = faultOf(node, join(folder, name), seen);
    if (fault !== null) return fault;
  }
  return null;
}

/** Why the service would not start with the present files, by the check in Debian's unit; null: it would. */
export function dnsmasqComplaint(node: LabNode): string | null {
  const main = existsSync(pathOf(node, '/etc/dnsmasq.conf')) ? faultOf(node, '/etc/dnsmasq.conf') : null;
  const folder = existsSync(pathOf(node, '/etc/dnsmasq.d'))
    ? folderFault(node, '/etc/dnsmasq.d,.dpkg-dist,.dpkg-old,.dpkg-new')
    : null;
  return (main ?? folder)?.message ?? null;
}

/** Answers `dnsmasq --test [--conf-file=FILE] [--conf-dir=FOLDER,…]`. */
export const dnsmasq: Program = (node, argv): Outcome => {
  if (!installed(node).has('dnsmasq')) return { rc: 127, stdout: '', stderr: 'dnsmasq: command not found\n' };
  const end = ({ message, rc }: Fault): Outcome => ({ rc, stdout: '', stderr: `\ndnsmasq: ${message}\n` });
  const words = argv.flatMap((word, index) => {
    if (word === '--test' || ['-C', '-7'].includes(argv[index - 1] ?? '')) return [];
    if (word === '-C' || word === '-7') return [[word, argv[index + 1] ?? ''] as const];
    const [, option, value = ''] = /^--(conf-file|conf-dir)=(.*)$/.exec(word) ?? [];
    return [[option === undefined ? word : option === 'conf-file' ? '-C' : '-7', value] as const];
  });
  const stray = words.find(([option]) => option !== '-C' && option !== '-7');
  if (stray !== undefined) return end({ message: 'bad command line options: try --help', rc: 1 });
  if (!argv.includes('--test')) return end({ message: 'the lab runs no servers', rc: 2 });
  const files = words.filter(([option]) => option === '-C').map(([, file]) => file);
  const folders = words.filter(([option]) => option === '-7').map(([, folder]) => folder);
  const faults = [
    ...(files.length === 0 ? [existsSync(pathOf(node, '/etc/dnsmasq.conf')) ? '/etc/dnsmasq.conf' : null] : files),
  ].map((file) => (file === null ? null : faultOf(node, file)));
  const first = [...faults, ...folders.map((folder) => folderFault(node, folder))].find((fault) => fault !== null);
  return first == null ? { rc: 0, stdout: '', stderr: 'dnsmasq: syntax check OK.\n' } : end(first);
};
