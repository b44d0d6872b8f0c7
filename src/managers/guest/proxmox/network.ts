// The first interface of a guest: what is declared of it is put into what is there, and everything else of it stays. A hardware
// address that is not declared was chosen by Proxmox and is always sent back with a change: without it Proxmox chooses another.

import type { GuestNetwork } from '../declared.ts';
import type { Properties } from './property-string.ts';

export type Interface = {
  /** Null, here and below: not declared. */
  readonly bridge: string | null;
  readonly ip: string | null;
  readonly gateway: string | null;
  readonly mac: string | null;
  readonly vlan: number | null;
  readonly mtu: number | null;
  /** A declared firewall needs it on; false says nothing. */
  readonly firewall: boolean;
};

export function interfaceOf(network: GuestNetwork, firewall: boolean): Interface {
  const { bridge, ip, gateway, mac, vlan, mtu } = network;
  return { bridge, ip, gateway, mac, vlan, mtu, firewall };
}

/** What both kinds of guests say of an interface in the same words. */
export function linkProperties(net: Interface): Record<string, string> {
  return {
    ...(net.bridge === null ? {} : { bridge: net.bridge }),
    ...(net.firewall ? { firewall: '1' } : {}),
    ...(net.mtu === null ? {} : { mtu: String(net.mtu) }),
    ...(net.vlan === null ? {} : { tag: String(net.vlan) }),
  };
}

/** `ip=…,gw=…`, with the keys of the address's family. */
export function addressProperties(net: Interface): Record<string, string> {
  return {
    ...(net.ip === null ? {} : { [net.ip.includes(':') ? 'ip6' : 'ip']: net.ip }),
    ...(net.gateway === null ? {} : { [net.gateway.includes(':') ? 'gw6' : 'gw']: net.gateway }),
  };
}

/** Gateways that are left from a fixed address: where another way of coming by one is declared, they say nothing any more. */
export function staleGateways(now: Properties, declared: Properties): string[] {
  return [
    ['ip', 'gw'],
    ['ip6', 'gw6'],
  ].flatMap(([address = '', gateway = '']) => {
    const next = declared[address];
    const isFixed = next === undefined || next.includes('/') || next === now[address];
    return isFixed || gateway in declared ? [] : [gateway];
  });
}
