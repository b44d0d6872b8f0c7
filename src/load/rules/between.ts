// Rules for the transition between two commits.

import type { Diagnostic } from '../../config/diagnostic.ts';
import type { Config, Guest } from '../../managers/config.ts';
import { allGuests, targetOf } from '../../managers/guest/guests.ts';
import { disksDoNotShrink } from '../../managers/guest/rules/clones.ts';
import { addressesOfRemovedGuestsAreNotUsed } from '../../managers/guest/rules/firewall-reach.ts';
import { Unreadable } from '../../managers/unreadable.ts';
import { somethingStays } from './creation.ts';

/** Compares the applied with the new configuration; places are those of `after`, which may be partly unreadable. */
export type BetweenRule = (before: Config, after: Config, unreadable: Unreadable) => readonly Diagnostic[];

/**
 * TOO_MANY_DELETES: more guests would be deleted than the policy of either commit allows, or `behavior.max_delete_share` without a policy; a single
 * guest may always be deleted. The policy of `before` applies too.
 */
function deletesStayFew(before: Config, after: Config, unreadable: Unreadable): Diagnostic[] {
  if (unreadable.host('phoenix', 'behavior')) return [];
  const guests = allGuests(before);
  const gone = removedGuests(guests, after).filter(({ id }) => !unreadable.guest(id));
  const { share, named: setting } = mostDeleted(before, after);
  if (gone.length < 2 || gone.length <= guests.length * share) return [];
  const named = gone.slice(0, 5).map(targetOf).join(', ');
  return [
    {
      code: 'TOO_MANY_DELETES',
      at: placeOf(gone),
      message: `${gone.length} of ${guests.length} guests would be deleted (${named}${gone.length > 5 ? ', …' : ''}), more than ${Math.round(share * 100)} % of them`,
      hint: `Delete them in several commits, or raise ${setting} of the hypervisor.`,
    },
  ];
}

/** The stricter limit of both commits, so that a commit cannot loosen it for itself. */
function mostDeleted(before: Config, after: Config): { readonly share: number; readonly named: string } {
  const [was, is] = [shareOf(before), shareOf(after)];
  return was.share < is.share ? { ...was, named: `${was.named}, in a commit of its own before this one,` } : is;
}

function shareOf({ hypervisor: { policy, behavior } }: Config): { readonly share: number; readonly named: string } {
  const { maxDeletePercent: percent } = policy;
  if (percent === null) return { share: behavior.maxDeleteShare, named: 'behavior.max_delete_share' };
  return { share: percent / 100, named: 'phoenix.max_delete_percent' };
}

function removedGuests(guests: readonly Guest[], after: Config): Guest[] {
  const stay = new Set(allGuests(after).map(targetOf));
  return guests.filter((guest) => !stay.has(targetOf(guest)));
}

/** The guest list that lost more guests. */
function placeOf(gone: readonly Guest[]): Diagnostic['at'] {
  const containers = gone.filter((guest) => guest.kind === 'lxc').length;
  return containers * 2 >= gone.length
    ? { file: 'etc/phoenix_lxc_configs.json', path: '/lxc_configs' }
    : { file: 'etc/phoenix_vm_configs.json', path: '/vms' };
}

export const BETWEEN_RULES: readonly BetweenRule[] = [
  somethingStays,
  deletesStayFew,
  disksDoNotShrink,
  addressesOfRemovedGuestsAreNotUsed,
];

/** Pure. */
export function diagnosticsBetween(before: Config, after: Config, unreadable = new Unreadable()): Diagnostic[] {
  return BETWEEN_RULES.flatMap((rule) => rule(before, after, unreadable));
}
