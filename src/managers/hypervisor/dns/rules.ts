// Checks DNS names, and the name servers that guests and the host use.

import { fixedAddress, parseAddress, spelling } from '../../../config/address.ts';
import type { Diagnostic } from '../../../config/diagnostic.ts';
import { placeIn } from '../../../config/read/place.ts';
import { addressOf, allGuests, listed, nameOfGuest, targetOf } from '../../guest/guests.ts';
import { answersAt } from '../../guest/rules/firewall-reach.ts';
import type { RuleContext } from '../../rule.ts';
import { mentionedNames } from './names.ts';

/**
 * DNS_AMBIGUOUS: several objects give the same name with different addresses. Two guests of one name, and two
 * services of one, are errors of their own.
 */
export function dnsNamesLeadToOneAddress({ config, unreadable }: RuleContext): Diagnostic[] {
  if (unreadable.host('domain_name')) return [];
  const mentioned = mentionedNames(config);
  const addresses = new Map<string, string>();
  const ambiguous = new Set<string>();
  for (const { name, address } of mentioned) {
    const known = addresses.get(name);
    if (known === undefined) addresses.set(name, address);
    else if (known !== address) ambiguous.add(name);
  }
  const several = mentioned.filter(({ name }) => ambiguous.has(name));
  return [...Map.groupBy(several, ({ name }) => name)].flatMap(([name, found]): Diagnostic[] => {
    const first = found[0];
    const other = found.find(({ address }) => address !== first?.address);
    if (first === undefined || other === undefined) return [];
    if (['name', 'service'].includes(first.what) && found.every(({ what }) => what === first.what)) return [];
    const sources = [...Map.groupBy(found, ({ address }) => address)].map(
      ([address, same]) => `${address} by ${listed(same.map(({ source }) => source()))}`,
    );
    return [
      {
        code: 'DNS_AMBIGUOUS',
        ...other.place(),
        message: `${name} is ${listed(sources)}`,
        hint: 'Give the guest or the service another name.',
        ...(other.guest === null ? {} : { target: targetOf(other.guest) }),
      },
    ];
  });
}

/** NAMESERVER: where the host serves the internal names, a guest that uses another name server does not find the others. */
export function guestsUseTheHostForDns({ config, unreadable }: RuleContext): Diagnostic[] {
  const host = fixedAddress(config.hypervisor.network.address);
  if (!config.hypervisor.dns.enabled || host === null || unreadable.host('network')) return [];
  const asking = allGuests(config).filter(({ network }) => network.nameservers.length > 0);
  const elsewhere = asking.filter(({ network }) => !network.nameservers.some(is(spelling(host))));
  const [first] = elsewhere;
  const servers = new Set(elsewhere.map(({ network }) => network.nameservers.join()));
  if (first !== undefined && elsewhere.length > 1 && elsewhere.length === asking.length && servers.size === 1) {
    return [
      {
        code: 'NAMESERVER',
        at: placeIn(config.hypervisor.writtenAt, 'network', 'interfaces', 'address'),
        message: `no guest asks the host, ${spelling(host)}, for names: all ${elsewhere.length} ask ${listed(first.network.nameservers)}, which knows no internal ones`,
        hint: 'Name the host in the guests, or correct its address.',
      },
    ];
  }
  return elsewhere.map((guest) => ({
    code: 'NAMESERVER',
    at: placeIn(guest.writtenAt, 'network_config', guest.kind === 'lxc' ? 'nameservers' : 'nameserver'),
    message: `${nameOfGuest(guest)} asks ${listed(guest.network.nameservers)} for names, which knows no internal ones`,
    hint: `Name the host, ${spelling(host)}.`,
    target: targetOf(guest),
  }));
}

/** NAMESERVER: the host uses a guest as name server whose firewall blocks DNS. */
export function hostDnsServersExist({ config }: RuleContext): Diagnostic[] {
  const byAddress = new Map(allGuests(config).map((guest) => [addressOf(guest), guest]));
  const host = fixedAddress(config.hypervisor.network.address);
  if (host !== null) byAddress.delete(spelling(host));
  return config.hypervisor.network.nameservers.flatMap((server, index): Diagnostic[] => {
    const address = parseAddress(server);
    const guest = address === undefined ? undefined : byAddress.get(spelling(address));
    if (guest === undefined || answersAt(53, guest.firewall)) return [];
    return [
      {
        code: 'NAMESERVER',
        at: placeIn(config.hypervisor.writtenAt, 'network', 'interfaces', 'dns_nameservers', index),
        message: `The host asks ${server} for names: that is ${nameOfGuest(guest)}, whose firewall lets no question to port 53 in`,
        hint: 'Name a server that answers.',
      },
    ];
  });
}

function is(address: string) {
  return (other: string) => {
    const parsed = parseAddress(other);
    return parsed !== undefined && spelling(parsed) === address;
  };
}
