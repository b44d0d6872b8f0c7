// Imports the firewall of a guest from its file, but only where the declaration would produce an equivalent file.

import type { JsonObject } from '../../../model/json.ts';
import { normaliseFirewall } from '../normalise.ts';
import { declaredFirewall, isFirewallAsDeclared, writtenRule } from '../proxmox/firewall.ts';
import { normalFlag } from '../proxmox/property-string.ts';
import { guestFirewall } from '../schema.ts';

/** Null where part of the file cannot be declared. */
export function writtenFirewall(text: string): JsonObject | null {
  const rules = linesIn(text, '[rules]').map(writtenRule);
  if (rules.some((rule) => rule === null)) return null;
  const options = new Map(linesIn(text, '[options]').map(optionOf));
  const enabled = normalFlag(options.get('enable') ?? '0') === '1';
  const [policyIn = 'DROP', policyOut = 'ACCEPT'] = ['policy_in', 'policy_out'].map((key) => options.get(key));
  const written = {
    ...(enabled ? {} : { enabled }),
    ...(policyIn.toUpperCase() === 'DROP' ? {} : { policy_in: policyIn.toUpperCase() }),
    ...(policyOut.toUpperCase() === 'ACCEPT' ? {} : { policy_out: policyOut.toUpperCase() }),
    rules: rules.filter((rule) => rule !== null),
  };
  const read = guestFirewall.safeParse(written);
  if (!read.success) return null;
  const declared = declaredFirewall(normaliseFirewall(read.data, { file: '', path: '' }));
  return isFirewallAsDeclared(declared, text) ? written : null;
}

function linesIn(text: string, section: string): string[] {
  let name = '';
  return text.split('\n').flatMap((written) => {
    const line = written.trim();
    if (line.startsWith('[')) name = line.toLowerCase();
    return line.startsWith('[') || line.startsWith('#') || line === '' || name !== section ? [] : [line];
  });
}

function optionOf(line: string): [key: string, value: string] {
  const at = line.indexOf(':');
  return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
}
