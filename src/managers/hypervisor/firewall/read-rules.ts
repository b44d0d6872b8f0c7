// The rules of a firewall file as the configuration would declare them.

import type { FirewallRule } from '../../guest/declared.ts';
import { normaliseRules } from '../../guest/normalise.ts';
import { writtenRule } from '../../guest/proxmox/firewall.ts';
import { hostRule } from '../../guest/schema.ts';

/** The lines of `[RULES]` in the content of a file, each with single spaces. */
export function ruleLinesIn(text: string): string[] {
  return sectionIn(text, 'rules').map((line) => line.replaceAll(/\s+/g, ' '));
}

/** Null where one of the rules cannot be declared. */
export function declarableRulesIn(text: string): Omit<FirewallRule, 'writtenAt'>[] | null {
  const rules = ruleLinesIn(text).map(declarable);
  return rules.every((rule) => rule !== null) ? rules : null;
}

function declarable(line: string): Omit<FirewallRule, 'writtenAt'> | null {
  const read = hostRule.safeParse(writtenRule(line));
  if (!read.success) return null;
  const [rule] = normaliseRules([read.data], { file: '', path: '' });
  if (rule === undefined) return null;
  const { writtenAt: _, ...own } = rule;
  return own;
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

/** An option of the datacenter's firewall as it is written there; undefined where it is not. */
export function optionIn(text: string, name: string): string | undefined {
  return new RegExp(`^\\s*${name}\\s*:\\s*(\\S+)\\s*$`, 'im').exec(sectionIn(text, 'options').join('\n'))?.[1];
}
