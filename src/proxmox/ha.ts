// HA resource ids (pve-ha-manager, PVE/HA/Resources.pm): `ct:101`, `vm:201`. Shared by the manager and the lab.

import { parseSections, type Section } from './section-config.ts';

export const HA_RESOURCES_FILE = '/etc/pve/ha/resources.cfg';
export const HA_RULES_FILE = '/etc/pve/ha/rules.cfg';

/** Resources by the ids used in rules. */
export function parseHaResources(text: string): Map<string, Section> {
  return new Map([...parseSections(text)].map(([name, section]) => [`${section.type}:${name}`, section]));
}
