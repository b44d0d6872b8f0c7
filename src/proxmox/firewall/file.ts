// Parses and prints firewall files (cluster.fw, host.fw, ID.fw, sdn/firewall/VNET.fw): options, aliases, IP sets, rules and security groups. Unreadable lines are dropped
// with a warning; invalid rules are kept with a warning.
import { isIpv4, isIpv6 } from '../addresses.ts';
import { formatProblem } from '../parameters/formats.ts';
import {
  type FirewallNames,
  NAME,
  parseRule,
  printRule,
  type Rule,
  type RuleEnvironment,
  type RuleProblem,
  ruleProblems,
} from './rule.ts';

type Alias = { name: string; cidr: string; comment?: string };
export type SetEntry = { cidr: string; nomatch?: boolean; comment?: string };
export type Named<T> = Map<string, { comment?: string; entries: T[] }>;

export type FirewallConfig = {
  options: Map<string, string>;
  /** By name in lower case. */
  aliases: Map<string, Alias>;
  ipset: Named<SetEntry>;
  rules: Rule[];
  groups: Named<Rule>;
  /** Sets that SDN generates, which are in no file. */
  sdn?: NonNullable<FirewallNames['sdn']>;
};

const LEVELS = 'emerg|alert|crit|err|warning|notice|info|debug|nolog';
const LEVEL = `(?:${LEVELS})?`;
const OPTIONS: Record<'cluster' | 'host' | 'guest' | 'vnet', readonly (readonly [string, string])[]> = {
  cluster: [
    ['enable', '\\d+'],
    ['ebtables', '[01]'],
    ['policy_(?:in|out|forward)', 'ACCEPT|DROP|REJECT'],
    ['log_ratelimit', '\\S+'],
  ],
  host: [
    ['enable|nosmurfs|tcpflags|ndp|log_nf_conntrack|nf_conntrack_allow_invalid|protection_synflood|nftables', '[01]'],
    ['log_level_(?:in|out|forward)|tcp_flags_log_level|smurf_log_level', LEVEL],
    ['nf_conntrack_helpers', '(?:\\S+,?)+'],
    [
      'nf_conntrack_max|nf_conntrack_tcp_timeout_established|nf_conntrack_tcp_timeout_syn_recv|protection_synflood_rate|protection_synflood_burst|protection_limit',
      '\\d+',
    ],
  ],
  guest: [
    ['enable|dhcp|ndp|radv|macfilter|ipfilter|ips', '[01]'],
    ['log_level_(?:in|out)', LEVEL],
    ['policy_(?:in|out)', 'ACCEPT|DROP|REJECT'],
    ['ips_queues', '\\d+(?::\\d+)?'],
    ['layer2_protocols', '(?:\\S+,?)+'],
  ],
  vnet: [
    ['enable', '\\d+'],
    ['policy_forward', 'ACCEPT|DROP'],
    ['log_level_forward', LEVELS],
  ],
};

const emptyConfig = (): FirewallConfig => ({
  options: new Map(),
  aliases: new Map(),
  ipset: new Map(),
  rules: [],
  groups: new Map(),
});

const kindOf = (environment: RuleEnvironment): 'cluster' | 'host' | 'guest' | 'vnet' =>
  environment === 'cluster' || environment === 'host' || environment === 'vnet' ? environment : 'guest';

function readOption(line: string, environment: RuleEnvironment): [string, string] | { error: string } {
  for (const [names, values] of OPTIONS[kindOf(environment)]) {
    // Proxmox reads the name of this one only in lower case (PVE/Firewall.pm, parse_clusterfw_option).
    const flags = names === 'log_ratelimit' ? '' : 'i';
    const [, name, value = ''] = new RegExp(`^(${names}):\\s*(${values})\\s*$`, flags).exec(line) ?? [];
    if (name === undefined) continue;
    const helpers =
      name.toLowerCase() === 'nf_conntrack_helpers'
        ? formatProblem('pve-fw-conntrack-helper', value.toLowerCase())
        : undefined;
    if (helpers !== undefined) return { error: helpers };
    const text = asRead(name, value);
    const number = !AS_WRITTEN.test(name) && /^\d+$/.test(text) ? Number(text) : undefined;
    // A time at which the cluster's firewall was enabled for a minute (PVE/Firewall.pm, parse_clusterfw_option).
    if (environment === 'cluster' && name.toLowerCase() === 'enable' && number !== undefined && number > 1)
      return ['enable', '0'];
    return [name.toLowerCase(), number === undefined ? text : String(number)];
  }
  return { error: `can't parse option '${line}'` };
}

