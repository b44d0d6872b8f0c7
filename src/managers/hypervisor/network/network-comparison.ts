// How the network of the host is compared: the management interface, the other interfaces by their names, and the host's resolvers.

import type { JsonObject } from '../../../model/json.ts';
import {
  type ComparedField,
  type Comparison,
  difference,
  type FoundDifference,
  listDifferences,
  textDifference,
  valueField,
  wayTo,
} from '../../comparison.ts';
import { MARK } from '../act.ts';
import type { HostInterface } from '../declared.ts';
import { addressesOf } from './conflicts.ts';
import { writtenAs } from './import-network.ts';
import { addressOf, optionOf, type Stanza, sameAddress, stanzasOf } from './interfaces.ts';
import { nameserversIn } from './nameservers.ts';
import type { Files, Kernel } from './obstacles.ts';
import { managementState, type NetworkSpec, ownInterfaces } from './obstacles.ts';
import { interfacesText, OWN_FILE } from './own-file.ts';
import { isSameInterface, readInterface } from './read-interface.ts';
import type { Armed } from './revert.ts';

export interface Facts extends Files {
  readonly resolv: string;
  readonly armed: Armed;
}

export interface SeenNetwork extends Facts {
  readonly kernel: Kernel;
}

const LISTS = ['bonds', 'vlans', 'bridges', 'ovs_bonds', 'ovs_ports', 'ovs_bridges'] as const;
type List = (typeof LISTS)[number];

/** The list of the file that an interface is declared in. */
function listOf({ kind }: HostInterface): List {
  return `${kind}s`;
}

export const networkComparison: Comparison<NetworkSpec, SeenNetwork> = {
  fields: [
    valueField('network.interfaces.address', ['address'], {
      declared: ({ address }) => address,
      observed: (seen, spec) =>
        managementState(spec, seen, seen.kernel).hasAddress ? spec.address : firstOf(spec, seen, addressOf),
      asSeen: (spec) => ({ ...spec, address: null }),
    }),
    valueField('network.interfaces.gateway', ['gateway'], {
      declared: ({ gateway }) => gateway,
      observed: (seen, spec) =>
        managementState(spec, seen, seen.kernel).hasGateway
          ? spec.gateway
          : firstOf(spec, seen, (stanza) => optionOf(stanza, 'gateway')),
      asSeen: (spec) => ({ ...spec, gateway: null }),
    }),
    valueField('network.interfaces.dns_nameservers', ['nameservers'], {
      declared: ({ nameservers }) => nameservers,
      observed: ({ resolv }, { nameservers }) => (nameservers.length === 0 ? undefined : nameserversIn(resolv)),
      asSeen: (spec) => ({ ...spec, nameservers: [] }),
    }),
    ...LISTS.map(interfaces),
  ],
  rest({ spec }, seen) {
    const own = ownInterfaces(spec, seen);
    const isOurs = seen.own?.startsWith(MARK) === true;
    const present = seen.own === `${MARK}\n` || (own.length === 0 && !isOurs) ? null : seen.own;
    const armed = seen.armed === null ? [] : [difference(['change of the network'], 'ended', 'begun')];
    return [
      ...textDifference(OWN_FILE, own.length === 0 ? null : interfacesText(own), present),
      ...own.flatMap((one) => kernelDifferences(one, seen)),
      ...armed,
    ];
  },
};

/** What a stanza of the management interface says; null where none does. */
function firstOf({ name }: NetworkSpec, seen: SeenNetwork, valueIn: (stanza: Stanza) => string | null): string | null {
  const stanzas = [seen.main, ...seen.others]
    .flatMap((text) => stanzasOf(text))
    .filter((stanza) => stanza.name === name);
  return stanzas.map(valueIn).find((value) => value !== null) ?? null;
}

/** The interfaces of one list, by name. */
function interfaces(list: List): ComparedField<NetworkSpec, SeenNetwork> {
  const name = `network.${list}`;
  const of = list.startsWith('ovs') ? 'ovs' : (list as 'bonds' | 'vlans' | 'bridges');
  return {
    name,
    of: [of],
    differences({ spec }, seen) {
      const [declared, present] = [declaredIn(list, spec), presentIn(list, spec, seen)];
      const changed = declared.filter((one) => {
        const found = present.find((other) => other.name === one.name);
        return found === undefined || !isSameInterface(one, found);
      });
      const left = present.filter((one) => !declared.some((other) => other.name === one.name));
      const named = (one: HostInterface) => [...changed, ...left].some((other) => other.name === one.name);
      return listDifferences(wayTo(name), ['name'], written(changed), written(present.filter(named)));
    },
    asSeen(spec, seen) {
      const place = new Map(stanzasOf(seen.own ?? '').map(({ name: each }, index) => [each, index]));
      const order = (one: HostInterface) => place.get(one.name) ?? -1;
      const present = presentIn(list, spec, seen).sort((a, b) => order(a) - order(b));
      const others = (spec.ovs ?? []).filter((one) => listOf(one) !== list);
      return {
        ...spec,
        [of]: of === 'ovs' ? sorted([...others, ...present] as NonNullable<NetworkSpec['ovs']>) : present,
      };
    },
  };
}

/** In the order of the file: bonds and ports before the bridges that they are on. */
function sorted<One extends HostInterface>(list: readonly One[]): One[] {
  return LISTS.flatMap((each) => list.filter((one) => listOf(one) === each));
}

function declaredIn(list: List, { bonds, vlans, bridges, ovs = [] }: NetworkSpec): HostInterface[] {
  return [...bonds, ...vlans, ...bridges, ...ovs].filter((one) => listOf(one) === list);
}

/** Those of Phoenix's file, and declared ones of other files. */
function presentIn(list: List, spec: NetworkSpec, { main, others, own }: SeenNetwork): HostInterface[] {
  const foreign = [main, ...others].flatMap((text) => stanzasOf(text));
  const ours = stanzasOf(own ?? '');
  const declared = declaredIn(list, spec).map(({ name }) => name);
  const left = own?.startsWith(MARK) === true ? ours.filter(isDeclarable).map(({ name }) => name) : [];
  const names = [...new Set([...declared, ...left])];
  return names.flatMap((name) => {
    const found = readInterface(name, foreign) ?? readInterface(name, [...ours, ...foreign]);
    return found === null || listOf(found) !== list ? [] : [found];
  });
}

/** Interfaces of hardware on a bridge of Open vSwitch are named by that bridge. */
function isDeclarable(stanza: Stanza): boolean {
  return optionOf(stanza, 'ovs_type') !== 'OVSPort';
}

function written(list: readonly HostInterface[]): JsonObject[] {
  return list.map(writtenAs);
}

/** Where Phoenix's file is loaded, each interface has to be up with its addresses. */
function kernelDifferences(one: HostInterface, { kernel, armed }: SeenNetwork): FoundDifference[] {
  if (kernel === null || armed !== null) return [];
  const found = kernel.get(one.name);
  if (found === undefined) return [difference([one.name], 'up', 'not up')];
  const missing = addressesOf(one).filter((each) => !found.some((has) => sameAddress(has, each)));
  return missing.map((address) =>
    difference([one.name], `up with ${address}`, `up with ${found.join(', ') || 'no address'}`),
  );
}
