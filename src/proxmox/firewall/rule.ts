// A firewall rule: its line in a .fw file, and its validation by Proxmox (PVE/Firewall.pm: parse_fw_rule, verify_rule). An invalid rule is not
// active, with a warning only in `pve-firewall compile`.

import { isIpv4, isIpv6 } from '../addresses.ts';
import { formatProblem } from '../parameters/formats.ts';
import { macros } from '../parameters/table.ts';
import { isIcmpType, readAddressList } from './formats.ts';

/** Properties of a rule in the order of its line; `enable` is `1` or `0`, `ipversion` is derived. */
export type Rule = { [property: string]: string };

/** Aliases and IP sets that rules of a file may reference. */
export interface FirewallNames {
  /** By lower-case name; an empty `cidr` if unknown. */
  readonly aliases: ReadonlyMap<string, { readonly cidr: string }>;
  /** Names are stored in lower case but looked up as written. */
  readonly ipset: { has(name: string): boolean };
  /** Sets that SDN generates. */
  readonly sdn?: { has(name: string): boolean };
}

/** Context of a rule; determines the allowed types and interfaces. */
export type RuleEnvironment = 'cluster' | 'host' | 'ct' | 'vm' | 'vnet' | 'group';

export const RULE_PROPERTIES = [
  'pos',
  'digest',
  'type',
  'action',
  'macro',
  'iface',
  'source',
  'dest',
  'proto',
  'enable',
  'sport',
  'dport',
  'comment',
  'log',
  'icmp-type',
];

const LEVELS = 'emerg|alert|crit|err|warning|notice|info|debug|nolog';
const PARTS: readonly (readonly [RegExp, string])[] = [
  [/^(?:-p|--?proto) (\S+)\s*/, 'proto'],
  [/^--?dport (\S+)\s*/, 'dport'],
  [/^--?sport (\S+)\s*/, 'sport'],
  [/^--?source (\S+)\s*/, 'source'],
  [/^--?dest (\S+)\s*/, 'dest'],
  [new RegExp(`^--?log (${LEVELS})\\s*`), 'log'],
  [/^--?icmp-type (\S+)\s*/, 'icmp-type'],
];

const HAS_MACRO: readonly string[] = ['in', 'out', 'forward'];

/** Parses a rule's line without validating its content (see ruleProblems). */
export function parseRule(line: string): { rule: Rule } | { error: string } {
  const rule: Rule = {};
  const comment = /#\s*(.*?)\s*$/.exec(line);
  if (comment !== null) rule.comment = comment[1] ?? '';
  let rest = comment === null ? line : line.slice(0, comment.index);
  rule.enable = rest.startsWith('|') ? '0' : '1';
  rest = rest.replace(/^\|/, '');
  const [start, type = '', action = ''] = /^(\S+)\s+(\S+)\s*/.exec(rest) ?? [];
  if (start === undefined) return { error: `unable to parse rule: ${rest}` };
  rest = rest.slice(start.length);
  rule.type = type.toLowerCase();
  const [, macro, verdict] = /^(\S+)\((ACCEPT|DROP|REJECT)\)$/.exec(action) ?? [];
  if (macro !== undefined && verdict !== undefined && HAS_MACRO.includes(rule.type)) rule.macro = macro;
  rule.action = rule.macro === undefined ? action : (verdict ?? '');
  const parts = [[/^-i (\S+)\s*/, 'iface'] as const, ...(rule.type === 'group' ? [] : PARTS)];
  for (;;) {
    const found = parts
      .map(([pattern, property]) => ({ match: pattern.exec(rest), property }))
      .find(({ match }) => match !== null);
    if (found?.match == null) break;
    rule[found.property] = found.match[1] ?? '';
    rest = rest.slice(found.match[0].length);
  }
  return rest === '' ? { rule } : { error: `unable to parse rule parameters: ${rest}` };
}

/** Formats a rule without line end. Groups have no interfaces. */
export function printRule(rule: Rule, inGroup: boolean): string {
  const action = rule.macro === undefined ? rule.action : `${rule.macro}(${rule.action})`;
  const part = (option: string, property: string): string => (rule[property] ? ` -${option} ${rule[property]}` : '');
  const matches = [
    ['source', 'source'],
    ['dest', 'dest'],
    ['p', 'proto'],
    ['dport', 'dport'],
    ['sport', 'sport'],
    ['log', 'log'],
    ['icmp-type', 'icmp-type'],
  ] as const;
  return [
    rule.enable === '0' ? '|' : '',
    `${rule.type?.toUpperCase()} ${action}`,
    inGroup ? '' : part('i', 'iface'),
    ...(rule.type === 'group' ? [] : matches.map(([option, property]) => part(option, property))),
    // Perl takes `0` for no comment.
    rule.comment?.trim() && rule.comment !== '0' ? ` # ${rule.comment}` : '',
  ].join('');
}

