// Interfaces of the host other than the management interface: bridges, bonds and VLANs, and those of Open vSwitch.

import { z } from 'zod';
import * as address from '../../../config/schema/addresses.ts';
import * as text from '../../../config/schema/text.ts';
import * as value from '../../../config/schema/values.ts';
import { OVS_BOND_MODES } from '../network/open-vswitch.ts';
import { BOND_MODES, DEFAULT_MIIMON_MS, HASH_POLICIES, HASH_POLICY_MODES } from '../network/read-interface.ts';

/** Excludes keywords that ifupdown2 accepts in place of a port. */
const port = value.interfaceName.refine(
  (name) => !/^(all|glob|none|regex)$/.test(name),
  'must be the name of an interface, not a pattern',
);

const ofInterface = {
  address: address.cidr.optional().describe('Address of the host on it, with prefix length. Default: none.'),
  gateway: address.ipAddress
    .optional()
    .describe(
      'Default gateway of the host, in the network of `address`, where no other interface has one. Default: none.',
    ),
  address6: address.cidr
    .optional()
    .describe('IPv6 address of the host on it, with prefix length, beside an IPv4 address. Default: none.'),
  gateway6: address.ipAddress
    .optional()
    .describe('Default gateway of the host for IPv6, in the network of `address6`. Default: none.'),
  mtu: z
    .int()
    .min(1280)
    .max(65_520)
    .optional()
    .describe('Largest packet in bytes. Default: that of what it is made of.'),
  comment: text.prose.optional().describe('For readers of this file only.'),
};

interface Addresses {
  readonly address?: string | undefined;
  readonly gateway?: string | undefined;
  readonly address6?: string | undefined;
  readonly gateway6?: string | undefined;
}

const isSix = (one: string | undefined): boolean => one?.includes(':') === true;

/** The two addresses are of two families, and a gateway is of the family of its address. */
function checkAddresses({ address: one, gateway, address6, gateway6 }: Addresses, context: z.RefinementCtx): void {
  const refuse = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
  if (address6 !== undefined && !isSix(address6)) refuse('address6', 'must be an IPv6 address');
  else if (address6 !== undefined && isSix(one)) refuse('address6', 'must not stand beside an address of IPv6');
  if (gateway !== undefined && (one === undefined || isSix(one) !== isSix(gateway)))
    refuse('gateway', 'must be of the family of address, and not stand without it');
  if (gateway6 !== undefined && (address6 === undefined || !isSix(gateway6)))
    refuse('gateway6', 'must be an IPv6 address, and not stand without address6');
}

export const bridge = z
  .strictObject({
    name: text.name(/^vmbr\d{1,4}$/, 'must be vmbr and a number').describe('The bridge, for example `vmbr2`.'),
    ports: z
      .array(port)
      .default([])
      .describe('Interfaces of the host that are part of it. Default: none, so that it leads to no other machine.'),
    vlan_aware: z.boolean().default(false).describe('Whether guests may have VLANs on it. Default: false.'),
    vlan_ids: text
      .name(/^\d{1,4}(-\d{1,4})?( \d{1,4}(-\d{1,4})?)*$/, 'must be numbers and ranges of them, such as "10 20-29"')
      .refine(
        (list) => list.split(/[ -]/).every((id) => Number(id) >= 2 && Number(id) <= 4094),
        'must be from 2 to 4094',
      )
      .optional()
      .describe('The VLANs that a bridge with `vlan_aware` carries, such as `10 20-29`. Default: all, 2-4094.'),
    ...ofInterface,
  })
  .superRefine((one, context) => {
    checkAddresses(one, context);
    if (one.vlan_ids !== undefined && !one.vlan_aware)
      context.addIssue({ code: 'custom', path: ['vlan_ids'], message: 'must not stand without vlan_aware' });
  });

