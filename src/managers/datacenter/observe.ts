// Reads the objects of a datacenter from a host: from a few files of /etc/pve, and by a command only for kinds whose file holds a secret.

import type { TargetId } from '../../model/ids.ts';
import { nameOf } from '../../model/ids.ts';
import type { JsonObject } from '../../model/json.ts';
import { BUILT_IN_REALMS, BUILT_IN_ROLES, BUILT_IN_USER } from '../../proxmox/access.ts';
import { type Options, parseSections } from '../../proxmox/files/section-config.ts';
import { parseUserConfig, wordsOf } from '../../proxmox/files/user-config.ts';
import { HA_RESOURCES_FILE, parseHaResources } from '../../proxmox/ha.ts';
import { NOTIFICATIONS_FILE, parseNotifications } from '../../proxmox/notifications.ts';
import type { HostReader } from '../manager.ts';
import { VNET_FIREWALLS } from './firewall/vnets.ts';
import type { ObjectRow, ReferenceSort } from './row.ts';
import { notesFolder } from './secrets.ts';

const GUESTS = '/etc/pve/.vmlist';
const MEMBERS = '/etc/pve/.members';
const STORAGES = '/etc/pve/storage.cfg';
const USERS = '/etc/pve/user.cfg';
const FIREWALLS = '/etc/pve/firewall';
const HOST_FIREWALL = '/etc/pve/local/host.fw';
const REALMS = '/etc/pve/domains.cfg';
const ALL = [GUESTS, MEMBERS, STORAGES, USERS, REALMS, HA_RESOURCES_FILE, NOTIFICATIONS_FILE];

export interface ObjectInventory {
  /** By name. */
  readonly objects: ReadonlyMap<string, Options>;
  /** The content of their file; null where it does not exist. */
  readonly text: string | null;
  /** Existing names by reference sort; null where the host does not list that sort. */
  readonly existing: Readonly<Record<ReferenceSort, readonly string[] | null>>;
  /** The pool of each guest that has one, by VMID. */
  readonly poolOf: Readonly<Record<string, string>>;
  /** The comment of each pool. */
  readonly pools: Readonly<Record<string, string>>;
  /** The notes on secrets that were set in Proxmox, by file. */
  readonly notes: Readonly<Record<string, string>>;
  /** Files from which the dependents of an object are found. */
  readonly dependentFiles: Readonly<Record<string, string>>;
  /** Firewall files by path: of guests, the host, the cluster and vnets. */
  readonly firewalls: ReadonlyMap<string, string>;
}

export interface ObjectObservation extends ObjectInventory {
  /** Null where no object has this name. */
  readonly present: Options | null;
}

/** @param asked declarations, current and former, of the objects that are of interest; absent: all objects of the host */
export async function observeObjects(
  row: ObjectRow,
  host: HostReader,
  asked?: readonly JsonObject[],
): Promise<ObjectInventory> {
  const paths = [...(row.readSource === undefined ? [row.file] : []), ...ALL];
  const texts = await Promise.all([...new Set(paths)].map(async (path) => [path, await host.readFile(path)] as const));
  const firewalls = row.firewallsNaming === undefined ? new Map<string, string>() : await firewallsOf(host);
  const notes =
    row.secrets === undefined && row.keepsNotes !== true
      ? new Map<string, string>()
      : await host.readFolders([notesFolder(row)]);
  const holders =
    (row.dependents?.folders ?? []).length === 0
      ? new Map<string, string>()
      : await host.readFolders(row.dependents?.folders ?? []);
  const text = new Map(texts);
  const own = (row.readSource === undefined ? text.get(row.file) : await row.readSource(host, asked)) ?? null;
  const users = text.get(USERS) ?? '';
  const pools = parseUserConfig(users, 'pool');
  const storages = text.get(STORAGES);
  return {
    objects: row.read(own ?? ''),
    text: own,
    existing: {
      guest: guestsIn(text.get(GUESTS)),
      container: guestsIn(text.get(GUESTS), 'lxc'),
      'virtual machine': guestsIn(text.get(GUESTS), 'qemu'),
      ha: [...parseHaResources(text.get(HA_RESOURCES_FILE) ?? '').keys()],
      'notification target': [...parseNotifications(text.get(NOTIFICATIONS_FILE) ?? '')].flatMap(([id, { type }]) =>
        type === 'matcher' ? [] : [id],
      ),
      storage: storages === undefined ? null : [...parseSections(storages).keys()],
      pool: [...pools.keys()],
      group: [...parseUserConfig(users, 'group').keys()],
      user: [BUILT_IN_USER, ...parseUserConfig(users, 'user').keys()],
      role: [...BUILT_IN_ROLES, ...parseUserConfig(users, 'role').keys()],
      realm: [...BUILT_IN_REALMS, ...parseSections(text.get(REALMS) ?? '').keys()],
      token: [...parseUserConfig(users, 'token').keys()],
      'ACME account': null,
      'ACME plugin': null,
      controller: null,
      zone: null,
      vnet: null,
      fabric: null,
      IPAM: null,
      'DNS server': null,
      'Ceph pool': null,
      'cluster node': nodesIn(text.get(MEMBERS)),
    },
    poolOf: Object.fromEntries(
      [...pools].flatMap(([pool, options]) => wordsOf(options, 'vms').map((id) => [id, pool] as const)),
    ),
    pools: Object.fromEntries([...pools].map(([pool, { comment }]) => [pool, comment?.[0] ?? ''])),
    notes: Object.fromEntries(notes),
    dependentFiles: Object.fromEntries(holders),
    firewalls,
  };
}

async function firewallsOf(host: HostReader): Promise<ReadonlyMap<string, string>> {
  const [files, own] = await Promise.all([host.readFolders([FIREWALLS, VNET_FIREWALLS]), host.readFile(HOST_FIREWALL)]);
  return own === undefined ? files : new Map([...files, [HOST_FIREWALL, own]]);
}

function guestsIn(text: string | undefined, ofType?: 'lxc' | 'qemu'): string[] | null {
  if (text === undefined) return null;
  const { ids } = JSON.parse(text) as { readonly ids?: Readonly<Record<string, { readonly type?: unknown }>> };
  if (ids === undefined) throw new Error(`${GUESTS}: it lists no guests`);
  return Object.entries(ids).flatMap(([id, { type }]) => (ofType === undefined || type === ofType ? [id] : []));
}

/** The nodes of the cluster. A node that stands alone has no list of them (pve-cluster, PVE/Cluster.pm). */
function nodesIn(text: string | undefined): string[] | null {
  if (text === undefined) return null;
  const { nodename, nodelist } = JSON.parse(text) as { readonly nodename?: string; readonly nodelist?: JsonObject };
  if (nodename === undefined) return null;
  return Object.keys(nodelist ?? { [nodename]: null });
}

export function observationOf(objects: ObjectInventory, target: TargetId): ObjectObservation {
  return { ...objects, present: objects.objects.get(nameOf(target)) ?? null };
}
