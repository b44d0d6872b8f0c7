// HA resource ids (pve-ha-manager, PVE/HA/Resources.pm): `ct:101`, `vm:201`. Shared by the manager and the lab.

import { parseSections, type Section } from './files/section-config.ts';

export const HA_RESOURCES_FILE = '/etc/pve/ha/resources.cfg';
export const HA_RULES_FILE = '/etc/pve/ha/rules.cfg';

/** Resources by the ids used in rules. */
export function parseHaResources(text: string): Map<string, Section> {
  return new Map([...parseSections(text)].map(([name, section]) => [`${section.type}:${name}`, section]));
}

/** A rule that is not disabled. */
export interface HaRule {
  readonly id: string;
  readonly type: string;
  readonly affinity: string | undefined;
  readonly resources: readonly string[];
  /** Each with a priority, or without: `pve:2`. */
  readonly nodes: readonly string[];
}

interface HaConflict {
  readonly rule: string;
  readonly message: string;
}

/** Conflicts of rules about nodes with rules about which resources run together or apart (PVE/HA/Rules.pm), in Proxmox's words. */
export function affinityConflicts(rules: readonly HaRule[]): HaConflict[] {
  const ofNodes = rules.filter(({ type }) => type === 'node-affinity');
  const paired = (resources: readonly string[]) =>
    ofNodes.filter((rule) => rule.resources.some((sid) => resources.includes(sid)));
  const together = unitedRules(rules.filter(({ affinity }) => affinity === 'positive')).flatMap((united) => {
    const pairs = paired(united.flatMap(({ resources }) => resources));
    if (pairs.length < 2) return [];
    return [
      ...united.map(({ id }) => ({ rule: id, message: 'resources are in multiple node affinity rules' })),
      ...pairs.map(({ id }) => ({
        rule: id,
        message:
          'at least one resource is in a positive resource affinity rule and there are other resources in at least one other node affinity rule already',
      })),
    ];
  });
  const apart = rules.flatMap(({ id: rule, affinity, resources }) => {
    if (affinity !== 'negative') return [];
    const pairs = paired(resources);
    const located = new Set(pairs.flatMap((pair) => pair.resources.filter((sid) => resources.includes(sid))));
    const allowed = new Set(pairs.flatMap(({ nodes }) => nodes.map((node) => node.split(':')[0])));
    if (allowed.size >= located.size) return [];
    return [
      { rule, message: 'two or more resources are restricted to less nodes than available to the resources' },
      ...pairs.map(({ id }) => ({
        rule: id,
        message:
          'at least one resource is in a negative resource affinity rule and this rule would restrict these to less nodes than available to the resources',
      })),
    ];
  });
  return [...together, ...apart];
}

/** Rules that share a resource with each other, directly or by others between. */
function unitedRules(rules: readonly HaRule[]): HaRule[][] {
  let sets: HaRule[][] = [];
  for (const rule of rules) {
    const isJoined = (set: readonly HaRule[]): boolean =>
      set.some(({ resources }) => resources.some((sid) => rule.resources.includes(sid)));
    sets = [...sets.filter((set) => !isJoined(set)), [...sets.filter(isJoined).flat(), rule]];
  }
  return sets;
}
