// How a firewall differs from its declaration: its options, and its rules one by one.

import type { JsonObject } from '../../../model/json.ts';
import { align } from '../../../plan/diff/align.ts';
import { difference, differenceAt, type FoundDifference } from '../../comparison.ts';
import { type Firewall, filteringIn, NO_FIREWALL, writtenRule } from './firewall.ts';

/**
 * Of a guest's file, under the names of the guest's field `firewall`.
 *
 * @param declared null: none is declared
 * @param present content of the file; null: there is none
 * @param before what was applied last; null where nothing was
 */
export function guestFirewallDifferences(
  declared: Firewall | null,
  present: string | null,
  before: Firewall | null,
): FoundDifference[] {
  const wanted = declared ?? (before === null ? null : NO_FIREWALL);
  if (wanted === null) return [];
  if (present === null) return declared === null ? [] : [difference(['firewall'], { ...declared }, null)];
  const { options, rules } = filteringIn(present);
  return [
    ...differenceAt(['firewall', 'enabled'], wanted.enabled, options['enable'] === '1'),
    ...differenceAt(['firewall', 'policy_in'], wanted.policyIn, options['policy_in']),
    ...differenceAt(['firewall', 'policy_out'], wanted.policyOut, options['policy_out']),
    ...ruleDifferences(['firewall', 'rules'], wanted.rules, rules),
  ];
}

/** Each rule that is missing or left over, in the words of the file where it has words for it. Rules are tried in order. */
export function ruleDifferences(
  way: readonly string[],
  declared: readonly string[],
  observed: readonly string[],
): FoundDifference[] {
  return align(declared, observed).flatMap((pair): FoundDifference[] => {
    const wanted = pair.before === undefined ? undefined : declared[pair.before];
    const present = pair.after === undefined ? undefined : observed[pair.after];
    if (wanted === present) return [];
    return [difference(pair.before === undefined ? way : [...way, pair.before], ruleOf(wanted), ruleOf(present))];
  });
}

function ruleOf(line: string | undefined): JsonObject | string | null {
  return line === undefined ? null : (writtenRule(line) ?? line);
}
