// The firewall of the host. Its two files are compared by meaning, written when they differ, and then compiled, since Proxmox skips a line that it
// does not understand and only the compiler reports it. If it does, the previous files are restored. The firewall files of guests belong to the
// guests.

import { contains, parseAddress, parseNetwork } from '../../../config/address.ts';
import { hasHiddenSections } from '../../../proxmox/firewall/file.ts';
import type { FirewallRule } from '../../guest/declared.ts';
import { firewallObjects, objectsNamedBy } from '../../guest/firewall-names.ts';
import { compileFirewall, faultsIn } from '../../guest/proxmox/firewall-faults.ts';
import type { Decision, HostReader, Rollback, Wanted } from '../../manager.ts';
import { act, actions, digest, MARK, NOTES, remove, run, textOf, write } from '../act.ts';
import { addressOf, includedBy, optionOf, stanzasOf } from '../network/interfaces.ts';
import type { Section } from '../section.ts';
import { enableUnit, type Units, unitsOf } from '../units.ts';
import { FILES, type FirewallSpec, isAsWanted, isKept, wantedText } from './files.ts';
import { filteringIn, namesManagement } from './filtering.ts';
import { firewallComparison } from './firewall-comparison.ts';
import { type Filtering, lockout, type Surroundings } from './reach.ts';

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
  /** Null where nothing is to be written, so that no lockout is judged. */
  readonly around: Around | null;
}

interface Around extends Surroundings {
  /** The network that Proxmox detects as the host's own; null where nobody is locked out whatever it is. */
  readonly detectedNetwork: string | null;
}

/** `after` is the digest of what was written; null: the file was taken away. */
type PreviousFiles = Readonly<Record<FileName, { readonly before: string | null; readonly after: string | null }>>;

const UNPROVED = `${NOTES}/firewall/unproved.json`;
const PREVIOUS = `${NOTES}/firewall/previous.json`;
const INTERFACES = '/etc/network/interfaces';
const UNIT = 'pve-firewall.service';
/** Everything that can be declared. */
const WHOLE: FirewallSpec = { enabled: false, policyIn: 'DROP', policyOut: 'ACCEPT', rules: [], datacenterRules: [] };

