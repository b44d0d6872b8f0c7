// The firewall of a guest is one file, /etc/pve/firewall/ID.fw. A declaration covers its `enable` option, policies and rules completely; other
// options, sets and aliases that people have in the file stay. The first line marks it as Phoenix's. It is left alone while it has the declared
// meaning, also after Proxmox rewrote it and dropped the mark.

import type { Action } from '../../../model/action.ts';
import type { JsonObject } from '../../../model/json.ts';
import { oneLine } from '../../../model/text.ts';
import { hasHiddenSections, isHeading, parseFirewall, withoutBlanks } from '../../../proxmox/firewall/file.ts';
import { parseRule, type Rule, printRule as ruleLine } from '../../../proxmox/firewall/rule.ts';
import type { FirewallRule, GuestFirewall } from '../declared.ts';
import { textDigest } from '../digest.ts';
import { action, guestName, type Program } from './command.ts';

const MARK = '# Kept by Phoenix. Change it in the repository, not here.';

export type Firewall = {
  readonly enabled: boolean;
  readonly policyIn: string;
  readonly policyOut: string;
  /** Lines of the section `[RULES]`. */
  readonly rules: readonly string[];
};

export function firewallPath(id: number): string {
  return `/etc/pve/firewall/${id}.fw`;
}

/** The declared firewall with further rules appended; null where none is declared. Repeated rules count once. */
export function declaredFirewall(firewall: GuestFirewall | null, more: readonly FirewallRule[] = []): Firewall | null {
  if (firewall === null) return null;
  return {
    enabled: firewall.enabled,
    policyIn: firewall.policyIn,
    policyOut: firewall.policyOut,
    rules: [...new Set([...firewall.rules, ...more].map((rule) => printRule({ ...rule, iface: interfaceOf(rule) })))],
  };
}

/** The interface's key: `net0`, the guest's only one, unless it has the form of a key. */
function interfaceOf({ iface }: FirewallRule): string | null {
  return iface === null || /^net\d+$/.test(iface) ? iface : 'net0';
}

/**
 * One line in Proxmox's own order of options.
 *
 * @throws Error for a rule that would not be a single line
 */
export function printRule(rule: Omit<FirewallRule, 'writtenAt'>): string {
  return oneLine(ruleLine(proxmoxRule(rule), false), 'a rule of the firewall');
}

/** A rule under Proxmox's option names. */
export function proxmoxRule(rule: Omit<FirewallRule, 'writtenAt'>): Rule {
  const options = {
    type: rule.type,
    action: rule.action,
    macro: rule.macro,
    iface: rule.iface,
    source: rule.source,
    dest: rule.dest,
    proto: rule.proto,
    dport: rule.port,
    sport: rule.sourcePort,
    log: rule.log,
    'icmp-type': rule.icmpType,
    enable: rule.enabled ? '1' : '0',
    comment: rule.comment?.replaceAll(/\s+/g, ' ').trim(),
  };
  return Object.fromEntries(Object.entries(options).filter((entry): entry is [string, string] => entry[1] != null));
}

/** The inverse of `proxmoxRule`, whether or not the rule can be declared; null for one of an unknown type. */
export function ruleOf(rule: Rule): Omit<FirewallRule, 'writtenAt'> | null {
  const type = TYPES.find((each) => each === rule['type']);
  if (type === undefined) return null;
  const textOf = (option: string): string | null => rule[option] || null;
  return {
    type,
    action: rule['action'] ?? '',
    ...(rule['macro'] ? { macro: rule['macro'] } : {}),
    ...(rule['icmp-type'] ? { icmpType: rule['icmp-type'] } : {}),
    source: textOf('source'),
    dest: textOf('dest'),
    proto: textOf('proto'),
    port: textOf('dport'),
    sourcePort: textOf('sport'),
    iface: textOf('iface'),
    log: textOf('log'),
    enabled: rule['enable'] !== '0',
    comment: textOf('comment'),
  };
}

const TYPES: readonly FirewallRule['type'][] = ['in', 'out', 'forward', 'group'];