/** Options of a bond that Proxmox writes only for certain modes (pve-common, PVE/Network/Interfaces.pm). */
export const bond = z
  .strictObject({
    name: text.name(/^bond\d{1,4}$/, 'must be bond and a number').describe('The bond, for example `bond0`.'),
    slaves: z.array(port).min(1).describe('Interfaces of the host that it is made of.'),
    mode: z
      .enum(BOND_MODES)
      .default('balance-rr')
      .describe('How it uses them; `802.3ad` (LACP) asks for a switch that takes part. Default: balance-rr.'),
    miimon: z
      .int()
      .min(0)
      .max(255)
      .default(DEFAULT_MIIMON_MS)
      .describe('Milliseconds between looks at whether each has a link; 0: never. Default: 100.'),
    xmit_hash_policy: z
      .enum(HASH_POLICIES)
      .optional()
      .describe('What of a packet decides who sends it, in the modes balance-xor and 802.3ad. Default: layer2.'),
    primary: port
      .optional()
      .describe('The one that is used while it has a link, in the mode active-backup. Default: any.'),
    ...ofInterface,
  })
  .superRefine((one, context) => {
    checkAddresses(one, context);
    const { slaves, mode, xmit_hash_policy, primary } = one;
    const refuse = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
    if (xmit_hash_policy !== undefined && !HASH_POLICY_MODES.includes(mode))
      refuse('xmit_hash_policy', `must not stand beside mode ${mode}: it is for ${HASH_POLICY_MODES.join(' and ')}`);
    if (primary === undefined) return;
    if (mode !== 'active-backup') refuse('primary', `must not stand beside mode ${mode}: it is for active-backup`);
    else if (!slaves.includes(primary)) refuse('primary', `must be one of its slaves: ${slaves.join(', ')}`);
  });

const VLAN_NAME = /^.+\.(?:[1-9]\d{0,2}|[1-3]\d{3}|40[0-8]\d|409[0-4])$/;

export const vlan = z
  .strictObject({
    name: value.interfaceName.describe(
      'The VLAN, by its interface and number such as `eno2.30`, or by a name of its own.',
    ),
    interface: port
      .optional()
      .describe('Interface that it is on, beside a name of its own. Default: the name says it.'),
    vlan: z.int().min(1).max(4094).optional().describe('Its number, likewise. Default: the name says it.'),
    ...ofInterface,
  })
  .superRefine((one, context) => {
    checkAddresses(one, context);
    const { name, interface: device, vlan: number } = one;
    const isWhole = VLAN_NAME.test(name)
      ? device === undefined && number === undefined
      : device !== undefined && number !== undefined;
    if (isWhole) return;
    const message = VLAN_NAME.test(name)
      ? 'must not stand beside `interface` or `vlan`, which it says already'
      : 'must be an interface and a number such as eno2.30, or stand beside both `interface` and `vlan`';
    context.addIssue({ code: 'custom', path: ['name'], message });
  });

const BRIDGE_NAME = /^[a-z][a-z0-9_]{1,14}$/i;

export const ovsBridge = z
  .strictObject({
    name: text
      .name(BRIDGE_NAME, 'must be a name of 2 to 15 letters, digits and _, and begin with a letter')
      .describe('The bridge, for example `vmbr3`.'),
    ports: z
      .array(port)
      .default([])
      .describe(
        'Interfaces of hardware that are part of it. `ovs_bonds` and `ovs_ports` name their bridge themselves. Default: none.',
      ),
    ...ofInterface,
  })
  .superRefine(checkAddresses);

const onOvsBridge = {
  bridge: text
    .name(BRIDGE_NAME, 'must be the name of a bridge of ovs_bridges')
    .describe('The bridge of `ovs_bridges` that it is on.'),
  vlan: z.int().min(1).max(4094).optional().describe('The VLAN that it is in alone, untagged. Default: none.'),
};

export const ovsBond = z.strictObject({
  name: text.name(/^bond\d{1,4}$/, 'must be bond and a number').describe('The bond, for example `bond1`.'),
  slaves: z.array(port).min(2).describe('Interfaces of hardware that it is made of, two at least.'),
  mode: z
    .enum(OVS_BOND_MODES)
    .default('active-backup')
    .describe('How it uses them; those with lacp ask for a switch that takes part. Default: active-backup.'),
  ...onOvsBridge,
  mtu: ofInterface.mtu,
  comment: ofInterface.comment,
});

export const ovsPort = z
  .strictObject({
    name: value.interfaceName.describe('The port, by which the host itself is on the bridge, for example `storage`.'),
    ...onOvsBridge,
    ...ofInterface,
  })
  .superRefine(checkAddresses);
