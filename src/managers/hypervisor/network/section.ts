// The network of the host. The interface that Phoenix comes in by is only compared: to change it is a person's work. Bridges beside
// it are set up in a file of ours, with a timer that takes them back unless the host still answers afterwards.

import type { HostBridge } from '../../../config/config-host.ts';
import { contains, overlaps, parseAddress, parseNetwork } from '../../../config/rules/address.ts';
import type { Action } from '../../../model/action.ts';
import type { JsonObject } from '../../../model/json.ts';
import { HOST } from '../../edges.ts';
import type { Decision, HostReader } from '../../manager.ts';
import { act, actions, look, MARK, remove, run, textOf, write } from '../act.ts';
import type { Section } from '../section.ts';
import { BRIDGES_FILE, bridgesText, nameserversIn, withNameservers } from './bridges.ts';
import { addressOf, optionOf, type Stanza, stanzasOf } from './interfaces.ts';
import { ARMED, type Armed, arm, BACK, disarm, loaded } from './revert.ts';

interface NetworkSpec {
  /** The interface that the host is managed by. */
  readonly name: string;
  readonly address: string | null;
  readonly gateway: string | null;
  readonly nameservers: readonly string[];
  /** The host's own DNS server has others to ask, so that the host may ask it. */
  readonly resolves: boolean;
  readonly bridges: readonly HostBridge[];
}

interface Facts {
  readonly main: string;
  /** The file of ours; null: none. */
  readonly own: string | null;
  /** Those of others that the main file includes. */
  readonly others: readonly string[];
  readonly resolv: string;
  readonly armed: Armed;
}

interface Seen extends Facts {
  /** Addresses by interface, as the kernel has them; null where it was not asked. */
  readonly kernel: ReadonlyMap<string, readonly string[]> | null;
}

const MAIN = '/etc/network/interfaces';
const FOLDER = '/etc/network/interfaces.d';
const RESOLV = '/etc/resolv.conf';

export const network: Section<Facts, Seen> = {
  name: 'network',
  declared({ hypervisor }) {
    const { name, address, gateway, nameservers, bridges } = hypervisor.network;
    if (address === null && gateway === null && nameservers.length === 0 && bridges.length === 0) return null;
    const { enabled, upstreamServers } = hypervisor.dns;
    const resolves = !enabled || upstreamServers.length > 0;
    const spec: NetworkSpec = { name, address, gateway, nameservers, resolves, bridges };
    // The host asks its own server only once that answers.
    const own = address?.split('/')[0];
    const asksItself = own !== undefined && nameservers.includes(own);
    return { spec: spec as unknown as JsonObject, needs: asksItself ? [HOST.dns] : [] };
  },
  impact: () => 'live',
  survey: see,
  glance(facts, { spec }) {
    const seen = { ...facts, kernel: null };
    const decision = spec === undefined ? takeAway(seen) : keep(specOf(spec), seen);
    return decision.kind === 'actions' && decision.actions.length === 0 ? seen : null;
  },
  async observe(host) {
    const facts = await see(host);
    return { ...facts, kernel: kernelOf(await look(host, 'ip', ['-j', 'address', 'show'])) };
  },
  decide: ({ spec }, seen) => (spec === undefined ? takeAway(seen) : keep(specOf(spec), seen)),
  health: () => null,
  safeguard: (_, { armed }, todo) =>
    armed !== null || todo.some(({ do: what }) => what.kind === 'command' && what.program === 'systemd-run')
      ? BACK
      : null,
};

const specOf = (spec: JsonObject): NetworkSpec => spec as unknown as NetworkSpec;

async function see(host: HostReader): Promise<Facts> {
  const [main, included, resolv, armed] = await Promise.all([
    textOf(host, MAIN),
    host.readFolders([FOLDER]),
    textOf(host, RESOLV),
    textOf(host, ARMED),
  ]);
  const others = [...included].filter(([path]) => path !== BRIDGES_FILE).map(([, text]) => text);
  const own = included.get(BRIDGES_FILE) ?? null;
  return { main: main ?? '', own, others, resolv: resolv ?? '', armed: armedAs(armed) };
}

function armedAs(text: string | null): Armed {
  if (text === null) return null;
  return text.trim() === 'loaded' ? 'loaded' : 'set';
}

function kernelOf(json: string): ReadonlyMap<string, readonly string[]> {
  const links = JSON.parse(json) as { ifname: string; addr_info?: { local: string; prefixlen: number }[] }[];
  return new Map(
    links.map(({ ifname, addr_info }) => [
      ifname,
      (addr_info ?? []).map(({ local, prefixlen }) => `${local}/${prefixlen}`),
    ]),
  );
}

function keep(spec: NetworkSpec, seen: Seen): Decision {
  const reason = byHand(spec, seen) ?? inTheWay(spec, seen);
  if (reason !== null) return { kind: 'blocked', reason };
  const text = spec.bridges.length === 0 ? null : bridgesText(spec.bridges);
  const isOurs = seen.own?.startsWith(MARK) ?? false;
  if (text !== null && seen.own !== null && seen.own !== text && !isOurs) {
    return { kind: 'blocked', reason: `${BRIDGES_FILE} was written by somebody else: move it away, then replay` };
  }
  const resolv = spec.nameservers.length > 0 && nameserversIn(seen.resolv).join() !== spec.nameservers.join();
  const asked = resolv
    ? write(
        'write which DNS servers the host asks',
        RESOLV,
        withNameservers(seen.resolv, spec.nameservers),
        seen.resolv,
      )
    : null;
  const isEmpty = seen.own === null || seen.own === `${MARK}\n`;
  if (text === null ? !isEmpty && isOurs : text !== seen.own) return actions(change(text, seen), asked);
  const missing = lost(spec.bridges, seen);
  if (seen.armed === 'set' || (seen.armed === null && missing !== null)) return actions(load(seen), asked);
  const broken = missing ?? lost([spec], seen);
  if (seen.armed !== null && broken !== null) return { kind: 'impossible', reason: broken };
  return actions(seen.armed === null ? null : disarm(), asked);
}

