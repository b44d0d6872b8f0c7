// What the firewall rules let in and out: rules that say nothing new, that let everyone in, or that name nobody.

import type { Config, FirewallRule } from '../../config.ts';
import { within } from '../../read/place.ts';
import { allGuests, nameOfGuest, repeated, ruleLists, targetOf } from '../guests/guests.ts';
import type { Finding, RuleContext } from '../rule.ts';
import { contains, fixedAddress, isSingle, parseNetwork, spelling } from './address.ts';

/** DUPLICATE_RULE: a list has the same rule twice; the comment does not make it another one. */
export function firewallRulesAreDifferent({ config }: RuleContext): Finding[] {
  return ruleLists(config).flatMap(({ rules, target }) =>
    repeated(rules, meaning).flatMap(([first, ...later]) =>
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

function meaning(rule: FirewallRule): string {
  const { type, action, source, dest, proto, port, sourcePort, iface, log, enabled } = rule;
  return JSON.stringify([type, action, source, dest, proto, port, sourcePort, iface, log, enabled]);
}

/** OPEN_SOURCE: whoever can reach the machine is let in. Echo requests and other ICMP open no service. */
export function openRulesNameASource({ config }: RuleContext): Finding[] {
  return ruleLists(config).flatMap(({ rules, target }) =>
    rules
      .filter((rule) => rule.type === 'in' && rule.action === 'ACCEPT' && rule.enabled && isOpen(rule))
      .map((rule) => ({
        code: 'OPEN_SOURCE' as const,
        at: rule.source === null ? rule.writtenAt : within(rule.writtenAt, 'source'),
        message: `${rule.port === null ? 'Every port' : `Port ${rule.port}`} is open to everyone who can reach the machine`,
        hint: 'Name the network or guest that needs it in "source".',
        ...(target === undefined ? {} : { target }),
      })),
  );
}

function isOpen(rule: FirewallRule): boolean {
  if (rule.proto === 'icmp' || rule.proto === 'icmpv6') return false;
  return rule.source === null || rule.source.split(',').some((item) => parseNetwork(item.trim())?.bits === 0);
}

/** NO_FIREWALL: nothing is said about the firewall of a guest that can run. */
export function guestsHaveAFirewall({ config }: RuleContext): Finding[] {
  return allGuests(config)
    .filter((guest) => guest.firewall === null && !(guest.kind === 'vm' && guest.isTemplate))
    .map((guest) => ({
      code: 'NO_FIREWALL',
      at: guest.writtenAt,
      onKey: guest.kind === 'lxc',
      message: `${nameOfGuest(guest)} has no firewall`,
      hint: 'Add "firewall" with the rules that it needs, or with "enabled": false if it is to have none.',
      target: targetOf(guest),
    }));
}

/**
 * UNOWNED_ADDRESS: a rule names a single address of the managed subnet that no guest, host, gateway or server of the
 * configuration has. Not decided while some guests could not be read.
 */
export function namedAddressesAreOwned({ config, unreadable }: RuleContext): Finding[] {
  const subnet = parseNetwork(config.hypervisor.network.subnet ?? '');
  if (subnet === undefined || unreadable.someAddress) return [];
  const owned = ownedAddresses(config);
  return ruleLists(config).flatMap(({ rules, target }) =>
    rules.flatMap((rule) =>
      (['source', 'dest'] as const).flatMap((field) =>
        (rule[field]?.split(',') ?? [])
          .map((item) => parseNetwork(item.trim()))
          .filter((named) => named !== undefined && isSingle(named) && contains(subnet, named.address))
          .map((named) => (named === undefined ? '' : spelling(named.address)))
          .filter((address) => !owned.has(address))
          .map((address) => ({
            code: 'UNOWNED_ADDRESS' as const,
            at: within(rule.writtenAt, field),
            message: `Nothing has the address ${address}`,
            hint: `Every address of ${config.hypervisor.network.subnet} belongs to a guest, the host or its gateway. Name one of them, or a network.`,
            ...(target === undefined ? {} : { target }),
          })),
      ),
    ),
  );
}

function ownedAddresses(config: Config): Set<string> {
  const { network, dns } = config.hypervisor;
  const guests = allGuests(config);
  const settings = [
    network.address,
    network.gateway,
    network.nfsServer,
    ...network.nameservers,
    ...dns.upstreamServers,
    ...guests.flatMap((guest) => [guest.network.ip, guest.network.gateway]),
    ...config.vm.flatMap((vm) => vm.volumes.map((volume) => volume.server)),
  ];
  const addresses = settings.map(fixedAddress).filter((address) => address !== null);
  return new Set(addresses.map(spelling));
}

/** Whether a guest's firewall lets anyone reach it at a port. True where it has no firewall that filters. */
export function answersAt(
  port: number,
  firewall: { enabled: boolean; rules: readonly FirewallRule[] } | null,
): boolean {
  if (firewall === null || !firewall.enabled) return true;
  return firewall.rules.some(
    (rule) => rule.type === 'in' && rule.action === 'ACCEPT' && rule.enabled && namesPort(rule.port, port),
  );
}

/** `80,443`, `6000:6010`, or null for every port. Names of services stand for a few ports only. */
export function namesPort(ports: string | null, port: number): boolean {
  if (ports === null) return true;
  return ports.split(',').some((item) => {
    const [first = '', last = first] = item.trim().split(':');
    if (first === 'ssh') return port === 22;
    if (first === 'domain') return port === 53;
    return Number(first) <= port && port <= Number(last);
  });
}

/** Whether an address list (null: everyone) meets the test for at least one of its networks; names of sets count as unknown. */
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
