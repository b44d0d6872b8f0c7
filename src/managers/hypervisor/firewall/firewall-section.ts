// The firewall of the host. Its two files are compared by meaning, written when they differ, and then compiled, since Proxmox skips a line that it
// does not understand and only the compiler reports it. If it does, the previous files are restored. The firewall files of guests belong to the
// guests.

import { contains, parseAddress, parseNetwork } from '../../../config/address.ts';
import { firewallObjects } from '../../guest/firewall-names.ts';
import { compileFirewall, faultsIn } from '../../guest/proxmox/firewall-faults.ts';
import type { Decision, HostReader, Rollback, Wanted } from '../../manager.ts';
import { act, actions, digest, MARK, NOTES, remove, run, textOf, write } from '../act.ts';
import { addressOf, optionOf, stanzasOf } from '../network/interfaces.ts';
import type { Section } from '../section.ts';
import { enableUnit, type Units, unitsOf } from '../units.ts';
import { groupRulesIn, withGroups } from './expand-groups.ts';
import { FILES, type FirewallSpec, isAsWanted } from './files.ts';
import { firewallComparison } from './firewall-comparison.ts';
import { lockout, type Surroundings } from './reach.ts';

type FileName = keyof typeof FILES;
const NAMES: readonly FileName[] = ['host', 'cluster'];

interface Facts extends Readonly<Record<FileName, string | null>> {
  /** The files before a change that is not confirmed yet. */
  readonly unproved: PreviousFiles | null;
  readonly units: Units;
}

interface Seen extends Facts {
  /** Lines that Proxmox does not understand; empty where the files were not compiled. */
  readonly faults: readonly string[];
  readonly around: Surroundings;
}

type PreviousFiles = Readonly<Record<FileName, { readonly before: string | null; readonly after: string }>>;

const UNPROVED = `${NOTES}/firewall/unproved.json`;
const PREVIOUS = `${NOTES}/firewall/previous.json`;
const INTERFACES = '/etc/network/interfaces';
const UNIT = 'pve-firewall.service';
const NOBODY: Surroundings = { addresses: [], managed: [], interfaces: [], agent: null };

export const firewall: Section<FirewallSpec, Facts, Seen> = {
  name: 'firewall',
  declared({ datacenter, hypervisor: { firewall: declared } }) {
    if (declared === null) return null;
    const { enabled, policyIn, policyOut } = declared;
    const rules = declared.rules.map(({ writtenAt: _, ...rule }) => rule);
    const spec: FirewallSpec = { enabled, policyIn, policyOut, rules };
    // Objects of the datacenter's firewall are in the same file, and the rules may name them.
    return { spec, needs: firewallObjects(datacenter) };
  },
  impact: () => 'live',
  inventory: see,
  quickCheck: (facts, { spec }) =>
    facts.unproved === null && (spec === undefined || NAMES.every((name) => isSame(name, spec, facts)))
      ? { ...facts, faults: [], around: NOBODY }
      : null,
  async observe(host, { spec }) {
    const facts = await see(host);
    if (spec === undefined) return { ...facts, faults: [], around: NOBODY };
    return { ...facts, faults: await faultsOf(host, facts), around: await aroundOf(host) };
  },
  decide: (wanted, seen) => (wanted.spec === undefined ? removal(seen) : converge(wanted, wanted.spec, seen)),
  compares: firewallComparison,
  isThere: (_wanted, { host, cluster }) => host !== null || cluster !== null,
  health: () => null,
  rollback({ spec }, seen, todo) {
    if (seen.unproved !== null) return rollbackOf(seen.unproved, []);
    if (spec === undefined || todo.length === 0) return null;
    const previousOf = (name: FileName) => ({
      before: seen[name],
      after: digest(FILES[name].text(spec, seen[name])),
    });
    const previous: PreviousFiles = { host: previousOf('host'), cluster: previousOf('cluster') };
    const text = `${JSON.stringify(previous, null, 2)}\n`;
    return rollbackOf(previous, [write('keep the firewall as it was', UNPROVED, text, null, 0o600)]);
  },
};

async function see(host: HostReader): Promise<Facts> {
  const [cluster, own, unproved, units] = await Promise.all([
    textOf(host, FILES.cluster.path),
    textOf(host, FILES.host.path),
    textOf(host, UNPROVED),
    unitsOf(host),
  ]);
  return { cluster, host: own, unproved: unproved === null ? null : JSON.parse(unproved), units };
}

/** Compiler errors in the host's files, or without a file name; those in guests' files are reported for the guests. */
async function faultsOf(host: HostReader, facts: Facts): Promise<string[]> {
  const faults = await compileFirewall(host);
  return NAMES.flatMap((name) => faultsIn(faults, FILES[name].path, facts[name] ?? ''));
}

