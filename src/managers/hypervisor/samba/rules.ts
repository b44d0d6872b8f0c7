// Checks shares against each other.

import type { Diagnostic } from '../../../config/diagnostic.ts';
import { placeIn } from '../../../config/read/place.ts';
import { targetId } from '../../../model/ids.ts';
import { repeated } from '../../guest/guests.ts';
import type { RuleContext } from '../../rule.ts';

/** DUPLICATE_NAME: Samba compares names without regard to case, and makes one share of two entries. */
export function sharesHaveNamesOfTheirOwn({ config: { hypervisor } }: RuleContext): Diagnostic[] {
  const shares = (hypervisor.samba?.shares ?? []).map(({ name }, index) => ({ name, index }));
  return repeated(shares, ({ name }) => name.toLowerCase()).flatMap(([first, ...later]) =>
    later.map(
      ({ name, index }): Diagnostic => ({
        code: 'DUPLICATE_NAME',
        at: placeIn(hypervisor.writtenAt, 'samba', 'shares', index, 'name'),
        message: `"${name}" is also the name of another share, "${first?.name}"`,
        hint: 'Names are compared without regard to case: rename one of them.',
        target: targetId('hypervisor', 'samba'),
      }),
    ),
  );
}
