// The rules of security groups and of vnets, in the order in which they are evaluated (pve-firewall, PVE/API2/Firewall/Rules.pm), and those of the
// datacenter's own firewall, which the host's firewall writes with its own.

import { z } from 'zod';
import type { Place } from '../../../config/read/place.ts';
import type { Json, JsonObject } from '../../../model/json.ts';
import type { FirewallConfig } from '../../../proxmox/firewall/file.ts';
import { printRule } from '../../../proxmox/firewall/rule.ts';
import type { FirewallRule } from '../../guest/declared.ts';
import { objectsNamedBy } from '../../guest/firewall-names.ts';
import { normaliseRules } from '../../guest/normalise.ts';
import { proxmoxRule, writtenRule } from '../../guest/proxmox/firewall.ts';
import { groupRule, hostRule, vnetRule } from '../../guest/schema.ts';
import type { Datacenter, NamedRules } from '../declared.ts';
import type { Part } from '../lists/part.ts';
import { clusterFirewall, textAbove } from './file.ts';
import { callsBetween, linesLeftOut, parsedLine } from './rule-calls.ts';

const NOWHERE: Place = { file: '', path: '' };

const ofGroup = z.array(groupRule);
const ofVnet = z.array(vnetRule);

export const groupRules: Part = rulesPart({
  schema: ofGroup,
  describes:
    'All rules of the group, in the order in which they are tried. One that is declared without rules keeps those that others put there; an empty list is a group without any.',
  namesIn: clusterFirewall,
});

/** @param namesIn the datacenter's firewall out of the text that vnets' firewalls are read from */
export function rulesOfVnets(namesIn: (text: string) => FirewallConfig): Part {
  return rulesPart({
    schema: ofVnet,
    describes:
      'All rules of the vnet, in the order in which they are tried. Without rules those that others put there are kept; an empty list means none.',
    path: '/cluster/sdn/vnets/{vnet}/firewall/rules',
    namesIn,
  });
}

/** The rules of the datacenter's own firewall, as a field of the file. */
export const datacenterRules = z
  .array(hostRule)
  .describe(
    "All rules of the datacenter's own firewall, in the order in which they are tried: on each node after those of the node. The firewall of the host writes them. Default: none where that is declared, else as they are.",
  );

/** The security groups with their rules, in the form that the configuration's checks use. */
export function securityGroupsOf(datacenter: Datacenter): NamedRules[] {
  return namedRulesOf(datacenter, 'securitygroup', ofGroup);
}

/** The vnets whose firewall is declared, with their rules. */
export function vnetRulesOf(datacenter: Datacenter): NamedRules[] {
  return namedRulesOf(datacenter, 'vnetfirewall', ofVnet);
}

/** A file that was written by hand with aliases after groups: Proxmox reads it in one pass. */
const ALIASES_LAST = /^\s*\[group\b.*^\s*\[aliases\]/ims;

type RuleSchema = typeof ofGroup | typeof ofVnet;

function namedRulesOf(datacenter: Datacenter, kind: string, schema: RuleSchema): NamedRules[] {
  return (datacenter.get(kind) ?? []).map(({ name, writtenAt, written }) => ({
    name,
    rules: normaliseRules(schema.parse(written['rules'] ?? []), { ...writtenAt, path: `${writtenAt.path}/rules` }),
  }));
}

function rulesPart({
  schema,
  namesIn,
  ...more
}: Pick<Part, 'describes' | 'path'> & {
  readonly schema: RuleSchema;
  readonly namesIn: (text: string) => FirewallConfig;
}): Part {
  const rulesOf = (list: Json): FirewallRule[] => normaliseRules(schema.parse(list), NOWHERE);
  return {
    ...more,
    field: 'rules',
    schema,
    normalised: (list) => rulesOf(list).map(asInFile),
    lines: (list) => rulesOf(list).map((rule) => parsedLine(printRule(proxmoxRule(rule), true)).line),
    written: (lines) => {
      const list = lines.map(writtenRule).filter((rule) => rule !== null);
      return list.length === lines.length && schema.safeParse(list).success ? list : null;
    },
    needs: (list) => objectsNamedBy(rulesOf(list)),
    calls: (present, wanted, text) =>
      callsBetween(present, wanted, namesIn(text), schema === ofGroup, schema !== ofGroup || !ALIASES_LAST.test(text)),
    leftOut: (lines, text, name) =>
      schema === ofGroup
        ? linesLeftOut(lines, namesIn(textAbove(text, 'group', name)), namesIn(text), 'group')
        : linesLeftOut(lines, namesIn(text), namesIn(text), 'vnet'),
    deletedWithObject: false,
  };
}

/** The rule as the configuration file has it, without values that equal a default. */
function asInFile(rule: FirewallRule): JsonObject {
  const fields: Readonly<Record<string, Json | undefined>> = {
    type: rule.type,
    action: rule.action,
    macro: rule.macro,
    source: rule.source,
    dest: rule.dest,
    proto: rule.proto,
    port: rule.port,
    source_port: rule.sourcePort,
    icmp_type: rule.icmpType,
    log: rule.log,
    enabled: rule.enabled ? null : false,
    comment: rule.comment,
  };
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, Json] => entry[1] !== undefined && entry[1] !== null),
  );
}
