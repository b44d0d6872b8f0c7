// Names of the environment and their addresses: which object gives a name, and which wins where several do.

import { fixedAddress } from '../../../config/address.ts';
import type { Diagnostic } from '../../../config/diagnostic.ts';
import { placeIn } from '../../../config/read/place.ts';
import type { Config, Guest } from '../../config.ts';
import { addressOf, allGuests, firstAddresses, targetOf } from '../../guest/guests.ts';
import { routesOf } from '../../routes/routes.ts';

export interface MentionedName {
  /** The kind of object that gives the name. */
  readonly what: 'name' | 'agent hostname' | 'service' | 'stack';
  readonly name: string;
  readonly address: string;
  readonly guest: Guest | null;
  /** A description for messages; a function, since it is rarely needed. */
  source(): string;
  place(): Pick<Diagnostic, 'at' | 'position'>;
}

/** A name in lower case with its address: one address, or one of each family. */
export interface DnsRecord {
  readonly name: string;
  readonly address: string;
}

/**
 * One record for each name: guests' own names at their own addresses first, each group in order. Where several objects give the same name, the first of these wins:
 *
 * 1. names of certificates issued by ACME resolve to the gateway, which answers the authority's challenge;
 * 2. the authority's own name resolves to the authority;
 * 3. an agent's hostname resolves to its VM, since that traffic must not pass the proxy;
 * 4. names of stacks that a VM runs, and Portainer's, resolve to the gateway;
 * 5. a `traefik_service` resolves to its container, that of a VM to the gateway;
 * 6. a guest's own name resolves to the guest.
 */
export function dnsRecords(config: Config): DnsRecord[] {
  const { stepCa, portainer } = config.hypervisor;
  const gateway = addressOf(config.lxc.find(({ role }) => role === 'gateway'));
  const ca = addressOf(config.lxc.find(({ role }) => role === 'ca'));
  const mentioned = mentionedNames(config).filter(({ address }) => fixedAddress(address) !== null);
  const served = new Set(routesOf(config).names.flatMap(({ name, isServed }) => (isServed ? [name] : [])));
  const of = (what: MentionedName['what']) => mentioned.filter((each) => each.what === what);
  const at = (address: string | null, ...names: readonly string[]) =>
    address === null ? [] : names.map((name) => ({ name: name.toLowerCase(), address }));
  const byAcme = config.certificates.filter(({ issuer }) => issuer === 'acme').flatMap(({ sans }) => sans);
  const inOrder: readonly DnsRecord[] = [
    ...at(gateway, ...byAcme.filter((name) => fixedAddress(name) === null && !name.startsWith('*'))),
    ...(stepCa === null ? [] : at(ca, stepCa.dnsName)),
    ...of('agent hostname'),
    ...of('stack').filter(({ name }) => served.has(name)),
    ...at(gateway, ...(portainer?.hostname ? [portainer.hostname] : [])),
    ...of('service'),
    ...of('name'),
  ];
  const records = new Map<string, DnsRecord>();
  for (const { name, address } of inOrder) if (!records.has(name)) records.set(name, { name, address });
  const own = of('name');
  const all = [...records.values()].flatMap((record) => [record, ...ipv6Records(record, own)]);
  // The first name of an address is the answer to a reverse lookup: that of the guest which has the address.
  const rank = (record: DnsRecord) => (isOfItsGuest(record, own) ? 0 : 1);
  return all.sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

/** A guest's own name resolves to its IPv6 address too. Where another machine serves the name, only its IPv4 address is known to be listening. */
function ipv6Records({ name, address }: DnsRecord, own: readonly MentionedName[]): DnsRecord[] {
  const guest = own.find((each) => each.name === name && each.address === address)?.guest ?? null;
  if (guest === null) return [];
  return firstAddresses(guest)
    .filter((each) => each !== address)
    .map((each) => ({ name, address: each }));
}

/** Whether the address is one of the guest that has this name: a guest's name may lead to the gateway. */
function isOfItsGuest({ name, address }: DnsRecord, own: readonly MentionedName[]): boolean {
  return own.some(
    ({ name: its, address: main, guest }) =>
      its === name && (main === address || (guest !== null && firstAddresses(guest).includes(address))),
  );
}

/** An address, or a name that is each machine's own (RFC 6761): requests for it never ask DNS, and must not be led to the gateway. */
function isOwnOfAll(name: string): boolean {
  return fixedAddress(name) !== null || name === 'localhost' || name.endsWith('.localhost');
}

/**
 * Every name that the configuration gives: guests under their own name, services of containers at the container, services of VMs and stacks at the
 * gateway, and agents at their VM, since their traffic must not pass the proxy.
 */
export function mentionedNames(config: Config): MentionedName[] {
  const gateway = config.lxc.find((guest) => guest.role === 'gateway');
  const gatewayAddress = addressOf(gateway) ?? 'the gateway';
  const full = (name: string) => (name.includes('.') ? name : `${name}.${config.hypervisor.domain}`).toLowerCase();
  const found: MentionedName[] = [];
  for (const guest of allGuests(config)) {
    const own = addressOf(guest);
    if (own === null) continue;
    const add = (name: string, address: string, what: MentionedName['what'], ...keys: string[]) =>
      found.push({
        what,
        name,
        address,
        guest,
        source: () => `${what} of ${targetOf(guest)}`,
        place: () => ({ at: placeIn(guest.writtenAt, ...keys) }),
      });
    add(`${guest.name}.${config.hypervisor.domain}`.toLowerCase(), own, 'name', 'name');
    const agent = guest.kind === 'vm' ? guest.portainer.agentHostname : null;
    if (agent !== null) add(full(agent), own, 'agent hostname', 'portainer_agent_hostname');
    if (guest.traefikService !== null) {
      const name = full(guest.traefikService.name);
      const direct = guest.kind === 'lxc' || (agent !== null && name === full(agent));
      add(name, direct ? own : gatewayAddress, 'service', 'traefik_service', 'name');
    }
  }
  for (const { name, source, at, position } of routesOf(config).names.filter((each) => !isOwnOfAll(each.name)))
    found.push({
      what: 'stack',
      name,
      address: gatewayAddress,
      guest: null,
      source: () => source,
      place: () => ({ at, ...(position === undefined ? {} : { position }) }),
    });
  return found;
}
