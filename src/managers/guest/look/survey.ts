// One look at all guests of a kind: a Proxmox command, a second where guests have firewall rules, and two folders, however many
// guests there are. What it says of a guest's state may be ten seconds old, so it only ever settles that nothing is to be done.

import { nameOf } from '../../../model/ids.ts';
import type { Decision, HostReader, Wanted } from '../../manager.ts';
import type { Program } from '../proxmox/command.ts';
import { parseConf } from '../proxmox/conf.ts';
import { firewallPath } from '../proxmox/firewall.ts';
import { compileFirewall, type FirewallFault, faultsIn } from '../proxmox/firewall-faults.ts';
import { type GuestSpec, sameScripts } from '../spec.ts';
import {
  type GuestObservation,
  NETWORK_FILE,
  parseBridges,
  parseLocalContents,
  parseStorages,
  STORAGE_FILE,
  SUBGID_FILE,
  SUBUID_FILE,
} from './observation.ts';
import { confFolder } from './observe.ts';

export interface GuestSurvey {
  readonly program: Program;
  /** `running`, `stopped` or what else Proxmox says, by id. */
  readonly states: ReadonlyMap<string, string>;
  /** Configuration and firewall files by path. */
  readonly files: ReadonlyMap<string, string>;
  /** What Proxmox leaves out of the firewall's files. */
  readonly faults: readonly FirewallFault[];
  readonly storages: string | undefined;
  readonly network: string | undefined;
  readonly subuid: string | undefined;
  readonly subgid: string | undefined;
}

export async function surveyGuests(host: HostReader, program: Program): Promise<GuestSurvey> {
  const args = ['get', '/cluster/resources', '--type', 'vm', '--output-format', 'json'];
  const [resources, files, storages, network, subuid, subgid] = await Promise.all([
    host.run({ kind: 'command', program: 'pvesh', args, timeoutSeconds: 60 }),
    host.readFolders([confFolder(program), '/etc/pve/firewall']),
    host.readFile(STORAGE_FILE),
    host.readFile(NETWORK_FILE),
    host.readFile(SUBUID_FILE),
    host.readFile(SUBGID_FILE),
  ]);
  if (resources.exit !== 0)
    throw new Error(`pvesh get /cluster/resources: ${resources.stderr.trim() || resources.ended}`);
  const hasRules = [...files.keys()].some((path) => /^\/etc\/pve\/firewall\/\d+\.fw$/.test(path));
  const faults = hasRules ? await compileFirewall(host) : [];
  return { program, states: statesOf(resources.stdout, program), files, faults, storages, network, subuid, subgid };
}

function statesOf(text: string, program: Program): ReadonlyMap<string, string> {
  const resources: unknown = JSON.parse(text);
  if (!Array.isArray(resources)) throw new Error('pvesh get /cluster/resources: the answer is no list');
  const type = program === 'pct' ? 'lxc' : 'qemu';
  return new Map(
    resources.flatMap((entry) =>
      typeof entry === 'object' && entry !== null && entry.type === type
        ? [[String(entry.vmid), String(entry.status)]]
        : [],
    ),
  );
}

/** The observation that the survey allows; null where a guest has to be looked at closely. */
export function glanceAtGuest(survey: GuestSurvey, wanted: Wanted): GuestObservation | null {
  const id = nameOf(wanted.target);
  const text = survey.files.get(`${confFolder(survey.program)}/${id}.conf`);
  const state = survey.states.get(id);
  const spec = wanted.spec as unknown as GuestSpec | undefined;
  if ((text === undefined) !== (state === undefined)) return null;
  if (state !== undefined && state !== 'running' && state !== 'stopped') return null;
  if (spec !== undefined && !sameScripts(wanted, spec)) return null;
  const path = firewallPath(Number(id));
  const firewall = survey.files.get(path) ?? null;
  return {
    conf: text === undefined ? null : parseConf(text, survey.program),
    otherKind: false,
    running: state === 'running',
    firewall,
    firewallFaults: firewall === null ? [] : faultsIn(survey.faults, path, firewall),
    installed: 'trusted',
    silent: false,
    sourceMissing: false,
    host: {
      storages: parseStorages(survey.storages),
      localContents: parseLocalContents(survey.storages),
      bridges: parseBridges(survey.network, []),
      kept: null,
      subuid: survey.subuid ?? null,
      subgid: survey.subgid ?? null,
    },
  };
}

/** Whether a decision leaves nothing to do. */
export function isSettled(decision: Decision): boolean {
  return decision.kind === 'actions' && decision.actions.length === 0;
}
