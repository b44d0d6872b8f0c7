// What a list of rules does with TCP connections to one port, as Proxmox evaluates it: the first rule that matches decides.

import {
  type AddressSet,
  EVERY_ADDRESS,
  intersects,
  parseAddressSet,
  withoutAddresses,
} from '../../../config/address-set.ts';
import type { FirewallRule } from '../../guest/declared.ts';
import { namesPort } from '../../guest/rules/firewall-reach.ts';

export type Rule = Omit<FirewallRule, 'writtenAt'>;

/** The addresses of an alias or IP set, by the name that a rule uses (`dc/lan`, `+blocked`); undefined where they are unknown. */
export type NamedAddresses = (name: string) => AddressSet | undefined;

/** Names of the datacenter's firewall with their content. */
export interface NameContents {
  /** By name in lower case. */
  readonly aliases: ReadonlyMap<string, { readonly cidr: string }>;
  readonly ipset: ReadonlyMap<
    string,
    { readonly entries: readonly { readonly cidr: string; readonly nomatch?: boolean | undefined }[] }
  >;
}

/**
 * What Proxmox does before every rule of a host once there is an IP set `blacklist`: it drops whatever comes from there (PVE/Firewall.pm,
 * ruleset_chain_add_input_filters).
 */
export const BLACKLIST: Rule = {
  type: 'in',
  action: 'DROP',
  source: '+blacklist',
  dest: null,
  proto: null,
  port: null,
  sourcePort: null,
  iface: null,
  log: null,
  enabled: true,
  comment: null,
};

export type Verdict<Own> =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly rule: Own }
  /** No rule decided on these addresses. */
  | { readonly kind: 'undecided'; readonly left: AddressSet };

/** Protocols of a rule that match TCP: none, TCP, and number 0 by its names, which is every protocol (PVE/Firewall.pm leaves out one that is `0`). */
const TCP: readonly (string | null)[] = [null, 'tcp', '6', 'ip', 'hopopt', '0'];

/** Ports of a rule that match every port: PVE/Firewall.pm leaves out those that are `0`. */
const EVERY_PORT: readonly (string | null)[] = [null, '0'];

/** Whether a rule is on and about incoming TCP connections to the port, from whatever port. */
export function isForTcpPort({ type, enabled, proto, port, sourcePort }: Rule, wanted: number): boolean {
  const isForPort = EVERY_PORT.includes(port) || namesPort(port, wanted);
  return type === 'in' && enabled && TCP.includes(proto) && EVERY_PORT.includes(sourcePort) && isForPort;
}

/**
 * Whether rules accept at least one of the addresses, or refuse all of them.
 *
 * @param rules in the order in which they are tried, only those that concern the port
 * @param unknownAccepts whether a rule that accepts a name with unknown content counts as accepting; one that refuses such a name refuses nobody
 */
export function evaluate<Own extends Rule>(
  rules: readonly Own[],
  from: AddressSet,
  named: NamedAddresses,
  unknownAccepts: boolean,
): Verdict<Own> {
  let left = from;
  for (const rule of rules) {
    const source = addressesOfList(rule.source, named);
    if (rule.action === 'ACCEPT') {
      if (source === undefined ? unknownAccepts : intersects(source, left)) return { kind: 'accepted' };
    } else if (source !== undefined) {
      left = withoutAddresses(left, source);
      if (left.length === 0) return { kind: 'refused', rule };
    }
  }
  return { kind: 'undecided', left };
}

/** The addresses of a rule's source or destination; undefined where one of them is unknown. */
export function addressesOfList(list: string | null, named: NamedAddresses): AddressSet | undefined {
  if (list === null) return EVERY_ADDRESS;
  const sets = list
    .split(',')
    .map((item) => item.trim())
    .map((item) => parseAddressSet(item) ?? looseNetwork(item) ?? named(item));
  return sets.every((set) => set !== undefined) ? sets.flat() : undefined;
}

/** An IPv4 network in a spelling that iptables takes besides: `10/8`, `010.0.0.1`, `10.0.0.0/255.255.255.0`. */
function looseNetwork(text: string): AddressSet | undefined {
  const [, address, , prefix = '32'] =
    /^(\d{1,3}(\.\d{1,3}){3}|\d{1,3}(?:\.\d{1,3}){0,2}(?=\/))(?:\/(\d{1,2}|\d{1,3}(?:\.\d{1,3}){3}))?$/.exec(text) ??
    [];
  if (address === undefined) return undefined;
  const parts = [...address.split('.'), '0', '0', '0'].slice(0, 4).map(Number);
  const bits = prefix.includes('.') ? bitsOfMask(prefix) : Number(prefix);
  return bits === undefined ? undefined : parseAddressSet(`${parts.join('.')}/${bits}`);
}

/** The length of a mask such as `255.255.255.0`; undefined where it has gaps. */
function bitsOfMask(mask: string): number | undefined {
  const binary = mask
    .split('.')
    .map((part) => Number(part).toString(2).padStart(8, '0'))
    .join('');
  return /^1*0*$/.test(binary) && binary.length === 32 ? binary.replaceAll('0', '').length : undefined;
}

/** Looks up names of the datacenter; those of guests and of SDN are unknown. */
export function namedAddresses({ aliases, ipset }: NameContents): NamedAddresses {
  const ofAlias = (name: string): AddressSet | undefined => {
    const [, alias = ''] = /^(?:dc\/)?([^/]+)$/.exec(name) ?? [];
    return parseAddressSet(aliases.get(alias.toLowerCase())?.cidr ?? '');
  };
  const ofSet = (name: string): AddressSet | undefined => {
    const entries = ipset.get(name)?.entries.map(({ cidr, nomatch = false }) => {
      const addresses = parseAddressSet(cidr) ?? ofAlias(cidr);
      return addresses === undefined ? undefined : { addresses, nomatch };
    });
    return entries?.every((entry) => entry !== undefined) ? contentOf(entries) : undefined;
  };
  return (name) => {
    const [, set] = /^\+(?:dc\/)?([^/]+)$/.exec(name) ?? [];
    return set === undefined ? ofAlias(name) : ofSet(set);
  };
}

/** Of the entries that contain an address the smallest network decides, as in the kernel's sets of type `hash:net`. */
function contentOf(entries: readonly { readonly addresses: AddressSet; readonly nomatch: boolean }[]): AddressSet {
  return entries
    .toSorted((a, b) => sizeOf(b.addresses) - sizeOf(a.addresses))
    .reduce<AddressSet>(
      (content, { addresses, nomatch }) =>
        nomatch ? withoutAddresses(content, addresses) : [...withoutAddresses(content, addresses), ...addresses],
      [],
    );
}

function sizeOf(addresses: AddressSet): number {
  return addresses.reduce((size, { first, last }) => size + Number(last - first + 1n), 0);
}
