// The host itself, from its files to the file of the config repo: its storages, its network, its firewall and its names.

import type { Json, JsonObject } from '../../model/json.ts';
import type { Config } from '../config.ts';
import { normaliseRules } from '../guest/normalise.ts';
import { writtenRule } from '../guest/proxmox/firewall.ts';
import { normalFlag } from '../guest/proxmox/property-string.ts';
import type { Extent, FoundObject, Imported, Importer, LeftOver } from '../importer.ts';
import type { HostReader } from '../manager.ts';
import { HYPERVISOR_FILE } from '../places.ts';
import { outputOf, textOf } from './act.ts';
import { STATIC_FILE } from './dns/records.ts';
import { FILES, type FirewallSpec, isAsWanted } from './firewall/files.ts';
import { HOSTS_FILE } from './hosts/entries.ts';
import { writtenHosts } from './hosts/import-hosts.ts';
import { furtherNames, mainInterface, writtenFurther, writtenInterface } from './network/import-network.ts';
import { addressOf, type Stanza, stanzasOf } from './network/interfaces.ts';
import { readInterface } from './network/read-interface.ts';
import { BUILT_IN } from './normalise/storage.ts';
import { hostFirewall } from './schema/host.ts';
import { parseStorages, STORAGE_FILE } from './storage/storages.ts';

export interface FoundHost {
  readonly storages: ReturnType<typeof parseStorages>;
  readonly stanzas: readonly Stanza[];
  readonly resolv: string;
  readonly hosts: string;
  readonly cluster: string | null;
  readonly host: string | null;
  /** Null where the host does not tell. */
  readonly timezone: string | null;
  /** Of Phoenix's own DNS server; null where it is not there. */
  readonly dns: string | null;
}

/** What Proxmox makes of the software-defined network, which is declared as such. */
const SDN_FILE = '/etc/network/interfaces.d/sdn';

export const hypervisorImporter: Importer<FoundHost> = {
  observe: observeHost,
  written,
  undeclared,
  unreadableFields: [],
};

async function observeHost(host: HostReader): Promise<FoundHost> {
  const [storages, main, included, resolv, hosts, cluster, own, dns, time] = await Promise.all([
    textOf(host, STORAGE_FILE),
    textOf(host, '/etc/network/interfaces'),
    host.readFolders(['/etc/network/interfaces.d']),
    textOf(host, '/etc/resolv.conf'),
    textOf(host, HOSTS_FILE),
    textOf(host, FILES.cluster.path),
    textOf(host, FILES.host.path),
    textOf(host, STATIC_FILE),
    outputOf(host, 'timedatectl', ['show', '--property=Timezone', '--property=NTP']).catch(() => ''),
  ]);
  return {
    storages: parseStorages(storages ?? ''),
    stanzas: [main ?? '', ...[...included].flatMap(([path, text]) => (path === SDN_FILE ? [] : text))].flatMap(
      stanzasOf,
    ),
    resolv: resolv ?? '',
    hosts: hosts ?? '',
    cluster,
    host: own,
    timezone: /^Timezone=(.+)$/m.exec(time)?.[1] ?? null,
    dns,
  };
}

function written(found: FoundHost, extent: Extent): Imported {
  const firewall = writtenFirewall(found, extent);
  const interfaces = writtenInterface(found.stanzas, found.resolv);
  const further = writtenFurther(found.stanzas);
  const hosts = writtenHosts(found.hosts, ownAddress(found));
  const network: JsonObject = {
    ...(Object.keys(interfaces).length === 0 ? {} : { interfaces }),
    ...further.fields,
    ...(hosts.hosts.length === 0
      ? {}
      : { hosts: hosts.hosts.map(({ address, names }) => ({ address, names: [...names] })) }),
  };
  const storages = writtenStorages(found);
  const domain = /^(?:search|domain)\s+(\S+)/m.exec(found.resolv)?.[1];
  const upstreams = [...(found.dns ?? '').matchAll(/^server=(\S+)$/gm)].map(([, server = '']) => server);
  const file: JsonObject = {
    ...(domain === undefined ? {} : { domain_name: domain }),
    ...(found.timezone === null ? {} : { timezone: found.timezone }),
    ...(Object.keys(network).length === 0 ? {} : { network }),
    ...(Object.keys(storages).length === 0 ? {} : { proxmox_storage_ids: storages }),
    ...firewall.fields,
    ...(found.dns === null ? {} : { dns_server: { enabled: true, upstream_servers: upstreams } }),
  };
  return {
    files: { [HYPERVISOR_FILE]: file },
    texts: {},
    secrets: [],
    left: [...further.left, ...hosts.left, ...firewall.left],
  };
}

function ownAddress(found: FoundHost): string | null {
  const main = mainInterface(found.stanzas);
  return main === undefined ? null : (addressOf(main)?.split('/')[0] ?? null);
}

