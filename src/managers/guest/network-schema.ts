// The schema of guests' interfaces: the first one, and further ones.

import { z } from 'zod';
import * as address from '../../config/schema/addresses.ts';
import {
  type Becomes,
  becomes,
  hundredths,
  inContainers,
  inMachines,
  oneOf,
  wholeNumber,
} from '../../config/schema/option.ts';
import * as text from '../../config/schema/text.ts';
import * as value from '../../config/schema/values.ts';
import { placesFor } from '../../proxmox/parameters/table.ts';
import type { GuestKind } from './settings/setting.ts';

const GUESTS = { lxc: 'container', vm: 'VM' } as const;
const KEEPS = 'one that exists keeps its own';

function places(kind: GuestKind, property: string, write?: Becomes['write']): Becomes[] {
  const rest = write === undefined ? {} : { write };
  return kind === 'lxc' ? inContainers('net0', property, rest) : inMachines('net0', property, rest);
}

const BYTES = { lxc: { least: 64, most: 65_535 }, vm: { least: 1, most: 65_520 } } as const;

type Vlans = readonly (number | string)[];

const joined = (vlans: Vlans): string => vlans.join(';');
const VLANS = {
  lxc: 'must be a list of VLANs, numbers from 1 to 4094',
  vm: 'must be a list of VLANs, numbers from 1 to 4094 or ranges such as "2-10"',
} as const;

/** Whether a range ascends. */
function isRange(range: string): boolean {
  const [first = 0, last = 0] = range.split('-').map(Number);
  return first >= 1 && first < last && last <= 4094;
}

const vlanNumber = z.int().min(1).max(4094);
const range = text.name(/^\d{1,4}-\d{1,4}$/, VLANS.vm).refine(isRange, VLANS.vm);

/** VMs accept ranges too; Proxmox has none for containers. */
function vlans(kind: GuestKind) {
  const one: z.ZodType<number | string> = kind === 'vm' ? z.union([vlanNumber, range], VLANS.vm) : vlanNumber;
  return becomes(places(kind, 'trunks', joined), VLANS[kind], z.array(one)).refine(
    (all) => all.length > 0,
    'must name a VLAN, or be left out',
  );
}

/** Fields that the first and further interfaces share, without addresses and without fields of one kind of guest. */
export function linkShape(kind: GuestKind) {
  const guest = GUESTS[kind];
  return {
    vlan: value.vlan.optional().describe(`VLAN tag. Default: none for a new ${guest}; ${KEEPS}.`),
    trunks: vlans(kind)
      .optional()
      .describe(
        `VLANs that pass with their tags, on a bridge that knows VLANs${kind === 'vm' ? '; a range is written "2-10"' : ''}. Default: none for a new ${guest}; ${KEEPS}.`,
      ),
    rate: hundredths(places(kind, 'rate'), 'must be a number of megabytes per second', { least: 0, most: 10_240 })
      .optional()
      .describe(`How fast it sends at most, in megabytes per second. Default: no limit for a new ${guest}; ${KEEPS}.`),
    mtu: wholeNumber(places(kind, 'mtu'), 'must be a whole number of bytes', BYTES[kind])
      .optional()
      .describe(`Largest packet in bytes. Default: that of the bridge for a new ${guest}; ${KEEPS}.`),
    firewall: becomes(places(kind, 'firewall'), 'must be true or false', z.boolean())
      .optional()
      .describe("Whether the guest's firewall filters here. Default: true where `firewall` of the guest is enabled."),
    link_down: becomes(places(kind, 'link_down'), 'must be true or false', z.boolean())
      .optional()
      .describe(`As if its cable were pulled. Default: false for a new ${guest}; ${KEEPS}.`),
  };
}

export const addressShape = {
  ip6: address.ip6Setting
    .optional()
    .describe(
      'IPv6 address with prefix length beside that of IPv4, `dhcp`, `auto` for what routers announce, or `manual`. Default: as it is on the guest.',
    ),
  gw6: address.gateway6.optional().describe('IPv6 gateway; only with a fixed address. Default: as it is on the guest.'),
};

/** Fields that only VMs have. */
export const machineLinkShape = {
  model: oneOf({ verb: 'qm set', option: 'net0', property: 'model' })
    .optional()
    .describe('Kind of card. Default: virtio for a new VM; one that exists keeps its own.'),
  queues: wholeNumber(inMachines('net0', 'queues'), 'must be a whole number of queues', { least: 0, most: 64 })
    .optional()
    .describe(
      'How many queues the card has, such as one for each core. Default: one for a new VM; one that exists keeps its own.',
    ),
};

export const interfaceName = becomes(inContainers('net0', 'name'), value.EXPECT_INTERFACE, value.interfaceName);

/** Further interfaces. */
function furtherNetworks(kind: GuestKind) {
  const guest = GUESTS[kind];
  const most = placesFor(kind === 'lxc' ? 'lxc' : 'qemu', 'net') - 1;
  const entry = {
    index: z
      .int()
      .min(1)
      .max(most)
      .optional()
      .describe('The number in its key: 1 is `net1`. Default: its place in the list, the first being 1.'),
    bridge: value.bridge.optional().describe(`Bridge of the host. Default: vmbr0 for a new interface; ${KEEPS}.`),
    ip: address.ipSetting
      .optional()
      .describe('Address with prefix length, `dhcp`, or `manual`. Default: as it is on the guest.'),
    gw: address.gateway.optional().describe('Gateway; only with a fixed address. Default: as it is on the guest.'),
    ...addressShape,
    mac_address: address.macAddress.optional().describe('Default: Proxmox chooses one and it is kept.'),
    ...linkShape(kind),
  };
  const described = `Interfaces beside the first, each told by its number; others that people gave the ${guest} stay. Default: none.`;
  return { entry, most, described };
}

export const containerNetworks = (() => {
  const { entry, most, described } = furtherNetworks('lxc');
  const name = interfaceName
    .optional()
    .describe(
      'Name of the interface inside. Default: `eth` with its number for a new interface; one that exists keeps its own.',
    );
  return z
    .array(z.strictObject({ ...entry, name }))
    .max(most)
    .default([])
    .describe(described);
})();

export const machineNetworks = (() => {
  const { entry, most, described } = furtherNetworks('vm');
  return z
    .array(z.strictObject({ ...entry, ...machineLinkShape }))
    .max(most)
    .default([])
    .describe(described);
})();

/** The guest has no interface. */
export const withoutNetwork = z
  .boolean()
  .default(false)
  .describe('It has no interface: a new guest gets none, and one that it has goes. Default: false.');
