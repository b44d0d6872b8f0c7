// The addresses that Proxmox's own IPAM has given away: of gateways, and of what is entered by hand for a vnet (pve-network,
// PVE/Network/SDN/Ipams/PVEPlugin.pm, PVE/API2/Network/SDN/Ips.pm). Other IPAMs answer and keep nothing.

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { isIPv4, SocketAddress } from 'node:net';
import { dirname } from 'node:path';
import type { Options } from '../../../../../src/proxmox/files/section-config.ts';
import { isWithin, OWN_IPAM } from '../../../../../src/proxmox/sdn.ts';
import type { Call } from '../../call.ts';
import { replaceFile } from '../../lock.ts';
import { type LabNode, pathOf } from '../../node.ts';
import type { Parameters } from '../../parameters/check.ts';
import { Refusal, refuse } from '../../refusal.ts';
import { text } from '../../verb-parameters.ts';
import { sdnSections } from './files.ts';
import { runningSdn } from './running.ts';

/** Who has an address. */
interface Holder {
  readonly gateway?: 1;
  readonly vmid?: string;
  readonly mac?: string;
}

type Addresses = Record<string, Holder>;

interface State {
  readonly zones: Record<string, { readonly subnets: Record<string, { readonly ips: Addresses }> }>;
}

const STATE = 'etc/pve/sdn/pve-ipam-state.json';
/** The addresses by hardware address, in which Proxmox looks first. */
const CACHE = 'etc/pve/sdn/mac-cache.json';

/** Hardware addresses with their addresses of each family. */
interface Cache {
  readonly macs: Record<string, { ip4?: string; ip6?: string }>;
}

/** Enters a subnet that is created or changed, and its gateway (SubnetPlugin.pm, on_update_hook). */
export function registerSubnet(node: LabNode, id: string, options: Options, before: Options | undefined): void {
  const { zone, cidr } = partsOf(id);
  if (!hasOwnIpam(node, zone)) return;
  const gateway = options['gateway']?.[0];
  const old = before?.['gateway']?.[0];
  if (before === undefined)
    changeState(node, (state) => {
      state.zones[zone] ??= { subnets: {} };
      state.zones[zone].subnets[cidr] ??= { ips: {} };
    });
  if (gateway !== undefined && isIPv4(gateway) && cidr.endsWith('/32')) return;
  if (gateway !== undefined && gateway !== old) enter(node, id, gateway, { gateway: 1 });
  if (old !== undefined && gateway !== old) ignoring(() => remove(node, id, old));
}

/** Forgets a subnet that is deleted, in which nobody but the gateway has an address. */
export function forgetSubnet(node: LabNode, id: string): void {
  const { zone, cidr } = partsOf(id);
  if (!hasOwnIpam(node, zone)) return;
  changeState(node, (state) => {
    const ips = Object.values(addressesIn(state, id));
    if (ips.length > 1 || ips.some(({ gateway }) => gateway === undefined))
      refuse(`cannot delete subnet '${cidr}', not empty`);
    delete state.zones[zone]?.subnets[cidr];
  });
}

type VnetIpCall = (call: Call, parameters: Parameters) => void;

/** Enters, changes and removes addresses of a vnet by hand. */
export const VNET_IP_CALLS: Readonly<Record<string, VnetIpCall>> = {
  'POST /cluster/sdn/vnets/{vnet}/ips': ({ node }, parameters) => {
    const { vnet, ip, mac } = named(parameters);
    addAddress(node, vnet, ip, { mac });
  },
  'DELETE /cluster/sdn/vnets/{vnet}/ips': ({ node }, parameters) => {
    const { vnet, ip, mac } = named(parameters);
    deleteAddress(node, vnet, ip, mac);
  },
  'PUT /cluster/sdn/vnets/{vnet}/ips': ({ node }, parameters) => {
    const { vnet, ip, mac } = named(parameters);
    const vmid = text(parameters, 'vmid');
    const holder = { ...(vmid === undefined ? {} : { vmid }), mac };
    const old = addressOfMac(node, vnet, mac, isIPv4(ip) ? 'ip4' : 'ip6');
    deleteAddress(node, vnet, old, mac);
    try {
      addAddress(node, vnet, ip, holder);
    } catch (error) {
      addAddress(node, vnet, old, holder);
      throw error;
    }
  },
};

function named(parameters: Parameters): { readonly vnet: string; readonly ip: string; readonly mac: string } {
  const of = (name: string): string => text(parameters, name) ?? '';
  return { vnet: of('vnet'), ip: of('ip'), mac: of('mac') };
}

function addAddress(node: LabNode, vnet: string, ip: string, holder: Holder): void {
  const subnet = subnetOf(node, vnet, ip);
  if (!hasOwnIpam(node, partsOf(subnet).zone)) return;
  enter(node, subnet, ip, holder);
  const { mac = '' } = holder;
  changeCache(node, ({ macs }) => {
    macs[mac] = { ...macs[mac], [isIPv4(ip) ? 'ip4' : 'ip6']: canonical(ip) };
  });
}

