// The first interface of a guest. A hardware address that is not declared was chosen by Proxmox and is always sent back with a
// change: without it Proxmox chooses another.

import type { LxcNetwork } from '../../../config/config.ts';
import { type Properties, parseProperties, printProperties, sameProperties } from './property-string.ts';
import type { Wish } from './settings.ts';

export type Interface = {
  readonly bridge: string;
  readonly ip: string;
  readonly gateway: string | null;
  /** Null: whatever Proxmox chose. */
  readonly mac: string | null;
  readonly vlan: number | null;
  readonly mtu: number | null;
  /** Whether the guest's firewall file has an effect. */
  readonly firewall: boolean;
};

export function interfaceOf(network: Omit<LxcNetwork, 'name'>, firewall: boolean): Interface {
  const { bridge, ip, gateway, mac, vlan, mtu } = network;
  return { bridge, ip, gateway, mac, vlan, mtu, firewall };
}

/** What both kinds of guests say of an interface in the same words. */
export function linkProperties(net: Interface): Record<string, string> {
  return {
    bridge: net.bridge,
    ...(net.firewall ? { firewall: '1' } : {}),
    ...(net.mtu === null ? {} : { mtu: String(net.mtu) }),
    ...(net.vlan === null ? {} : { tag: String(net.vlan) }),
  };
}

/** `ip=…,gw=…`, with the keys of the address's family. */
export function addressProperties(net: Interface): Record<string, string> {
  const six = net.ip.includes(':');
  return {
    [six ? 'ip6' : 'ip']: net.ip,
    ...(net.gateway === null ? {} : { [net.gateway.includes(':') ? 'gw6' : 'gw']: net.gateway }),
  };
}

/** A setting `net0` of the declared properties. `generated` are keys that Proxmox fills in by itself and that are kept. */
export function interfaceWish(
  declared: Properties,
  macKey: string,
  generated: readonly string[],
  first: readonly string[],
): Wish {
  const isOwn = (key: string): boolean => key in declared || !(generated.includes(key) || key === macKey);
  return {
    key: 'net0',
    label: 'network interface',
    shown: '',
    waits: false,
    value: (now) => {
      const kept = Object.entries(parseProperties(now ?? '')).filter(([key]) => !isOwn(key));
      return printProperties({ ...Object.fromEntries(kept), ...declared }, first);
    },
    same: (now) => {
      const own = Object.entries(parseProperties(now ?? '')).filter(([key]) => isOwn(key));
      return now !== undefined && sameProperties(Object.fromEntries(own), declared);
    },
  };
}
