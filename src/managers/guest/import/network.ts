// Imports the interfaces of a guest from its settings: the first one and the others.

import type { Json } from '../../../model/json.ts';
import type { Extent, LeftOver } from '../../importer.ts';
import { CREATION_DEFAULTS } from '../creation-defaults.ts';
import { normalFlag } from '../proxmox/property-string.ts';
import { indexesOf } from '../proxmox/settings.ts';
import type { GuestKind } from '../settings/setting.ts';
import { isChosenMac } from './generated.ts';
import type { FoundGuest } from './guests.ts';
import type { Unclaimed } from './unclaimed.ts';

export interface WrittenNetworks {
  /** Fields of the first interface without its MAC address; null where there is none. */
  readonly first: Record<string, Json> | null;
  /** MAC address of the first interface; undefined where there is none, or Proxmox generated it and it is not asked for. */
  readonly mac: string | undefined;
  readonly others: readonly Record<string, Json>[];
  /** Keys of interfaces that are on no bridge. */
  readonly unconnected: readonly string[];
}

/** Proxmox's models of network cards; the model is the key of the MAC address. */
const MODEL =
  /^(e1000|e1000e|e1000-82540em|e1000-82544gc|e1000-82545em|i82551|i82557b|i82559er|ne2k_isa|ne2k_pci|pcnet|rtl8139|virtio|vmxnet3)$/;

/** @param filters whether the guest's firewall is declared and enabled, which then filters every interface that does not say otherwise */
export function writtenNetworks(kind: GuestKind, conf: Unclaimed, filters: boolean, extent: Extent): WrittenNetworks {
  const indexes = indexesOf(Object.fromEntries(conf.keys().map((key) => [key, ''])), 'net').sort((a, b) => a - b);
  const written = indexes.map((index) => ({ index, ...writtenInterface(kind, index, conf, filters, extent) }));
  const first = written.find(({ index }) => index === 0);
  const others = written.filter(({ index }) => index > 0);
  return {
    first: first?.fields ?? null,
    mac: first?.mac,
    unconnected: written.filter(({ isConnected }) => !isConnected).map(({ index }) => `net${index}`),
    others: others.map(({ index, fields, mac }, at) => ({
      ...(index === at + 1 && extent === 'different' ? {} : { index }),
      ...fields,
      ...(mac === undefined ? {} : { mac_address: mac }),
    })),
  };
}

/** What is left of interfaces that are on no bridge. */
export function unconnectedLeft({ target, path }: FoundGuest, conf: Unclaimed, keys: readonly string[]): LeftOver[] {
  return keys.map((key) => ({
    what: `${target} ${key} without a bridge (${path}:${conf.lineOf(key)})`,
    why: 'no field says that an interface is on no bridge: it stays as it is, and one of a new guest would be on the default bridge',
  }));
}

function writtenInterface(kind: GuestKind, index: number, conf: Unclaimed, filters: boolean, extent: Extent) {
  const key = `net${index}`;
  const net = conf.properties(key, kind === 'vm' ? 'model' : '');
  const address = kind === 'vm' ? conf.properties(`ipconfig${index}`) : net;
  const card = kind === 'vm' ? cardOf(conf.peek(key) ?? '') : { model: undefined, mac: net('hwaddr') };
  if (card.model !== undefined) net(card.model);
  conf.pass(key, kind === 'vm' ? ['model', 'macaddr'] : ['hwaddr', 'type', 'host-managed'], 'model');
  const unless: UnlessUsual = (value, usual) => (extent === 'different' && value === usual ? undefined : value);
  const filtered = net('firewall');
  const isFiltered = filtered === undefined ? undefined : normalFlag(filtered) === '1';
  const down = net('link_down');
  const fields: Record<string, Json | undefined> = {
    name:
      kind === 'lxc'
        ? unless(net('name'), index === 0 ? CREATION_DEFAULTS.lxc.interfaceName : `eth${index}`)
        : undefined,
    model: unless(card.model, 'virtio'),
    // Always: a guest that somebody moves to another bridge is another guest for the network.
    bridge: net('bridge'),
    ...writtenAddresses(kind, index, address, unless),
    vlan: numberIn(net('tag')),
    trunks: net('trunks')
      ?.split(';')
      .filter((part) => part !== '')
      .map(numberOrText),
    rate: numberIn(net('rate')),
    mtu: numberIn(net('mtu')),
    queues: kind === 'vm' ? numberIn(net('queues')) : undefined,
    firewall: filters ? unless(isFiltered ?? false, true) : unless(isFiltered, false),
    link_down: down === undefined ? undefined : unless(normalFlag(down) === '1', false),
  };
  const isWritten = card.mac !== undefined && (extent === 'all' || isChosenMac(card.mac));
  return { mac: isWritten ? card.mac : undefined, fields: defined(fields), isConnected: net('bridge') !== undefined };
}

/** Undefined where the value is the usual one and only what differs from it is written; else the value. */
type UnlessUsual = <Value extends Json>(value: Value | undefined, usual: Json) => Value | undefined;

/** A container's first interface must declare how it gets its address; a new VM uses DHCP by default. */
function writtenAddresses(
  kind: GuestKind,
  index: number,
  address: (key: string) => string | undefined,
  unless: UnlessUsual,
): Record<'ip' | 'gw' | 'ip6' | 'gw6', Json | undefined> {
  const [ip, ip6] = [address('ip'), address('ip6')];
  const mustBeWritten = kind === 'lxc' && index === 0 && ip6 === undefined;
  const usual = kind === 'vm' && index === 0 ? CREATION_DEFAULTS.vm.ip : '';
  return { ip: mustBeWritten ? (ip ?? 'manual') : unless(ip, usual), gw: address('gw'), ip6, gw6: address('gw6') };
}

/** `virtio=BC:24:11:00:00:01`, or model and MAC address as separate keys. */
function cardOf(text: string): { readonly model: string | undefined; readonly mac: string | undefined } {
  const parts = text.split(',').map((part) => part.split('=', 2));
  const own = parts.find(([key = '']) => MODEL.test(key));
  const valueOfKey = (wanted: string) => parts.find(([key]) => key === wanted)?.[1];
  return { model: own?.[0] ?? valueOfKey('model'), mac: own?.[1] ?? valueOfKey('macaddr') };
}

function numberIn(text: string | undefined): Json | undefined {
  return text === undefined ? undefined : numberOrText(text);
}

/** Text that is no number is left for the schema to refuse. */
function numberOrText(text: string): Json {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

function defined(fields: Readonly<Record<string, Json | undefined>>): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
