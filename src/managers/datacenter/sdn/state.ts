// The software-defined network as it is: what is declared in Proxmox's files, what of it is in force, and whether this node has taken that over.

import type { JsonObject } from '../../../model/json.ts';
import { splitList } from '../../../proxmox/perl.ts';
import { ofFabrics, typedSections } from '../../../proxmox/sdn.ts';
import type { Options } from '../../../proxmox/section-config.ts';
import type { HostReader } from '../../manager.ts';

/** In the order in which each rests on those before it. */
export const SORTS = ['fabrics', 'fabric_nodes', 'controllers', 'zones', 'vnets', 'subnets'] as const;
export type Sort = (typeof SORTS)[number];

/** Fabrics and their nodes stand in one file, and each other sort in one of its own. */
const FILES = ['fabrics', 'controllers', 'zones', 'vnets', 'subnets'] as const;
type File = (typeof FILES)[number];

const FOLDER = '/etc/pve/sdn';
const RUNNING = `${FOLDER}/.running-config`;
const INTERFACES = '/etc/network/interfaces.d';
const GUESTS = ['/etc/pve/lxc', '/etc/pve/qemu-server'];

/** An object by its id, each option as texts; `type` among them. */
type Objects = ReadonlyMap<string, Options>;

export interface SdnState {
  readonly config: Readonly<Record<Sort, Objects>>;
  /** Of what was applied last; empty where nothing ever was. */
  readonly running: Readonly<Record<Sort, Objects>>;
  /** What was applied last, and what this node has in its interfaces; null for never. */
  readonly version: { readonly running: number | null; readonly here: number | null };
  /** Guests by the bridge that one of their interfaces is on. */
  readonly guestsOn: Readonly<Record<string, readonly string[]>>;
}

export async function observeSdn(host: HostReader): Promise<SdnState> {
  const [texts, running, folders] = await Promise.all([
    Promise.all(FILES.map(async (file) => [file, await host.readFile(`${FOLDER}/${file}.cfg`)] as const)),
    host.readFile(RUNNING),
    host.readFolders([INTERFACES, ...GUESTS]),
  ]);
  const applied = (running === undefined ? {} : JSON.parse(running)) as RunningConfig;
  const [, here] = /^#version:(\d+)/.exec(folders.get(`${INTERFACES}/sdn`) ?? '') ?? [];
  const written = new Map(texts.map(([file, text]) => [file, typedSections(text ?? '')]));
  return {
    config: bySort((file) => written.get(file) ?? new Map()),
    running: bySort((file) => appliedOf(applied[file]?.ids ?? {})),
    version: { running: applied.version ?? null, here: here === undefined ? null : Number(here) },
    guestsOn: guestsByBridge(folders),
  };
}

/** As Proxmox keeps it (pve-network, PVE/Network/SDN.pm, compile_running_cfg). */
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

/** Sets of nodes are objects there, and numbers are numbers. */
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

/** Options of an object that are declared otherwise in the files than they are in force; `type` where all of it is new or gone. */
export function unapplied({ config, running }: SdnState, sort: Sort, id: string): string[] {
  const [now, applied] = [config[sort].get(id), running[sort].get(id)];
  if (now === undefined || applied === undefined) return now === applied ? [] : Object.keys(now ?? applied ?? {});
  return [...new Set([...Object.keys(now), ...Object.keys(applied)])].filter(
    (option) => meaning(option, now[option]) !== meaning(option, applied[option]),
  );
}

/** Of lists and sets the order means nothing, as Proxmox compares them (encode_value). */
function meaning(option: string, texts: readonly string[] | undefined): string | undefined {
  if (texts === undefined) return undefined;
  const isSet = ['nodes', 'exitnodes', 'peers', 'isis-ifaces', 'rt-import'].includes(option);
  return JSON.stringify((isSet ? splitList(texts[0] ?? '') : [...texts]).sort());
}
