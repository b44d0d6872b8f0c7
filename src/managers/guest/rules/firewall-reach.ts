// Checks what firewall rules accept: repeated rules, rules that are open to everyone, and rules for addresses that nobody has.

import {
  contains,
  covers,
  fixedAddress,
  isSingle,
  type Network,
  parseNetwork,
  spelling,
} from '../../../config/address.ts';
import type { Diagnostic } from '../../../config/diagnostic.ts';
import { placeIn } from '../../../config/read/place.ts';
import type { TargetId } from '../../../model/ids.ts';
import type { Config } from '../../config.ts';
import type { RuleContext } from '../../rule.ts';
import type { Unreadable } from '../../unreadable.ts';
import type { FirewallRule } from '../declared.ts';
import { withoutMacro } from '../firewall-macros.ts';
import {
  addressesOf,
  allGuests,
  interfacesOf,
  meaningOf,
  nameOfGuest,
  repeated,
  ruleLists,
  targetOf,
} from '../guests.ts';

/** DUPLICATE_RULE: a list has the same rule twice; a different comment does not make it a different rule. */
export function firewallRulesAreDifferent({ config }: RuleContext): Diagnostic[] {
  return ruleLists(config).flatMap(({ rules, target }) =>
    repeated(rules, meaningOf).flatMap(([first, ...later]) =>
      later.map((rule) => ({
        code: 'DUPLICATE_RULE' as const,
        at: rule.writtenAt,
        message: `The rule is the same as rule ${first?.writtenAt.path.split('/').at(-1)} of this list, counted from 0`,
        hint: 'Take one of them out.',
        ...(target === undefined ? {} : { target }),
      })),
    ),
  );
}

/** OPEN_SOURCE: a rule accepts everyone who can reach the machine. Echo requests and other ICMP types open no service. */
export function openRulesNameASource({ config }: RuleContext): Diagnostic[] {
  return ruleLists(config).flatMap(({ rules, target }) =>
    rules
      .filter((rule) => rule.type === 'in' && rule.action === 'ACCEPT' && rule.enabled && isOpen(rule))
      .map((rule) => ({
        code: 'OPEN_SOURCE' as const,
        at: rule.source === null ? rule.writtenAt : placeIn(rule.writtenAt, 'source'),
        message: `${openedBy(rule)} is open to everyone who can reach the machine`,
        hint: 'Name the network or guest that needs it in "source".',
        ...(target === undefined ? {} : { target }),
      })),
  );
}

function openedBy({ macro, port }: FirewallRule): string {
  if (macro !== undefined) return macro;
  return port === null ? 'Every port' : `Port ${port}`;
}

function isOpen(rule: FirewallRule): boolean {
  if (rule.proto === 'icmp' || rule.proto === 'icmpv6' || rule.macro?.toLowerCase() === 'ping') return false;
  return rule.source === null || rule.source.split(',').some((item) => parseNetwork(item.trim())?.bits === 0);
}

/** NO_FIREWALL: no firewall is declared for a guest that can run. */
export function guestsHaveAFirewall({ config }: RuleContext): Diagnostic[] {
  return allGuests(config)
    .filter((guest) => guest.firewall === null && !guest.isTemplate)
    .map((guest) => ({
      code: 'NO_FIREWALL',
      at: guest.writtenAt,
      onKey: guest.kind === 'lxc',
      message: `${nameOfGuest(guest)} has no firewall`,
      hint: 'Add "firewall" with the rules that it needs, or with "enabled": false if it is to have none.',
      target: targetOf(guest),
    }));
}

/** NO_EFFECT: guests have rules although the datacenter's firewall is declared to be disabled. */
export function firewallOfGuestsIsOn({ config }: RuleContext): Diagnostic[] {
  const host = config.hypervisor.firewall;
  const filtered = allGuests(config).filter((guest) => guest.firewall?.enabled === true);
  const [first] = filtered;
  if (host === null || host.enabled || first === undefined) return [];
  const more = filtered.length === 1 ? '' : ` and ${filtered.length - 1} more`;
  return [
    {
      code: 'NO_EFFECT',
      at: placeIn(host.writtenAt, 'enabled'),
      message: `The firewall is off, so that of ${nameOfGuest(first)}${more} filters nothing`,
      hint: 'Turn it on, or turn those of the guests off too.',
    },
  ];
}

/**
 * UNOWNED_ADDRESS: a rule names a single address in the guests' subnet that no guest, host, gateway, server or known host of the configuration has: a
 * future guest may get it. Not checked while some guests could not be read.
 */
export function namedAddressesAreOwned({ config, unreadable }: RuleContext): Diagnostic[] {
  const subnet = parseNetwork(config.hypervisor.network.subnet ?? '');
  if (subnet === undefined || unreadable.someAddress || unreadable.host('known_hosts')) return [];
  const owned = ownedAddresses(config);
  const known = knownNetworks(config);
  return namedAddresses(config)
    .filter(({ network, address }) => contains(subnet, network.address) && !isOwned(network, address, owned, known))
    .map((named) => ({
      ...unowned(named),
      hint: 'If a machine that Phoenix does not keep has it, name that in "known_hosts" of etc/phoenix_hypervisor_config.json. Otherwise correct the address.',
    }));
}

