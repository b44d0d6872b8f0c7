// The firewall of a guest is one file, /etc/pve/firewall/ID.fw. It is written whole, marked as ours in its first line, and left
// alone when it means what is declared, also after Proxmox has written it in its own words and dropped the mark.

import type { FirewallRule, GuestFirewall } from '../../../config/config.ts';
import type { Action } from '../../../model/action.ts';
import { oneLine } from '../../../model/text.ts';
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

/** The declared firewall with further rules after its own; null where none is declared. Repeated rules count once. */
export function declaredFirewall(firewall: GuestFirewall | null, more: readonly FirewallRule[] = []): Firewall | null {
  if (firewall === null) return null;
  return {
    enabled: firewall.enabled,
    policyIn: firewall.policyIn,
    policyOut: firewall.policyOut,
    rules: [...new Set([...firewall.rules, ...more].map((rule) => printRule({ ...rule, iface: interfaceOf(rule) })))],
  };
}

/** An interface counts as the guest's only one, `net0`, unless it is named so. */
function interfaceOf({ iface }: FirewallRule): string | null {
  return iface === null || /^net\d+$/.test(iface) ? iface : 'net0';
}

/**
 * One line in Proxmox's own order of options.
 * @throws Error for a rule that would not stay one line
 */
export function printRule(rule: Omit<FirewallRule, 'writtenAt'>): string {
  const options = [
    ['-i', rule.iface],
    ['-source', rule.source],
    ['-dest', rule.dest],
    ['-p', rule.proto],
    ['-dport', rule.port],
    ['-sport', rule.sourcePort],
    ['-log', rule.log],
  ].flatMap(([name, value]) => (value == null ? [] : [`${name} ${value}`]));
  const comment = rule.comment === null ? [] : [`# ${rule.comment.replaceAll(/\s+/g, ' ').trim()}`];
  const head = `${rule.enabled ? '' : '|'}${rule.type.toUpperCase()} ${rule.action}`;
  return oneLine([head, ...options, ...comment].join(' '), 'a rule of the firewall');
}

export function printFirewall(firewall: Firewall): string {
  const options = [
    `enable: ${firewall.enabled ? 1 : 0}`,
    `policy_in: ${firewall.policyIn}`,
    `policy_out: ${firewall.policyOut}`,
  ];
  return `${[MARK, '', '[OPTIONS]', '', ...options, '', '[RULES]', '', ...firewall.rules].join('\n')}\n`;
}

/** What a file says, without comments of its own and in one order: two files that mean the same give the same text. */
export function meaning(text: string): string {
  const sections = new Map<string, string[]>();
  let section: string[] = [];
  for (const line of text.split('\n').map((part) => part.trim())) {
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('[')) {
      section = sections.get(line.toLowerCase()) ?? [];
      sections.set(line.toLowerCase(), section);
    } else section.push(line.replaceAll(/\s+/g, ' '));
  }
  sections.get('[options]')?.sort();
  return JSON.stringify([...sections].filter(([, lines]) => lines.length > 0).sort());
}

/** A guest that no longer declares a firewall gets an empty one, since its file cannot be taken away by a write. */
const NONE: Firewall = { enabled: false, policyIn: 'ACCEPT', policyOut: 'ACCEPT', rules: [] };

export type FirewallDecision =
  | { readonly kind: 'same' }
  | { readonly kind: 'write'; readonly action: Action }
  | { readonly kind: 'foreign' }
  /** The file is as declared, and Proxmox leaves something of it out. */
  | { readonly kind: 'skipped'; readonly reason: string };

/** Whether the guest's rules are those that are declared, so that what Proxmox makes of them is to be proved. */
export function isFirewallAsDeclared(declared: Firewall | null, present: string | null): boolean {
  return declared !== null && present !== null && meaning(present) === meaning(printFirewall(declared));
}

/**
 * `present` is the file as it is, null when there is none. A file that is not ours is only replaced when it is `adopted`.
 * @param faults what Proxmox leaves out of the file, in its words
 */
export function decideFirewall(
  program: Program,
  id: number,
  declared: Firewall | null,
  present: string | null,
  adopted: boolean,
  faults: readonly string[],
): FirewallDecision {
  const ours = present?.startsWith(MARK) ?? false;
  if (declared === null && !ours) return { kind: 'same' };
  const wanted = printFirewall(declared ?? NONE);
  if (present !== null && meaning(present) === meaning(wanted)) {
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
  return { kind: 'write', action: action(`write the firewall rules of ${guestName(program, id)}`, 'live', write) };
}
