// Formats in firewall rules: addresses, ports, protocols and ICMP types, with their error messages.

import { bitsOf, isIp, isIpv4, readBlock } from '../addresses.ts';
import type { Verifier } from '../parameters/format-verifier.ts';
import { splitOn, wholeMatch } from '../parameters/perl.ts';
import { names } from '../parameters/table.ts';

const ALIAS = '(?:dc/|guest/)?[A-Za-z][A-Za-z0-9\\-_]+';

const V4_ICMP =
  'any echo-reply destination-unreachable network-unreachable host-unreachable protocol-unreachable port-unreachable fragmentation-needed source-route-failed network-unknown host-unknown network-prohibited host-prohibited TOS-network-unreachable TOS-host-unreachable communication-prohibited host-precedence-violation precedence-cutoff source-quench redirect network-redirect host-redirect TOS-network-redirect TOS-host-redirect echo-request router-advertisement router-solicitation time-exceeded ttl-zero-during-transit ttl-zero-during-reassembly parameter-problem ip-header-bad required-option-missing timestamp-request timestamp-reply address-mask-request address-mask-reply'.split(
    ' ',
  );
const V6_ICMP =
  'destination-unreachable no-route communication-prohibited beyond-scope address-unreachable port-unreachable failed-policy reject-route packet-too-big time-exceeded ttl-zero-during-transit ttl-zero-during-reassembly parameter-problem bad-header unknown-header-type unknown-option echo-request echo-reply router-solicitation router-advertisement neighbor-solicitation neighbour-solicitation neighbor-advertisement neighbour-advertisement redirect'.split(
    ' ',
  );

/** Maximum number of ports in a list, where a range counts as two. */
const MAX_PORTS = 15;

/** Ports, service names and ranges, separated by commas; destinations may be ICMP types. */
const ports =
  (destination: boolean): Verifier =>
  (value) => {
    const items = splitOn(value, ',');
    if (items.join(',') !== value) return 'extraneous commas in list';
    const read = items.map((item) => readPort(item, destination));
    const wrong = read.find((item) => item.kind === 'wrong');
    if (wrong !== undefined) return wrong.message;
    const count = read.reduce((sum, item) => sum + (item.kind === 'ports' ? item.count : 0), 0);
    if (count > 0 && read.some(({ kind }) => kind === 'icmp')) return 'ICMP ports not allowed in port range';
    return count > MAX_PORTS ? `too many entries in port list (> ${MAX_PORTS} numbers)` : undefined;
  };

type PortItem =
  | { readonly kind: 'ports'; readonly count: number }
  | { readonly kind: 'service' | 'icmp' }
  | { readonly kind: 'wrong'; readonly message: string };

function readPort(item: string, destination: boolean): PortItem {
  const [, low, high] = /^(\d+)(?::(\d+))?\n?$/.exec(item) ?? [];
  if (low === undefined) {
    if (destination && (V4_ICMP.includes(item) || V6_ICMP.includes(item))) return { kind: 'icmp' };
    return names.services.includes(item) ? { kind: 'service' } : { kind: 'wrong', message: `invalid port '${item}'` };
  }
  const wrong = [low, high].find((port) => port !== undefined && Number(port) > 65535);
  if (wrong !== undefined) return { kind: 'wrong', message: `invalid port '${wrong}'` };
  if (high === undefined) return { kind: 'ports', count: 1 };
  if (Number(low) <= Number(high)) return { kind: 'ports', count: 2 };
  return { kind: 'wrong', message: `backwards range '${low}:${high}' not allowed, did you mean '${high}:${low}'?` };
}

/** A set, an alias, or a list of addresses of one version; the version restricts other parts of the rule. */
export function readAddressList(value: string): { version: 4 | 6 | undefined } | { error: string } {
  if (wholeMatch('\\+\\S+').test(value))
    return value.length > 65 ? { error: 'ipset name too long' } : { version: undefined };
  if (wholeMatch(ALIAS).test(value))
    return value.length > 64 ? { error: 'alias name too long' } : { version: undefined };
  const items = splitOn(value, ',');
  if (items.join(',') !== value) return { error: 'extraneous commas in list' };
  let version: 4 | 6 | undefined;
  for (const item of items) {
    const block = readBlock(item);
    if ('error' in block) return { error: `invalid IP address: ${block.error}` };
    if (version !== undefined && block.version !== version)
      return { error: `detected mixed ipv4/ipv6 addresses in address list '${value}'` };
    version = block.version;
  }
  return items.length > 1 && items.some((item) => item.includes('-'))
    ? { error: "you can't use a range in a list" }
    : { version };
}

/** Whether a rule of this protocol may have the type (PVE/Firewall.pm, verify_rule): each version of IP has names of its own. */
export function isIcmpType(protocol: string, type: string): boolean {
  return (protocol === 'icmp' ? V4_ICMP : V6_ICMP).includes(type);
}

const addresses: Verifier = (value) => {
  const list = readAddressList(value);
  return 'error' in list ? list.error : undefined;
};

const ipOrCidr: Verifier = (value) => {
  const [, address, length] = /^([^/]+)(?:\/(\d+))?\n?$/.exec(value) ?? [];
  if (address === undefined || !isIp(address)) return 'value does not look like a valid IP address or CIDR network';
  const bits = isIpv4(address) ? 32 : 128;
  const leading = bitsOf(address, bits === 32 ? 4 : 6);
  // Other lengths clear the bits behind them first (PVE/Firewall.pm, clean_cidr).
  if (length !== undefined && Number(length) === 0 && leading.includes('1'))
    return `Invalid prefix ${leading}/${length}`;
  return Number(length ?? 0) > bits ? `Prefix length ${length} is longer than IP address (${bits})` : undefined;
};

const HELPERS = ['amanda', 'ftp', 'irc', 'netbios-ns', 'pptp', 'sane', 'sip', 'snmp', 'tftp'];
const conntrackHelpers: Verifier = (value) => {
  const helpers = splitOn(value, ',');
  if (helpers.join(',') !== value) return 'extraneous commas in list';
  const unknown = helpers.find((helper) => !HELPERS.includes(helper));
  return unknown === undefined ? undefined : `unknown helper ${unknown} at /usr/share/perl5/PVE/Firewall.pm line 1167.`;
};

export const FIREWALL_FORMATS: Record<string, Verifier> = {
  IPorCIDR: ipOrCidr,
  IPorCIDRorAlias: (value) => (wholeMatch(ALIAS).test(value) ? undefined : ipOrCidr(value)),
  'pve-fw-addr-spec': addresses,
  'pve-fw-conntrack-helper': conntrackHelpers,
  'pve-fw-dport-spec': ports(true),
  'pve-fw-icmp-type-spec': (value) =>
    ['', ...V4_ICMP, ...V6_ICMP].includes(value) ? undefined : `invalid icmp-type value '${value}'`,
  'pve-fw-protocol-spec': (value) =>
    ['', '0', ...names.protocols].includes(value) ? undefined : `unknown protocol '${value}'`,
  'pve-fw-sport-spec': ports(false),
};
