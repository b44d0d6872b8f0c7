// Phoenix's own file, which /etc/network/interfaces includes: the declared interfaces other than the management interface. Options are in the order
// in which Proxmox writes them (pve-common, PVE/Network/Interfaces.pm).

import { fitting } from '../../../model/text.ts';
import { MARK } from '../act.ts';
import type { HostBond, HostBridge, HostInterface, HostVlan } from '../declared.ts';
import { ALL_VLANS } from './interfaces.ts';
import { hardwarePorts, isOvs, ovsOptions } from './open-vswitch.ts';

/** Proxmox edits only the main file and leaves this one alone. */
export const OWN_FILE = '/etc/network/interfaces.d/phoenix';

/** Excludes the backslash: at the end of a line it would make ifupdown2 join the next line to it. */
const WORD = /^[A-Za-z0-9_.:/+-]+$/;
const inFile = (word: string): string => fitting(word, WORD, 'the network of the host');

/** @throws Error for a name or address that is more than one word */
export function interfacesText(interfaces: readonly HostInterface[]): string {
  const parts = interfaces.flatMap((one) => [
    stanza(one),
    ...(one.kind === 'ovs_bridge' ? hardwarePorts(one, inFile) : []),
  ]);
  return `${[MARK, ...parts].join('\n\n')}\n`;
}

/** One stanza for each family; the options of the interface are in the first, as Proxmox writes them. */
function stanza(one: HostInterface): string {
  const name = inFile(one.name);
  const { address, gateway, address6, gateway6 } = one;
  const family = address?.includes(':') ? 'inet6' : 'inet';
  return [
    `auto ${name}`,
    `iface ${name} ${family} ${address === null ? 'manual' : 'static'}`,
    ...addressLines(address, gateway),
    ...optionsOf(one),
    ...(one.mtu === null ? [] : [`\t${isOvs(one) ? 'ovs_mtu' : 'mtu'} ${one.mtu}`]),
    ...(address6 === undefined ? [] : [`\niface ${name} inet6 static`, ...addressLines(address6, gateway6)]),
  ].join('\n');
}

function addressLines(address: string | null, gateway: string | undefined): string[] {
  return [
    ...(address === null ? [] : [`\taddress ${inFile(address)}`]),
    ...(gateway === undefined ? [] : [`\tgateway ${inFile(gateway)}`]),
  ];
}

function optionsOf(one: HostInterface): string[] {
  switch (one.kind) {
    case 'bridge':
      return ofBridge(one);
    case 'bond':
      return ofBond(one);
    case 'vlan':
      return ofVlan(one);
    case 'ovs_bridge':
    case 'ovs_bond':
    case 'ovs_port':
      return ovsOptions(one, inFile);
    default:
      return one satisfies never;
  }
}

function ofBridge({ ports, vlanAware, vlanIds = ALL_VLANS }: HostBridge): string[] {
  return [
    `\tbridge-ports ${ports.length === 0 ? 'none' : ports.map(inFile).join(' ')}`,
    '\tbridge-stp off',
    '\tbridge-fd 0',
    ...(vlanAware ? ['\tbridge-vlan-aware yes', `\tbridge-vids ${vlanIds.split(' ').map(inFile).join(' ')}`] : []),
  ];
}

function ofBond({ slaves, miimon, mode, xmitHashPolicy, primary }: HostBond): string[] {
  return [
    `\tbond-slaves ${slaves.map(inFile).join(' ')}`,
    `\tbond-miimon ${miimon}`,
    `\tbond-mode ${inFile(mode)}`,
    ...(xmitHashPolicy === null ? [] : [`\tbond-xmit-hash-policy ${inFile(xmitHashPolicy)}`]),
    ...(primary === null ? [] : [`\tbond-primary ${inFile(primary)}`]),
  ];
}

/** A name such as `eno1.20` already says device and tag, so both options are left out. */
function ofVlan({ name, device, vlan }: HostVlan): string[] {
  if (name === `${device}.${vlan}`) return [];
  return [`\tvlan-raw-device ${inFile(device)}`, `\tvlan-id ${vlan}`];
}
