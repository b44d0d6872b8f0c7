// Reads the host's network files into declarations: the management interface, and the other interfaces beside it.

import type { Json, JsonObject } from '../../../model/json.ts';
import { isIp } from '../../../proxmox/addresses.ts';
import { type LeftOver, NO_FIELD } from '../../importer.ts';
import type { HostInterface } from '../declared.ts';
import { bond, bridge, ovsBond, ovsBridge, ovsPort, vlan } from '../schema/interfaces.ts';
import { addressOf, optionOf, type Stanza } from './interfaces.ts';
import { nameserversIn } from './nameservers.ts';
import { OVS_BOND_MODES } from './open-vswitch.ts';
import { DEFAULT_MIIMON_MS, readInterface } from './read-interface.ts';

const SCHEMAS = { bridge, bond, vlan, ovs_bridge: ovsBridge, ovs_bond: ovsBond, ovs_port: ovsPort } as const;

/** The interface with the default gateway, through which guests are reached; undefined where none has a fixed address. */
export function mainInterface(stanzas: readonly Stanza[]): Stanza | undefined {
  const fixed = stanzas.filter(({ method }) => method === 'static');
  return fixed.find((stanza) => optionOf(stanza, 'gateway') !== null) ?? fixed.find(({ name }) => name === 'vmbr0');
}

/** @param resolv the text of resolv.conf */
export function writtenInterface(stanzas: readonly Stanza[], resolv: string): Record<string, Json> {
  const main = mainInterface(stanzas);
  const servers = nameserversIn(resolv);
  // One that cannot be declared, such as a link-local one with its interface, leaves all of them as they are.
  const asked = servers.length === 0 || !servers.every(isIp) ? {} : { dns_nameservers: servers };
  if (main === undefined) return asked;
  const [address, gateway] = [addressOf(main), optionOf(main, 'gateway')];
  return {
    ...(main.name === 'vmbr0' ? {} : { name: main.name }),
    ...(address === null ? {} : { address }),
    ...(gateway === null ? {} : { gateway }),
    ...asked,
  };
}

interface Further {
  /** Entries by field of `network`; a field with no entries is left out. */
  readonly fields: Readonly<Record<string, JsonObject[]>>;
  readonly left: readonly LeftOver[];
}

/** Bridges, bonds and VLANs other than the management interface. */
export function writtenFurther(stanzas: readonly Stanza[]): Further {
  const fields: Record<string, JsonObject[]> = {};
  const left: LeftOver[] = [];
  for (const name of furtherNames(stanzas)) {
    const read = readInterface(name, stanzas);
    const written = read === null ? null : writtenAs(read);
    if (read === null || !SCHEMAS[read.kind].safeParse(written).success) {
      const why = 'it has options, names or addresses that network of the host has no words for: it stays as it is';
      left.push({ what: `hypervisor/network ${name} (${placeOf(name, stanzas)})`, why });
    } else {
      const field = `${read.kind}s`;
      fields[field] = [...(fields[field] ?? []), written as JsonObject];
    }
  }
  return { fields, left };
}

/** `/etc/network/interfaces:12` */
export function placeOf(name: string, stanzas: readonly Stanza[]): string {
  return stanzas.find((stanza) => stanza.name === name)?.at ?? INTERFACES_FILE;
}

const INTERFACES_FILE = '/etc/network/interfaces';
const OF_MAIN = /^(address|netmask|gateway|bridge[-_].*)$/;

/**
 * What the management interface has beside its address, and what no interface is read of.
 *
 * @param main content of /etc/network/interfaces
 * @param resolv that of /etc/resolv.conf
 */
