// What no commit may do to the one before it, however sound it is in itself.

import type { Config, Guest } from '../config.ts';
import { disksDoNotShrink } from './guests/clones.ts';
import { allGuests, targetOf } from './guests/guests.ts';
import type { Finding } from './rule.ts';

/** Looks at what is applied and at what is to be; the places are those of `after`. */
export type BetweenRule = (before: Config, after: Config) => readonly Finding[];

/** TOO_MANY_DELETES: more guests would go than `behavior.max_delete_share` allows; a single one may always go. */
function deletesStayFew(before: Config, after: Config): Finding[] {
  const guests = allGuests(before);
  const gone = goneGuests(guests, after);
  const share = after.hypervisor.behavior.maxDeleteShare;
  if (gone.length < 2 || gone.length <= guests.length * share) return [];
  const named = gone.slice(0, 5).map(targetOf).join(', ');
  return [
    {
      code: 'TOO_MANY_DELETES',
      at: placeOf(gone),
      message: `${gone.length} of ${guests.length} guests would be deleted (${named}${gone.length > 5 ? ', …' : ''}), more than ${Math.round(share * 100)} % of them`,
      hint: 'Delete them in several commits, or raise behavior.max_delete_share of the hypervisor.',
    },
  ];
}

function goneGuests(guests: readonly Guest[], after: Config): Guest[] {
  const stay = new Set(allGuests(after).map(targetOf));
  return guests.filter((guest) => !stay.has(targetOf(guest)));
}

/** The list that lost more of them. */
function placeOf(gone: readonly Guest[]): Finding['at'] {
  const containers = gone.filter((guest) => guest.kind === 'lxc').length;
  return containers * 2 >= gone.length
    ? { file: 'etc/phoenix_lxc_configs.json', path: '/lxc_configs' }
    : { file: 'etc/phoenix_vm_configs.json', path: '/vms' };
}

export const BETWEEN_RULES: readonly BetweenRule[] = [deletesStayFew, disksDoNotShrink];

/** Pure. */
export function findingsBetween(before: Config, after: Config): Finding[] {
  return BETWEEN_RULES.flatMap((rule) => rule(before, after));
}
