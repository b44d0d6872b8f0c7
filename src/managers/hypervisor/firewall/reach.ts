// Checks on the host whether its rules would lock somebody out: those who manage it from its own networks, and the agent where it connects by SSH.
// Rules are evaluated as Proxmox does: the host's rules and those of the datacenter, then what Proxmox opens to its own networks, then the policy.

import { parseNetwork } from '../../../config/address.ts';
import { type AddressSet, addressesIn, EVERY_ADDRESS, intersects } from '../../../config/address-set.ts';
import { printRule } from '../../guest/proxmox/firewall.ts';
import { addressesOfList, BLACKLIST, evaluate, isForTcpPort, type NamedAddresses, type Rule } from './evaluate.ts';

export interface Surroundings {
  /** The addresses of the host whose network contains a gateway of it: the host is managed from there. */
  readonly managed: readonly HostAddress[];
  /** The agent's connection as sshd reports it; null where the agent runs on the host itself. */
  readonly agent: Connection | null;
}

interface HostAddress {
  /** With its network, such as `10.0.0.13/24`. */
  readonly address: string;
  readonly interface: string;
}

interface Connection {
  readonly from: string;
  /** The host's address that it goes to. */
  readonly to: string;
  readonly port: number;
  /** Where its packets come in; more than one where the address is not in the host's network files. */
  readonly interfaces: readonly string[];
}

/** What the host filters incoming packets by. */
export interface Filtering {
  readonly enabled: boolean;
  readonly policyIn: 'ACCEPT' | 'DROP' | 'REJECT';
  /** In the order in which they are tried, with groups and macros in their places. */
  readonly rules: readonly Rule[];
  /** The addresses of the names in the rules. Nothing is known of sets that SDN generates: their rules count as matching nobody. */
  readonly named: NamedAddresses;
  /** What Proxmox lets in to its own ports: the set `management` with the network that it takes as the host's own. */
  readonly management: AddressSet;
}

const SSH = 22;
const NAMES: Readonly<Record<number, string>> = { 22: '22 (SSH)', 8006: '8006 (Proxmox)' };

const REFUSED_BY_BLACKLIST = 'the IP set blacklist';

/** Ports that Proxmox opens to its own networks after all rules (PVE/Firewall.pm, enable_host_firewall). */
const OPENED = [
  [22, 22],
  [3128, 3128],
  [5900, 5999],
  [8006, 8006],
  [60_000, 60_050],
] as const;

/**
 * What would be blocked, and what to do; null while everyone who needs access still has it. The agent has access now, whatever is known of the rules.
 *
 * @param present what the host filters by now; null where it does not filter, or nobody knows. What that closes is not counted, since it is no lockout by
 *   the change.
 */
export function lockout(spec: Filtering, { managed, agent }: Surroundings, present: Filtering | null): string | null {
  if (!spec.enabled) return null;
  for (const { address, interface: name } of managed) {
    const network = parseNetwork(address);
    if (network === undefined) continue;
    // Its machines use the host's address in it: rules about other addresses of the host are not about them.
    const entrance: Entrance = { own: singleAddress(address), interfaces: [name] };
    for (const port of [SSH, 8006]) {
      const reason = refusal(spec, entrance, addressesIn(network), port);
      if (reason !== null && !isClosed(present, entrance, addressesIn(network), port))
        return sentence(reason, port, `${network.address}/${network.bits}`);
    }
  }
  const from = parseNetwork(agent?.from ?? '');
  if (agent === null || from === undefined || from.address.range() === 'loopback') return null;
  const entrance: Entrance = { own: singleAddress(agent.to), interfaces: agent.interfaces };
  const why = refusal(spec, entrance, addressesIn(from), agent.port);
  return why === null ? null : sentence(why, agent.port, `Phoenix, which comes from ${agent.from}`);
}

/** The address alone of one with its network; every address where it cannot be parsed. */
function singleAddress(address: string): AddressSet {
  const network = parseNetwork(address.replace(/\/\d+$/, ''));
  return network === undefined ? EVERY_ADDRESS : addressesIn(network);
}

function sentence(why: string, port: number, whom: string): string {
  const name = NAMES[port] ?? `${port} (SSH)`;
  if (why === REFUSED_BY_BLACKLIST)
    return `${why} closes port ${name} of the host to ${whom}, before any rule: take these addresses out of it`;
  const where = why.startsWith('rule') ? ' before it' : '';
  return `${why} would close port ${name} of the host to ${whom}: add a rule${where} that accepts TCP port ${port} from there`;
}

/** Where packets reach the host. */
interface Entrance {
  /** The address that they are sent to. */
  readonly own: AddressSet;
  readonly interfaces: readonly string[];
}

/** Whether it certainly blocks all of these senders: rules that accept names with unknown content count as accepting. */
function isClosed(spec: Filtering | null, entrance: Entrance, from: AddressSet, port: number): boolean {
  return spec?.enabled === true && refusal(spec, entrance, from, port, true) !== null;
}

/**
 * The first rule, or the policy, that blocks all of these senders; null when some are accepted.
 *
 * @param unknownAccepts whether a rule that accepts names with unknown content counts as accepting; else it counts as matching nobody
 */
function refusal(
  spec: Filtering,
  entrance: Entrance,
  from: AddressSet,
  port: number,
  unknownAccepts = false,
): string | null {
  const concerned = spec.rules.filter(
    (rule) => isForTcpPort(rule, port) && isForEntrance(rule, spec.named, entrance, unknownAccepts),
  );
  const verdict = evaluate(concerned, from, spec.named, unknownAccepts);
  if (verdict.kind === 'refused' && verdict.rule.source === BLACKLIST.source) return REFUSED_BY_BLACKLIST;
  if (verdict.kind === 'refused') return `rule "${printRule(verdict.rule)}"`;
  if (verdict.kind === 'accepted' || spec.policyIn === 'ACCEPT') return null;
  const isOpened = OPENED.some(([first, last]) => first <= port && port <= last);
  return isOpened && intersects(verdict.left, spec.management) ? null : `policy ${spec.policyIn}`;
}

function isForEntrance(
  { action, iface, dest }: Rule,
  named: NamedAddresses,
  { own, interfaces }: Entrance,
  unknownAccepts: boolean,
): boolean {
  if (iface !== null && !interfaces.includes(iface)) return false;
  const addresses = addressesOfList(dest, named);
  return addresses === undefined ? unknownAccepts && action === 'ACCEPT' : intersects(addresses, own);
}
