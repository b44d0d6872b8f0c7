// Queries about guests that several rules share.

import { fixedAddress, type Network, parseNetwork, spelling } from '../../config/address.ts';
import type { Place } from '../../config/read/place.ts';
import { placeIn } from '../../config/read/place.ts';
import { type TargetId, targetId } from '../../model/ids.ts';
import type { Config, Guest } from '../config.ts';
import type { FirewallRule, GuestInterface } from './declared.ts';
import { optionInterfaces } from './option-interfaces.ts';

const all = new WeakMap<Config, readonly Guest[]>();

/** Containers, then VMs, each by ascending id. */
export function allGuests(config: Config): readonly Guest[] {
  const guests = all.get(config) ?? [...config.lxc, ...config.vm];
  all.set(config, guests);
  return guests;
}

export function targetOf(guest: Guest): TargetId {
  return targetId(guest.kind, guest.id);
}

/** The display name: `lxc/101 (nginx)`. */
export function nameOfGuest(guest: Guest): string {
  return `${targetOf(guest)} (${guest.name})`;
}

/** A list in a sentence: `lxc/1`, `lxc/1 and lxc/2`, `lxc/1, lxc/2 and lxc/3`. */
export function listed(names: readonly string[]): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** Where a guest's dependency on another is written. */
export function dependencyPlace(guest: Guest, id: number): Place {
  return placeIn(guest.writtenAt, 'dependencies', guest.dependencies.indexOf(id));
}

/** Whether other guests are cloned from it, so that it need not run. */
export function isCloneSource(guest: Guest): boolean {
  return guest.templateSnapshot !== null || guest.isTemplate;
}

/** Groups of values that share a key, in order of first appearance; only keys that occur more than once. */
export function repeated<T>(values: readonly T[], keyOf: (value: T) => string | null): T[][] {
  const again = occurringAgain(values, keyOf);
  if (again.size === 0) return [];
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const key = keyOf(value);
    if (key === null || !again.has(key)) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [value]);
    else group.push(value);
  }
  return [...groups.values()];
}

/** Keys that occur more than once. Nearly always none, so it is computed before anything is grouped. */
function occurringAgain<T>(values: readonly T[], keyOf: (value: T) => string | null): ReadonlySet<string> {
  const seen = new Set<string>();
  const again = new Set<string>();
  if (values.length < 2) return again;
  for (const value of values) {
    const key = keyOf(value);
    if (key === null) continue;
    if (seen.has(key)) again.add(key);
    else seen.add(key);
  }
  return again;
}

/** A key for what a firewall rule does; equal for rules that do the same. No field of a rule contains a line break. */
export function meaningOf(rule: FirewallRule): string {
  const { type, action, source, dest, proto, port, sourcePort, iface, log, enabled, macro, icmpType } = rule;
  return `${type}\n${action}\n${enabled}\n${text(source)}\n${text(dest)}\n${text(proto)}\n${text(port)}\n${text(sourcePort)}\n${text(iface)}\n${text(log)}\n${text(macro ?? null)}\n${text(icmpType ?? null)}`;
}

/** Distinguishes null from every possible text. */
function text(field: string | null): string {
  return field ?? '\0';
}

/** One list of firewall rules, with the target that its faults block. */
export interface RuleList {
  readonly owner: 'guest' | 'host' | 'datacenter' | 'stack' | 'group' | 'vnet';
  readonly rules: readonly FirewallRule[];
  readonly target?: TargetId;
  /** Keys of the interfaces that a rule may be for. */
  readonly interfaces?: readonly string[];
}

/** Every list of firewall rules: of guests, the host, the datacenter, each environment of each stack, security groups and vnets. */
export function ruleLists(config: Config): RuleList[] {
  const lists: RuleList[] = allGuests(config).map((guest) => ({
    owner: 'guest',
    rules: guest.firewall?.rules ?? [],
    target: targetOf(guest),
    interfaces: presentInterfacesOf(guest).map(({ key }) => key),
  }));
  lists.push(
    { owner: 'host', rules: config.hypervisor.firewall?.rules ?? [] },
    { owner: 'datacenter', rules: config.datacenterRules ?? [] },
  );
  const users = new Map(
    config.vm.flatMap((vm) => vm.stacks.map((use) => [`${use.name}/${use.environment}`, targetOf(vm)] as const)),
  );
  for (const stack of config.stacks.values()) {
    for (const [name, environment] of Object.entries(stack.environments)) {
      const target = users.get(`${stack.name}/${name}`);
      lists.push({ owner: 'stack', rules: environment.firewallRules, ...(target === undefined ? {} : { target }) });
    }
  }
  for (const { name, rules } of config.securityGroups ?? []) {
    lists.push({ owner: 'group', rules, target: targetId('securitygroup', name) });
  }
  for (const { name, rules } of config.vnetRules ?? []) {
    lists.push({ owner: 'vnet', rules, target: targetId('vnetfirewall', name) });
  }
  return lists;
}

