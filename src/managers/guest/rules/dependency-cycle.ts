// Finds dependency cycles: guests that depend on each other, and guests that both need the authority and are needed by it.

import type { Diagnostic } from '../../../config/diagnostic.ts';
import { placeIn } from '../../../config/read/place.ts';
import { type TargetId, targetId } from '../../../model/ids.ts';
import { cycles } from '../../../plan/order/cycles.ts';
import type { Guest } from '../../config.ts';
import type { RuleContext } from '../../rule.ts';
import { allGuests, dependencyPlace, nameOfGuest, targetOf } from '../guests.ts';
import { cloneSourcePlace, needsOf } from './references.ts';

/** DEPENDENCY_CYCLE: reports every cycle of dependencies and clone sources in full, at its first guest. */
export function dependenciesAreAcyclic({ config }: RuleContext): Diagnostic[] {
  const id = (number: number): TargetId => {
    const guest = config.guests.get(number);
    return targetId(guest?.kind ?? 'lxc', number);
  };
  // A guest without dependencies is in no cycle.
  const needing = allGuests(config).filter(
    ({ cloneFrom, dependencies }) => cloneFrom !== null || dependencies.length > 0,
  );
  const guests = new Map(needing.map((guest) => [targetOf(guest), guest]));
  const needs = new Map([...guests].map(([target, guest]) => [target, needsOf(guest, config).map(id)]));
  return cycles(needs).flatMap((ring): Diagnostic[] => {
    const [guest, next = guest] = ring.map((target) => guests.get(target));
    if (guest === undefined || next === undefined) return [];
    return [
      {
        code: 'DEPENDENCY_CYCLE',
        at: guest.cloneFrom === next.id ? cloneSourcePlace(guest) : dependencyPlace(guest, next.id),
        message: `These guests wait for each other: ${[...ring, ring[0]].join(' → ')}`,
        hint: 'Take one of these dependencies out.',
        target: targetOf(guest),
      },
    ];
  });
}

/** Features that contact the authority during installation. */
export const ASKING_THE_CA: ReadonlySet<string> = new Set(['trusted_ca', 'step_cli']);

/** DEPENDENCY_CYCLE: a guest that the authority is cloned from or depends on needs the authority, which does not exist yet. */
export function authorityComesFirst({ config }: RuleContext): Diagnostic[] {
  const ca = config.lxc.find(({ role }) => role === 'ca');
  if (ca === undefined) return [];
  const below = new Set<Guest>();
  const waiting: Guest[] = [ca];
  for (const guest of waiting) {
    for (const id of needsOf(guest, config)) {
      const needed = config.guests.get(id);
      if (needed === undefined || needed === ca || below.has(needed)) continue;
      below.add(needed);
      waiting.push(needed);
    }
  }
  return [...below].flatMap((guest): Diagnostic[] => {
    const index = guest.features.findIndex(({ name }) => ASKING_THE_CA.has(name));
    if (index < 0) return [];
    return [
      {
        code: 'DEPENDENCY_CYCLE',
        at: placeIn(guest.writtenAt, 'features', index),
        message: `Feature "${guest.features[index]?.name}" asks the authority ${nameOfGuest(ca)}, which itself needs ${nameOfGuest(guest)}`,
        hint: `Take the feature out here and give it to those that are made from it, or make the authority without it.`,
        target: targetOf(guest),
      },
    ];
  });
}