/** A list of protocols and a number of queues stay as they are written: an Ethernet type is `0800`. */
const AS_WRITTEN = /^(log_ratelimit|layer2_protocols|ips_queues)$/i;

function asRead(option: string, value: string): string {
  if (/^policy_/i.test(option)) return value.toUpperCase();
  return /level|helpers/i.test(option) ? value.toLowerCase() : value;
}

/** An address or network in canonical form; undefined if invalid. */
function readNetwork(text: string): string | undefined {
  const address = text.replace(/\/\d+$/, '');
  if (isIpv6(address)) return text.replace(/\/128$/, '');
  return isIpv4(address) ? text.replace(/\/32$/, '') : undefined;
}

/** A line without the blanks around it. A carriage return stays: with one, Proxmox takes `[OPTIONS]`, `[ALIASES]` and `[RULES]` for no heading. */
export function withoutBlanks(line: string): string {
  return line.replace(/^[ \t]+/, '').replace(/[ \t]+$/, '');
}

/**
 * Whether a line begins a section. Proxmox reads any other as a line of the section before.
 * @param line without blanks around it
 * @param hasGroups whether the file can define security groups: only cluster.fw
 */
export function isHeading(line: string, hasGroups: boolean): boolean {
  const isNamed = section(line, 'ipset') !== undefined || (hasGroups && section(line, 'group') !== undefined);
  return isNamed || /^\[(options|aliases|rules)\]$/i.test(line);
}

/**
 * Whether a carriage return keeps Proxmox from reading headings: it then reads nothing of their sections, and leaves them out when it writes the file the
 * next time. It reads those of groups and IP sets with one, too.
 */
export function hasHiddenSections(text: string): boolean {
  return text.split('\n').some((line) => {
    const bare = withoutBlanks(line);
    return !isHeading(bare, true) && isHeading(bare.trimEnd(), true);
  });
}

type NamedSection = { name: string; comment?: string };

/** The name and comment of a line like `[ipset NAME] # comment`; undefined for any other line. */
const section = (line: string, word: string): NamedSection | undefined => {
  const [, name, comment] = new RegExp(`^\\[${word}\\s+(\\S+)\\]\\s*(?:#\\s*(.*?)\\s*)?$`, 'i').exec(line) ?? [];
  return name === undefined ? undefined : { name: name.toLowerCase(), ...(comment && { comment }) };
};

interface Surroundings {
  /** The cluster's configuration, with the sets and aliases that rules reference; absent for the cluster's own file. */
  readonly cluster?: FirewallConfig | undefined;
  /** The sets that SDN generates, for the cluster's file. */
  readonly sdn?: FirewallConfig['sdn'] | undefined;
  /** Path as shown in warnings. */
  readonly fileName?: string;
  /** Whether to warn about invalid rules and set entries too, like `pve-firewall`; default: false. */
  readonly aboutRules?: boolean;
}

