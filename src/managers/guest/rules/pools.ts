// Checks pools declared at guests against pools that list guests.

import type { Diagnostic } from '../../../config/diagnostic.ts';
import { placeIn } from '../../../config/read/place.ts';
import { kindOf, nameOf, targetId } from '../../../model/ids.ts';
import type { Config, Guest } from '../../config.ts';
import type { RuleContext } from '../../rule.ts';
import { guestNeeds } from '../guest-spec.ts';
import { allGuests, nameOfGuest, targetOf } from '../guests.ts';

interface DeclaredPool {
  readonly name: string;
  readonly members: readonly number[];
  readonly at: (index: number) => Diagnostic['at'];
}

function poolsIn({ datacenter }: Config): DeclaredPool[] {
  return (datacenter?.get('pool') ?? []).map(({ name, writtenAt, written }) => ({
    name,
    members: [written['vms'] ?? []].flat().map(Number),
    at: (index) => placeIn(writtenAt, 'vms', index),
  }));
}

/** DUPLICATE_ID: a guest declares its pool, and a pool lists the guest as well. */
export function poolsAreDeclaredOnce({ config }: RuleContext): Diagnostic[] {
  const pools = poolsIn(config);
  return allGuests(config).flatMap((guest): Diagnostic[] => {
    const { id, pool } = guest;
    const listed = pools.find(({ members }) => members.includes(id));
    if (pool === null || listed === undefined) return [];
    const hint = 'Declare it in one of the two places only.';
    const code = 'DUPLICATE_ID';
    return [
      {
        code,
        at: placeIn(guest.writtenAt, 'pool'),
        message: `${nameOfGuest(guest)} is among the guests of pool "${listed.name}" in the file of the datacenter too`,
        hint,
        target: targetOf(guest),
      },
      {
        code,
        at: listed.at(listed.members.indexOf(id)),
        message: `guest ${id} says itself that it is in pool "${pool}"`,
        hint,
        target: targetId('pool', listed.name),
      },
    ];
  });
}

/** DEPENDENCY_CYCLE: a pool is applied after the guests that it lists, and a guest after the pool that it declares. */
export function poolsComeBeforeTheirGuests({ config }: RuleContext): Diagnostic[] {
  const pools = poolsIn(config);
  return allGuests(config).flatMap((guest): Diagnostic[] => {
    const pool = pools.find(({ name }) => name === guest.pool);
    const waiting = pool?.members.find((id) => id !== guest.id && reaches(id, guest.id, config));
    if (pool === undefined || waiting === undefined) return [];
    return [
      {
        code: 'DEPENDENCY_CYCLE',
        at: placeIn(guest.writtenAt, 'pool'),
        message: `pool "${pool.name}" waits for its guest ${waiting}, which waits for ${nameOfGuest(guest)}`,
        hint: `Write "pool": "${pool.name}" at guest ${waiting}, and take it out of vms of the pool.`,
        target: targetOf(guest),
      },
    ];
  });
}

function reaches(from: number, to: number, config: Config, seen = new Set<number>()): boolean {
  const guest: Guest | undefined = config.guests.get(from);
  if (guest === undefined || seen.has(from)) return false;
  seen.add(from);
  const needed = guestNeeds(guest, config).flatMap((need) =>
    ['lxc', 'vm'].includes(kindOf(need)) ? [Number(nameOf(need))] : [],
  );
  return needed.some((id) => id === to || reaches(id, to, config, seen));
}