/** UNOWNED_ADDRESS, as an error: a rule still names the address of a guest that was removed or has another address now. */
export function addressesOfRemovedGuestsAreNotUsed(
  before: Config,
  after: Config,
  unreadable: Unreadable,
): Diagnostic[] {
  if (unreadable.someAddress || unreadable.host('network', 'known_hosts')) return [];
  const owners = new Map(
    allGuests(before).flatMap((guest) => addressesOf(guest).map(({ text }) => [text, guest] as const)),
  );
  const owned = ownedAddresses(after);
  const known = knownNetworks(after);
  return namedAddresses(after).flatMap((named) => {
    const { network, address } = named;
    const owner = owners.get(address);
    if (owner === undefined || isOwned(network, address, owned, known)) return [];
    const hint = `It was the address of ${nameOfGuest(owner)}: whoever is given it next would be meant. Take it out of the rule, or name the machine that has it now in "known_hosts" of etc/phoenix_hypervisor_config.json.`;
    return [{ ...unowned(named), isError: true as const, hint }];
  });
}

/** The same message for both, so that an error at a place replaces the warning there. */
function unowned({ rule, field, address, target }: NamedAddress): Diagnostic {
  const message = `Nothing has the address ${address}`;
  const at = placeIn(rule.writtenAt, field);
  return { code: 'UNOWNED_ADDRESS', at, message, ...(target === undefined ? {} : { target }) };
}

interface SingleAddress {
  readonly network: Network;
  readonly address: string;
}

/** An address in a field of a rule. */
interface NamedAddress extends SingleAddress {
  readonly rule: FirewallRule;
  readonly field: 'source' | 'dest';
  readonly target: TargetId | undefined;
}

/** Every single address that some rule names. */
function namedAddresses(config: Config): NamedAddress[] {
  /** A cache, since many guests have the same few rules. */
  const known = new Map<string, readonly SingleAddress[]>();
  const named: NamedAddress[] = [];
  for (const { rules, target } of ruleLists(config)) {
    for (const rule of rules) {
      for (const field of ['source', 'dest'] as const) {
        const list = rule[field];
        if (list === null) continue;
        const addresses = known.get(list) ?? singleAddressesIn(list);
        known.set(list, addresses);
        for (const single of addresses) named.push({ ...single, rule, field, target });
      }
    }
  }
  return named;
}

function singleAddressesIn(list: string): SingleAddress[] {
  return list.split(',').flatMap((item) => {
    const network = parseNetwork(item.trim());
    if (network === undefined || !isSingle(network)) return [];
    return [{ network, address: spelling(network.address) }];
  });
}

function isOwned(network: Network, address: string, owned: ReadonlySet<string>, known: readonly Network[]): boolean {
  return owned.has(address) || known.some((place) => covers(place, network));
}

function knownNetworks(config: Config): Network[] {
  return config.hypervisor.knownHosts.flatMap((host) => parseNetwork(host) ?? []);
}

function ownedAddresses(config: Config): Set<string> {
  const { network, dns } = config.hypervisor;
  const guests = allGuests(config);
  const settings = [
    network.address,
    network.gateway,
    network.nfsServer,
    ...network.nameservers,
    ...[...network.bridges, ...network.bonds, ...network.vlans, ...(network.ovs ?? [])].flatMap(
      ({ address, address6 = null, gateway = null, gateway6 = null }) => [address, address6, gateway, gateway6],
    ),
    ...dns.upstreamServers,
    ...guests.flatMap((guest) =>
      interfacesOf(guest).flatMap(({ net }) => [net.ip, net.ip6, net.gateway, net.gateway6]),
    ),
    ...config.vm.flatMap((vm) => vm.volumes.map((volume) => volume.server)),
  ];
  const addresses = settings.map(fixedAddress).filter((address) => address !== null);
  return new Set(addresses.map(spelling));
}

/** Whether a guest's firewall lets anyone reach it at a port. True where it has no active firewall, or uses a security group that may accept it. */
export function answersAt(
  port: number,
  firewall: { enabled: boolean; rules: readonly FirewallRule[] } | null,
): boolean {
  if (firewall === null || !firewall.enabled) return true;
  return firewall.rules
    .flatMap(withoutMacro)
    .some(
      (rule) =>
        rule.enabled &&
        (rule.type === 'group' || (rule.type === 'in' && rule.action === 'ACCEPT' && namesPort(rule.port, port))),
    );
}

/** Whether a port list (`80,443`, `6000:6010`; null: all) contains the port. Of service names, only a few are known. */
export function namesPort(ports: string | null, port: number): boolean {
  if (ports === null) return true;
  return ports.split(',').some((item) => {
    const [first = '', last = first] = item.trim().split(':');
    if (first === 'ssh') return port === 22;
    if (first === 'domain') return port === 53;
    return Number(first) <= port && port <= Number(last);
  });
}

/** Whether some network of an address list (null: everyone) passes the test; names of sets count as unknown. */
export function someNetwork(
  list: string | null,
  unknown: boolean,
  test: (network: NonNullable<ReturnType<typeof parseNetwork>>) => boolean,
): boolean {
  if (list === null) return true;
  return list.split(',').some((item) => {
    const network = parseNetwork(item.trim());
    return network === undefined ? unknown : test(network);
  });
}
