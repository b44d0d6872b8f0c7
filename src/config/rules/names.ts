// Names in DNS and the servers that are asked for them.

import type { Config, Guest, Place } from '../config.ts';
import { within } from '../place.ts';
import { fixedAddress, parseAddress, spelling } from './address.ts';
import { answersAt } from './firewall-reach.ts';
import { allGuests, listed, nameOfGuest, targetOf } from './guests.ts';
import type { Finding, RuleContext } from './rule.ts';

interface DnsRecord {
  /** What gives the name out. */
  readonly what: 'name' | 'agent hostname' | 'service' | 'stack';
  readonly name: string;
  readonly address: string;
  readonly source: string;
  readonly at: Place;
  readonly guest: Guest | null;
}

/**
 * DNS_AMBIGUOUS: one name stems from several places that lead to different addresses. Two guests of one name, and two
 * services of one, are errors of their own.
 */
export function dnsNamesLeadToOneAddress({ config }: RuleContext): Finding[] {
  return [...Map.groupBy(records(config), ({ name }) => name)].flatMap(([name, found]): Finding[] => {
    const first = found[0];
    const other = found.find(({ address }) => address !== first?.address);
    if (first === undefined || other === undefined) return [];
    if (['name', 'service'].includes(first.what) && found.every(({ what }) => what === first.what)) return [];
    const sources = [...Map.groupBy(found, ({ address }) => address)].map(
      ([address, same]) => `${address} by ${listed(same.map(({ source }) => source))}`,
    );
    return [
      {
        code: 'DNS_AMBIGUOUS',
        at: other.at,
        message: `${name} is ${listed(sources)}`,
        hint: 'Give the guest or the service another name.',
        ...(other.guest === null ? {} : { target: targetOf(other.guest) }),
      },
    ];
  });
}

/**
 * Every name that the configuration gives out: guests by their own name, services of containers at the container, services
 * of VMs and stacks at the gateway, and agents at their VM, since their traffic must not pass the proxy.
 */
function records(config: Config): DnsRecord[] {
  const gateway = config.lxc.find((guest) => guest.role === 'gateway');
  const gatewayAddress = addressOf(gateway) ?? 'the gateway';
  const full = (name: string) => (name.includes('.') ? name : `${name}.${config.hypervisor.domain}`).toLowerCase();
  const found: DnsRecord[] = [];
  for (const guest of allGuests(config)) {
    const own = addressOf(guest);
    if (own === null) continue;
    const add = (name: string, address: string, what: DnsRecord['what'], ...keys: string[]) =>
      found.push({
        what,
        name,
        address,
        source: `${what} of ${targetOf(guest)}`,
        at: within(guest.writtenAt, ...keys),
        guest,
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
  for (const stack of config.stacks.values()) {
    for (const [environment, { traefikLabels, writtenAt }] of Object.entries(stack.environments)) {
      for (const [service, labels] of Object.entries(traefikLabels)) {
        const at = within(writtenAt, 'services', service, 'traefik_labels');
        for (const name of labels.flatMap(hostsOf)) {
          const source = `stack ${stack.name} (${environment})`;
          found.push({ what: 'stack', name: name.toLowerCase(), address: gatewayAddress, source, at, guest: null });
        }
      }
    }
  }
  return found;
}

/** The names in ``traefik.http.routers.x.rule=Host(`a`) || Host(`b`)``. */
export function hostsOf(label: string): string[] {
  if (!/^traefik\.http\.routers\.[^.]+\.rule=/.test(label)) return [];
  return [...label.matchAll(/Host\(([^)]*)\)/g)].flatMap(([, names = '']) =>
    [...names.matchAll(/[`"']([^`"']+)[`"']/g)].flatMap(([, name]) => (name === undefined ? [] : [name])),
  );
}

function addressOf(guest: Guest | undefined): string | null {
  const address = guest === undefined ? null : fixedAddress(guest.network.ip);
  return address === null ? null : spelling(address);
}

/** NAMESERVER: where the host answers for the internal names, a guest that asks elsewhere does not find the others. */
export function guestsAskTheHostForNames({ config }: RuleContext): Finding[] {
  const host = fixedAddress(config.hypervisor.network.address);
  if (!config.hypervisor.dns.enabled || host === null) return [];
  return allGuests(config)
    .filter(({ network }) => network.nameservers.length > 0 && !network.nameservers.some(is(spelling(host))))
    .map((guest) => ({
      code: 'NAMESERVER',
      at: within(guest.writtenAt, 'network_config', guest.kind === 'lxc' ? 'nameservers' : 'nameserver'),
      message: `${nameOfGuest(guest)} asks ${listed(guest.network.nameservers)} for names, which knows no internal ones`,
      hint: `Name the host, ${spelling(host)}.`,
      target: targetOf(guest),
    }));
}

/** NAMESERVER: the host asks a guest whose firewall lets no question in. */
export function hostAsksServersThatAnswer({ config }: RuleContext): Finding[] {
  const byAddress = new Map(allGuests(config).map((guest) => [addressOf(guest), guest]));
  const host = fixedAddress(config.hypervisor.network.address);
  if (host !== null) byAddress.delete(spelling(host));
  return config.hypervisor.network.nameservers.flatMap((server, index): Finding[] => {
    const address = parseAddress(server);
    const guest = address === undefined ? undefined : byAddress.get(spelling(address));
    if (guest === undefined || answersAt(53, guest.firewall)) return [];
    return [
      {
        code: 'NAMESERVER',
        at: within(config.hypervisor.writtenAt, 'network', 'interfaces', 'dns_nameservers', index),
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
