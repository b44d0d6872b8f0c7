// Checks on the host whether its rules would lock somebody out: those who manage it from its own networks, and the agent where it connects by SSH.
// Rules are evaluated as Proxmox does: the host's rules and those of the datacenter, then what Proxmox opens to its own networks, then the policy.

import { contains, covers, type Network, overlaps, parseNetwork } from '../../../config/address.ts';
import type { FirewallRule } from '../../guest/declared.ts';
import { printRule } from '../../guest/proxmox/firewall.ts';
import { namesPort, someNetwork } from '../../guest/rules/firewall-reach.ts';

export interface Surroundings {
  /** Addresses of the host with their networks, such as `10.0.0.13/24`. */
  readonly addresses: readonly string[];
  /** The addresses whose network contains the host's gateway: the host is managed from there. */
  readonly managed: readonly string[];
  /** The interfaces with these addresses. */
  readonly interfaces: readonly string[];
  /** The agent's connection as sshd reports it; null where the agent runs on the host itself. */
  readonly agent: { readonly from: string; readonly port: number } | null;
}

/** What the host filters incoming packets by. */
export interface Filtering {
  readonly enabled: boolean;
  readonly policyIn: 'ACCEPT' | 'DROP' | 'REJECT';
  /** In the order in which they are tried, with groups and macros in their places. */
  readonly rules: readonly Omit<FirewallRule, 'writtenAt'>[];
}

const SSH = 22;
const NAMES: Readonly<Record<number, string>> = { 22: '22 (SSH)', 8006: '8006 (Proxmox)' };

/** What would be blocked, and what to do; null while everyone who needs access still has it. */
export function lockout(spec: Filtering, { addresses, managed, interfaces, agent }: Surroundings): string | null {
  if (!spec.enabled) return null;
  const networksOf = (list: readonly string[]) => list.flatMap((address) => parseNetwork(address) ?? []);
  const [own, open] = [networksOf(addresses), networksOf(managed)];
  const meeting = { own, open, interfaces };
  for (const network of open) {
    for (const port of [SSH, 8006]) {
      const reason = refusal(spec, meeting, network, port);
      if (reason !== null) return sentence(reason, port, `${network.address}/${network.bits}`);
    }
  }
  const from = parseNetwork(agent?.from ?? '');
  if (agent === null || from === undefined || from.address.range() === 'loopback') return null;
  const why = refusal(spec, meeting, from, agent.port);
  return why === null ? null : sentence(why, agent.port, `Phoenix, which comes from ${agent.from}`);
}

function sentence(why: string, port: number, whom: string): string {
  const name = NAMES[port] ?? `${port} (SSH)`;
  const where = why.startsWith('rule') ? ' before it' : '';
  return `${why} would close port ${name} of the host to ${whom}: add a rule${where} that accepts TCP port ${port} from there`;
}

interface Host {
  readonly own: readonly Network[];
  /** Networks that Proxmox always accepts. */
  readonly open: readonly Network[];
  readonly interfaces: readonly string[];
}

/**
 * The first rule, or the policy, that blocks all of these senders; null when some are accepted. The content of a set is unknown here, so it counts as
 * matching nobody.
 */
function refusal(spec: Filtering, { own, open, interfaces }: Host, from: Network, port: number): string | null {
  for (const rule of spec.rules) {
    const isIn = rule.type === 'in' && rule.enabled && (rule.proto === null || rule.proto === 'tcp');
    if (!isIn || !namesPort(rule.port, port)) continue;
    const accepts = rule.action === 'ACCEPT';
    if (rule.sourcePort !== null || (rule.iface !== null && !interfaces.includes(rule.iface))) continue;
    const toHost = someNetwork(rule.dest, false, (dest) => own.some(({ address }) => contains(dest, address)));
    if (!toHost && own.length > 0) continue;
    if (accepts) {
      if (someNetwork(rule.source, false, (source) => overlaps(source, from))) return null;
    } else if (someNetwork(rule.source, false, (source) => covers(source, from))) return `rule "${printRule(rule)}"`;
  }
  if (spec.policyIn === 'ACCEPT' || open.some((network) => contains(network, from.address))) return null;
  return `policy ${spec.policyIn}`;
}