const TYPES: Record<RuleEnvironment, readonly string[]> = {
  ct: ['in', 'out', 'group'],
  vm: ['in', 'out', 'group'],
  group: ['in', 'out', 'forward'],
  cluster: ['in', 'out', 'forward', 'group'],
  host: ['in', 'out', 'forward', 'group'],
  vnet: ['forward', 'group'],
};
const WITH_PORTS = ['udp', '17', 'udplite', '136', 'tcp', '6', 'dccp', '33', 'sctp', '132'];
const ICMP = ['icmp', 'icmpv6', 'ipv6-icmp'];
export const NAME = '[A-Za-z][A-Za-z0-9\\-_]+';

/**
 * A problem of one property, with Proxmox's message. One that ends the check is reported without its property, and the rule is dropped from its file
 * at the next change of it.
 */
export type RuleProblem = readonly [property: string, message: string, endsCheck?: true];

/**
 * All problems that Proxmox finds in a rule, in its order; the first is the error of an API call. Adds the macro's canonical name and the detected IP
 * version to the rule.
 */
export function ruleProblems(
  rule: Rule,
  environment: RuleEnvironment,
  cluster: FirewallNames | undefined,
  own: FirewallNames | undefined,
): RuleProblem[] {
  const problems = [
    ...typeProblems(rule, environment),
    ...interfaceProblems(rule, environment),
    ...macroNameProblems(rule),
    ...portProblems(rule),
    ...addressProblems(rule, cluster, own),
  ];
  return rule.macro && problems.length === 0 ? macroProblems(rule) : problems;
}

/** Gives the macro its canonical name. */
function macroNameProblems(rule: Rule): RuleProblem[] {
  if (!rule.macro) return [];
  const wanted = rule.macro.toLowerCase();
  const preferred = Object.keys(macros).find((name) => name.toLowerCase() === wanted);
  if (preferred === undefined) return [['macro', `unknown macro '${rule.macro}'`]];
  rule.macro = preferred;
  return [];
}

/** Sets the version of IP that protocol, source and destination have in common. */
function addressProblems(
  rule: Rule,
  cluster: FirewallNames | undefined,
  own: FirewallNames | undefined,
): RuleProblem[] {
  const problems: RuleProblem[] = [];
  let version = versionOfProtocol(rule.proto);
  for (const side of ['source', 'dest'] as const) {
    const value = rule[side];
    if (!value) continue;
    const list = readAddressList(value);
    const named = reference(value, cluster, own);
    if ('error' in list) problems.push([side, list.error]);
    if (named.problem !== undefined) problems.push([side, named.problem]);
    const ofList = 'version' in list ? list.version : undefined;
    if (isOther(ofList, version)) problems.push([side, MIXED]);
    if (isOther(named.version, version)) return [...problems, [side, MIXED, true]];
    version ??= ofList ?? named.version;
  }
  if (version === undefined) delete rule.ipversion;
  else rule.ipversion = String(version);
  return problems;
}

function versionOfProtocol(protocol: string | undefined): 4 | 6 | undefined {
  if (protocol === 'icmp') return 4;
  return protocol === 'icmpv6' || protocol === 'ipv6-icmp' ? 6 : undefined;
}

const MIXED = 'detected mixed ipv4/ipv6 addresses in rule';

function isOther(version: 4 | 6 | undefined, before: 4 | 6 | undefined): boolean {
  return version !== undefined && before !== undefined && version !== before;
}

function typeProblems({ type = '', action = '' }: Rule, environment: RuleEnvironment): RuleProblem[] {
  const problems: RuleProblem[] = [];
  if (type === '') problems.push(['type', 'missing property']);
  if (action === '') problems.push(['action', 'missing property']);
  if (type !== '' && !TYPES[environment].includes(type))
    problems.push(['type', `invalid rule type '${type}' for rule_env '${environment}'`]);
  if (['in', 'out', 'forward'].includes(type)) {
    if (type === 'forward' && action === 'REJECT')
      problems.push(['action', 'cannot define REJECT rules on forward chain']);
    if (!['', 'ACCEPT', 'DROP', 'REJECT'].includes(action)) problems.push(['action', `unknown action '${action}'`]);
  } else if (type === 'group') {
    if (!new RegExp(`^${NAME}$`).test(action)) problems.push(['action', 'invalid characters in security group name']);
  } else if (type !== '') problems.push(['type', `unknown rule type '${type}'`]);
  return problems;
}

