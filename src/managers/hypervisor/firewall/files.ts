// The two firewall files of the host. cluster.fw enables filtering, and holds the policy for packets that no rule matches and the rules of the
// datacenter; host.fw holds the rules of this host, which are tried first. So a guest's rule never opens a port of the host. Whatever else people keep
// in them (aliases, sets, groups, further options) stays.

import { isHeading } from '../../../proxmox/firewall/file.ts';
import type { FirewallRule } from '../../guest/declared.ts';
import { meaning, printRule } from '../../guest/proxmox/firewall.ts';
import { MARK } from '../act.ts';
import type { HostFirewall } from '../declared.ts';

type Rules = readonly Omit<FirewallRule, 'writtenAt'>[];

/** What the hypervisor's file says of the firewall; all null where it says nothing. */
interface DeclaredFiltering extends Pick<HostFirewall, 'enabled' | 'policyIn' | 'policyOut'> {
  readonly rules: Rules;
}

export type FirewallSpec = (DeclaredFiltering | { readonly [Key in keyof DeclaredFiltering]: null }) & {
  /** The rules of the datacenter. Absent where none are declared: then there are none beside a declared firewall, and else those that others keep. */
  readonly datacenterRules?: Rules;
};

interface FirewallFile {
  readonly path: string;
  /** The desired content, given the present one; null: no file. */
  text(spec: FirewallSpec, present: string | null): string | null;
  /** The present content without what Phoenix declared; null when nothing remains. */
  without(present: string, declared: FirewallSpec): string | null;
  /** The lines that this declaration replaces, whoever wrote them. */
  replaced(spec: FirewallSpec, present: string): readonly string[];
}

interface Part {
  /** `[OPTIONS]`, `[IPSET management]`, … */
  readonly head: string;
  readonly lines: readonly string[];
}

const OURS = /^(enable|policy_in|policy_out)\s*:/i;
const isOptions = ({ head }: Part): boolean => /^\[options\]$/i.test(head);
const isRules = ({ head }: Part): boolean => /^\[rules\]$/i.test(head);

const CLUSTER: FirewallFile = {
  path: '/etc/pve/firewall/cluster.fw',
  text({ enabled, policyIn, policyOut, datacenterRules }, present) {
    const options =
      enabled === null
        ? linesOf(present, isOptions)
        : [
            `enable: ${enabled ? 1 : 0}`,
            `policy_in: ${policyIn}`,
            `policy_out: ${policyOut}`,
            ...otherOptions(present),
          ];
    const rules =
      datacenterRules === undefined ? (enabled === null ? linesOf(present, isRules) : []) : ruleLines(datacenterRules);
    return print([MARK], [{ head: '[OPTIONS]', lines: options }, ...rest(present), { head: '[RULES]', lines: rules }]);
  },
  without(present, { enabled, datacenterRules }) {
    const options = enabled === null ? linesOf(present, isOptions) : otherOptions(present);
    const rules = datacenterRules === undefined && enabled === null ? linesOf(present, isRules) : [];
    return print([], [{ head: '[OPTIONS]', lines: options }, ...rest(present), { head: '[RULES]', lines: rules }]);
  },
  replaced: ({ enabled, datacenterRules }, present) => [
    ...(enabled === null ? [] : linesOf(present, isOptions).filter((line) => OURS.test(line))),
    ...(enabled === null && datacenterRules === undefined ? [] : linesOf(present, isRules)),
  ],
};

const HOST: FirewallFile = {
  path: '/etc/pve/local/host.fw',
  text: ({ rules }, present) =>
    rules === null ? present : print([MARK], [...allButRules(present), { head: '[RULES]', lines: ruleLines(rules) }]),
  without: (present, { rules }) => (rules === null ? present : print([], allButRules(present))),
  replaced: ({ rules }, present) => (rules === null ? [] : linesOf(present, isRules)),
};

export const FILES = { cluster: CLUSTER, host: HOST } as const;

/** The desired content of a file: as declared, and without a firewall of the host that was declared before and is no more. */
export function wantedText(
  name: keyof typeof FILES,
  spec: FirewallSpec,
  before: FirewallSpec | undefined,
  present: string | null,
): string | null {
  const isGone = spec.enabled === null && before !== undefined && before.enabled !== null;
  const left =
    isGone && present !== null && isKept(name, before, present) ? FILES[name].without(present, before) : present;
  return FILES[name].text(spec, left);
}

/**
 * Whether a file belongs to Phoenix: by its first line, or when it equals what Phoenix wrote last, since Proxmox drops the first line when it rewrites
 * the file.
 */
export function isKept(name: keyof typeof FILES, before: FirewallSpec | undefined, present: string): boolean {
  if (present.startsWith(MARK)) return true;
  return before !== undefined && isAsWanted(present, FILES[name].text(before, present));
}

/** The cluster's options that are not declared in the hypervisor's file. */
function otherOptions(present: string | null): string[] {
  return linesOf(present, isOptions).filter((line) => !OURS.test(line));
}

function linesOf(present: string | null, isMeant: (part: Part) => boolean): string[] {
  return partsOf(present)
    .filter(isMeant)
    .flatMap(({ lines }) => lines);
}

/** A repeated rule counts once. */
function ruleLines(rules: Rules): string[] {
  return [...new Set(rules.map(printRule))];
}

function rest(present: string | null): Part[] {
  return partsOf(present).filter((part) => !isOptions(part) && !isRules(part));
}

function allButRules(present: string | null): Part[] {
  return partsOf(present).filter((part) => !isRules(part));
}

function partsOf(text: string | null): Part[] {
  const parts: { head: string; lines: string[] }[] = [];
  for (const line of (text ?? '').split('\n').map((each) => each.trim())) {
    if (isHeading(line, true)) parts.push({ head: line, lines: [] });
    else if (line !== '') parts.at(-1)?.lines.push(line);
  }
  return parts;
}

/** Null when the file would be empty. */
function print(first: readonly [string], parts: readonly Part[]): string;
function print(first: readonly string[], parts: readonly Part[]): string | null;
function print(first: readonly string[], parts: readonly Part[]): string | null {
  const blocks = parts
    .filter(({ head, lines }) => lines.length > 0 || /^\[(ipset|group) /i.test(head))
    .map(({ head, lines }) => [head, '', ...lines].join('\n'));
  const said = [...first, ...blocks];
  return said.length === 0 ? null : `${said.join('\n\n')}\n`;
}

/** Whether a file has the wanted meaning, however it is written. An empty file equals a missing one. */
export function isAsWanted(present: string | null, wanted: string | null): boolean {
  return meaning(present ?? '') === meaning(wanted ?? '');
}
