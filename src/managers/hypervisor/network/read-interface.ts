// Turns interfaces of the host's files back into what would be declared of them. An interface that people set up exactly as declared is recognised
// and left to them, and `phoenix import` writes the others into the configuration.

import type { HostInterface } from '../declared.ts';
import { ALL_VLANS, addressOf, optionOf, type Stanza, sameAddress } from './interfaces.ts';
import { ovsIn } from './open-vswitch.ts';

/** In the kernel's numbering, which ifupdown2 accepts too (its addons/bond.py). */
export const BOND_MODES = [
  'balance-rr',
  'active-backup',
  'balance-xor',
  'broadcast',
  '802.3ad',
  'balance-tlb',
  'balance-alb',
] as const;

/** Those of the kernel's policies that Proxmox accepts (pve-manager, PVE/API2/Network.pm). */
export const HASH_POLICIES = ['layer2', 'layer2+3', 'layer3+4'] as const;

/** Modes that use a hash policy (pve-common, PVE/Network/Interfaces.pm writes none for the others). */
export const HASH_POLICY_MODES: readonly string[] = ['balance-xor', '802.3ad'];

/** Default interval of link monitoring, in milliseconds. */
export const DEFAULT_MIIMON_MS = 100;

/**
 * @param stanzas all stanzas of the host
 * @returns null for what is neither bridge, bond, VLAN nor one of Open vSwitch, and for one with an option or address that nothing declares
 */
export function readInterface(name: string, stanzas: readonly Stanza[]): HostInterface | null {
  const [stanza, second, ...more] = stanzas.filter((each) => each.name === name);
  if (stanza === undefined || more.length > 0 || !['static', 'manual'].includes(stanza.method)) return null;
  const six = second === undefined ? {} : secondAddress(stanza, second);
  if (six === null) return null;
  const options = new Map(stanza.options.map(([key, value]) => [key.replaceAll('_', '-'), value.trim()]));
  if (options.size < stanza.options.length) return null;
  const take = (key: string): string | null => {
    const value = options.get(key) ?? null;
    options.delete(key);
    return value;
  };
  take('netmask');
  take('address');
  const [mtu, gateway] = [take('mtu') ?? take('ovs-mtu'), take('gateway')];
  const common = {
    name,
    address: addressOf(stanza),
    mtu: mtu === null ? null : Number(mtu),
    ...(gateway === null ? {} : { gateway }),
    ...six,
  };
  const read = options.has('ovs-type')
    ? ovsIn(common, take, stanzas)
    : (bridgeIn(common, take) ?? bondIn(common, take) ?? vlanIn(common, take));
  return options.size > 0 ? null : read;
}

/** The IPv6 stanza behind the first one; null where it has more than an address and its gateway. */
function secondAddress(first: Stanza, second: Stanza): Pick<HostInterface, 'address6' | 'gateway6'> | null {
  if (first.family !== 'inet' || second.family !== 'inet6' || !['static', 'manual'].includes(second.method))
    return null;
  const keys = second.options.map(([key]) => key);
  if (keys.some((key) => !['address', 'netmask', 'gateway'].includes(key)) || new Set(keys).size < keys.length)
    return null;
  const [address6, gateway6] = [addressOf(second), optionOf(second, 'gateway')];
  return { ...(address6 === null ? {} : { address6 }), ...(gateway6 === null ? {} : { gateway6 }) };
}

type Common = Pick<HostInterface, 'name' | 'address' | 'address6' | 'gateway' | 'gateway6' | 'mtu'>;
/** Returns an option and marks it as consumed, so that unknown options are found at the end. */
type Take = (key: string) => string | null;

function bridgeIn(common: Common, take: Take): HostInterface | null {
  const ports = take('bridge-ports');
  if (ports === null) return null;
  const [stp, delay, aware, vids] = [
    take('bridge-stp') ?? 'off',
    take('bridge-fd'),
    take('bridge-vlan-aware') ?? 'no',
    take('bridge-vids') ?? ALL_VLANS,
  ];
  const isUsual = /^(off|no)$/.test(stp) && (delay === null || delay === '0');
  if (!isUsual || !/^(yes|no)$/.test(aware) || (aware === 'no' && vids !== ALL_VLANS)) return null;
  return {
    kind: 'bridge',
    ...common,
    ports: ports === 'none' ? [] : words(ports),
    vlanAware: aware === 'yes',
    ...(vids === ALL_VLANS ? {} : { vlanIds: words(vids.replaceAll(',', ' ')).join(' ') }),
  };
}

function bondIn(common: Common, take: Take): HostInterface | null {
  const slaves = take('bond-slaves');
  if (slaves === null || slaves === 'none') return null;
  const written = take('bond-mode') ?? 'balance-rr';
  const mode = BOND_MODES.find((one, index) => one === written || String(index) === written);
  const policy = take('bond-xmit-hash-policy');
  const xmitHashPolicy = HASH_POLICIES.find((one) => one === policy) ?? null;
  const [miimon, primary] = [Number(take('bond-miimon') ?? DEFAULT_MIIMON_MS), take('bond-primary')];
  if (mode === undefined || xmitHashPolicy !== policy) return null;
  return { kind: 'bond', ...common, slaves: words(slaves), mode, miimon, xmitHashPolicy, primary };
}

function vlanIn(common: Common, take: Take): HostInterface | null {
  const [, before, number] = /^(.+)\.(\d+)$/.exec(common.name) ?? [];
  const device = take('vlan-raw-device') ?? before;
  const vlan = Number(take('vlan-id') ?? number ?? /^vlan(\d+)$/.exec(common.name)?.[1]);
  return device === undefined || !(vlan > 0) ? null : { kind: 'vlan', ...common, device, vlan };
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

/** Whether both describe the same configuration. */
export function isSameInterface(one: HostInterface, other: HostInterface): boolean {
  const keys = ['address', 'address6', 'gateway', 'gateway6'] as const;
  const sameAddresses = keys.every((key) => isSameAddress(one[key] ?? null, other[key] ?? null));
  return meaningOf(one) === meaningOf(other) && sameAddresses;
}

/** A comparable form: the order of ports has no meaning, and the default hash policy is the first one. */
function meaningOf({ address: _, ...one }: HostInterface): string {
  if (one.kind === 'vlan') return JSON.stringify([one.kind, one.name, one.device, one.vlan, one.mtu]);
  if (one.kind === 'bridge')
    return JSON.stringify([one.kind, one.name, one.ports.toSorted(), one.vlanAware, one.vlanIds ?? null, one.mtu]);
  if (one.kind === 'ovs_bridge') return JSON.stringify([one.kind, one.name, one.ports.toSorted(), one.mtu]);
  if (one.kind === 'ovs_port') return JSON.stringify([one.kind, one.name, one.bridge, one.vlan, one.mtu]);
  if (one.kind === 'ovs_bond')
    return JSON.stringify([one.kind, one.name, one.bridge, one.slaves.toSorted(), one.mode, one.vlan, one.mtu]);
  const policy = HASH_POLICY_MODES.includes(one.mode) ? (one.xmitHashPolicy ?? HASH_POLICIES[0]) : null;
  return JSON.stringify([
    one.kind,
    one.name,
    one.slaves.toSorted(),
    one.mode,
    one.miimon,
    policy,
    one.primary,
    one.mtu,
  ]);
}

function isSameAddress(one: string | null, other: string | null): boolean {
  return one === null || other === null ? one === other : sameAddress(one, other);
}
