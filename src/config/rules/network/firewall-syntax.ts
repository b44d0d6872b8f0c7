// Firewall rules that Proxmox would skip with nothing but a warning: what was meant to be open or closed would not be.

import type { FirewallRule } from '../../config.ts';
import { within } from '../../read/place.ts';
import { type RuleList, ruleLists } from '../guests/guests.ts';
import type { Finding, RuleContext } from '../rule.ts';
import { parseNetwork, parseRange } from './address.ts';

/** Service names that every Debian knows; others are refused, since Proxmox looks them up on the host. */
const SERVICES = new Set(
  (
    'bgp bootpc bootps domain ftp ftp-data git http http-alt https imap2 imaps ipp isakmp kerberos ldap ldaps ' +
    'microsoft-ds ms-sql-s mysql netbios-dgm netbios-ns netbios-ssn nfs ntp openvpn pop3 pop3s postgresql rsync ' +
    'rtsp sip sip-tls smtp snmp snmp-trap ssh submission submissions sunrpc syslog syslog-tls telnet tftp'
  ).split(' '),
);
/** Of iptables' multiport match: a range counts as two. */
const MOST_PORTS = 15;
const PROTOCOLS_WITH_PORTS: readonly (string | null)[] = ['tcp', 'udp', 'sctp'];

/** BAD_RULE: a port without a protocol that has ports, or a port, address or interface that Proxmox cannot read. */
export function firewallRulesAreReadable({ config }: RuleContext): Finding[] {
  return ruleLists(config).flatMap((list) =>
    list.rules.flatMap((rule) =>
      faults(rule, list).map(([field, message, hint]) => ({
        code: 'BAD_RULE' as const,
        at: within(rule.writtenAt, field),
        message,
        ...(hint === undefined ? {} : { hint }),
        ...(list.target === undefined ? {} : { target: list.target }),
      })),
    ),
  );
}

type Fault = readonly [field: string, message: string, hint?: string];

function faults(rule: FirewallRule, { owner }: RuleList): Fault[] {
  const found: Fault[] = [];
  for (const [field, ports] of [
    ['port', rule.port],
    ['source_port', rule.sourcePort],
  ] as const) {
    if (ports === null) continue;
    if (!PROTOCOLS_WITH_PORTS.includes(rule.proto)) {
      const without = rule.proto === null ? 'no protocol' : `protocol ${rule.proto}, which has no ports`;
      found.push([field, `The rule has port ${ports}, but ${without}`, 'Add "proto": "tcp" or "udp".']);
    }
    const fault = portsFault(ports);
    if (fault !== undefined) found.push([field, fault, 'Write ports and ranges like "80,443" or "6000:6010".']);
  }
  for (const [field, addresses] of [
    ['source', rule.source],
    ['dest', rule.dest],
  ] as const) {
    const fault = addresses === null ? undefined : addressesFault(addresses);
    if (fault !== undefined) found.push([field, fault]);
  }
  if (owner !== 'host' && rule.iface !== null && !/^net\d+$/.test(rule.iface)) {
    found.push(['iface', `"${rule.iface}" is no interface of a guest`, 'Guests have net0, net1 and so on.']);
  }
  return found;
}

function portsFault(ports: string): string | undefined {
  const items = ports.split(',').map((item) => item.trim());
  const wrong = items.find((item) => !isPort(item));
  if (wrong !== undefined) return wrong === '' ? `"${ports}" has an empty entry` : `"${wrong}" is not a port`;
  const count = items.reduce((sum, item) => sum + (item.includes(':') ? 2 : 1), 0);
  return count > MOST_PORTS ? `"${ports}" has more than ${MOST_PORTS} ports, the most one rule can have` : undefined;
}

function isPort(item: string): boolean {
  const range = /^(\d{1,5})(?::(\d{1,5}))?$/.exec(item);
  if (range === null) return SERVICES.has(item);
  const [first, last] = [Number(range[1]), Number(range[2] ?? range[1])];
  return first >= 1 && first <= last && last <= 65_535;
}

function addressesFault(addresses: string): string | undefined {
  const items = addresses.split(',').map((item) => item.trim());
  const wrong = items.find((item) => !isAddressOfRule(item));
  if (wrong !== undefined) return `"${wrong}" is neither an address, a network, a range nor a name`;
  const families = new Set(items.filter((item) => /^[\d:a-f]/i.test(item)).map(familyOf));
  families.delete(undefined);
  return families.size > 1 ? `"${addresses}" mixes IPv4 and IPv6, which Proxmox refuses` : undefined;
}

/** Names of aliases and sets begin with a letter; those of the datacenter or guest may say so. */
function isAddressOfRule(item: string): boolean {
  if (/^(\+?(dc\/|guest\/)?[a-z][a-z0-9_-]+)$/i.test(item)) return true;
  return parseNetwork(item) !== undefined || parseRange(item) !== undefined;
}

function familyOf(item: string): string | undefined {
  return (parseNetwork(item)?.address ?? parseRange(item)?.first)?.kind();
}
