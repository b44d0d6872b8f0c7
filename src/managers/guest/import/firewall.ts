// The firewall of a guest, read back from its file: written down only where the file that is made of it filters alike.

import type { JsonObject } from '../../../model/json.ts';
import { normaliseFirewall } from '../normalise.ts';
import { declaredFirewall, isFirewallAsDeclared } from '../proxmox/firewall.ts';
import { normalFlag } from '../proxmox/property-string.ts';
import { guestFirewall } from '../schema.ts';

/** Null where the fields have no words for something of it. */
export function writtenFirewall(text: string): JsonObject | null {
  const rules = linesIn(text, '[rules]').map(ruleOf);
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

const FIELDS: Readonly<Record<string, string>> = {
  '-i': 'iface',
  '-source': 'source',
  '-dest': 'dest',
  '-p': 'proto',
  '-dport': 'port',
  '-sport': 'source_port',
  '-log': 'log',
};

/** One rule as the file of the config repo says it; null for one with more than that has fields for. */
export function ruleOf(line: string): JsonObject | null {
  const at = line.indexOf('#');
  const [head = '', comment = ''] = at < 0 ? [line] : [line.slice(0, at), line.slice(at + 1)];
  const [first = '', action = '', ...words] = head.trim().split(/\s+/);
  const enabled = !first.startsWith('|');
  const type = first.replace('|', '').toLowerCase();
  // What a group lets through is not written with the guest.
  if (words.length % 2 === 1 || type === 'group') return null;
  const rule: Record<string, string | boolean> = { type, action };
  for (let index = 0; index < words.length; index += 2) {
    const field = FIELDS[words[index] ?? ''];
    if (field === undefined || field in rule) return null;
    rule[field] = words[index + 1] ?? '';
  }
  return {
    ...rule,
    ...(enabled ? {} : { enabled }),
    ...(comment.trim() === '' ? {} : { comment: comment.trim() }),
  };
}
