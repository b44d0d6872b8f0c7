// The network of the host. The management interface, through which Phoenix reaches the host, is only compared: changing it is left to a person. The
// bonds, VLANs and bridges beside it are written to a file of Phoenix's own, and a timer restores the previous file unless the host still answers
// afterwards.

import type { Action } from '../../../model/action.ts';
import { HOST } from '../../dependencies.ts';
import type { Decision, HostReader } from '../../manager.ts';
import { act, actions, MARK, outputOf, remove, run, textOf, write } from '../act.ts';
import type { HostInterface } from '../declared.ts';
import type { Section } from '../section.ts';
import { addressesOf } from './conflicts.ts';
import { includedBy, sameAddress } from './interfaces.ts';
import { nameserversIn, withNameservers } from './nameservers.ts';
import type { Facts, SeenNetwork } from './network-comparison.ts';
import { networkComparison } from './network-comparison.ts';
import {
  FOLDER,
  fileConflict,
  type Kernel,
  MAIN,
  managementObstacle,
  type NetworkSpec,
  ownInterfaces,
  resolverLoop,
} from './obstacles.ts';
import { interfacesText, OWN_FILE } from './own-file.ts';
import { ARMED, type Armed, arm, disarm, loaded, NETWORK_ROLLBACK } from './revert.ts';

const RESOLV = '/etc/resolv.conf';

export const network: Section<NetworkSpec, Facts, SeenNetwork> = {
  name: 'network',
  declared({ hypervisor }) {
    const { name, address, gateway, nameservers, bonds, vlans, bridges, ovs } = hypervisor.network;
    const further = bonds.length + vlans.length + bridges.length + (ovs?.length ?? 0);
    if (address === null && gateway === null && nameservers.length === 0 && further === 0) return null;
    const { enabled, upstreamServers } = hypervisor.dns;
    const resolves = !enabled || upstreamServers.length > 0;
    const interfaces = { bonds, vlans, bridges, ...(ovs === undefined ? {} : { ovs }) };
    const spec: NetworkSpec = { name, address, gateway, nameservers, resolves, ...interfaces };
    // The host can use its own DNS server as resolver only once that server answers.
    const own = address?.split('/')[0];
    const resolvesItself = own !== undefined && nameservers.includes(own);
    return { spec, needs: resolvesItself ? [HOST.dns] : [] };
  },
  impact: () => 'live',
  inventory: readFacts,
  quickCheck(facts, { spec }) {
    const seen = { ...facts, kernel: null };
    const decision = spec === undefined ? removal(seen) : decisionFor(spec, seen);
    return decision.kind === 'actions' && decision.actions.length === 0 ? seen : null;
  },
  async observe(host) {
    const facts = await readFacts(host);
    return { ...facts, kernel: kernelOf(await outputOf(host, 'ip', ['-j', 'address', 'show'])) };
  },
  decide: ({ spec, adopt }, seen) => (spec === undefined ? removal(seen) : decisionFor(spec, seen, adopt === true)),
  compares: networkComparison,
  health: () => null,
  rollback: (_, { armed }, todo) =>
    armed !== null || todo.some(({ do: what }) => what.kind === 'command' && what.program === 'systemd-run')
      ? NETWORK_ROLLBACK
      : null,
};

async function readFacts(host: HostReader): Promise<Facts> {
  const [main, included, resolv, armed] = await Promise.all([
    textOf(host, MAIN),
    host.readFolders([FOLDER]),
    textOf(host, RESOLV),
    textOf(host, ARMED),
  ]);
  const others = includedBy(main ?? '', included).flatMap(([path, text]) => (path === OWN_FILE ? [] : [text]));
  const own = included.get(OWN_FILE) ?? null;
  return { main: main ?? '', own, others, resolv: resolv ?? '', armed: armedAs(armed) };
}

function armedAs(text: string | null): Armed {
  if (text === null) return null;
  return text.trim() === 'loaded' ? 'loaded' : 'set';
}