/** Names of the config file by Proxmox's names. */
const FIELDS: Readonly<Record<string, string>> = { dport: 'port', sport: 'source_port', 'icmp-type': 'icmp_type' };

/** A rule's line as the config file would declare it, whether or not the schema accepts that; null for a line that Proxmox cannot parse. */
export function writtenRule(line: string): JsonObject | null {
  const parsed = parseRule(line);
  if ('error' in parsed) return null;
  const { enable, ...rule } = parsed.rule;
  const fields = Object.entries(rule).filter(([, value]) => value !== '');
  return {
    ...Object.fromEntries(fields.map(([option, value]) => [FIELDS[option] ?? option, value])),
    ...(enable === '0' ? { enabled: false } : {}),
  };
}

export function printFirewall(firewall: Firewall): string {
  const options = [
    `enable: ${firewall.enabled ? 1 : 0}`,
    `policy_in: ${firewall.policyIn}`,
    `policy_out: ${firewall.policyOut}`,
  ];
  return `${[MARK, '', '[OPTIONS]', '', ...options, '', '[RULES]', '', ...firewall.rules].join('\n')}\n`;
}

/** The options that a declared firewall sets, with their defaults. */
const OPTIONS: Readonly<Record<string, string>> = { enable: '0', policy_in: 'DROP', policy_out: 'ACCEPT' };

/** The canonical form of a file, without comments and in one order: files with the same meaning have the same form. */
export function meaning(text: string): string {
  const sections = new Map<string, string[]>();
  for (const { section, line } of plainLines(text)) sections.set(section, [...(sections.get(section) ?? []), line]);
  sections.get('[options]')?.sort();
  return JSON.stringify([...sections].sort());
}

/** A file's `enable` option, policies and rules, as Proxmox reads them: equal for files that filter alike. */
export function filteringIn(text: string): {
  readonly options: Readonly<Record<string, string>>;
  readonly rules: readonly string[];
} {
  const read = parseFirewall(text, 'vm').config.options;
  const options = Object.entries(OPTIONS).map(([key, value]) => [key, read.get(key) ?? value] as const);
  const rules = contentLines(text).filter(({ section }) => section === '[rules]');
  return { options: Object.fromEntries(options), rules: rules.map(({ line }) => uniform(line)) };
}

/** A rule's line in the order and with the blanks in which Proxmox writes it; as it is where Proxmox cannot read it. */
function uniform(line: string): string {
  const read = parseRule(line);
  if ('error' in read) return line;
  const { comment } = read.rule;
  return ruleLine({ ...read.rule, ...(comment === undefined ? {} : { comment: spaced(comment) }) }, false);
}

/** Its canonical form. */
function filtering(text: string): string {
  return JSON.stringify(filteringIn(text));
}

/** Of any firewall file. */
function plainLines(text: string): FileLine[] {
  return contentLines(text, true).map((each) => ({ ...each, line: spaced(each.line) }));
}

function spaced(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ');
}

/** The lines that are neither empty nor a comment nor a heading, without blanks around them. */
function contentLines(text: string, hasGroups = false): FileLine[] {
  return linesOf(text, hasGroups)
    .filter(({ opens }) => !opens)
    .map((each) => ({ ...each, line: withoutBlanks(each.line) }))
    .filter(({ line }) => line.trim() !== '' && !line.startsWith('#'));
}

interface FileLine {
  /** The heading in lower case; empty before the first. */
  readonly section: string;
  readonly line: string;
  /** Whether it is the heading. */
  readonly opens: boolean;
}

/** Each line with its section; a heading belongs to the section that it opens. */
function linesOf(text: string, hasGroups = false): FileLine[] {
  let section = '';
  return text.split('\n').map((line) => {
    const opens = isHeading(withoutBlanks(line), hasGroups);
    if (opens) section = withoutBlanks(line).toLowerCase();
    return { section, line, opens };
  });
}

/**
 * A file that people wrote, with its `enable` option, policies and rules replaced by the declared ones. Carriage returns, with which Proxmox reads
 * nothing of a file, are left out, as are lines before the first heading, which it skips.
 */
