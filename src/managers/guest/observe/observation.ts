// What is known of one guest on the host, from an inventory of all guests or a full observation.

import { parseSections, type Section } from '../../../proxmox/files/section-config.ts';
import type { Pool } from '../lifecycle/pool.ts';
import type { GuestConf } from '../proxmox/conf.ts';
import type { Installed } from '../scripts/scripts.ts';
import type { Elsewhere } from './cluster.ts';
import type { MarkedGuest } from './marked.ts';
import { ownerIn } from './object-mark.ts';

export interface GuestObservation {
  /** Null: no guest has this id and kind. */
  readonly conf: GuestConf | null;
  /** A guest of the other kind has this id. */
  readonly otherKind: boolean;
  /** The other node of the cluster that has this guest; null where none has, or it is on this node. */
  readonly elsewhere: Elsewhere | null;
  /** An undeclared guest of Phoenix's with an address that this one is to get; null also where this was not checked. */
  readonly lookalike: { readonly guest: MarkedGuest; readonly address: string } | null;
  readonly running: boolean;
  /** Content of the guest's firewall file; null when there is none. */
  readonly firewall: string | null;
  /** Lines of that file that Proxmox ignores, in its words; empty where it was not asked. */
  readonly firewallFaults: readonly string[];
  /** What is installed inside; null when it could not be inspected, `trusted` when the ledger's proof is used instead. */
  readonly installed: Installed | null | 'trusted';
  /** A running VM whose guest agent does not answer. */
  readonly silent: boolean;
  /** The state in which a guest stands still although it counts as running: of a VM in Proxmox's word, such as `paused`; `frozen` of a container. Absent where it goes on. */
  readonly halted?: string;
  /** The process of a running VM, which is another one after each start; absent where it is not known. */
  readonly process?: number;
  /** This process goes on from memory that another one had: the VM was resumed from a disk or migrated, not booted. Absent: not so, or not asked. */
  readonly goesOn?: true;
  /** The file that the guest would be created from does not exist; false also where this was not checked. */
  readonly sourceMissing: boolean;
  /** Template files on the storage or offered by Proxmox; absent where they were not requested or not answered. */
  readonly templates?: readonly string[];
  readonly host: HostFacts;
}

/** Facts of the host that concern every guest; null where the host does not report them. */
export interface HostFacts {
  /** Storage types by id. */
  readonly storages: Readonly<Record<string, string>> | null;
  readonly bridges: readonly string[] | null;
  /** Content types of storage `local`, such as `iso` and `snippets`; null where it is not Proxmox's default folder. */
  readonly localContents: readonly string[] | null;
  /** Content of the note on the guest's volumes; null: there is none. See retained-volumes.ts. */
  readonly retained: string | null;
  /** Noted storage volumes that are needed now and no longer exist. */
  readonly missing: readonly string[];
  /** Entries of HA (`ct:101`) and replication (`101-0`) that name the guest. */
  readonly managedBy: readonly ManagedBy[];
  /** Pools of the host, by name, for guests that declare theirs. */
  readonly pools: Readonly<Record<string, Pool>>;
  /** Names of objects of the datacenter that guests name; a kind is absent where it was not read. */
  readonly objects?: { readonly [Kind in ObjectKind]?: readonly string[] };
  readonly subuid: string | null;
  readonly subgid: string | null;
}

/** Kinds of objects of the datacenter that guests name. */
export type ObjectKind = 'cpu' | 'pci' | 'usb' | 'dir';

export interface ManagedBy {
  readonly by: 'HA' | 'replication';
  readonly name: string;
  /** The repository that owns the entry; null where it has no mark. */
  readonly owner: string | null;
}

export const HA_FILE = '/etc/pve/ha/resources.cfg';
export const REPLICATION_FILE = '/etc/pve/replication.cfg';
export const USERS_FILE = '/etc/pve/user.cfg';
export const STORAGE_FILE = '/etc/pve/storage.cfg';
export const NETWORK_FILE = '/etc/network/interfaces';
export const SUBUID_FILE = '/etc/subuid';
export const SUBGID_FILE = '/etc/subgid';
/** Has the process of a running VM. (qemu-server, PVE/QemuServer/Helpers.pm, pidfile_name) */
export function processFile(id: number): string {
  return `/run/qemu-server/${id}.pid`;
}

/** Has the words with which a process was started, each ended by NUL. */
export function commandLineFile(process: number): string {
  return `/proc/${process}/cmdline`;
}

/** Included by `NETWORK_FILE`; Proxmox writes the virtual networks of its SDN here. */
export const NETWORK_FOLDER = '/etc/network/interfaces.d';

/** @param texts content of the two files; undefined where a file does not exist, which Proxmox creates with its first entry */
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

/** Interfaces in the host's files, bridges among them; null when the main file does not exist. */
export function parseBridges(text: string | undefined, included: Iterable<string>): HostFacts['bridges'] {
  if (text === undefined) return null;
  return [text, ...included].flatMap((file) =>
    file.split('\n').flatMap((line) => /^\s*(?:iface|auto|allow-\S+)\s+(\S+)/.exec(line)?.[1] ?? []),
  );
}
