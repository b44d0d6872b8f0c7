// How the firewall of the host is compared: the options of cluster.fw, and the rules of host.fw and of the datacenter one by one.

import type { Json } from '../../../model/json.ts';
import { type ComparedField, type Comparison, textDifference, valueField, wayTo } from '../../comparison.ts';
import { printRule } from '../../guest/proxmox/firewall.ts';
import { ruleDifferences } from '../../guest/proxmox/firewall-differences.ts';
import { normalFlag } from '../../guest/proxmox/property-string.ts';
import { type Units, unitDifference } from '../units.ts';
import { FILES, type FirewallSpec, isAsWanted, wantedText } from './files.ts';
import { declarableRulesIn, optionIn, ruleLinesIn } from './read-rules.ts';

interface Seen {
  readonly cluster: string | null;
  readonly host: string | null;
  readonly units: Units;
}

const hostRules = rulesField('firewall.global_firewall_rules', 'rules', {
  declared: ({ rules }) => rules,
  present: ({ host }) => host,
});

const datacenterRules = rulesField('firewall_rules', 'datacenterRules', {
  declared: ({ enabled, datacenterRules }) => datacenterRules ?? (enabled === null ? null : []),
  present: ({ cluster }) => cluster,
});

export const firewallComparison: Comparison<FirewallSpec, Seen> = {
  fields: [
    option('firewall.enabled', 'enabled', 'enable', (text) => normalFlag(text) === '1'),
    option('firewall.default_input_policy', 'policyIn', 'policy_in', (text) => text as FirewallSpec['policyIn']),
    option('firewall.default_output_policy', 'policyOut', 'policy_out', (text) => text as FirewallSpec['policyOut']),
    hostRules,
    datacenterRules,
  ],
  rest: ({ spec, before }, seen) => [
    ...(['cluster', 'host'] as const).flatMap((name) => {
      const wanted = wantedText(name, spec, before, seen[name]);
      return isAsWanted(seen[name], wanted) ? [] : textDifference(FILES[name].path, wanted, seen[name]);
    }),
    ...(spec.enabled === true ? unitDifference('pve-firewall.service', seen.units) : []),
  ],
};

/** A list of rules; where its file is not there, the file is compared as a text. */
function rulesField(
  name: string,
  key: 'rules' | 'datacenterRules',
  {
    declared,
    present,
  }: {
    readonly declared: (spec: FirewallSpec) => FirewallSpec['datacenterRules'] | null;
    readonly present: (seen: Seen) => string | null;
  },
): ComparedField<FirewallSpec, Seen> {
  return {
    name,
    of: [key],
    differences({ spec }, seen) {
      const [wanted, text] = [declared(spec), present(seen)];
      if (wanted == null || text === null) return [];
      return ruleDifferences(wayTo(name), [...new Set(wanted.map(printRule))], ruleLinesIn(text));
    },
    asSeen(spec, seen) {
      const text = present(seen);
      const found = text === null ? null : declarableRulesIn(text);
      return found === null ? spec : ({ ...spec, [key]: found } as FirewallSpec);
    },
  };
}

/** An option of cluster.fw; where it is not in the file, the file is compared as a text. */
function option<Key extends 'enabled' | 'policyIn' | 'policyOut'>(
  name: string,
  key: Key,
  option: string,
  read: (text: string) => FirewallSpec[Key],
): ComparedField<FirewallSpec, Seen> {
  const observed = ({ cluster }: Seen, spec: FirewallSpec): FirewallSpec[Key] | undefined => {
    const text = spec[key] === null ? undefined : optionIn(cluster ?? '', option);
    return text === undefined ? undefined : read(text);
  };
  return valueField(name, [key], {
    declared: (spec): Json => spec[key],
    observed,
    asSeen: (spec, seen) => ({ ...spec, [key]: observed(seen, spec) ?? spec[key] }),
  });
}
