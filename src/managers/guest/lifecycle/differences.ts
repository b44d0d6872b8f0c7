// What of a guest is not as declared beside its settings: its pool, what is installed in it, and its firewall.

import { difference, type FoundDifference } from '../../comparison.ts';
import type { Wanted } from '../../manager.ts';
import { type GuestSpec, isInstalled } from '../guest-spec.ts';
import { parseNotes } from '../observe/notes.ts';
import type { GuestObservation } from '../observe/observation.ts';
import { isTemplateConf } from '../proxmox/conf.ts';
import { guestFirewallDifferences } from '../proxmox/firewall-differences.ts';
import { missingScripts } from '../scripts/scripts.ts';

export function guestDifferences(
  { before }: Pick<Wanted<GuestSpec>, 'before'>,
  spec: GuestSpec,
  seen: GuestObservation,
): FoundDifference[] {
  return [
    ...poolDifference(spec, before?.pool ?? null, seen),
    ...featureDifferences(spec, seen),
    ...guestFirewallDifferences(spec.firewall, seen.firewall, before?.firewall ?? null),
  ];
}

/** A guest in a pool that nobody declared stays there. */
function poolDifference(
  { id, pool }: GuestSpec,
  was: string | null,
  { host: { pools } }: GuestObservation,
): FoundDifference[] {
  const present = Object.keys(pools).find((name) => pools[name]?.members.includes(String(id))) ?? null;
  const isLeft = pool === null && was !== null && present === was;
  return isLeft || (pool !== null && present !== pool) ? [difference(['pool'], pool, present)] : [];
}

/** What is installed is read inside a guest that runs, and noted on one that is kept stopped. */
function featureDifferences(spec: GuestSpec, { conf, installed, running }: GuestObservation): FoundDifference[] {
  const { scripts, final } = spec;
  if (scripts.length === 0) return [];
  if (!running) {
    const isKept = conf !== null && (final === 'stopped' || final === 'template') && !isTemplateConf(conf);
    if (!isKept || isInstalled(spec, parseNotes(conf.description), conf.snapshots)) return [];
    return [
      difference(
        ['features'],
        scripts.map(({ name }) => name),
        'others, or not installed yet',
      ),
    ];
  }
  if (installed === null || installed === 'trusted') return [];
  return missingScripts(scripts, installed).map(({ name }) => {
    const observed = installed[name] === undefined ? null : 'another version';
    return difference(['features', { name, is: {} }], 'installed', observed);
  });
}