/** Parses a firewall file. */
export function parseFirewall(
  text: string,
  environment: RuleEnvironment,
  { cluster, sdn, fileName = '', aboutRules = false }: Surroundings = {},
): { config: FirewallConfig; warnings: string[] } {
  const config = { ...emptyConfig(), ...(sdn === undefined ? {} : { sdn }) };
  const warnings: string[] = [];
  const hasAliases = environment !== 'host' && environment !== 'vnet';
  let read: LineReader | undefined;
  for (const [index, written] of text.split('\n').entries()) {
    const line = withoutBlanks(written);
    const place = `${fileName} (line ${index + 1})`;
    if (line.trim() === '' || line.startsWith('#')) continue;
    const opened = openSection(line);
    const problem =
      opened !== undefined ? opened.problem : read === undefined ? 'skip line - no section' : read(line, place);
    if (opened !== undefined) read = opened.read;
    if (problem !== undefined) warnings.push(`${place}: ${problem}`);
  }
  return { config, warnings };

  /** The section that the line begins, with the reader of its lines; undefined for a line that begins none. */
  function openSection(line: string): OpenedSection | undefined {
    if (/^\[options\]$/i.test(line)) return { read: readOptionInto(config.options, environment) };
    if (hasAliases && /^\[aliases\]$/i.test(line)) return { read: (alias) => readAlias(alias, config) };
    if (/^\[rules\]$/i.test(line)) return { read: readRuleInto(config.rules, environment) };
    const group = environment === 'cluster' ? section(line, 'group') : undefined;
    if (group !== undefined) return openNamed(group, 'security group', 18, config.groups, readGroupRuleInto);
    const set = hasAliases ? section(line, 'ipset') : undefined;
    return set && openNamed(set, 'ipset', 64, config.ipset, readEntryInto);
  }

  function readRuleInto(rules: Rule[], where: RuleEnvironment): LineReader {
    return (line, place) => {
      const parsed = parseRule(line);
      if ('error' in parsed) return parsed.error;
      const problems = ruleProblems(parsed.rule, where, cluster ?? config, where === 'group' ? undefined : config);
      const dropped = problems.find(([, , endsCheck]) => endsCheck);
      if (dropped !== undefined) return dropped[1];
      rules.push(parsed.rule);
      if (aboutRules && problems.length > 0)
        warnings.push(`${place} - errors in rule parameters: ${line}`, ...firstOfEach(problems));
      return undefined;
    };
  }

  function readGroupRuleInto(rules: Rule[]): LineReader {
    return readRuleInto(rules, 'group');
  }

  function readEntryInto(entries: SetEntry[], name: string): LineReader {
    return (line, place) => {
      const problem = readSetEntry(line, entries, cluster, config);
      if (problem !== undefined && aboutRules)
        warnings.push(`${place} - errors in ipset '${name}': ${line}`, `  cidr: ${problem}`);
      return undefined;
    };
  }
}

/** Reads a line of a section; returns why the line is dropped. @param place the file and line, as shown in warnings */
type LineReader = (line: string, place: string) => string | undefined;

/** Without a reader when its name is invalid: then its lines are dropped. */
interface OpenedSection {
  readonly read?: LineReader;
  readonly problem?: string;
}

/** Adds an empty set or group, unless its name is invalid. */
function openNamed<Entry>(
  { name, ...comment }: NamedSection,
  what: string,
  longest: number,
  all: Named<Entry>,
  readerFor: (entries: Entry[], name: string) => LineReader,
): OpenedSection {
  const problem = nameProblem(name, what, longest);
  if (problem !== undefined) return { problem };
  const entries: Entry[] = [];
  all.set(name, { ...comment, entries });
  return { read: readerFor(entries, name) };
}

function readOptionInto(options: Map<string, string>, environment: RuleEnvironment): LineReader {
  return (line) => {
    const option = readOption(line, environment);
    if ('error' in option) return option.error;
    options.set(...option);
    return undefined;
  };
}

/** Only the first problem of each property is reported. */
const firstOfEach = (problems: readonly RuleProblem[]): string[] =>
  [...new Map(problems.map(([property, message]) => [property, message] as const).reverse())]
    .reverse()
    .map(([property, message]) => `  ${property}: ${message}`);

function nameProblem(name: string, what: string, longest: number): string | undefined {
  if (name.length > longest) return `${what} name too long`;
  return new RegExp(`^${NAME}$`).test(name) ? undefined : `invalid ${what} name '${name}'`;
}

