// The observed software-defined network: what Proxmox's files declare, what of it was applied, and whether this node has loaded that.

import type { JsonObject } from '../../../model/json.ts';
import type { Options } from '../../../proxmox/files/section-config.ts';
import { splitList } from '../../../proxmox/parameters/perl.ts';
import { ofFabrics, typedSections } from '../../../proxmox/sdn.ts';
import type { HostReader } from '../../manager.ts';

/** In dependency order: each may refer to those before it. */
export const SORTS = ['fabrics', 'fabric_nodes', 'controllers', 'zones', 'vnets', 'subnets'] as const;
export type Sort = (typeof SORTS)[number];

/** Fabrics and their nodes share a file; each other sort has its own. */
const FILES = ['fabrics', 'controllers', 'zones', 'vnets', 'subnets'] as const;
type File = (typeof FILES)[number];

const FOLDER = '/etc/pve/sdn';
const RUNNING = `${FOLDER}/.running-config`;
const IPAM = `${FOLDER}/pve-ipam-state.json`;
const INTERFACES = '/etc/network/interfaces.d';
const GUESTS = ['/etc/pve/lxc', '/etc/pve/qemu-server'];

/** Objects by id, each option as texts, `type` among them. */
type Objects = ReadonlyMap<string, Options>;

export interface SdnState {
  readonly config: Readonly<Record<Sort, Objects>>;
  /** The configuration that was applied last; empty where none ever was. */
  readonly running: Readonly<Record<Sort, Objects>>;
  /** The version that was applied last, and the one that this node has loaded; null for never. */
  readonly version: { readonly running: number | null; readonly here: number | null };
  /** Guests by the bridge of their interfaces. */
  readonly guestsOn: Readonly<Record<string, readonly string[]>>;
  /** Addresses that Proxmox's own IPAM has given out, without those of gateways, by zone and network: `lan 10.10.0.0/24`. */
  readonly addresses: Readonly<Record<string, readonly string[]>>;
  /** Content of Proxmox's files, by path. */
  readonly texts: Readonly<Record<string, string>>;
}

export async function observeSdn(host: HostReader): Promise<SdnState> {
  const [texts, running, ipam, folders] = await Promise.all([
    Promise.all(FILES.map(async (file) => [file, await host.readFile(`${FOLDER}/${file}.cfg`)] as const)),
    host.readFile(RUNNING),
    host.readFile(IPAM),
    host.readFolders([INTERFACES, ...GUESTS]),
  ]);
  const applied = jsonOf(running) as RunningConfig;
  const [, here] = /^#version:(\d+)/.exec(folders.get(`${INTERFACES}/sdn`) ?? '') ?? [];
  const written = new Map(texts.map(([file, text]) => [file, typedSections(text ?? '')]));
  return {
    config: bySort((file) => written.get(file) ?? new Map()),
    running: bySort((file) => appliedOf(applied[file]?.ids ?? {})),
    version: { running: applied.version ?? null, here: here === undefined ? null : Number(here) },
    guestsOn: guestsByBridge(folders),
    addresses: givenAddresses(ipam),
    texts: Object.fromEntries(texts.map(([file, text]) => [`${FOLDER}/${file}.cfg`, text ?? ''])),
  };
}

/** Proxmox takes an empty file for none. */
function jsonOf(text: string | undefined): unknown {
  return text === undefined || text.trim() === '' ? {} : JSON.parse(text);
}

interface IpamState {
  readonly zones?: Readonly<
    Record<
      string,
      {
        readonly subnets?: Readonly<
          Record<string, { readonly ips?: Readonly<Record<string, { readonly gateway?: unknown } | null>> }>
        >;
      }
    >
  >;
}

function givenAddresses(text: string | undefined): Record<string, readonly string[]> {
  const { zones = {} } = jsonOf(text) as IpamState;
  const entries = Object.entries(zones).flatMap(([zone, { subnets = {} }]) =>
    Object.entries(subnets).map(([network, { ips = {} }]): [string, readonly string[]] => [
      `${zone} ${network}`,
      Object.entries(ips).flatMap(([address, entry]) => (entry?.gateway === undefined ? [address] : [])),
    ]),
  );
  return Object.fromEntries(entries);
}

/** As Proxmox stores it (pve-network, PVE/Network/SDN.pm, compile_running_cfg). */
type RunningConfig = { readonly version?: number } & {
  readonly [file in File]?: { readonly ids?: Readonly<Record<string, JsonObject>> };
};

function bySort(objectsIn: (file: File) => Objects): Readonly<Record<Sort, Objects>> {
  const { fabrics, ...others } = Object.fromEntries(FILES.map((file) => [file, objectsIn(file)])) as Record<
    File,
    Objects
  >;
  return { ...others, fabrics: ofFabrics('fabric', fabrics), fabric_nodes: ofFabrics('node', fabrics) };
}

/** There, sets of nodes are objects and numbers are JSON numbers. */
function appliedOf(ids: Readonly<Record<string, JsonObject>>): Objects {
  return new Map(
    Object.entries(ids).map(([id, options]) => {
      const texts = Object.entries(options).map(([option, value]): [string, readonly string[]] => {
        if (Array.isArray(value)) return [option, value.map(String)];
        if (typeof value === 'object' && value !== null) return [option, [Object.keys(value).join(',')]];
        return [option, [String(value)]];
      });
      return [id, Object.fromEntries(texts)];
    }),
  );
}

function guestsByBridge(files: ReadonlyMap<string, string>): Record<string, readonly string[]> {
  const on: Record<string, string[]> = {};
  for (const [path, text] of files) {
    const [, id] = /\/(\d+)\.conf$/.exec(path) ?? [];
    if (id === undefined) continue;
    for (const [, bridge = ''] of text.matchAll(/^net\d+:.*?\bbridge=([A-Za-z0-9_.-]+)/gm)) {
      on[bridge] = [...new Set([...(on[bridge] ?? []), id])];
    }
  }
  return on;
}

/** Options of an object whose value in the files differs from the applied one; `type` where the whole object is new or deleted. */
export function unapplied({ config, running }: SdnState, sort: Sort, id: string): string[] {
  const [now, applied] = [config[sort].get(id), running[sort].get(id)];
  if (now === undefined || applied === undefined) return now === applied ? [] : Object.keys(now ?? applied ?? {});
  return [...new Set([...Object.keys(now), ...Object.keys(applied)])].filter(
    (option) => meaning(option, now[option]) !== meaning(option, applied[option]),
  );
}

/** The order of lists and sets has no meaning, as when Proxmox compares them (encode_value). */
function meaning(option: string, texts: readonly string[] | undefined): string | undefined {
  if (texts === undefined) return undefined;
  const isSet = ['nodes', 'exitnodes', 'peers', 'isis-ifaces', 'rt-import'].includes(option);
  return JSON.stringify((isSet ? splitList(texts[0] ?? '') : [...texts]).sort());
}
