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
    const [first, second = first] = ring;
    const guest = first === undefined ? undefined : guests.get(first);
    if (guest === undefined) return [];
    const byClone = guest.cloneFrom !== null && id(guest.cloneFrom) === second;
    return [
      {
        code: 'DEPENDENCY_CYCLE',
        at: byClone ? cloneSourcePlace(guest) : dependencyPlace(guest),
        message: `These guests wait for each other: ${[...ring, first].join(' → ')}`,
        hint: 'Take one of these dependencies out.',
        target: targetOf(guest),
      },
    ];
  });
}
