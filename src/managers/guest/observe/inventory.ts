// The inventory of all guests of a kind: one Proxmox command, a second one where guests have firewall rules, three folders, and one look at all running
// containers, however many guests there are. A guest's state in it may be ten seconds old, so it is only used to conclude that nothing is to be done.

import { nameOf } from '../../../model/ids.ts';
import type { Decision, HostReader, Wanted } from '../../manager.ts';
import { type GuestSpec, sameScripts } from '../guest-spec.ts';
import { parsePools } from '../lifecycle/pool.ts';
import { retainedVolumesPath, VOLUMES_FOLDER } from '../lifecycle/retained-volumes.ts';
import type { Program } from '../proxmox/command.ts';
import { isAmbiguous, parseConf } from '../proxmox/conf.ts';
import { firewallPath } from '../proxmox/firewall.ts';
import { compileFirewall, type FirewallFault, faultsIn } from '../proxmox/firewall-faults.ts';
import { type ListedGuest, listGuests } from './cluster.ts';
import { maybeFrozen } from './freezer.ts';
import {
  type GuestObservation,
  NETWORK_FILE,
  parseBridges,
  parseLocalContents,
  parseStorages,
  STORAGE_FILE,
  SUBGID_FILE,
  SUBUID_FILE,
  USERS_FILE,
} from './observation.ts';
import { confFolder } from './observe.ts';

export interface GuestInventory {
  readonly program: Program;
  /** Name of the node. */
  readonly node: string;
  /** Guests of every node, by id. */
  readonly listed: ReadonlyMap<string, ListedGuest>;
  /** Ids of running containers that may be frozen. */
  readonly frozen: ReadonlySet<string>;
  /** Configuration and firewall files, and notes of volumes, by path. */
  readonly files: ReadonlyMap<string, string>;
  /** Lines of firewall files that Proxmox ignores. */
  readonly faults: readonly FirewallFault[];
  readonly storages: string | undefined;
  readonly network: string | undefined;
  readonly users: string | undefined;
  readonly subuid: string | undefined;
  readonly subgid: string | undefined;
}

export async function inventoryOfGuests(host: HostReader, program: Program): Promise<GuestInventory> {
  const [listed, files, storages, network, users, subuid, subgid] = await Promise.all([
    listGuests(host),
    host.readFolders([confFolder(program), '/etc/pve/firewall', VOLUMES_FOLDER]),
    host.readFile(STORAGE_FILE),
    host.readFile(NETWORK_FILE),
    host.readFile(USERS_FILE),
    host.readFile(SUBUID_FILE),
    host.readFile(SUBGID_FILE),
  ]);
  const hasRules = [...files.keys()].some((path) => /^\/etc\/pve\/firewall\/\d+\.fw$/.test(path));
  const faults = hasRules ? await compileFirewall(host) : [];
  const byId = new Map(listed.map((guest) => [String(guest.id), guest]));
  const frozen = program === 'pct' ? await maybeFrozen(host, runningHere(host.node, listed)) : new Set<string>();
  return { program, node: host.node, listed: byId, frozen, files, faults, storages, network, users, subuid, subgid };
}

function runningHere(here: string, listed: readonly ListedGuest[]): number[] {
  return listed.flatMap(({ id, program, node, status }) =>
    program === 'pct' && node === here && status !== 'stopped' ? [id] : [],
  );
}

/** `running`, `stopped` or another state of Proxmox's; undefined for a guest that this node does not have. */
export function stateInInventory({ program, files, listed }: GuestInventory, id: string): string | undefined {
  const guest = listed.get(id);
  const isHere = files.has(`${confFolder(program)}/${id}.conf`);
  return isHere && guest?.program === program ? guest.status : undefined;
}

/** The observation as far as the inventory allows; null where a full observation is needed. */
export function quickCheckOfGuest(inventory: GuestInventory, wanted: Wanted<GuestSpec>): GuestObservation | null {
  const id = nameOf(wanted.target);
  const text = inventory.files.get(`${confFolder(inventory.program)}/${id}.conf`);
  const state = stateInInventory(inventory, id);
  const spec = wanted.spec;
  if ((text === undefined) !== (state === undefined)) return null;
  if (text === undefined && inventory.listed.has(id)) return null;
  if (state !== undefined && state !== 'running' && state !== 'stopped') return null;
  if (inventory.frozen.has(id)) return null;
  if (spec !== undefined && !sameScripts(wanted, spec)) return null;
  const conf = text === undefined ? null : parseConf(text, inventory.program);
  if (conf !== null && isAmbiguous(conf)) return null;
  const path = firewallPath(Number(id));
  const firewall = inventory.files.get(path) ?? null;
  return {
    conf,
    otherKind: false,
    elsewhere: null,
    lookalike: null,
    running: state === 'running',
    firewall,
    firewallFaults: firewall === null ? [] : faultsIn(inventory.faults, path, firewall),
    installed: 'trusted',
    silent: false,
    sourceMissing: false,
    host: {
      storages: parseStorages(inventory.storages),
      localContents: parseLocalContents(inventory.storages),
      bridges: parseBridges(inventory.network, []),
      retained: inventory.files.get(retainedVolumesPath(Number(id))) ?? null,
      missing: [],
      managedBy: [],
      pools: parsePools(inventory.users),
      subuid: inventory.subuid ?? null,
      subgid: inventory.subgid ?? null,
    },
  };
}

/** Whether a decision has no actions. */
export function isSettled(decision: Decision): boolean {
  return decision.kind === 'actions' && decision.actions.length === 0;
}
