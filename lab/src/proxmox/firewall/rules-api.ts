// The API of a list of rules: of a file, or of one security group.

import {
  RULE_PROPERTIES,
  type Rule,
  type RuleEnvironment,
  ruleProblems,
} from '../../../../src/proxmox/firewall/rule.ts';
import { splitList } from '../../../../src/proxmox/parameters/perl.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse, refuseParameters } from '../refusal.ts';
import { answer, changed, checkDigest, type Handled, type Request, withDigest } from './request.ts';

/** Shows, adds, moves, changes and removes rules. */
export function rulesCall(
  { method, template, parameters, config, cluster }: Request,
  rules: Rule[],
  environment: RuleEnvironment,
): Handled {
  const listed = withDigest(rules).items.map((rule, pos) => ({ ...rule, pos }));
  const position = Number(parameters.pos ?? 0);
  const verified = (rule: Rule): Handled => {
    const [problem] = ruleProblems(rule, environment, cluster ?? config, environment === 'group' ? undefined : config);
    if (problem === undefined) return changed;
    const [property, message, endsCheck] = problem;
    return endsCheck ? refuse(message) : refuseParameters({ [property]: message });
  };
  if (!template.endsWith('/{pos}')) {
    if (method === 'GET') return answer(listed);
    const rule = copyInto({}, parameters);
    const handled = verified(rule);
    if (parameters.enable === undefined) rule.enable = '0';
    rules.unshift(rule);
    return handled;
  }
  checkDigest(rules, parameters);
  const rule = rules[position];
  if (rule === undefined) return refuse(`no rule at position ${parameters.pos}`);
  if (method === 'GET') return answer({ ...listed[position], pos: String(position) });
  if (method === 'DELETE') {
    rules.splice(position, 1);
    return changed;
  }
  const target = Number(parameters.moveto ?? position);
  if (target !== position) {
    rules.splice(position, 1);
    rules.splice(target > position ? target - 1 : target, 0, rule);
    return changed;
  }
  copyInto(rule, parameters);
  for (const property of splitList(String(parameters.delete ?? ''))) {
    if (!RULE_PROPERTIES.includes(property)) return refuseParameters({ delete: `no such property ('${property}')` });
    if (property === 'type' || property === 'action')
      return refuseParameters({ delete: `unable to delete required property '${property}'` });
    delete rule[property];
  }
  return verified(rule);
}

/** Sets a rule's properties from parameters; an empty one or `-` removes the property. */
function copyInto(rule: Rule, parameters: Parameters): Rule {
  for (const property of RULE_PROPERTIES) {
    const value = parameters[property];
    if (typeof value !== 'string' || property === 'pos' || property === 'digest') continue;
    if (value === '' || value === '-') delete rule[property];
    else rule[property] = value;
  }
  return rule;
}
