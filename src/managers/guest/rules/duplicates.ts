// What only one guest may have: its id, name, address, MAC and service name.

import { fixedAddress, spelling } from '../../../config/address.ts';
import type { Diagnostic } from '../../../config/diagnostic.ts';
import { within } from '../../../config/read/place.ts';
import type { Guest } from '../../config.ts';
import type { RuleContext } from '../../rule.ts';
import { allGuests, nameOfGuest, repeated, targetOf } from '../guests.ts';

/** DUPLICATE_ID: containers and VMs share one range of ids. */
export function idsAreUnique({ config }: RuleContext): Diagnostic[] {
  return laterOnes(
    allGuests(config),
    (guest) => String(guest.id),
    (guest, first) => ({
      code: 'DUPLICATE_ID',
      at: guest.kind === 'vm' ? within(guest.writtenAt, 'vmid') : guest.writtenAt,
      ...(guest.kind === 'lxc' ? { onKey: true } : {}),
      message: `Id ${guest.id} of "${guest.name}" is taken by ${nameOfGuest(first)}`,
      hint:
        guest.kind === first.kind
          ? 'Containers and VMs share one range of ids: choose one that is free.'
          : 'Containers and VMs share one range of ids, so a guest stands in one of the two files: take it out of the wrong one, or give it a free id.',
      target: targetOf(guest),
    }),
  );
}

/** DUPLICATE_NAME: names are compared as DNS does, without regard to case. */
export function namesAreUnique({ config }: RuleContext): Diagnostic[] {
  return laterOnes(
    allGuests(config),
    (guest) => guest.name.toLowerCase(),
    (guest, first) => ({
      code: 'DUPLICATE_NAME',
      at: within(guest.writtenAt, 'name'),
      message: `"${guest.name}" is also the name of ${targetOf(first)}`,
      hint: 'Names are compared without regard to case.',
      target: targetOf(guest),
    }),
  );
}

/** DUPLICATE_SERVICE: the proxy can pass one name on to one guest only. */
export function serviceNamesAreUnique({ config }: RuleContext): Diagnostic[] {
  return laterOnes(
    allGuests(config),
    (guest) => guest.traefikService?.name.toLowerCase() ?? null,
    (guest, first) => ({
      code: 'DUPLICATE_SERVICE',
      at: within(guest.writtenAt, 'traefik_service', 'name'),
      message: `Service "${guest.traefikService?.name}" is also that of ${nameOfGuest(first)}`,
      hint: 'Give each service a name of its own.',
      target: targetOf(guest),
    }),
  );
}

/** DUPLICATE_IP: two guests with one fixed address. */
export function addressesAreUnique({ config }: RuleContext): Diagnostic[] {
  return laterOnes(
    allGuests(config),
    (guest) => {
      const address = fixedAddress(guest.network.ip);
      return address === null ? null : spelling(address);
    },
    (guest, first) => ({
      code: 'DUPLICATE_IP',
      at: within(guest.writtenAt, 'network_config', 'ip'),
      message: `${guest.network.ip?.split('/')[0]} is also the address of ${nameOfGuest(first)}`,
      hint: 'Give one of them a free address.',
      target: targetOf(guest),
    }),
  );
}

/** DUPLICATE_MAC: two guests with one hardware address. */
export function macsAreUnique({ config }: RuleContext): Diagnostic[] {
  return laterOnes(
    allGuests(config),
    (guest) => guest.network.mac?.toUpperCase() ?? null,
    (guest, first) => ({
      code: 'DUPLICATE_MAC',
      at: macPlace(guest),
      message: `${guest.network.mac} is also the MAC address of ${nameOfGuest(first)}`,
      hint: 'Change one of them, or leave it out: Proxmox then chooses one, and it is kept.',
      target: targetOf(guest),
    }),
  );
}

/** Where a guest's MAC address is written. */
export function macPlace(guest: Guest) {
  return guest.kind === 'lxc'
    ? within(guest.writtenAt, 'mac_address')
    : within(guest.writtenAt, 'network_config', 'mac_address');
}

/** A diagnostic for each guest whose key an earlier one has. */
function laterOnes(
  guests: readonly Guest[],
  keyOf: (guest: Guest) => string | null,
  diagnostic: (guest: Guest, first: Guest) => Diagnostic,
): Diagnostic[] {
  return repeated(guests, keyOf).flatMap(([first, ...later]) =>
    first === undefined ? [] : later.map((guest) => diagnostic(guest, first)),
  );
}