function kernelOf(json: string): Kernel {
  const links = JSON.parse(json) as { ifname: string; addr_info?: { local: string; prefixlen: number }[] }[];
  return new Map(
    links.map(({ ifname, addr_info }) => [
      ifname,
      (addr_info ?? []).map(({ local, prefixlen }) => `${local}/${prefixlen}`),
    ]),
  );
}

function decisionFor(spec: NetworkSpec, seen: SeenNetwork, adopted = false): Decision {
  const own = ownInterfaces(spec, seen);
  const obstacle =
    managementObstacle(spec, seen, seen.kernel) ?? resolverLoop(spec) ?? fileConflict(own, spec.name, seen);
  if (obstacle !== null) return { kind: 'blocked', reason: obstacle };
  const text = own.length === 0 ? null : interfacesText(own);
  const isOurs = seen.own?.startsWith(MARK) ?? false;
  if (text !== null && seen.own !== null && seen.own !== text && !isOurs && !adopted) {
    const reason = `${OWN_FILE} was written by somebody else: move it away, or take it over with phoenix adopt hypervisor/network`;
    return { kind: 'blocked', reason };
  }
  const resolv = spec.nameservers.length > 0 && nameserversIn(seen.resolv).join() !== spec.nameservers.join();
  const resolvers = resolv
    ? write(
        'write which DNS servers the host asks',
        RESOLV,
        withNameservers(seen.resolv, spec.nameservers),
        seen.resolv,
      )
    : null;
  const isEmpty = seen.own === null || seen.own === `${MARK}\n`;
  if (text === null ? !isEmpty && isOurs : text !== seen.own) return actions(replaceFile(text, seen), resolvers);
  const missing = downReason(own, seen);
  if (seen.armed === 'set' || (seen.armed === null && missing !== null)) return actions(reloadAgain(seen), resolvers);
  const broken = missing ?? downReason([spec], seen);
  if (seen.armed !== null && broken !== null) return { kind: 'impossible', reason: broken };
  return actions(seen.armed === null ? null : disarm(), resolvers);
}

/** @param text the new content of Phoenix's file; null: no interface is declared any more */
function replaceFile(text: string | null, seen: SeenNetwork): Action[] {
  const summary = text === null ? 'take the interfaces of the host away' : 'write the interfaces of the host';
  const swap = text === null ? remove(summary, OWN_FILE) : write(summary, OWN_FILE, text, seen.own);
  return [...arm(seen.own, seen.armed), swap, ...reload(text)];
}

/** Without it, ifupdown2 has no addon that knows the options of its interfaces. */
const INSTALL_OVS =
  'if it does not know ovs_type, install Open vSwitch on the host (apt install openvswitch-switch), then replay';

/** Loads what the files already say. */
function reloadAgain({ own, armed }: SeenNetwork): Action[] {
  return [...arm(own, armed), ...reload(own)];
}

/** @param own the text of Phoenix's file */
function reload(own: string | null): Action[] {
  const check = act('check the network of the host', run('ifreload', ['--syntax-check', '-a']));
  return [
    own?.includes('\tovs_type ') === true ? { ...check, remedy: INSTALL_OVS } : check,
    act('load the network of the host', run('ifreload', ['-a'])),
    loaded(),
  ];
}

/** Why an expected interface is not up as declared; null where all are, or the kernel's state was not read. */
function downReason(
  expected: readonly Pick<HostInterface, 'name' | 'address' | 'address6'>[],
  { kernel }: SeenNetwork,
): string | null {
  if (kernel === null) return null;
  for (const one of expected) {
    const found = kernel.get(one.name);
    if (found === undefined) return `${one.name} did not come up`;
    const address = addressesOf(one).find((each) => !found.some((has) => sameAddress(has, each)));
    if (address !== undefined) return `${one.name} came up without ${address}`;
  }
  return null;
}

/** Removes Phoenix's own interfaces; those that people set up stay. */
function removal(seen: SeenNetwork): Decision {
  if (seen.own?.startsWith(MARK) === true && seen.own !== `${MARK}\n`) return actions(replaceFile(null, seen));
  if (seen.armed === null) return actions();
  return actions(seen.armed === 'set' ? reloadAgain(seen) : disarm());
}