function deleteAddress(node: LabNode, vnet: string, ip: string, mac: string): void {
  const subnet = subnetOf(node, vnet, ip);
  if (!hasOwnIpam(node, partsOf(subnet).zone)) return;
  remove(node, subnet, ip);
  changeCache(node, ({ macs }) => {
    const { [isIPv4(ip) ? 'ip4' : 'ip6']: _, ...others } = macs[mac] ?? {};
    if (Object.keys(others).length === 0) delete macs[mac];
    else macs[mac] = others;
  });
}

/** The subnet in force that contains an address of a vnet (Vnets.pm, get_subnet_from_vnet_ip). */
function subnetOf(node: LabNode, vnet: string, ip: string): string {
  if (!sdnSections(node, 'vnets').has(vnet)) refuse('no sdn zone ID specified');
  const { subnets } = runningSdn(node);
  const found = Object.keys(subnets)
    .sort()
    .find((id) => {
      const { network, length } = partsOf(id);
      return subnets[id]?.['vnet'] === vnet && ip !== '' && isWithin(ip, network, length);
    });
  return found ?? refuse(`can't find any subnet for ip ${ip} at /usr/share/perl5/PVE/Network/SDN/Subnets.pm line 115.`);
}

/** The address that a card has in the zone of its vnet, by DHCP; an empty text where it has none. */
function addressOfMac(node: LabNode, vnet: string, mac: string, family: 'ip4' | 'ip6'): string {
  const zone = sdnSections(node, 'vnets').get(vnet)?.options['zone']?.[0] ?? '';
  const { ipam, dhcp } = sdnSections(node, 'zones').get(zone)?.options ?? {};
  if (ipam === undefined || dhcp === undefined) return '';
  const known = readJson<Cache>(node, CACHE, { macs: {} }).macs[mac];
  if (known !== undefined) return known[family] ?? '';
  const state =
    readJson<State>(node, STATE, { zones: {} }).zones[zone] ?? refuse(`zone ${zone} don't exist in ipam db`);
  const all = Object.values(state.subnets).flatMap(({ ips }) => Object.entries(ips));
  const [found = ''] = all.find(([ip, holder]) => holder.mac === mac && isIPv4(ip) === (family === 'ip4')) ?? [];
  return found;
}

function enter(node: LabNode, subnet: string, address: string, holder: Holder): void {
  const ip = canonical(address);
  changeState(node, (state) => {
    const ips = addressesIn(state, subnet);
    const now = ips[ip];
    if (now !== undefined && (holder.gateway === undefined || now.gateway === undefined))
      refuse(`IP '${ip}' already exist`);
    ips[ip] = holder;
  });
}

function remove(node: LabNode, subnet: string, address: string): void {
  const ip = canonical(address);
  changeState(node, (state) => {
    const ips = addressesIn(state, subnet);
    if (ips[ip] === undefined) refuse(`IP '${ip}' does not exist in IPAM DB`);
    delete ips[ip];
  });
}

function addressesIn(state: State, subnet: string): Addresses {
  const { zone, cidr } = partsOf(subnet);
  const ofZone = state.zones[zone] ?? refuse(`zone '${zone}' doesn't exist in IPAM DB`);
  return (ofZone.subnets[cidr] ?? refuse(`subnet '${cidr}' doesn't exist in IPAM DB`)).ips;
}

/** Proxmox only warns where the old address of a gateway cannot be removed. */
function ignoring(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}

function hasOwnIpam(node: LabNode, zone: string): boolean {
  return sdnSections(node, 'zones').get(zone)?.options['ipam']?.[0] === OWN_IPAM;
}

/** `zone-10.0.0.0-24`: the id of a subnet. */
function partsOf(id: string): {
  readonly zone: string;
  readonly network: string;
  readonly length: number;
  readonly cidr: string;
} {
  const [zone = '', network = '', length = ''] = id.split('-');
  return { zone, network, length: Number(length), cidr: `${network}/${length}` };
}

function canonical(ip: string): string {
  return new SocketAddress({ address: ip, family: isIPv4(ip) ? 'ipv4' : 'ipv6' }).address;
}

function changeState(node: LabNode, change: (state: State) => void): void {
  changeJson<State>(node, STATE, { zones: {} }, change);
}

function changeCache(node: LabNode, change: (cache: Cache) => void): void {
  changeJson<Cache>(node, CACHE, { macs: {} }, change);
}

function changeJson<T>(node: LabNode, path: string, empty: T, change: (value: T) => void): void {
  const value = readJson(node, path, empty);
  change(value);
  mkdirSync(dirname(pathOf(node, path)), { recursive: true });
  replaceFile(pathOf(node, path), JSON.stringify(value));
}

function readJson<T>(node: LabNode, path: string, empty: T): T {
  const file = pathOf(node, path);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : empty;
}
