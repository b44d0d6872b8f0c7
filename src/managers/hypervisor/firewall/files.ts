// The two firewall files of the host. cluster.fw enables filtering and holds the policy for packets that no rule matches; host.fw holds the rules of
// this host, so that a guest's rule never opens a port of the host. Whatever else people keep in them (aliases, sets, groups, further options) stays.

import type { FirewallRule } from '../../guest/declared.ts';
import { meaning, printRule } from '../../guest/proxmox/firewall.ts';
import { MARK } from '../act.ts';
import type { HostFirewall } from '../declared.ts';

export interface FirewallSpec extends Pick<HostFirewall, 'enabled' | 'policyIn' | 'policyOut'> {
  readonly rules: readonly Omit<FirewallRule, 'writtenAt'>[];
}

interface FirewallFile {
  readonly path: string;
  /** The desired content, given the present one; null: no file. */
  text(spec: FirewallSpec, present: string | null): string;
  /** The present content without what Phoenix declares; null when nothing remains. */
  without(present: string): string | null;
  /** The lines that Phoenix could declare, whoever wrote them. */
  declarable(present: string): readonly string[];
}

interface Part {
  /** `[OPTIONS]`, `[IPSET management]`, … */
  readonly head: string;
  readonly lines: readonly string[];
}

const OURS = /^(enable|policy_in|policy_out)\s*:/i;
const isOptions = ({ head }: Part): boolean => /^\[options\]$/i.test(head);
const isRules = ({ head }: Part): boolean => /^\[rules\]$/i.test(head);

/** Has no rules of its own: they would apply to the host too, after those of host.fw. */
const CLUSTER: FirewallFile = {
  path: '/etc/pve/firewall/cluster.fw',
  text({ enabled, policyIn, policyOut }, present) {
    const options = [`enable: ${enabled ? 1 : 0}`, `policy_in: ${policyIn}`, `policy_out: ${policyOut}`];
    return print([MARK], [{ head: '[OPTIONS]', lines: [...options, ...otherOptions(present)] }, ...rest(present)]);
  },
  without(present) {
    const left = [{ head: '[OPTIONS]', lines: otherOptions(present) }, ...rest(present)];
    return print([], left);
  },
  declarable: (present) =>
    partsOf(present)
      .filter((part) => isOptions(part) || isRules(part))
      .flatMap((part) => (isRules(part) ? part.lines : part.lines.filter((line) => OURS.test(line)))),
};

const HOST: FirewallFile = {
  path: '/etc/pve/local/host.fw',
  text: ({ rules }, present) =>
    print([MARK], [...allButRules(present), { head: '[RULES]', lines: [...new Set(rules.map(printRule))] }]),
  without: (present) => print([], allButRules(present)),
  declarable: (present) =>
    partsOf(present)
      .filter(isRules)
      .flatMap(({ lines }) => lines),
};

export const FILES = { cluster: CLUSTER, host: HOST } as const;

/** The cluster's options that are not declared in the hypervisor's file. */
function otherOptions(present: string | null): string[] {
  return partsOf(present)
    .filter(isOptions)
    .flatMap(({ lines }) => lines.filter((line) => !OURS.test(line)));
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
    if (line.startsWith('[')) parts.push({ head: line, lines: [] });
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
export function isAsWanted(present: string | null, wanted: string): boolean {
  return meaning(present ?? '') === meaning(wanted);
}