/** Whether its health check is ever run: only a guest that Phoenix keeps running is checked. */
export function isChecked({ healthCheck, isTemplate, startState }: Guest): boolean {
  return healthCheck !== null && !isTemplate && startState === 'running';
}

/** The fixed address at which a guest is reached; null where it has none. */
export function addressOf(guest: Guest | undefined): string | null {
  const [first] = guest === undefined ? [] : firstAddresses(guest);
  return first ?? null;
}

/** The fixed addresses of its first interface, IPv4 before IPv6. */
export function firstAddresses({ network }: Guest): string[] {
  return [network.ip, network.ip6].flatMap((setting) => {
    const address = fixedAddress(setting);
    return address === null ? [] : [spelling(address)];
  });
}

/** A declared interface and where it is written. */
export interface DeclaredInterface {
  readonly net: GuestInterface;
  /** `net0` and so on. */
  readonly key: string;
  readonly at: Place;
  /** Where its addresses are written, which for a VM's `options` is another option. */
  readonly addressesAt: Place;
}

/** The first interface and all further ones, those that `options` declares among them. */
export function interfacesOf(guest: Guest): DeclaredInterface[] {
  const written = (net: GuestInterface, key: string, at: Place) => ({ net, key, at, addressesAt: at });
  return [
    written(guest.network, 'net0', placeIn(guest.writtenAt, 'network_config')),
    ...guest.networks.map((net, index) => written(net, `net${net.index}`, placeIn(guest.writtenAt, 'networks', index))),
    ...optionInterfaces(guest).map(({ net, option, addressOption }) => ({
      net,
      key: option,
      at: placeIn(guest.writtenAt, 'options', option),
      addressesAt: placeIn(guest.writtenAt, 'options', addressOption),
    })),
  ];
}

/** Without the first one of a guest that has none. */
export function presentInterfacesOf(guest: Guest): DeclaredInterface[] {
  return interfacesOf(guest).filter(({ net }) => net !== guest.network || !guest.network.none);
}

/** A declared fixed address. */
export interface DeclaredAddress {
  readonly interface: DeclaredInterface;
  /** With prefix length, as written. */
  readonly setting: string;
  readonly own: Network;
  /** In canonical form, for comparison. */
  readonly text: string;
  readonly at: Place;
  /** The gateway of the same family on the same interface. */
  readonly gateway: string | null;
}

const addresses = new WeakMap<Guest, readonly DeclaredAddress[]>();

/** Every fixed address of a guest: all interfaces, both families. */
export function addressesOf(guest: Guest): readonly DeclaredAddress[] {
  const found = addresses.get(guest) ?? interfacesOf(guest).flatMap(addressesOn);
  addresses.set(guest, found);
  return found;
}

function addressesOn(one: DeclaredInterface): DeclaredAddress[] {
  const { ip, ip6, gateway, gateway6 } = one.net;
  return [['ip', ip] as const, ['ip6', ip6] as const].flatMap(([field, setting]) => {
    const own = setting === null ? undefined : parseNetwork(setting);
    if (setting === null || own === undefined) return [];
    const via = [gateway, gateway6].find((each) => each !== null && isOfFamily(each, own)) ?? null;
    return [
      { interface: one, setting, own, text: spelling(own.address), at: placeIn(one.addressesAt, field), gateway: via },
    ];
  });
}

function isOfFamily(gateway: string, { address }: Network): boolean {
  return gateway.includes(':') === (address.kind() === 'ipv6');
}

/** Every declared MAC address. */
export function macsOf(guest: Guest): { readonly mac: string; readonly key: string; readonly at: Place }[] {
  return interfacesOf(guest).flatMap(({ net: { mac }, key, at }) => {
    if (mac === null) return [];
    const isBeside = guest.kind === 'lxc' && key === 'net0';
    return [{ mac, key, at: placeIn(isBeside ? guest.writtenAt : at, 'mac_address') }];
  });
}
