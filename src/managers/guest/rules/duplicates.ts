// Checks what must be unique among guests: id, name, address, MAC address and service name.

import type { Diagnostic } from '../../../config/diagnostic.ts';
import { placeIn } from '../../../config/read/place.ts';
import type { Guest } from '../../config.ts';
import type { RuleContext } from '../../rule.ts';
import { addressesOf, allGuests, interfacesOf, macsOf, nameOfGuest, repeated, targetOf } from '../guests.ts';

/** DUPLICATE_ID: containers and VMs share one range of ids. */
export function idsAreUnique({ config }: RuleContext): Diagnostic[] {
  return laterOnes(
    allGuests(config),
    (guest) => String(guest.id),
    (guest, first) => ({
      code: 'DUPLICATE_ID',
      at: guest.kind === 'vm' ? placeIn(guest.writtenAt, 'vmid') : guest.writtenAt,
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

/** DUPLICATE_NAME: names are compared as in DNS, case-insensitively. */
export function namesAreUnique({ config }: RuleContext): Diagnostic[] {
  return laterOnes(
    allGuests(config),
    (guest) => guest.name.toLowerCase(),
    (guest, first) => ({
      code: 'DUPLICATE_NAME',
      at: placeIn(guest.writtenAt, 'name'),
      message: `"${guest.name}" is also the name of ${targetOf(first)}`,
      hint: 'Names are compared without regard to case.',
      target: targetOf(guest),
    }),
  );
}

/** DUPLICATE_SERVICE: the proxy can forward a name to one guest only. */
export function serviceNamesAreUnique({ config }: RuleContext): Diagnostic[] {
  return laterOnes(
    allGuests(config),
    (guest) => guest.traefikService?.name.toLowerCase() ?? null,
    (guest, first) => ({
      code: 'DUPLICATE_SERVICE',
      at: placeIn(guest.writtenAt, 'traefik_service', 'name'),
      message: `Service "${guest.traefikService?.name}" is also that of ${nameOfGuest(first)}`,
      hint: 'Give each service a name of its own.',
      target: targetOf(guest),
    }),
  );
}

/** DUPLICATE_IP: two interfaces have the same fixed address, of two guests or of one. */
export function addressesAreUnique({ config }: RuleContext): Diagnostic[] {
  const all = allGuests(config).flatMap((guest) => addressesOf(guest).map((address) => ({ guest, address })));
  return repeated(all, ({ address }) => address.text).flatMap(([first, ...later]) =>
    later.map(
      ({ guest, address }): Diagnostic => ({
        code: 'DUPLICATE_IP',
        at: address.at,
        message: `${address.setting.split('/')[0]} is also the address of ${ownerOf(first?.guest, first?.address.interface.key)}`,
        hint: 'Give one of them a free address.',
        target: targetOf(guest),
      }),
    ),
  );
}

/** DUPLICATE_MAC: two interfaces have the same MAC address. */
export function macsAreUnique({ config }: RuleContext): Diagnostic[] {
  const all = allGuests(config).flatMap((guest) => macsOf(guest).map((one) => ({ guest, ...one })));
  return repeated(all, ({ mac }) => mac).flatMap(([first, ...later]) =>
    later.map(
      ({ guest, mac, at }): Diagnostic => ({
        code: 'DUPLICATE_MAC',
        at,
        message: `${mac} is also the MAC address of ${ownerOf(first?.guest, first?.key)}`,
        hint: 'Change one of them, or leave it out: Proxmox then chooses one, and it is kept.',
        target: targetOf(guest),
      }),
    ),
  );
}

function ownerOf(guest: Guest | undefined, key = 'net0'): string {
  if (guest === undefined) return 'another guest';
  return key === 'net0' ? nameOfGuest(guest) : `${key} of ${nameOfGuest(guest)}`;
}

/** INVALID_VALUE: the interfaces of one guest contradict each other. */
export function interfacesAreConsistent({ config }: RuleContext): Diagnostic[] {
  return allGuests(config).flatMap((guest): Diagnostic[] => {
    const found = (at: Diagnostic['at'], message: string, hint: string): Diagnostic => ({
      code: 'INVALID_VALUE',
      at,
      message: `${nameOfGuest(guest)}: ${message}`,
      hint,
      target: targetOf(guest),
    });
    const declared = interfacesOf(guest);
    const named = declared
      .map(({ net, at }) => ({ name: net.name, at: placeIn(at, 'name') }))
      .filter(({ name }) => name !== null);
    const { none, ip, ip6, bridge } = guest.network;
    const said = none && (ip !== null || ip6 !== null || (guest.kind === 'lxc' && bridge !== null));
    return [
      ...(said
        ? [found(placeIn(guest.writtenAt, 'without_network'), 'it has a network_config too', 'Take one of them out.')]
        : []),
      ...repeated(declared, ({ key }) => key).flatMap(([, ...later]) =>
        later.map(({ key, at }) => found(at, `two interfaces are ${key}`, 'Give one of them another "index".')),
      ),
      ...repeated(named, ({ name }) => name).flatMap(([, ...later]) =>
        later.map(({ name, at }) => found(at, `two interfaces are called ${name}`, 'Give one of them another name.')),
      ),
      ...declared.flatMap(({ net, addressesAt }) => [
        ...(net.ip?.includes(':') === true && net.ip6 !== null
          ? [
              found(
                placeIn(addressesAt, 'ip6'),
                '"ip" is an IPv6 address already',
                'Write the address of IPv4 in "ip", and one of IPv6 in "ip6".',
              ),
            ]
          : []),
        ...(net.gateway?.includes(':') === true && net.gateway6 !== null
          ? [found(placeIn(addressesAt, 'gw6'), '"gw" is an IPv6 gateway already', 'Write one of them.')]
          : []),
      ]),
    ];
  });
}

/** A diagnostic for each guest whose key is already taken by an earlier one. */
function laterOnes(
  guests: readonly Guest[],
  keyOf: (guest: Guest) => string | null,
  diagnostic: (guest: Guest, first: Guest) => Diagnostic,
): Diagnostic[] {
  return repeated(guests, keyOf).flatMap(([first, ...later]) =>
    first === undefined ? [] : later.map((guest) => diagnostic(guest, first)),
  );
}
