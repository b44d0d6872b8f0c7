// Open vSwitch interfaces: bridges, bonds and internal ports of the host, in the format of Proxmox (pve-common, PVE/Network/Interfaces.pm) for the
// addons of ifupdown2 (addons/openvswitch.py and openvswitch_port.py).

import type { HostInterface, HostOvsBond, HostOvsBridge, HostOvsPort } from '../declared.ts';
import { optionOf, type Stanza } from './interfaces.ts';

/** Bond modes, the default first; those with LACP need support by the switch. */
export const OVS_BOND_MODES = ['active-backup', 'balance-slb', 'lacp-balance-slb', 'lacp-balance-tcp'] as const;

/** `ovs_options` of each mode. Open vSwitch supports balance-tcp only with LACP. */
const OPTIONS_OF_MODE: Readonly<Record<string, readonly string[]>> = {
  'active-backup': ['bond_mode=active-backup'],
  'balance-slb': ['bond_mode=balance-slb'],
  'lacp-balance-slb': ['bond_mode=balance-slb', 'lacp=active'],
  'lacp-balance-tcp': ['bond_mode=balance-tcp', 'lacp=active'],
};

export function isOvs(one: HostInterface): one is HostOvsBridge | HostOvsBond | HostOvsPort {
  return one.kind.startsWith('ovs_');
}

/** @param word rejects text that is not a single word of the file */
export function ovsOptions(one: HostOvsBridge | HostOvsBond | HostOvsPort, word: (text: string) => string): string[] {
  if (one.kind === 'ovs_bridge')
    return [
      '\tovs_type OVSBridge',
      ...(one.ports.length === 0 ? [] : [`\tovs_ports ${one.ports.map(word).join(' ')}`]),
    ];
  const mode = one.kind === 'ovs_bond' ? (OPTIONS_OF_MODE[one.mode] ?? []) : [];
  const options = [...mode, ...(one.vlan === null ? [] : [`tag=${one.vlan}`])];
  return [
    ...(one.kind === 'ovs_bond' ? [`\tovs_bonds ${one.slaves.map(word).join(' ')}`] : []),
    `\tovs_type ${one.kind === 'ovs_bond' ? 'OVSBond' : 'OVSIntPort'}`,
    `\tovs_bridge ${word(one.bridge)}`,
    ...(options.length === 0 ? [] : [`\tovs_options ${options.join(' ')}`]),
  ];
}

/** The interfaces of hardware on a bridge, which say whose they are in a stanza of their own. */
export function hardwarePorts({ name, ports, attached }: HostOvsBridge, word: (text: string) => string): string[] {
  const others = ports.filter((port) => !attached.includes(port));
  return others.map(
    (port) => `auto ${word(port)}\niface ${word(port)} inet manual\n\tovs_type OVSPort\n\tovs_bridge ${word(name)}`,
  );
}

type Common = Pick<HostInterface, 'name' | 'address' | 'address6' | 'gateway' | 'gateway6' | 'mtu'>;

/**
 * @param take returns an option and marks it as consumed
 * @param stanzas all of the host
 * @returns null for what is none of Open vSwitch, and for one with something that nothing declares
 */
export function ovsIn(
  common: Common,
  take: (key: string) => string | null,
  stanzas: readonly Stanza[],
): HostInterface | null {
  const type = take('ovs-type');
  if (type === 'OVSBridge') {
    const ports = words(take('ovs-ports'));
    return { kind: 'ovs_bridge', ...common, ports, attached: ports.filter((port) => isAttached(port, stanzas)) };
  }
  if (type !== 'OVSBond' && type !== 'OVSIntPort') return null;
  const bridge = take('ovs-bridge');
  const options = words(take('ovs-options'));
  const tag = options.find((option) => /^tag=[1-9]\d*$/.test(option));
  const vlan = tag === undefined ? null : Number(tag.slice('tag='.length));
  const others = options.filter((option) => option !== tag).sort();
  if (bridge === null) return null;
  if (type === 'OVSIntPort') return others.length > 0 ? null : { kind: 'ovs_port', ...common, bridge, vlan };
  const slaves = words(take('ovs-bonds'));
  const mode = OVS_BOND_MODES.find((one) => OPTIONS_OF_MODE[one]?.join(' ') === withLacp(others).join(' '));
  return mode === undefined ? null : { kind: 'ovs_bond', ...common, bridge, slaves, mode, vlan };
}

/** Left out beside balance-tcp, it is meant all the same. */
function withLacp(options: readonly string[]): string[] {
  const isTcp = options.includes('bond_mode=balance-tcp') && !options.some((option) => option.startsWith('lacp='));
  return [...options, ...(isTcp ? ['lacp=active'] : [])];
}

/** Bonds and ports of Open vSwitch, which are declared as such, among the ports of a bridge. */
function isAttached(port: string, stanzas: readonly Stanza[]): boolean {
  const types = stanzas.flatMap((stanza) => (stanza.name === port ? [optionOf(stanza, 'ovs_type')] : []));
  return types.some((type) => type === 'OVSBond' || type === 'OVSIntPort');
}

function words(text: string | null): string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '');
}
