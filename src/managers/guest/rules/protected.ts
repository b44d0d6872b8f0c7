// Checks that protected guests are declared: with a typing error in an id, the policy would protect nothing.

import type { Diagnostic } from '../../../config/diagnostic.ts';
import { nearest } from '../../../config/nearest.ts';
import { placeIn } from '../../../config/read/place.ts';
import type { RuleContext } from '../../rule.ts';
import { allGuests, targetOf } from '../guests.ts';

/** UNKNOWN_REFERENCE: the policy protects a guest that is not declared, or is of the other kind. */
export function protectedGuestsExist({ config, unreadable }: RuleContext): Diagnostic[] {
  const { policy, writtenAt } = config.hypervisor;
  const known = allGuests(config).flatMap((guest) => [targetOf(guest) as string, String(guest.id)]);
  return policy.protected.flatMap((name, index): Diagnostic[] => {
    if (known.includes(name) || unreadable.guest(Number(name.replace(/^\w+\//, '')))) return [];
    const meant = nearest(name, known);
    const hint = meant === null ? '' : ` Did you mean "${meant}"?`;
    return [
      {
        code: 'UNKNOWN_REFERENCE',
        at: placeIn(writtenAt, 'phoenix', 'protected', index),
        message: `"${name}" is protected, and there is no such guest`,
        hint: `Declare it, or take it out here.${hint}`,
      },
    ];
  });
}
