// The interfaces that a guest declares by Proxmox's own names, as `options.net1`, in the form of those that have fields: rules judge both alike.

import { readOption } from '../../proxmox/guests/option-meaning.ts';
import type { Guest } from '../config.ts';
import type { GuestInterface } from './declared.ts';
import { type GuestOptions, PROXMOX_KIND } from './options/option.ts';
import { normalFlag, type Properties } from './proxmox/property-string.ts';

interface OptionInterface {
  readonly net: GuestInterface;
  readonly index: number;
  /** The options that declare the card and its addresses: a VM has the addresses in one of their own. */
  readonly option: string;
  readonly addressOption: string;
}

/** By ascending number. A key that Proxmox could not read is reported by the schema, and is left out here. */
export function optionInterfaces({ kind, options }: Pick<Guest, 'kind' | 'options'>): OptionInterface[] {
  const indexes = Object.keys(options).flatMap((option) => {
    const [, index] = (kind === 'vm' ? /^(?:net|ipconfig)(\d+)$/ : /^net(\d+)$/).exec(option) ?? [];
    return index === undefined ? [] : [Number(index)];
  });
  return [...new Set(indexes)]
    .sort((a, b) => a - b)
    .map((index) => {
      const option = `net${index}`;
      const addressOption = kind === 'vm' ? `ipconfig${index}` : option;
      const net = { ...keysOf(kind, options, addressOption), ...keysOf(kind, options, option) };
      return { net: interfaceFrom(net), index, option, addressOption };
    });
}

function keysOf(kind: Guest['kind'], options: GuestOptions, option: string): Properties {
  const value = options[option] ?? {};
  return typeof value === 'string' ? (readOption(PROXMOX_KIND[kind], option, value) ?? {}) : value;
}

const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;

function interfaceFrom(net: Properties): GuestInterface {
  const text = (key: string): string | null => net[key] ?? null;
  const number = (key: string): number | null => (net[key] === undefined ? null : Number(net[key]));
  const flag = (key: string): boolean | null => (net[key] === undefined ? null : normalFlag(net[key]) === '1');
  // The model of a card may be the key of its MAC address.
  const [[model, mac] = []] = Object.entries(net).filter(([key, value]) => key !== 'hwaddr' && MAC.test(value));
  return {
    name: text('name'),
    bridge: text('bridge'),
    ip: text('ip'),
    gateway: text('gw'),
    ip6: text('ip6'),
    gateway6: text('gw6'),
    mac: (text('hwaddr') ?? mac)?.toUpperCase() ?? null,
    vlan: number('tag'),
    trunks: net['trunks']?.split(';') ?? [],
    rate: number('rate'),
    mtu: number('mtu'),
    filtered: flag('firewall'),
    linkDown: flag('link_down'),
    model: text('model') ?? (model === 'macaddr' ? null : (model ?? null)),
    queues: number('queues'),
  };
}