function withFirewall(text: string, firewall: Firewall): string {
  const kept = linesOf(text.replaceAll('\r', '')).filter(
    ({ section, line }) =>
      section !== '[rules]' &&
      !line.startsWith(MARK) &&
      line.trim() !== '' &&
      (section !== '' || line.trim().startsWith('#')) &&
      !(section === '[options]' && Object.hasOwn(OPTIONS, keyIn(line))),
  );
  const own = kept.filter(({ section, opens }) => section === '[options]' && !opens);
  const others = kept.filter(({ section }) => section !== '[options]');
  const [head = '', rules = ''] = printFirewall(firewall).split('\n[RULES]\n');
  const more = own.map(({ line }) => `${line}\n`).join('');
  const sections = others.map(({ line, opens }) => `${opens ? '\n' : ''}${line}\n`).join('');
  return `${head}${more}${sections}\n[RULES]\n${rules}`;
}

function keyIn(line: string): string {
  return /^\s*([a-z_]+)\s*:/i.exec(line)?.[1]?.toLowerCase() ?? '';
}

/** A guest that no longer declares a firewall gets an empty one, since a write cannot delete the file. */
export const NO_FIREWALL: Firewall = { enabled: false, policyIn: 'ACCEPT', policyOut: 'ACCEPT', rules: [] };

export type FirewallDecision =
  | { readonly kind: 'same' }
  | { readonly kind: 'write'; readonly action: Action }
  | { readonly kind: 'foreign' }
  /** The file is as declared, but Proxmox ignores part of it. */
  | { readonly kind: 'skipped'; readonly reason: string };

/** Whether the file has the declared meaning, so that it is worth verifying what Proxmox makes of it. */
export function isFirewallAsDeclared(declared: Firewall | null, present: string | null): boolean {
  return declared !== null && present !== null && filtering(present) === filtering(printFirewall(declared));
}

export interface WantedFirewall {
  /** Null where none is declared. */
  readonly declared: Firewall | null;
  /** What was declared when it was last applied: a file of that meaning belongs to Phoenix, whatever its first line says. */
  readonly before?: Firewall | null | undefined;
  /** Whether a file that Phoenix does not own may be changed. */
  readonly adopted: boolean;
}

export interface FoundFirewall {
  /** The file's content; null when there is none. */
  readonly text: string | null;
  /** Lines that Proxmox ignores, in its words. */
  readonly faults: readonly string[];
}

export function decideFirewall(
  { program, id }: { readonly program: Program; readonly id: number },
  { declared, before = null, adopted }: WantedFirewall,
  { text: present, faults }: FoundFirewall,
): FirewallDecision {
  const isAsBefore = present !== null && before !== null && filtering(present) === filtering(printFirewall(before));
  const ours = isAsBefore || (present?.startsWith(MARK) ?? false);
  if (declared === null && !ours) return { kind: 'same' };
  const next = declared ?? NO_FIREWALL;
  const wanted = present === null ? printFirewall(next) : withFirewall(present, next);
  if (present !== null && filtering(present) === filtering(wanted)) {
    if (faults.length === 0) return { kind: 'same' };
    const reason = `${firewallPath(id)} is written, and Proxmox leaves a part of it out, so that it does not filter as declared: ${faults.join(' ')}`;
    return { kind: 'skipped', reason };
  }
  if (present !== null && !ours && !adopted) return { kind: 'foreign' };
  const expects = present === null ? 'absent' : textDigest(present);
  const write = {
    kind: 'file',
    path: firewallPath(id),
    content: { from: 'text', text: wanted },
    mode: 0o640,
    expects,
  } as const;
  const comes =
    present !== null && hasHiddenSections(present)
      ? '; with them comes into force what else the file has, of which Proxmox reads nothing for its carriage returns'
      : '';
  const summary = `write the firewall rules of ${guestName(program, id)}${comes}`;
  return { kind: 'write', action: action(summary, 'live', write) };
}
