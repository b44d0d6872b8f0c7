// The interfaces of a guest: what is declared of one is put into what is there, and everything else of it stays. A hardware address
// that is not declared was chosen by Proxmox and is always sent back with a change: without it Proxmox chooses another.

import type { FurtherInterface, GuestInterface, GuestNetwork } from '../declared.ts';
import type { Settings } from './conf.ts';
import { type Properties, parseProperties } from './property-string.ts';
import type { DesiredSetting, Earlier } from './settings.ts';

/** In the words of the file. Null: not declared. */
export type Interface = {
  readonly name: string | null;
  readonly bridge: string | null;
  readonly ip: string | null;
  readonly gw: string | null;
  readonly ip6: string | null;
  readonly gw6: string | null;
  readonly mac_address: string | null;
  readonly vlan: number | null;
  readonly trunks: string | null;
  readonly rate: number | null;
  readonly mtu: number | null;
  /** A declared firewall needs it on. */
  readonly firewall: boolean | null;
  readonly link_down: boolean | null;
  readonly model: string | null;
  readonly queues: number | null;
};

type Further = Interface & { readonly index: number };

/** What a spec says of the interfaces of a guest. */
export type Networks = {
  /** `none`: it is to have none; null: nothing is declared. */
  readonly network_config: Interface | 'none' | null;
  readonly networks: readonly Further[];
};

const isSix = (address: string | null): boolean => address?.includes(':') === true;

function interfaceOf(declared: GuestInterface, hasFirewall: boolean): Interface {
  const { name, bridge, ip, gateway, ip6, gateway6, mac, vlan, trunks, rate, mtu, linkDown, model, queues } = declared;
  return {
    name,
    bridge,
    ip: isSix(ip) ? null : ip,
    gw: isSix(gateway) ? null : gateway,
    ip6: ip6 ?? (isSix(ip) ? ip : null),
    gw6: gateway6 ?? (isSix(gateway) ? gateway : null),
    mac_address: mac,
    vlan,
    trunks: trunks.join(';') || null,
    rate,
    mtu,
    firewall: declared.filtered ?? (hasFirewall ? true : null),
    link_down: linkDown,
    model,
    queues,
  };
}

export function networksOf(
  network: GuestNetwork,
  networks: readonly FurtherInterface[],
  hasFirewall: boolean,
): Networks {
  return {
    network_config: network.none ? 'none' : interfaceOf(network, hasFirewall),
    networks: networks.map((one) => ({ index: one.index, ...interfaceOf(one, hasFirewall) })),
  };
}

/** What both kinds of guests say of an interface in the same words. */
export function linkProperties(net: Interface): Record<string, string> {
  const flag = (value: boolean | null): string | null => (value === null ? null : value ? '1' : '0');
  const said = {
    bridge: net.bridge,
    firewall: flag(net.firewall),
    link_down: flag(net.link_down),
    mtu: net.mtu,
    queues: net.queues,
    rate: net.rate,
    tag: net.vlan,
    trunks: net.trunks,
  };
  return Object.fromEntries(
    Object.entries(said).flatMap(([key, value]) => (value === null ? [] : [[key, String(value)] as const])),
  );
}

/** `ip=…,gw=…,ip6=…,gw6=…`. */
export function addressProperties({ ip, gw, ip6, gw6 }: Interface): Record<string, string> {
  return Object.fromEntries(
    Object.entries({ ip, gw, ip6, gw6 }).flatMap(([key, value]) => (value === null ? [] : [[key, value] as const])),
  );
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

/** The interfaces in cloud-init's options. */
export function addressesOf(spec: Networks): unknown {
  return placed(spec, {}).map(({ index, net: { ip, gw, ip6, gw6 } }) => [index, ip, gw, ip6, gw6]);
}

/** An interface with its number on the guest. */
export interface Placed {
  readonly index: number;
  readonly net: Interface;
}

/**
 * Where each of the interfaces is. One that has a name is found by it, unless another declares that number; all others have the number
 * that is declared.
 */
export function placed(spec: Networks, settings: Settings): Placed[] {
  const first =
    spec.network_config === 'none' || spec.network_config === null ? [] : [{ index: 0, net: spec.network_config }];
  const taken = new Set(spec.networks.map(({ index }) => index));
  const named = new Map(
    Object.entries(settings).flatMap(([key, value]) => {
      const index = Number(/^net([1-9]\d*)$/.exec(key)?.[1] ?? 0);
      const name = parseProperties(value)['name'];
      return index === 0 || name === undefined ? [] : [[name, index] as const];
    }),
  );
  const further = spec.networks.map((net) => {
    const found = net.name === null ? undefined : named.get(net.name);
    const index = found === undefined || taken.has(found) ? net.index : found;
    taken.add(index);
    return { index, net };
  });
  return [...first, ...further];
}

/** Every interface of a guest, as its kind says one; those that were declared before and are no more go. */
export function interfaceSettings<Spec extends Networks>(
  spec: Spec,
  settings: Settings,
  { before, fresh }: Earlier<Spec>,
  of: (one: Placed, before: Interface | undefined) => readonly DesiredSetting[],
  gone: (index: number) => readonly DesiredSetting[],
): DesiredSetting[] {
  const now = placed(spec, settings);
  const then = before === undefined ? [] : placed(before, settings);
  const has = (index: number): boolean => now.some((one) => one.index === index);
  const left = then.filter(({ index }) => !has(index)).map(({ index }) => index);
  const isBare = spec.network_config === 'none' && !left.includes(0);
  const none = isBare || (spec.network_config === null && fresh) ? [0] : [];
  return [
    ...now.flatMap((one) => of(one, then.find(({ index }) => index === one.index)?.net)),
    ...[...none, ...left].flatMap((index) => gone(index)),
  ];
}

/** What is to be there no more. */
export function absentSetting(key: string, label: string, waits: boolean): DesiredSetting {
  return { key, label, shown: 'none', value: () => null, same: (now) => now === undefined, waits };
}

/** Interfaces in the words in which digests are made: those of the version before, with what came later where it is declared. */
export function recordedInterface(net: Interface): Record<string, string | number | boolean | null> {
  const { ip, gw, ip6, gw6, trunks, rate, link_down, model, queues } = net;
  const later = {
    ip6: ip === null ? null : ip6,
    gw6: gw === null ? null : gw6,
    trunks,
    rate,
    link_down,
    model,
    queues,
  };
  return {
    bridge: net.bridge,
    ip: ip ?? ip6,
    gateway: gw ?? gw6,
    mac: net.mac_address,
    vlan: net.vlan,
    mtu: net.mtu,
    firewall: net.firewall === true,
    ...(net.firewall === false ? { unfiltered: true } : {}),
    ...Object.fromEntries(Object.entries(later).filter(([, value]) => value !== null)),
  };
}