function interfaceProblems({ iface }: Rule, environment: RuleEnvironment): RuleProblem[] {
  if (!iface) return [];
  const problems: RuleProblem[] = [];
  if (environment === 'group' || environment === 'vnet')
    problems.push(['type', 'parameter -i not allowed for this rule type']);
  const malformed = formatProblem('pve-iface', iface);
  if (malformed !== undefined) problems.push(['iface', malformed]);
  if ((environment === 'ct' || environment === 'vm') && !/^net\d+$/.test(iface))
    problems.push(['iface', "value does not match the regex pattern 'net\\d+'"]);
  return problems;
}

function portProblems(rule: Rule): RuleProblem[] {
  const problems: RuleProblem[] = [];
  const protocol = rule.proto ?? '';
  const isIcmp = ICMP.includes(protocol);
  const unknown = formatProblem('pve-fw-protocol-spec', protocol);
  if (unknown !== undefined) problems.push(['proto', unknown]);
  for (const side of ['dport', 'sport'] as const) {
    if (side === 'sport') problems.push(...icmpProblems(rule, isIcmp));
    const ports = rule[side];
    if (!ports) continue;
    const malformed = formatProblem(side === 'dport' && isIcmp ? 'pve-fw-dport-spec' : 'pve-fw-sport-spec', ports);
    if (malformed !== undefined) problems.push([side, malformed]);
    if (protocol === '') problems.push(['proto', `missing property - '${side}' requires this property`]);
    if (!WITH_PORTS.includes(protocol) && !(side === 'dport' && isIcmp))
      problems.push([side, `protocol '${protocol}' does not support ports`]);
  }
  return problems;
}

function icmpProblems(rule: Rule, isIcmp: boolean): RuleProblem[] {
  const type = rule['icmp-type'];
  if (!type) return [];
  const problems: RuleProblem[] = [];
  if (!isIcmp) problems.push(['proto', "missing property - 'icmp-type' requires this property"]);
  if (rule.dport) problems.push(['icmp-type', "'icmp-type' cannot be specified together with 'dport'"]);
  if (isIcmp && !isIcmpType(rule.proto ?? '', type))
    problems.push(['icmp-type', `invalid icmp-type '${type}' for proto '${rule.proto}'`]);
  return problems;
}

/** Resolves a set or alias of a rule. */
function reference(
  value: string,
  cluster: FirewallNames | undefined,
  own: FirewallNames | undefined,
): { problem?: string; version?: 4 | 6 } {
  if (value.startsWith('+')) {
    const [, set = ''] = new RegExp(`^\\+(?:guest/|dc/|sdn/)?(${NAME})$`).exec(value) ?? [];
    if (set === '') return { problem: `invalid ipset name '${value}'` };
    const isThere = cluster?.ipset.has(set) || own?.ipset.has(set) || cluster?.sdn?.has(set);
    return isThere ? {} : { problem: `no such ipset '${set}'` };
  }
  const [, scope = '', name] = new RegExp(`^(guest/|dc/)?(${NAME})$`).exec(value) ?? [];
  if (name === undefined) return {};
  const key = name.toLowerCase();
  const found =
    (scope === 'dc/' ? undefined : own?.aliases.get(key)) ??
    (scope === 'guest/' ? undefined : cluster?.aliases.get(key));
  if (found === undefined)
    return cluster?.aliases.has(key) || own?.aliases.has(key) ? {} : { problem: `no such alias '${value}'` };
  const address = found.cidr.replace(/\/.*$/, '');
  return isIpv4(address) ? { version: 4 } : isIpv6(address) ? { version: 6 } : {};
}

/** What macros mean for a rule about IPv6, where that is something else. (pve-firewall, PVE/Firewall.pm, $pve_ipv6fw_macros) */
const IPV6_MACROS: typeof macros = {
  Ping: [{ proto: 'icmpv6', dport: 'echo-request' }],
  Trcrt: [
    { proto: 'udp', dport: '33434:33524' },
    { proto: 'icmpv6', dport: 'echo-request' },
  ],
};

/** A rule must not contradict its macro. */
function macroProblems(rule: Rule): RuleProblem[] {
  const own = rule.macro ?? '';
  for (const fixed of (rule.ipversion === '6' ? IPV6_MACROS[own] : undefined) ?? macros[own] ?? []) {
    for (const [property, value] of Object.entries(fixed)) {
      if (value === 'PARAM' && rule[property] === undefined)
        return [['macro', `missing parameter '${property}' in macro '${rule.macro}'`]];
      if (value !== 'PARAM' && rule[property] !== undefined && rule[property] !== value)
        return [[property, `parameter '${property}' already define in macro (value = '${value}')`]];
    }
  }
  return [];
}