async function aroundOf(host: HostReader): Promise<Surroundings> {
  const files = await host.readFolders([`${INTERFACES}.d`]);
  const texts = [(await textOf(host, INTERFACES)) ?? '', ...files.values()];
  const stanzas = texts.flatMap((text) => stanzasOf(text)).filter(({ method }) => method === 'static');
  const { exit, stdout } = await host.run(run('printenv', ['SSH_CONNECTION']));
  const [from, , , port] = stdout.trim().split(' ');
  const gateways = stanzas.flatMap((stanza) => parseAddress(optionOf(stanza, 'gateway') ?? '') ?? []);
  const managed = stanzas.filter((stanza) => {
    const network = parseNetwork(addressOf(stanza) ?? '');
    return network !== undefined && gateways.some((gateway) => contains(network, gateway));
  });
  return {
    addresses: stanzas.flatMap((stanza) => addressOf(stanza) ?? []),
    managed: managed.flatMap((stanza) => addressOf(stanza) ?? []),
    interfaces: managed.map(({ name }) => name),
    agent: exit === 0 && from !== undefined && port !== undefined ? { from, port: Number(port) } : null,
  };
}

function isSame(name: FileName, spec: FirewallSpec, facts: Facts): boolean {
  return isAsWanted(facts[name], FILES[name].text(spec, facts[name]));
}

/** Security groups are applied before the host's rules, so their content can be read from cluster.fw. */
function asTried({ rules }: FirewallSpec, { cluster }: Seen): FirewallSpec['rules'] {
  return withGroups(rules, (group) => groupRulesIn(cluster, group));
}

function converge({ before, adopt }: Wanted<FirewallSpec>, spec: FirewallSpec, seen: Seen): Decision {
  const different = NAMES.filter((name) => !isSame(name, spec, seen));
  const foreign = different.find((name) => !isOurs(name, seen[name], before));
  if (foreign !== undefined && adopt !== true) {
    const reason = `${FILES[foreign].path} was written by somebody else: move it away, or take it over with phoenix adopt hypervisor/firewall, which keeps its aliases, sets and groups and replaces its rules`;
    return { kind: 'blocked', reason };
  }
  if (different.length === 0 && seen.faults.length > 0) {
    return { kind: 'impossible', reason: `Proxmox does not understand the firewall: ${seen.faults.join(' ').trim()}` };
  }
  const closed = different.length === 0 ? null : lockout({ ...spec, rules: asTried(spec, seen) }, seen.around);
  if (closed !== null) return { kind: 'blocked', reason: closed };
  return actions(
    different.map((name) => {
      const summary =
        name === 'host' ? 'write the firewall rules of the host' : 'write what the firewall does by itself';
      return write(summary, FILES[name].path, FILES[name].text(spec, seen[name]), seen[name], 0o640);
    }),
    spec.enabled ? enableUnit(UNIT, seen.units) : null,
  );
}

/**
 * A file belongs to Phoenix by its first line, or when it equals what Phoenix wrote last: Proxmox drops the first line when it rewrites the file. A
 * file with nothing that could be declared, only content that stays, belongs to nobody.
 */
function isOurs(name: FileName, present: string | null, before: FirewallSpec | undefined): boolean {
  if (present === null || present.startsWith(MARK) || FILES[name].declarable(present).length === 0) return true;
  return before !== undefined && isAsWanted(present, FILES[name].text(before, present));
}

function removal(seen: Seen): Decision {
  const summary = 'take the firewall of the host away';
  const list = NAMES.flatMap((name) => {
    const present = seen[name];
    if (present === null || !present.startsWith(MARK)) return [];
    const left = FILES[name].without(present);
    const { path } = FILES[name];
    return [left === null ? remove(summary, path) : write(summary, path, left, present, 0o640)];
  });
  // The rules are removed last: filtering without them would lock everybody out.
  return actions(list.toReversed());
}

/** A file that somebody else changed meanwhile is not restored. */
function rollbackOf(kept: PreviousFiles, take: Rollback['snapshot']): Rollback {
  const back = NAMES.map((name) => {
    const { before, after } = kept[name];
    const content = { from: 'text', text: before ?? `${MARK}\n` } as const;
    const file = { kind: 'file', path: FILES[name].path, content, mode: 0o640, expects: after } as const;
    return { ...act(`put ${FILES[name].path} back`, file), failure: 'observe' } as const;
  });
  const proved = [
    act('keep what the firewall was before', {
      kind: 'place',
      files: [{ from: UNPROVED, to: PREVIOUS, owner: { uid: 0, gid: 0 }, mode: 0o600 }],
    }),
    remove('note that the firewall works', UNPROVED),
  ];
  return { snapshot: take, restore: [...back.toReversed(), ...proved], discard: proved };
}