/** What is declared of the interface that Phoenix comes in by, and is otherwise on the host. */
function byHand({ name, address, gateway }: NetworkSpec, { main, others }: Facts): string | null {
  if (address === null && gateway === null) return null;
  const stanzas = [main, ...others].flatMap(stanzasOf).filter((stanza) => stanza.name === name);
  const steps = [
    ...(address === null || stanzas.some((stanza) => sameAddress(addressOf(stanza), address))
      ? []
      : [`"address ${address}"`]),
    ...(gateway === null || stanzas.some((stanza) => sameAddress(optionOf(stanza, 'gateway'), gateway))
      ? []
      : [`"gateway ${gateway}"`]),
  ];
  if (steps.length === 0) return null;
  return `${name} is what Phoenix reaches the host by, and a push never changes it: at the host's console, give "iface ${name}" in ${MAIN} ${steps.join(' and ')}, run "ifreload -a", then replay; or declare in network.interfaces what the host has`;
}

function sameAddress(a: string | null, b: string): boolean {
  const [one, other] = [parseNetwork(a ?? ''), parseNetwork(b)];
  if (one === undefined || other === undefined) return a === b;
  return one.bits === other.bits && contains({ ...one, bits: 128 }, other.address);
}

/** What stands against the declared bridges in files of people. */
function inTheWay({ name, nameservers, resolves, address, bridges }: NetworkSpec, seen: Facts): string | null {
  const own = parseAddress(address?.split('/')[0] ?? '');
  if (
    own !== undefined &&
    !resolves &&
    nameservers.some((server) => parseAddress(server)?.toString() === own.toString())
  )
    return 'the host would ask itself for every name: name dns_server.upstream_servers, or others in network.interfaces.dns_nameservers';
  if (bridges.length === 0) return null;
  if (!includes(seen.main)) {
    return `${MAIN} does not include ${FOLDER}: add the line "source ${FOLDER}/*" at its end, then replay`;
  }
  const stanzas = [seen.main, ...seen.others].flatMap(stanzasOf);
  for (const bridge of bridges) {
    if (bridge.name === name) return `${name} is what Phoenix reaches the host by: take it out of network.bridges`;
    const same = stanzas.find((stanza) => stanza.name === bridge.name);
    if (same !== undefined)
      return `"iface ${bridge.name}" stands on the host already: take it out of ${MAIN} or out of network.bridges`;
    const taken = bridge.ports.find((port) => stanzas.some((stanza) => portsOf(stanza).includes(port)));
    if (taken !== undefined) {
      const holder = stanzas.find((stanza) => portsOf(stanza).includes(taken));
      return `${taken} is a port of ${holder?.name} already, which would be cut off: choose another one for ${bridge.name}`;
    }
    const range = parseNetwork(bridge.address ?? '');
    const clash = stanzas.find((stanza) => {
      const other = parseNetwork(addressOf(stanza) ?? '');
      return range !== undefined && other !== undefined && overlaps(range, other);
    });
    if (clash !== undefined)
      return `${bridge.address} of ${bridge.name} lies in the network of ${clash.name}, which would be cut off: choose another network`;
  }
  return null;
}

function includes(main: string): boolean {
  return /^\s*source(-directory)?\s+(\/etc\/network\/)?interfaces\.d(\/\*?)?\s*$/m.test(main);
}

function portsOf(stanza: Stanza): string[] {
  return (optionOf(stanza, 'bridge-ports') ?? optionOf(stanza, 'bridge_ports') ?? '').split(/\s+/);
}

/** @param text null: none is declared any more */
function change(text: string | null, seen: Seen): Action[] {
  const summary = text === null ? 'take the bridges of the host away' : 'write the bridges of the host';
  const swap = text === null ? remove(summary, BRIDGES_FILE) : write(summary, BRIDGES_FILE, text, seen.own);
  return [...arm(seen.own, seen.armed), swap, ...reload()];
}

/** What is in the files already. */
function load({ own, armed }: Seen): Action[] {
  return [...arm(own, armed), ...reload()];
}

function reload(): Action[] {
  return [
    act('check the network of the host', run('ifreload', ['--syntax-check', '-a'])),
    act('load the network of the host', run('ifreload', ['-a'])),
    loaded(),
  ];
}

/** Which of them is not as it has to be; null where all are, or the kernel was not asked. */
function lost(expected: readonly Pick<HostBridge, 'name' | 'address'>[], { kernel }: Seen): string | null {
  if (kernel === null) return null;
  for (const { name, address } of expected) {
    const found = kernel.get(name);
    if (found === undefined) return `${name} did not come up`;
    if (address !== null && !found.some((one) => sameAddress(one, address)))
      return `${name} came up without ${address}`;
  }
  return null;
}

/** The interfaces that people set up stay. */
function takeAway(seen: Seen): Decision {
  if (seen.own?.startsWith(MARK) === true && seen.own !== `${MARK}\n`) return actions(change(null, seen));
  if (seen.armed === null) return actions();
  return actions(seen.armed === 'set' ? load(seen) : disarm());
}
