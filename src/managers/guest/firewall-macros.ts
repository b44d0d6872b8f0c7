// Expands firewall macros into the protocols and ports that they stand for, to find out what a rule accepts.

import { macros } from '../../proxmox/parameters/table.ts';
import type { FirewallRule } from './declared.ts';

type Matched = Pick<FirewallRule, 'macro' | 'proto' | 'port' | 'sourcePort'>;

/** The rule itself where it has no macro; else one rule for each entry of the macro, and none for an unknown macro. */
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
