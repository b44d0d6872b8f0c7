// The rules of a security group, in the order in which they are evaluated (pve-firewall, PVE/API2/Firewall/Rules.pm).

import { z } from 'zod';
import type { Json, JsonObject } from '../../../model/json.ts';
import { printRule } from '../../../proxmox/firewall-rule.ts';
import type { FirewallRule } from '../../guest/declared.ts';
import { objectsNamedBy } from '../../guest/firewall-names.ts';
import { normaliseRules } from '../../guest/normalise.ts';
import { proxmoxRule, writtenRule } from '../../guest/proxmox/firewall.ts';
import { groupRule } from '../../guest/schema.ts';
import type { Datacenter, SecurityGroup } from '../declared.ts';
import type { Part } from '../part.ts';
import { callsBetween, parsedLine } from './rule-calls.ts';

const schema = z.array(groupRule);

export const groupRules: Part = {
  field: 'rules',
  schema,
  describes:
    'All rules of the group, in the order in which they are tried. One that is declared without rules keeps those that others put there; an empty list is a group without any.',
  normalised: (list) => rulesOf(list).map(asInFile),
  lines: (list) => rulesOf(list).map((rule) => parsedLine(printRule(proxmoxRule(rule), true)).line),
  written: (lines) => {
    const list = lines.map(writtenRule).filter((rule) => rule !== null);
    return list.length === lines.length && schema.safeParse(list).success ? list : null;
  },
  needs: (list) => objectsNamedBy(rulesOf(list)),
  calls: callsBetween,
  deletedWithObject: false,
};

/** The security groups with their rules, in the form that the configuration's checks use. */
export function securityGroupsOf(datacenter: Datacenter): SecurityGroup[] {
  return (datacenter.get('securitygroup') ?? []).map(({ name, writtenAt, written }) => ({
    name,
    rules: normaliseRules(schema.parse(written['rules'] ?? []), { ...writtenAt, path: `${writtenAt.path}/rules` }),
  }));
}

function rulesOf(list: Json): FirewallRule[] {
  return normaliseRules(schema.parse(list), { file: '', path: '' });
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
