// Names that end up in DNS or on a machine must be names that both can carry.

import { targetId } from '../../model/ids.ts';
import { within } from '../place.ts';
import type { Finding, RuleContext } from './rule.ts';

/** Labels as Proxmox takes them for hostnames and VM names: letters, digits and inner hyphens, 63 characters by DNS. */
const LABEL = /^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/;

/** INVALID_HOSTNAME: a guest's name is refused by Proxmox or cannot stand in DNS. */
export function guestNamesAreHostnames({ config }: RuleContext): Finding[] {
  const findings: Finding[] = [];
  for (const guest of [...config.lxc, ...config.vm]) {
    if (isHostname(guest.name)) continue;
    findings.push({
      code: 'INVALID_HOSTNAME',
      at: within(guest.writtenAt, 'name'),
      message: `"${guest.name}" is not a hostname`,
      hint: 'Use letters, digits and hyphens, with a letter or digit at both ends, at most 63 characters.',
      target: targetId(guest.kind, guest.id),
    });
  }
  return findings;
}

/** DOTTED_HOSTNAME: inside the guest only the part before the first dot becomes the hostname. */
export function guestNamesHaveNoDots({ config }: RuleContext): Finding[] {
  const findings: Finding[] = [];
  for (const guest of [...config.lxc, ...config.vm]) {
    if (!guest.name.includes('.') || !isHostname(guest.name)) continue;
    findings.push({
      code: 'DOTTED_HOSTNAME',
      at: within(guest.writtenAt, 'name'),
      message: `"${guest.name}" has a dot: inside the guest it is called "${guest.name.split('.')[0]}"`,
      hint: `Call it "${guest.name.replaceAll('.', '-')}".`,
      target: targetId(guest.kind, guest.id),
    });
  }
  return findings;
}

function isHostname(name: string): boolean {
  return name.length <= 253 && name.split('.').every((label) => LABEL.test(label));
}