function readAlias(line: string, config: FirewallConfig): string | undefined {
  const [, written = '', comment] = /^(.*?)(?:\s*#\s*(.*?)\s*)?$/s.exec(line) ?? [];
  const [, name, address = ''] = /^(\S+)\s(\S+)$/.exec(written) ?? [];
  if (name === undefined) return undefined;
  const cidr = readNetwork(address);
  if (cidr === undefined) return 'value does not look like a valid IP address or CIDR network';
  config.aliases.set(name.toLowerCase(), { name, cidr, ...(comment && { comment }) });
  return undefined;
}

function readSetEntry(
  line: string,
  entries: SetEntry[],
  cluster: FirewallConfig | undefined,
  own: FirewallConfig,
): string | undefined {
  const [, written = '', comment] = /^(.*?)(?:\s*#\s*(.*?)\s*)?$/s.exec(line) ?? [];
  const [, not, name = ''] = /^(!)?\s*(\S+)\s*$/.exec(written) ?? [];
  const address = readNetwork(name) ?? name;
  const problem =
    setEntryProblem(name, cluster, own) ??
    (entries.some(({ cidr }) => cidr === address) ? `duplicate ipset entry for '${address}'` : undefined);
  entries.push({ cidr: address, ...(not && { nomatch: true }), ...(comment && { comment }) });
  return problem;
}

/** Why an address, network or alias is not allowed in a set. */
export function setEntryProblem(
  entry: string,
  cluster: FirewallConfig | undefined,
  own: FirewallConfig,
): string | undefined {
  const [, scope = '', alias] = new RegExp(`^(dc/|guest/)?(${NAME})$`).exec(entry) ?? [];
  if (alias === undefined) {
    if (readNetwork(entry) === undefined) return 'value does not look like a valid IP address or CIDR network';
    return /\/0+$/.test(entry) ? 'a zero prefix is not allowed in ipset entries' : undefined;
  }
  const places = [scope === 'dc/' ? undefined : own, scope === 'guest/' ? undefined : (cluster ?? own)];
  return places.some((place) => place?.aliases.has(alias.toLowerCase())) ? undefined : `no such alias '${alias}'`;
}

/** Input of the digest by which API clients detect concurrent changes of a list (PVE/Firewall.pm, copy_list_with_digest: SHA-1). */
export function digestedText(items: readonly Readonly<Record<string, unknown>>[]): string {
  return items
    .flatMap((item) =>
      Object.keys(item)
        .sort()
        .flatMap((key) => (item[key] === undefined ? [] : [`${key}:${item[key]}\n`])),
    )
    .join('');
}

/** Perl takes `0` for no comment. */
const remark = (comment: string | undefined): string => (comment?.trim() && comment !== '0' ? ` # ${comment}` : '');

/** Formats a configuration; empty if there is nothing to write, and the file is then removed. */
export function printFirewall({ options, aliases, ipset, rules, groups }: FirewallConfig): string {
  const sorted = <T>(map: Map<string, T>): [string, T][] => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  const block = (title: string, lines: string[]): string =>
    `${title}\n\n${lines.map((line) => `${line}\n`).join('')}\n`;
  return [
    options.size > 0
      ? block(
          '[OPTIONS]',
          [...options].map(([name, value]) => `${name}: ${value}`),
        )
      : '',
    aliases.size > 0
      ? block(
          '[ALIASES]',
          sorted(aliases).map(([, alias]) => `${alias.name} ${alias.cidr}${remark(alias.comment)}`),
        )
      : '',
    ...sorted(ipset).map(([name, { comment, entries }]) => {
      const byAddress = new Map(entries.map((entry) => [entry.cidr, entry]));
      return block(
        `[IPSET ${name}]${remark(comment)}`,
        sorted(byAddress).map(([cidr, entry]) => `${entry.nomatch ? '!' : ''}${cidr}${remark(entry.comment)}`),
      );
    }),
    rules.length > 0
      ? block(
          '[RULES]',
          rules.map((rule) => printRule(rule, false)),
        )
      : '',
    ...sorted(groups).map(([name, { comment, entries }]) =>
      block(
        `[group ${name}]${remark(comment)}`,
        entries.map((rule) => printRule(rule, true)),
      ),
    ),
  ].join('');
}
