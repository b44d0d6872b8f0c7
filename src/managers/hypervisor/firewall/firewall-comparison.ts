// How the firewall of the host is compared: the options of cluster.fw, and the rules of host.fw one by one.

import type { Json } from '../../../model/json.ts';
import { type ComparedField, type Comparison, textDifference, valueField, wayTo } from '../../comparison.ts';
import { normaliseRules } from '../../guest/normalise.ts';
import { printRule, writtenRule } from '../../guest/proxmox/firewall.ts';
import { ruleDifferences } from '../../guest/proxmox/firewall-differences.ts';
import { normalFlag } from '../../guest/proxmox/property-string.ts';
import { guestRule } from '../../guest/schema.ts';
import { type Units, unitDifference } from '../units.ts';
import { FILES, type FirewallSpec, isAsWanted } from './files.ts';

interface Seen {
  readonly cluster: string | null;
  readonly host: string | null;
  readonly units: Units;
}

const RULES = 'firewall.global_firewall_rules';

const rules: ComparedField<FirewallSpec, Seen> = {
  name: RULES,
  of: ['rules'],
  differences({ spec }, { host }) {
    if (host === null) return [];
    return ruleDifferences(wayTo(RULES), [...new Set(spec.rules.map(printRule))], rulesIn(host));
  },
  asSeen(spec, { host }) {
    const read = host === null ? null : rulesIn(host).map((line) => guestRule.safeParse(writtenRule(line)));
    if (read === null || read.some(({ success }) => !success)) return spec;
    const found = normaliseRules(
      read.flatMap(({ data }) => data ?? []),
      { file: '', path: '' },
    );
    return { ...spec, rules: found.map(({ writtenAt: _, ...rule }) => rule) };
  },
};

export const firewallComparison: Comparison<FirewallSpec, Seen> = {
  fields: [
    option('firewall.enabled', 'enabled', 'enable', (text) => normalFlag(text) === '1'),
    option('firewall.default_input_policy', 'policyIn', 'policy_in', (text) => text as FirewallSpec['policyIn']),
    option('firewall.default_output_policy', 'policyOut', 'policy_out', (text) => text as FirewallSpec['policyOut']),
    rules,
  ],
  rest: ({ spec }, seen) => [
    ...(['cluster', 'host'] as const).flatMap((name) => {
      const wanted = FILES[name].text(spec, seen[name]);
      return isAsWanted(seen[name], wanted) ? [] : textDifference(FILES[name].path, wanted, seen[name]);
    }),
    ...(spec.enabled ? unitDifference('pve-firewall.service', seen.units) : []),
  ],
};

/** An option of cluster.fw; where it is not in the file, the file is compared as a text. */
function option<Key extends 'enabled' | 'policyIn' | 'policyOut'>(
  name: string,
  key: Key,
  option: string,
  read: (text: string) => FirewallSpec[Key],
): ComparedField<FirewallSpec, Seen> {
  const observed = ({ cluster }: Seen): FirewallSpec[Key] | undefined => {
    const [, text] = new RegExp(`^\\s*${option}\\s*:\\s*(\\S+)\\s*$`, 'im').exec(optionsIn(cluster ?? '')) ?? [];
    return text === undefined ? undefined : read(text);
  };
  return valueField(name, [key], {
    declared: (spec): Json => spec[key],
    observed,
    asSeen: (spec, seen) => ({ ...spec, [key]: observed(seen) ?? spec[key] }),
  });
}

function optionsIn(text: string): string {
  return sectionIn(text, 'options').join('\n');
}

function rulesIn(text: string): string[] {
  return sectionIn(text, 'rules').map((line) => line.replaceAll(/\s+/g, ' '));
}

/** The lines of a section without comments. */
function sectionIn(text: string, name: string): string[] {
  let section = '';
  return text.split('\n').flatMap((written) => {
    const line = written.trim();
    if (line.startsWith('[')) section = line.toLowerCase();
    return line === '' || line.startsWith('#') || line.startsWith('[') || section !== `[${name}]` ? [] : [line];
  });
}