export function beside(stanzas: readonly Stanza[], main: string, resolv: string): LeftOver[] {
  const managed = mainInterface(stanzas);
  const others = stanzas.filter(({ name }) => name === managed?.name);
  const more = others.flatMap((stanza) => {
    const what = `hypervisor/network ${stanza.name}`;
    if (stanza !== managed)
      return [
        {
          what: `${what} ${stanza.family} (${stanza.at})`,
          why: 'only one address of it is declared: it stays as it is',
        },
      ];
    const further = stanza.options.filter(([key]) => key === 'address').slice(1);
    return [
      ...further.map(([, address]) => ({
        what: `${what} address ${address} (${stanza.at})`,
        why: 'only one address of it is declared: it stays as it is',
      })),
      ...stanza.options.flatMap(([key]) =>
        OF_MAIN.test(key) ? [] : [{ what: `${what} ${key} (${stanza.at})`, why: NO_FIELD }],
      ),
    ];
  });
  const servers = nameserversIn(resolv).filter((server) => !isIp(server));
  const dynamic = managed === undefined ? stanzas.filter(({ method }) => method === 'dhcp') : [];
  const sources = main.split('\n').flatMap((line, index) => {
    const [, word, path = ''] = /^\s*(source|source-directory)\s+(\S+)/.exec(line) ?? [];
    return word === undefined || /^(\/etc\/network\/)?interfaces\.d(\/[^/]*)?$/.test(path)
      ? []
      : [
          {
            what: `${INTERFACES_FILE}:${index + 1} ${word} ${path}`,
            why: 'only /etc/network/interfaces.d is read beside: what else is included stays as it is',
          },
        ];
  });
  return [
    ...more,
    ...dynamic.map(({ name, at }) => ({
      what: `hypervisor/network ${name} (${at})`,
      why: 'it has its address by DHCP, and the interface of the host is declared with a fixed one: it stays as it is',
    })),
    ...servers.map((server) => ({
      what: `hypervisor/network nameserver ${server} (/etc/resolv.conf)`,
      why: 'only addresses can be declared as dns_nameservers: they stay as they are',
    })),
    ...sources,
  ];
}

/** The name of every bridge, bond and VLAN, once. Physical interfaces cannot be declared and are left out. */
export function furtherNames(stanzas: readonly Stanza[]): string[] {
  const managed = mainInterface(stanzas)?.name ?? 'vmbr0';
  const names = stanzas.filter(isFurther).map(({ name }) => name);
  return [...new Set(names)].filter((name) => name !== managed);
}

function isFurther(stanza: Stanza): boolean {
  const { name, options } = stanza;
  // A port of hardware is told by its bridge, unless it says more.
  const ovsType = optionOf(stanza, 'ovs_type');
  if (ovsType !== null) return ovsType !== 'OVSPort' || optionOf(stanza, 'ovs_options') !== null;
  const isMade = options.some(([key]) => /^(bridge[-_]ports|bond[-_]slaves|vlan-raw-device)$/.test(key));
  return isMade || /^(vmbr|bond)\d+$/.test(name) || /^[^:]+\.\d+$/.test(name);
}

/** Only values that differ from their default. */
export function writtenAs(one: HostInterface): JsonObject {
  const { name, address, gateway, address6, gateway6, mtu } = one;
  const common = { name, ...given({ address, gateway, address6, gateway6, mtu }) };
  switch (one.kind) {
    case 'bridge':
      return {
        ...common,
        ...given({ ports: listOrNull(one.ports), vlan_aware: one.vlanAware || null, vlan_ids: one.vlanIds }),
      };
    case 'bond': {
      const miimon = one.miimon === DEFAULT_MIIMON_MS ? null : one.miimon;
      const further = given({ miimon, xmit_hash_policy: one.xmitHashPolicy, primary: one.primary });
      return { ...common, slaves: [...one.slaves], mode: one.mode, ...further };
    }
    case 'vlan':
      return name === `${one.device}.${one.vlan}` ? common : { ...common, interface: one.device, vlan: one.vlan };
    case 'ovs_bridge':
      return { ...common, ...given({ ports: listOrNull(one.ports.filter((port) => !one.attached.includes(port))) }) };
    case 'ovs_bond': {
      const mode = one.mode === OVS_BOND_MODES[0] ? null : one.mode;
      return { ...common, bridge: one.bridge, slaves: [...one.slaves], ...given({ mode, vlan: one.vlan }) };
    }
    case 'ovs_port':
      return { ...common, bridge: one.bridge, ...given({ vlan: one.vlan }) };
    default:
      return one satisfies never;
  }
}

/** The fields that have a value. */
function given(fields: Readonly<Record<string, Json | undefined>>): JsonObject {
  const entries = Object.entries(fields).filter((entry): entry is [string, Json] => entry[1] != null);
  return Object.fromEntries(entries);
}

function listOrNull(values: readonly string[]): Json {
  return values.length === 0 ? null : [...values];
}
