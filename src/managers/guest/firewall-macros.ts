// Macros of firewalls as the protocols and ports that they stand for, for whoever asks what a rule lets through.

import { macros } from '../../proxmox/table.ts';
import type { FirewallRule } from './declared.ts';

type Matched = Pick<FirewallRule, 'macro' | 'proto' | 'port' | 'sourcePort'>;

/** The rule itself where it has no macro; else one for each that the macro stands for, and none where Proxmox has no such macro. */
export function withoutMacro<Rule extends Matched>({ macro, ...rule }: Rule): Omit<Rule, 'macro'>[] {
  if (macro === undefined) return [rule];
  const [, fixed = []] = Object.entries(macros).find(([name]) => name.toLowerCase() === macro.toLowerCase()) ?? [];
  return fixed.map(({ proto, dport, sport }) => ({
    ...rule,
    proto: proto ?? rule.proto,
    port: dport ?? rule.port,
    sourcePort: sport ?? rule.sourcePort,
  }));
}
