// Imports the firewall of a guest from its file, but only where the declaration would produce an equivalent file.

import type { JsonObject } from '../../../model/json.ts';
import { normaliseFirewall } from '../normalise.ts';
import { declaredFirewall, filteringIn, isFirewallAsDeclared, writtenRule } from '../proxmox/firewall.ts';
import { guestFirewall } from '../schema.ts';

/** Null where part of the file cannot be declared. */
export function writtenFirewall(text: string): JsonObject | null {
  const { options, rules: lines } = filteringIn(text);
  const rules = lines.map(writtenRule);
  if (rules.some((rule) => rule === null)) return null;
  const { enable, policy_in, policy_out } = options;
  const written = {
    ...(enable === '1' ? {} : { enabled: false }),
    ...(policy_in === 'DROP' ? {} : { policy_in }),
    ...(policy_out === 'ACCEPT' ? {} : { policy_out }),
    rules: rules.filter((rule) => rule !== null),
  };
  const read = guestFirewall.safeParse(written);
  if (!read.success) return null;
  const declared = declaredFirewall(normaliseFirewall(read.data, { file: '', path: '' }));
  return isFirewallAsDeclared(declared, text) ? written : null;
}
