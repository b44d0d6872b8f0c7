// Schemas of addresses: hosts, networks, gateways, name servers and interfaces. Whether an address lies in its subnet is checked by the rules.

import { z } from 'zod';
import { isOneLine } from '../../model/text.ts';
import * as proxmox from '../../proxmox/addresses.ts';
import { type Becomes, becomes, becomesByRule, inContainers, inGuests, inMachines } from './option.ts';
import * as text from './text.ts';

const EXPECT_ADDRESS = 'must be an IP address such as 10.0.0.1';

/** One IPv4 or IPv6 address. */
export const ipAddress = text
  .ofTextKind(
    'name',
    z.string().refine((value) => isAddress(value), EXPECT_ADDRESS),
  )
  .meta({ examples: ['10.0.0.1'], pattern: '^[0-9A-Fa-f:.]+$' });

const WITH_PREFIX = 'an address with prefix length such as 10.0.0.10/24, of at least 8 bits, as Proxmox takes them';
const EXPECT_CIDR = `must be ${WITH_PREFIX}`;
const EXPECT_IP_SETTING = `must be "dhcp", "manual", or ${WITH_PREFIX}`;

/** An address with prefix length. */
export const cidr = text
  .ofTextKind(
    'name',
    z.string().refine((value) => isCidr(value), EXPECT_CIDR),
  )
  .meta({ examples: ['10.0.0.10/24'], pattern: '^[0-9A-Fa-f:.]+/[0-9]{1,3}$' });

const isSix = (address: string): boolean => address.includes(':');
const isFour = (address: string): boolean => !isSix(address);

/** The property of a guest's first interface for the address family: `ip` of a container, `ip6` of a VM and so on. */
function byFamily(four: string, six: string): Becomes[] {
  return [
    ...inContainers('net0', four, { when: isFour }),
    ...inContainers('net0', six, { when: isSix }),
    ...inMachines('ipconfig0', four, { when: isFour }),
    ...inMachines('ipconfig0', six, { when: isSix }),
  ];
}

/** A network, written with its network address. */
export const network = text
  .ofTextKind(
    'name',
    z.string().refine((value) => isNetwork(value), 'must be a network by its first address, such as 10.0.0.0/24'),
  )
  .meta({ examples: ['10.0.0.0/24'], pattern: '^[0-9A-Fa-f:.]+/[0-9]{1,3}$' });

/** A static address, or how the guest obtains one. */
export const ipSetting = becomes(
  byFamily('ip', 'ip6'),
  EXPECT_IP_SETTING,
  text
    .ofTextKind(
      'name',
      z.string().refine((value) => value === 'dhcp' || value === 'manual' || isCidr(value), EXPECT_IP_SETTING),
    )
    .meta({ examples: ['10.0.0.10/24', 'dhcp'], pattern: '^(dhcp|manual|[0-9A-Fa-f:.]+/[0-9]{1,3})$' }),
);

const EXPECT_IP6_SETTING = `must be "dhcp", "auto", "manual", or an IPv6 address with prefix length such as fd00::10/64`;
const IS_WORD6 = new Set(['dhcp', 'auto', 'manual']);
const six = (property: string): Becomes[] => [
  ...inContainers('net0', property),
  // `manual` is not passed to a VM.
  ...inMachines('ipconfig0', property, { when: (written: string) => written !== 'manual' }),
];

/** An additional IPv6 address, or how the guest obtains one. */
export const ip6Setting = becomes(
  six('ip6'),
  EXPECT_IP6_SETTING,
  text
    .ofTextKind(
      'name',
      z.string().refine((value) => IS_WORD6.has(value) || (isCidr(value) && isSix(value)), EXPECT_IP6_SETTING),
    )
    .meta({ examples: ['fd00::10/64', 'auto'], pattern: '^(dhcp|auto|manual|[0-9A-Fa-f:.]+/[0-9]{1,3})$' }),
);

const EXPECT_ADDRESS6 = 'must be an IPv6 address such as fd00::1';
export const gateway6 = becomes(
  six('gw6'),
  EXPECT_ADDRESS6,
  text
    .ofTextKind(
      'name',
      z.string().refine((value) => isAddress(value) && isSix(value), EXPECT_ADDRESS6),
    )
    .meta({ examples: ['fd00::1'], pattern: '^[0-9A-Fa-f:.]+$' }),
);

/** The gateway of a guest. */
export const gateway = becomes(byFamily('gw', 'gw6'), EXPECT_ADDRESS, ipAddress);

const IP_LIST = 'must be IP addresses, separated by spaces or commas';
/** DNS servers of a guest, separated by spaces or commas. */
export const nameservers = becomes(
  inGuests('nameserver', undefined, { write: (list: string | readonly string[]) => [list].flat().join(' ') }),
  IP_LIST,
  z.union(
    [
      text
        .ofTextKind(
          'line',
          z.string().refine((value) => isOneLine(value) && splitList(value).every((part) => isAddress(part)), IP_LIST),
        )
        .meta({ examples: ['10.0.0.1, 10.0.0.2'], pattern: '^[0-9A-Fa-f:.,\\s]*$' }),
      z.array(ipAddress),
    ],
    IP_LIST,
  ),
);

/** MAC address of a guest's interface; that it is not multicast is checked by a rule (BAD_ADDRESS). */
export const macAddress = becomesByRule(
  [...inContainers('net0', 'hwaddr'), ...inMachines('net0', 'macaddr')],
  text.name(/^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$/, 'must be a MAC address such as 52:54:00:AA:BB:01'),
);

/** Accepts addresses as Proxmox does: IPv4 without leading zeros, or IPv6 without a zone. */
export function isAddress(value: string): boolean {
  return isOneLine(value) && proxmox.isIp(value);
}

function isCidr(value: string): boolean {
  return isOneLine(value) && (proxmox.isCidr(value, 4) || proxmox.isCidr(value, 6));
}

/** Whether no host bit is set. */
function isNetwork(value: string): boolean {
  return isCidr(value) && !('error' in proxmox.readBlock(value));
}

/** Splits a list at commas or spaces. */
export function splitList(value: string): string[] {
  return value.split(/[\s,]+/).filter((part) => part !== '');
}
