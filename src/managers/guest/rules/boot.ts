// Checks that the boot order does not contradict dependencies between guests.

import type { Diagnostic } from '../../../config/diagnostic.ts';
import { placeIn } from '../../../config/read/place.ts';
import type { Guest } from '../../config.ts';
import type { RuleContext } from '../../rule.ts';
import { allGuests, dependencyPlace, isCloneSource, nameOfGuest, targetOf } from '../guests.ts';

/** BOOT_ORDER: both start at boot, and the dependency starts later. */
export function dependenciesStartFirst({ config }: RuleContext): Diagnostic[] {
  return pairs(config)
    .filter(({ guest, need }) => guest.start_at_boot && need.start_at_boot && startsLater(need, guest))
    .map(({ guest, need }) => ({
      code: 'BOOT_ORDER',
      at: placeIn(guest.writtenAt, 'boot_order'),
      message: `${nameOfGuest(guest)} starts ${bootWords(guest)}, but needs ${nameOfGuest(need)}, which starts ${bootWords(need)}`,
      hint:
        need.boot_order === null
          ? `Give ${need.id} a boot_order below ${guest.boot_order}.`
          : `Give ${guest.id} a boot_order above ${need.boot_order}, or ${need.id} a lower one.`,
      target: targetOf(guest),
    }));
}

/** LATE_DEPENDENCY: a clone source depends on a guest that is applied late, and all its clones wait with it. */
export function cloneSourcesComeEarly({ config }: RuleContext): Diagnostic[] {
  return pairs(config)
    .filter(({ guest, need }) => isCloneSource(guest) && !(guest.start_at_boot && need.start_at_boot))
    .filter(({ guest, need }) => startsLater(need, guest))
    .map(({ guest, need }) => ({
      code: 'LATE_DEPENDENCY',
      at: dependencyPlace(guest, need.id),
      message: `${nameOfGuest(guest)} is cloned from, and yet needs ${nameOfGuest(need)}, which starts ${bootWords(need)}: every clone waits for it`,
      hint: 'Let the clones depend on it instead.',
      target: targetOf(guest),
    }));
}

function pairs(config: RuleContext['config']): { guest: Guest; need: Guest }[] {
  return allGuests(config).flatMap((guest) =>
    guest.dependencies.flatMap((id) => {
      const need = config.guests.get(id);
      return need === undefined ? [] : [{ guest, need }];
    }),
  );
}

/** Proxmox starts guests without an order after all that have one. */
function startsLater(one: Guest, other: Guest): boolean {
  return (one.boot_order ?? Number.POSITIVE_INFINITY) > (other.boot_order ?? Number.POSITIVE_INFINITY);
}

function bootWords(guest: Guest): string {
  return guest.boot_order === null ? 'last (no boot_order)' : `with boot_order ${guest.boot_order}`;
}