/** Those that a configuration knows by itself, with what they may hold, need not be named. */
function writtenStorages({ storages }: FoundHost): Record<string, Json> {
  const others = [...storages].filter(([id, { type, options }]) => {
    const contents = (options.get('content') ?? '').split(/[,;\s]+/).filter((each) => each !== '');
    const usual = BUILT_IN.find((one) => one.id === id);
    return usual?.type !== type || !contents.every((each) => usual.contents?.includes(each));
  });
  return Object.fromEntries(others.map(([id]) => [id, id]).sort(([a = ''], [b = '']) => (a < b ? -1 : 1)));
}

/** One that filters nothing is no wish: what is there stays. */
function writtenFirewall(
  found: FoundHost,
  extent: Extent,
): { readonly fields: JsonObject; readonly left: readonly LeftOver[] } {
  const { cluster, host } = found;
  const options = optionsIn(cluster ?? '');
  const enabled = normalFlag(options.get('enable') ?? '0') === '1';
  const lines = sectionOf(host ?? '', '[rules]');
  if (!enabled && lines.length === 0) return { fields: {}, left: [] };
  const rules = lines.map(writtenRule);
  const [policyIn = 'DROP', policyOut = 'ACCEPT'] = ['policy_in', 'policy_out'].map((key) => options.get(key));
  const different = (value: Json, usual: Json) => extent === 'all' || value !== usual;
  const firewall: JsonObject = {
    ...(different(enabled, true) ? { enabled } : {}),
    ...(different(policyIn, 'DROP') ? { default_input_policy: policyIn } : {}),
    ...(different(policyOut, 'ACCEPT') ? { default_output_policy: policyOut } : {}),
    global_firewall_rules: rules.filter((rule) => rule !== null),
  };
  const read = hostFirewall.safeParse(firewall);
  if (read.success && !rules.includes(null)) {
    const { default_input_policy, default_output_policy, global_firewall_rules } = read.data;
    const spec: FirewallSpec = {
      enabled: read.data.enabled,
      policyIn: default_input_policy,
      policyOut: default_output_policy,
      rules: normaliseRules(global_firewall_rules, { file: '', path: '' }),
    };
    const isSame =
      isAsWanted(cluster, FILES.cluster.text(spec, cluster)) && isAsWanted(host, FILES.host.text(spec, host));
    if (isSame) return { fields: { ...names(cluster ?? ''), firewall }, left: [] };
  }
  const why =
    'it has rules or options that the field firewall has no words for, such as rules of the datacenter and macros: the files stay as they are';
  return {
    fields: names(cluster ?? ''),
    left: [{ what: `hypervisor/firewall (${FILES.cluster.path}, ${FILES.host.path})`, why }],
  };
}

/** Aliases and sets of the datacenter that people keep, and rules of guests may name. */
function names(cluster: string): JsonObject {
  const aliases = sectionOf(cluster, '[aliases]').flatMap((line) => line.split(/\s+/, 1));
  const sets = [...cluster.matchAll(/^\s*\[ipset\s+([^\]\s]+)\s*\]/gim)].map(([, name = '']) => name.toLowerCase());
  return {
    ...(aliases.length === 0 ? {} : { known_aliases: aliases }),
    ...(sets.length === 0 ? {} : { known_ip_sets: sets }),
  };
}

function sectionOf(text: string, name: string): string[] {
  let section = '';
  return text.split('\n').flatMap((written) => {
    const line = written.trim();
    if (line.startsWith('[')) section = line.toLowerCase();
    return line === '' || line.startsWith('#') || line.startsWith('[') || section !== name ? [] : [line];
  });
}

function optionsIn(text: string): Map<string, string> {
  return new Map(
    sectionOf(text, '[options]').map((line) => {
      const at = line.indexOf(':');
      return [line.slice(0, at).trim(), line.slice(at + 1).trim()] as const;
    }),
  );
}

function undeclared(found: FoundHost, { hypervisor }: Config): FoundObject[] {
  const storages = [...found.storages.keys()].filter((id) => !hypervisor.storages.some((storage) => storage.id === id));
  const { name: managed, bridges, bonds, vlans } = hypervisor.network;
  const declared = new Set([managed, ...[...bridges, ...bonds, ...vlans].map(({ name }) => name)]);
  const interfaces = furtherNames(found.stanzas).filter((name) => !declared.has(name));
  const known = new Set(hypervisor.hosts.flatMap(({ names }) => names));
  const named = writtenHosts(found.hosts, ownAddress(found)).hosts.flatMap(({ names: [first = ''] }) => first);
  return [
    ...storages.map((id) => ({ object: `storage/${id}`, name: null })),
    ...interfaces.map((name) => ({
      object: `${readInterface(name, found.stanzas)?.kind ?? 'interface'}/${name}`,
      name: null,
    })),
    ...named.filter((name) => !known.has(name)).map((name) => ({ object: `hosts/${name}`, name: null })),
  ];
}
