// What is known of one guest on the host, and how it is found out: from an inventory of all guests, or by a close look.

import { parseSections, type Section } from '../../../proxmox/section-config.ts';
import type { Pool } from '../lifecycle/pool.ts';
import type { GuestConf } from '../proxmox/conf.ts';
import type { Installed } from '../scripts/scripts.ts';
import type { Elsewhere } from './cluster.ts';
import type { MarkedGuest } from './marked.ts';
import { ownerIn } from './object-mark.ts';

export interface GuestObservation {
  /** Null: there is no guest of this id and kind. */
  readonly conf: GuestConf | null;
  /** The id is taken by a guest of the other kind. */
  readonly otherKind: boolean;
  /** Another node of the cluster has the guest of this id; null where none has, or it is here. */
  readonly elsewhere: Elsewhere | null;
  /** One of ours that nothing declares, with an address that this one is to get; null also where nobody looked. */
  readonly lookalike: { readonly guest: MarkedGuest; readonly address: string } | null;
  readonly running: boolean;
  /** Content of the guest's firewall file; null when there is none. */
  readonly firewall: string | null;
  /** What Proxmox leaves out of that file, in its words; none where it was not asked. */
  readonly firewallFaults: readonly string[];
  /** What is installed inside; null when nobody could look, `trusted` when the ledger's proof is taken for it. */
  readonly installed: Installed | null | 'trusted';
  /** A VM that runs, but whose guest agent does not answer. */
  readonly silent: boolean;
  /** The file on the node that the guest would be made from is not there; false also where nobody looked. */
  readonly sourceMissing: boolean;
  /** Template files that the storage has or Proxmox offers; absent where nobody asked, or nobody answered. */
  readonly templates?: readonly string[];
  readonly host: HostFacts;
}

/** Facts of the host that concern every guest; null where the host does not tell. */
export interface HostFacts {
  /** Type by storage id. */
  readonly storages: Readonly<Record<string, string>> | null;
  readonly bridges: readonly string[] | null;
  /** What storage `local` may hold, such as `iso` and `snippets`; null where it is not the folder that Proxmox makes. */
  readonly localContents: readonly string[] | null;
  /** The note of the guest's volumes, as it lies on the node; null: there is none. See retained-volumes.ts. */
  readonly kept: string | null;
  /** Storage volumes that are noted, would be needed now, and are not there any more. */
  readonly missing: readonly string[];
  /** What manages the guest, by Proxmox's names: `ct:101` of HA, `101-0` of replication. */
  readonly managedBy: readonly ManagedBy[];
  /** By name, where a guest may say which is its own. */
  readonly pools: Readonly<Record<string, Pool>>;
  /** CPU models that people defined, by their names; absent where nobody asked. */
  readonly cpuModels?: readonly string[];
  readonly subuid: string | null;
  readonly subgid: string | null;
}

export interface ManagedBy {
  readonly by: 'HA' | 'replication';
  readonly name: string;
  /** The repository that keeps it; null where nobody says so. */
  readonly owner: string | null;
}

export const HA_FILE = '/etc/pve/ha/resources.cfg';
export const REPLICATION_FILE = '/etc/pve/replication.cfg';
export const USERS_FILE = '/etc/pve/user.cfg';
export const STORAGE_FILE = '/etc/pve/storage.cfg';
export const NETWORK_FILE = '/etc/network/interfaces';
export const SUBUID_FILE = '/etc/subuid';
export const SUBGID_FILE = '/etc/subgid';
/** What `NETWORK_FILE` includes; Proxmox writes the virtual networks of its SDN here. */
export const NETWORK_FOLDER = '/etc/network/interfaces.d';

/** @param texts of the two files; undefined where there is none, which Proxmox writes with the first entry */
export function parseManagedBy(id: number, ha: string | undefined, replication: string | undefined): ManagedBy[] {
  const resources = [...parseSections(ha ?? '')].filter(([name]) => name === String(id));
  const jobs = [...parseSections(replication ?? '')].filter(([name]) => name.startsWith(`${id}-`));
  const ownerOfSection = ({ options }: Section): string | null => ownerIn(options['comment']?.[0] ?? '');
  return [
    ...resources.map(([name, section]) => {
      return { by: 'HA' as const, name: `${section.type}:${name}`, owner: ownerOfSection(section) };
    }),
    ...jobs.map(([name, section]) => ({ by: 'replication' as const, name, owner: ownerOfSection(section) })),
  ];
}

export function parseStorages(text: string | undefined): HostFacts['storages'] {
  if (text === undefined) return null;
  const entries = text.split('\n').flatMap((line) => {
    const [, type, id] = /^([a-z]+):\s*(\S+)\s*$/.exec(line) ?? [];
    return type === undefined || id === undefined ? [] : [[id, type] as const];
  });
  return Object.fromEntries(entries);
}

export function parseLocalContents(text: string | undefined): HostFacts['localContents'] {
  const section = /^dir:[ \t]*local[ \t]*\n((?:[ \t]+\S.*\n?)*)/m.exec(text ?? '')?.[1] ?? '';
  const isUsual = /^\s*path\s+\/var\/lib\/vz\s*$/m.test(section);
  if (!isUsual) return null;
  return (/^\s*content\s+(\S+)/m.exec(section)?.[1] ?? '').split(/[,;]/).filter((kind) => kind !== '');
}

/** Interfaces that the host declares, bridges among them; null when it has no such file. */
export function parseBridges(text: string | undefined, included: Iterable<string>): HostFacts['bridges'] {
  if (text === undefined) return null;
  return [text, ...included].flatMap((file) =>
    file.split('\n').flatMap((line) => /^\s*(?:iface|auto|allow-\S+)\s+(\S+)/.exec(line)?.[1] ?? []),
  );
}
