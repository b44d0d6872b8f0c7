// Rules of the host with those of security groups in the places where these are used, and macros as the protocols and ports that they stand for:
// as Proxmox tries them one after another.

import type { FirewallRule } from '../../guest/declared.ts';
import { withoutMacro } from '../../guest/firewall-macros.ts';
import { normaliseRules } from '../../guest/normalise.ts';
import { writtenRule } from '../../guest/proxmox/firewall.ts';
import { groupRule } from '../../guest/schema.ts';

type Rule = Omit<FirewallRule, 'writtenAt'>;

/** @param rulesOf those of a group; of one that nobody knows anything of there are none */
export function withGroups<Own extends Rule>(
  rules: readonly Own[],
  rulesOf: (group: string) => readonly Rule[],
): Own[] {
  return rules.flatMap((rule) => {
    if (rule.type !== 'group') return withoutMacro(rule) as Own[];
    if (!rule.enabled) return [];
    return (
      rulesOf(rule.action)
        .flatMap(withoutMacro)
        // Each counts where the group is used: for that interface, and at that line.
        .map((own) => ({ ...own, ...positionOf(rule), iface: rule.iface }) as Own)
    );
  });
}

function positionOf(rule: Rule & { readonly writtenAt?: FirewallRule['writtenAt'] }) {
  return rule.writtenAt === undefined ? {} : { writtenAt: rule.writtenAt };
}

/** The rules of a group as they stand on the host; without those that no file of Phoenix could say. */
export function groupRulesIn(cluster: string | null, group: string): Rule[] {
  const [, text = ''] = (cluster ?? '').split(new RegExp(`^\\[group ${group}\\].*$`, 'im'));
  const [own = ''] = text.split(/^\[/m, 1);
  return own.split('\n').flatMap((line) => {
    if (line.trim() === '' || line.trim().startsWith('#')) return [];
    const read = groupRule.safeParse(writtenRule(line.trim()));
    return read.success ? normaliseRules([read.data], { file: '', path: '' }) : [];
  });
}
