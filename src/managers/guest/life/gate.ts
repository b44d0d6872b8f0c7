// What is asked before anything is done to a guest: is it ours, is it locked, may it be destroyed.

import type { Decision, Wanted } from '../../manager.ts';
import { type Notes, OWNER_TAG, parseNotes, repositoryName } from '../look/notes.ts';
import type { GuestObservation } from '../look/observation.ts';
import { guestName, type Program } from '../proxmox/command.ts';
import type { GuestConf } from '../proxmox/conf.ts';
import { firewallPath } from '../proxmox/firewall.ts';

export type Refusal = Exclude<Decision, { readonly kind: 'actions' }>;

/** Why a guest must be left alone; null when it is ours, or was adopted. */
export function notOurs(wanted: Wanted, conf: GuestConf): Refusal | null {
  if (wanted.adopt === true) return null;
  const notes = parseNotes(conf.description);
  const adopt = `adopt it with: phoenix adopt ${wanted.target}`;
  if (notes === null || !isTagged(conf, notes)) return blocked(`${wanted.target} is not ours; ${adopt}`);
  if (notes.target !== wanted.target)
    return blocked(`${wanted.target} is a copy of ${notes.target} and not ours; ${adopt}`);
  if (notes.repository !== repositoryName(wanted.origin))
    return blocked(`${wanted.target} is kept by the repository ${notes.repository}; ${adopt}`);
  return null;
}

/** A guest that is being built may not have its tag yet: a clone gets it with its first change. */
function isTagged(conf: GuestConf, notes: Notes): boolean {
  return (
    notes.building || (conf.settings['tags'] ?? '').split(/[;,\s]+/).some((tag) => tag.toLowerCase() === OWNER_TAG)
  );
}

/** A creation that was broken off leaves a guest that nobody can use, and that says nothing of its owner. */
export function brokenOff(program: Program, id: number, conf: GuestConf): Refusal | null {
  if (conf.settings['lock'] !== 'create') return null;
  return impossible(
    `${guestName(program, id)} is locked (create): its creation is under way or was broken off. When no task of the node ` +
      `works on it any more, remove what is left with: ${program} unlock ${id} && ${program} destroy ${id}`,
  );
}

/** Any other lock: taken by a backup, snapshot or migration that ends, or left by one that was broken off. */
export function locked(program: Program, id: number, conf: GuestConf): Refusal | null {
  const lock = conf.settings['lock'];
  if (lock === undefined) return null;
  const free = `when no task of the node works on it any more, free it with: ${program} unlock ${id}`;
  return { kind: 'impossible', reason: `${guestName(program, id)} is locked (${lock}); ${free}`, passing: true };
}

/** Destroying is asked for, twice: by an approval, and by not being protected. */
export function mayDestroy(wanted: Wanted, what: string): Refusal | null {
  if (wanted.protected)
    return blocked(`${wanted.target} is protected: remove "protected" from it in a commit of its own first`);
  if (!wanted.approved)
    return blocked(
      `${what}; approve it with: phoenix approve, or the commit trailer Phoenix-Approve: destroy ${wanted.target}`,
    );
  return null;
}

/** An id that a guest of the other kind has. */
export function taken(program: Program, id: number, seen: GuestObservation): Refusal | null {
  if (!seen.otherKind) return null;
  const other = guestName(program === 'pct' ? 'qm' : 'pct', id);
  return impossible(`the id ${id} is taken by ${other}; give it another id`);
}

/** What the host must have before a guest can be made or moved there. */
export function missingOnHost(
  seen: GuestObservation,
  storages: readonly string[],
  bridge: string | null,
): Refusal | null {
  const { storages: present, bridges } = seen.host;
  const storage = present === null ? undefined : storages.find((id) => !(id in present));
  if (storage !== undefined) return impossible(`storage ${storage} is not on the host`);
  // Proxmox accepts a bridge that does not exist, and every later change of the container fails after being written.
  if (bridge !== null && bridges !== null && !bridges.includes(bridge))
    return impossible(`bridge ${bridge} is not on the host`);
  return null;
}

/** A firewall file that somebody else wrote. */
export function foreignFirewall(wanted: Wanted, id: number): Refusal {
  return blocked(`${firewallPath(id)} is not ours; remove it, or take it over with: phoenix adopt ${wanted.target}`);
}

function blocked(reason: string): Refusal {
  return { kind: 'blocked', reason };
}

export function impossible(reason: string): Refusal {
  return { kind: 'impossible', reason };
}
