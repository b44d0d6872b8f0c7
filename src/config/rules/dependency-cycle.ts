// Guests that wait for each other in a ring can never be built.

import { type TargetId, targetId } from '../../model/ids.ts';
import { cycles } from '../../plan/cycles.ts';
import { allGuests, dependencyPlace, targetOf } from './guests.ts';
import { cloneSourcePlace, needsOf } from './references.ts';
import type { Finding, RuleContext } from './rule.ts';

/** DEPENDENCY_CYCLE: names every ring of dependencies and clone sources whole, at its first guest. */
export function dependenciesHaveAnOrder({ config }: RuleContext): Finding[] {
  const id = (number: number): TargetId => {
    const guest = config.guests.get(number);
    return targetId(guest?.kind ?? 'lxc', number);
  };
  const guests = new Map(allGuests(config).map((guest) => [targetOf(guest), guest]));
  const needs = new Map([...guests].map(([target, guest]) => [target, needsOf(guest, config).map(id)]));
  return cycles(needs).flatMap((ring): Finding[] => {
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