export const firewall: Section<FirewallSpec, Facts, Seen> = {
  name: 'firewall',
  declared({ datacenter, datacenterRules = null, hypervisor: { firewall: declared } }) {
    if (declared === null && datacenterRules === null) return null;
    const bare = (list: readonly FirewallRule[]) => list.map(({ writtenAt: _, ...rule }) => rule);
    const spec: FirewallSpec = {
      ...(declared === null
        ? { enabled: null, policyIn: null, policyOut: null, rules: null }
        : {
            enabled: declared.enabled,
            policyIn: declared.policyIn,
            policyOut: declared.policyOut,
            rules: bare(declared.rules),
          }),
      ...(datacenterRules === null ? {} : { datacenterRules: bare(datacenterRules) }),
    };
    const named = objectsNamedBy([...(declared?.rules ?? []), ...(datacenterRules ?? [])]);
    // Objects of the datacenter's firewall are in the same file, and the rules may name them.
    return { spec, needs: [...new Set([...firewallObjects(datacenter), ...named])] };
  },
  impact: () => 'live',
  inventory: see,
  quickCheck: (facts, { spec, before }) =>
    facts.unproved === null && (spec === undefined || NAMES.every((name) => isSame(name, spec, before, facts)))
      ? { ...facts, faults: [], around: null }
      : null,
  async observe(host, { spec, before }) {
    const facts = await see(host);
    if (spec === undefined) return { ...facts, faults: [], around: null };
    return { ...facts, faults: await faultsOf(host, spec, facts), around: await aroundOf(host, spec, before, facts) };
  },
  decide: (wanted, seen) =>
    wanted.spec === undefined ? removal(wanted, seen) : decisionFor(wanted, wanted.spec, seen),
  compares: firewallComparison,
  isThere: (_wanted, { host, cluster }) => host !== null || cluster !== null,
  health: () => null,
  rollback({ spec, before }, seen, todo) {
    if (seen.unproved !== null) return rollbackOf(seen.unproved, []);
    if (spec === undefined || todo.length === 0) return null;
    const previousOf = (name: FileName) => {
      const text = wantedText(name, spec, before, seen[name]);
      return { before: seen[name], after: text === null ? null : digest(text) };
    };
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

/**
 * Compiler errors in the host's files, or without a file name; those in guests' files are reported for the guests, and those in a file without anything
 * declared are of the people who keep it.
 */
async function faultsOf(host: HostReader, { rules }: FirewallSpec, facts: Facts): Promise<string[]> {
  const faults = await compileFirewall(host);
  return NAMES.filter((name) => name === 'cluster' || rules !== null).flatMap((name) =>
    faultsIn(faults, FILES[name].path, facts[name] ?? ''),
  );
}

/** Where the host is managed from and the agent comes from, if something is to be written. */
async function aroundOf(
  host: HostReader,
  spec: FirewallSpec,
  before: FirewallSpec | undefined,
  facts: Facts,
): Promise<Around | null> {
  if (NAMES.every((name) => isSame(name, spec, before, facts))) return null;
  const surroundings = await surroundingsOf(host);
  const filtering = filteringOf(spec, before, facts, null);
  const isAsked = lockout(filtering, surroundings, null) !== null || namesManagement(filtering);
  return { ...surroundings, detectedNetwork: isAsked ? await detectedNetworkOf(host) : null };
}

async function surroundingsOf(host: HostReader): Promise<Surroundings> {
  const [files, connection] = await Promise.all([
    host.readFolders([`${INTERFACES}.d`]),
    host.run(run('printenv', ['SSH_CONNECTION'])),
  ]);
  const main = (await textOf(host, INTERFACES)) ?? '';
  const texts = [main, ...includedBy(main, files).map(([, text]) => text)];
  const own = texts
    .flatMap((text) => stanzasOf(text))
    .filter(({ method }) => method === 'static')
    .map((stanza) => ({
      address: addressOf(stanza) ?? '',
      // The kernel knows an alias such as `vmbr0:1` as a second address of `vmbr0`: packets and rules have that name.
      interface: stanza.name.replace(/:\d+$/, ''),
      gateway: optionOf(stanza, 'gateway'),
    }));
  const gateways = own.flatMap(({ gateway }) => parseAddress(gateway ?? '') ?? []);
  const managed = own.filter(({ address }) => {
    const network = parseNetwork(address);
    return network !== undefined && gateways.some((gateway) => contains(network, gateway));
  });
  const [from, , to, port] = connection.exit === 0 ? connection.stdout.trim().split(' ') : [];
  if (from === undefined || to === undefined || port === undefined) return { managed, agent: null };
  const used = own.filter(({ address }) => address.split('/')[0] === to);
  const interfaces = (used.length === 0 ? managed : used).map((one) => one.interface);
  return { managed, agent: { from, to, port: Number(port), interfaces } };
}

/** @throws Error when the command fails or prints no network */
async function detectedNetworkOf(host: HostReader): Promise<string> {
  const { exit, stdout, stderr, ended } = await host.run(run('pve-firewall', ['localnet']));
  const [, network] = /^network auto detect: (\S+)$/m.exec(stdout) ?? [];
  if (exit === 0 && network !== undefined) return network;
  const how = ended === 'exited' ? `exit ${exit}` : ended;
  const said = stderr.trim() || stdout.trim();
  const remedy = said.includes('phoenix-shell: refused')
    ? "install this version's files of deploy/ssh on the node (deploy/README.md)"
    : 'see that the name of the node has an address (getent hosts "$(hostname)")';
  throw new Error(
    `pve-firewall localnet does not tell the network that Proxmox opens by itself, without which nobody knows whether the declared firewall locks somebody out (${how}): ${said}; ${remedy}, or declare rules that accept TCP ports 22 and 8006 from where the host is managed`,
  );
}

function isSame(name: FileName, spec: FirewallSpec, before: FirewallSpec | undefined, facts: Facts): boolean {
  return isAsWanted(facts[name], wantedText(name, spec, before, facts[name]));
}

/** What the host will filter: as declared, and where nothing is declared as its files have it. */
function filteringOf(
  spec: FirewallSpec,
  before: FirewallSpec | undefined,
  facts: Facts,
  detectedNetwork: string | null,
): Filtering {
  const textOf = (name: FileName): string => wantedText(name, spec, before, facts[name]) ?? '';
  return filteringIn(textOf('cluster'), textOf('host'), detectedNetwork);
}

/** Null where the service that carries it out does not run. */
function presentFiltering({ cluster, host, units }: Facts, { detectedNetwork }: Around): Filtering | null {
  return units[UNIT].active ? filteringIn(cluster ?? '', host ?? '', detectedNetwork) : null;
}

function decisionFor({ before, adopt }: Wanted<FirewallSpec>, spec: FirewallSpec, seen: Seen): Decision {
  const different = NAMES.filter((name) => !isSame(name, spec, before, seen));
  const foreign = different.find((name) => !isOurs(name, seen[name], spec, before));
  if (foreign !== undefined && adopt !== true) {
    const { path } = FILES[foreign];
    if (hasHiddenSections(seen[foreign] ?? '')) {
      const reason = `the lines of ${path} end with carriage returns, so that Proxmox reads nothing of its sections; what is not declared of them would come into force: look whether it may, and then take the carriage returns out (sed -i 's/\\r$//' ${path}), or take the file over with phoenix adopt hypervisor/firewall`;
      return { kind: 'blocked', reason };
    }
    const reason = `${FILES[foreign].path} was written by somebody else: move it away, or take it over with phoenix adopt hypervisor/firewall, which keeps its aliases, sets and groups and replaces its rules`;
    return { kind: 'blocked', reason };
  }
  if (different.length === 0 && seen.faults.length > 0) {
    return { kind: 'impossible', reason: `Proxmox does not understand the firewall: ${seen.faults.join(' ').trim()}` };
  }
  const { around } = seen;
  const closed =
    around === null
      ? null
      : lockout(filteringOf(spec, before, seen, around.detectedNetwork), around, presentFiltering(seen, around));
  if (closed !== null) return { kind: 'blocked', reason: closed };
  const writes = different.map((name) => {
    const [{ path }, text] = [FILES[name], wantedText(name, spec, before, seen[name])];
    const comes = comingInto(text, seen[name]);
    return text === null
      ? remove(SUMMARIES.gone, path)
      : write(`${SUMMARIES[name]}${comes}`, path, text, seen[name], 0o640);
  });
  // Where the firewall of the host is declared no more, its rules are removed last: filtering without them would lock everybody out.
  return actions(
    spec.enabled === null ? writes.toReversed() : writes,
    spec.enabled === true ? enableUnit(UNIT, seen.units) : null,
  );
}

const SUMMARIES = {
  host: 'write the firewall rules of the host',
  cluster: 'write what the firewall does by itself',
  gone: 'take the firewall of the host away',
} as const;

/** What a summary says of a written file whose present lines end with carriage returns, which it is written without; empty for another file. */
function comingInto(text: string | null, present: string | null): string {
  return text !== null && present !== null && hasHiddenSections(present)
    ? '; with them comes into force what else the file has, of which Proxmox reads nothing for its carriage returns'
    : '';
}

/**
 * A file in which nothing is to be replaced, with only content that stays, belongs to nobody. Of one that Phoenix keeps, the lines that were not declared
 * before are those of others: options beside declared rules of the datacenter.
 */
function isOurs(name: FileName, present: string | null, spec: FirewallSpec, before: FirewallSpec | undefined): boolean {
  const replaced = present === null ? [] : FILES[name].replaced(spec, present);
  if (present !== null && hasHiddenSections(present) && !isKept(name, before, present)) return false;
  if (present === null || replaced.length === 0) return true;
  const declared = FILES[name].replaced(before ?? spec, present);
  return replaced.every((line) => declared.includes(line)) && isKept(name, before, present);
}

function removal({ before }: Wanted<FirewallSpec>, seen: Seen): Decision {
  const list = NAMES.flatMap((name) => {
    const present = seen[name];
    if (present === null || !isKept(name, before, present)) return [];
    const left = FILES[name].without(present, before ?? WHOLE);
    const { path } = FILES[name];
    const summary = `${SUMMARIES.gone}${comingInto(left, present)}`;
    return [left === null ? remove(SUMMARIES.gone, path) : write(summary, path, left, present, 0o640)];
  });
  // The rules are removed last: filtering without them would lock everybody out.
  return actions(list.toReversed());
}

/** A file that somebody else changed meanwhile is not restored. */
function rollbackOf(kept: PreviousFiles, take: Rollback['snapshot']): Rollback {
  const changed = NAMES.filter((name) => kept[name].before !== null || kept[name].after !== null);
  const back = changed.map((name) => {
    const { before, after } = kept[name];
    const content = { from: 'text', text: before ?? `${MARK}\n` } as const;
    const expects = after ?? 'absent';
    const file = { kind: 'file', path: FILES[name].path, content, mode: 0o640, expects } as const;
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
