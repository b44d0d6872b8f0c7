// A full observation of one guest: its file, its firewall, whether it runs and what is installed in it. At most one Proxmox command; none for a guest
// that does not exist or was never started; one more to verify firewall rules that are as declared, and one for each storage of a volume that it
// lacks.

import { nameOf } from '../../../model/ids.ts';
import type { CommandResult } from '../../../ports/host.ts';
import type { HostReader, Wanted } from '../../manager.ts';
import { type GuestSpec, isInstalled } from '../guest-spec.ts';
import { parsePools } from '../lifecycle/pool.ts';
import { retainedVolumesPath } from '../lifecycle/retained-volumes.ts';
import { fileExists, type Source, sourcePath, templatesInstead } from '../lifecycle/source.ts';
import { readAnswer } from '../proxmox/answer.ts';
import { call, type Program, runInside } from '../proxmox/command.ts';
import { type GuestConf, isTemplateConf, parseConf } from '../proxmox/conf.ts';
import { firewallPath, isFirewallAsDeclared } from '../proxmox/firewall.ts';
import { compileFirewall, faultsIn } from '../proxmox/firewall-faults.ts';
import type { Networks } from '../proxmox/network.ts';
import { parseInstalled, RECORD_FILE } from '../scripts/scripts.ts';
import { otherNodeOf } from './cluster.ts';
import { freezerFile, isFrozen } from './freezer.ts';
import { markedGuests, sharedWith } from './marked.ts';
import { missingVolumes } from './missing-volumes.ts';
import { parseNotes, repositoryName } from './notes.ts';
import {
  commandLineFile,
  type GuestObservation,
  HA_FILE,
  NETWORK_FILE,
  NETWORK_FOLDER,
  parseBridges,
  parseLocalContents,
  parseManagedBy,
  parseStorages,
  processFile,
  REPLICATION_FILE,
  STORAGE_FILE,
  SUBGID_FILE,
  SUBUID_FILE,
  USERS_FILE,
} from './observation.ts';

export function confFolder(program: Program): string {
  return program === 'pct' ? '/etc/pve/lxc' : '/etc/pve/qemu-server';
}

export function confPath(program: Program, id: number): string {
  return `${confFolder(program)}/${id}.conf`;
}

export async function observeGuest(
  host: HostReader,
  program: Program,
  wanted: Wanted<GuestSpec>,
): Promise<GuestObservation> {
  const id = Number(nameOf(wanted.target));
  const [
    { text, live },
    other,
    firewall,
    storages,
    network,
    included,
    retained,
    ha,
    replication,
    users,
    subuid,
    subgid,
  ] = await Promise.all([
    fileAndState(host, program, id),
    host.readFile(confPath(program === 'pct' ? 'qm' : 'pct', id)),
    host.readFile(firewallPath(id)),
    host.readFile(STORAGE_FILE),
    host.readFile(NETWORK_FILE),
    host.readFolders([NETWORK_FOLDER]),
    host.readFile(retainedVolumesPath(id)),
    host.readFile(HA_FILE),
    host.readFile(REPLICATION_FILE),
    host.readFile(USERS_FILE),
    host.readFile(SUBUID_FILE),
    host.readFile(SUBGID_FILE),
  ]);
  const conf = text === undefined ? null : parseConf(text, program);
  const spec = wanted.spec;
  const isAbsent = conf === null && other === undefined;
  const isRebuilt = conf === null || parseNotes(conf.description)?.building === true;
  const [state, firewallFaults, missing, elsewhere, lookalike] = await Promise.all([
    conf === null ? ABSENT : stateOf(host, { program, id, conf, spec }, live),
    faultsOf(host, id, spec, firewall ?? null),
    missingVolumes(host, retained ?? null, spec, conf, isRebuilt),
    isAbsent ? otherNodeOf(host, id) : null,
    isAbsent && spec !== undefined ? guestWithSameAddress(host, wanted, spec) : null,
  ]);
  const sourceMissing = conf === null && elsewhere === null && (await isMissing(host, wanted, storages));
  const templates = sourceMissing ? await templatesInstead(host, sourceOf(wanted)) : undefined;
  return {
    conf,
    otherKind: other !== undefined,
    elsewhere,
    lookalike,
    ...state,
    sourceMissing,
    ...(templates === undefined ? {} : { templates }),
    firewall: firewall ?? null,
    firewallFaults,
    host: {
      storages: parseStorages(storages),
      localContents: parseLocalContents(storages),
      bridges: parseBridges(network, included.values()),
      retained: retained ?? null,
      missing,
      managedBy: parseManagedBy(id, ha, replication),
      pools: parsePools(users),
      subuid: subuid ?? null,
      subgid: subgid ?? null,
    },
  };
}

/** Only checked before a guest is created. */
async function guestWithSameAddress(
  host: HostReader,
  { target, origin, declares = () => false }: Wanted<GuestSpec>,
  spec: GuestSpec & Partial<Networks>,
): Promise<GuestObservation['lookalike']> {
  const { network_config, networks } = spec;
  if (network_config === undefined || networks === undefined) return null;
  const files = await host.readFolders([confFolder('pct'), confFolder('qm')]);
  return sharedWith(markedGuests(files, repositoryName(origin)), target, { network_config, networks }, declares);
}

/** Only checked for a file that is as declared: until then there is nothing to verify. */
async function faultsOf(
  host: HostReader,
  id: number,
  spec: GuestSpec | undefined,
  present: string | null,
): Promise<readonly string[]> {
  if (present === null || !isFirewallAsDeclared(spec?.firewall ?? null, present)) return [];
  return faultsIn(await compileFirewall(host), firewallPath(id), present);
}

/** Only checked before a guest is created, and not where Proxmox itself verifies the file by its checksum. */
async function isMissing(host: HostReader, wanted: Wanted<GuestSpec>, storages: string | undefined): Promise<boolean> {
  const source = sourceOf(wanted);
  if (source === undefined || ('image' in source && source.download !== null)) return false;
  const path = sourcePath(source, storages);
  return path !== null && (await host.run(fileExists(path))).exit === 1;
}

/** What a guest is created from; undefined for one that is not declared. */
export function sourceOf({ spec }: { readonly spec?: object | undefined }): Source | undefined {
  return (spec as { source?: Source } | undefined)?.source;
}

/** Whether it goes on from memory is only asked where its notes name another process, as after a restart. */
async function processOf(
  host: HostReader,
  conf: GuestConf,
  pid: string | undefined,
): Promise<Pick<GuestObservation, 'process' | 'goesOn'>> {
  const found = /^\d+$/.exec(pid?.trim() ?? '')?.[0];
  if (found === undefined) return {};
  const process = Number(found);
  const due = parseNotes(conf.description)?.restartDue;
  const isOther = typeof due === 'number' && due !== process;
  const goesOn = isOther && wasNotBooted(await host.readFile(commandLineFile(process)));
  return { process, ...(goesOn ? { goesOn } : {}) };
}

/** (qemu-server, PVE/QemuServer/StateFile.pm, statefile_cmdline_option; PVE/QemuServer.pm, config_to_command) */
function wasNotBooted(commandLine: string | undefined): boolean {
  return (commandLine ?? '').split('\0').some((word) => word === '-loadstate' || word === '-incoming');
}

/** What says at no cost how a running guest is: of a VM its process, of a container whether it is frozen. */
function liveFile(program: Program, id: number): string {
  return program === 'qm' ? processFile(id) : freezerFile(id);
}

/** A guest's file, and the content of its `liveFile`. */
interface FileAndState {
  readonly text: string | undefined;
  readonly live: string | undefined;
}

/**
 * A task of Proxmox locks a container before it freezes it, and lets it go on before it unlocks it. One that is frozen without a lock is read again, first its
 * file: the two readings may be of before and after the begin or the end of a task. (pve-guest-common, PVE/AbstractConfig.pm, snapshot_create;
 * pve-container, PVE/VZDump/LXC.pm)
 */
async function fileAndState(host: HostReader, program: Program, id: number): Promise<FileAndState> {
  const readText = () => host.readFile(confPath(program, id));
  const readLive = () => host.readFile(liveFile(program, id));
  const [text, live] = await Promise.all([readText(), readLive()]);
  const isDoubtful = program === 'pct' && text !== undefined && isFrozen(live) && !isLocked(parseConf(text, program));
  if (!isDoubtful) return { text, live };
  return { text: await readText(), live: await readLive() };
}

function isLocked({ settings }: GuestConf): boolean {
  return settings['lock'] !== undefined;
}

type State = Pick<GuestObservation, 'running' | 'installed' | 'silent' | 'halted' | 'process' | 'goesOn'>;

const ABSENT: State = { running: false, installed: null, silent: false };
/** Nothing is run in it: that would wait until it goes on. */
const FROZEN: State = { running: true, installed: null, silent: false, halted: 'frozen' };

/** A guest that is there, and its declaration where there is one. */
interface Found {
  readonly program: Program;
  readonly id: number;
  readonly conf: GuestConf;
  readonly spec: GuestSpec | undefined;
}

/** @param live content of its `liveFile` */
async function stateOf(host: HostReader, found: Found, live: string | undefined): Promise<State> {
  if (found.program === 'pct') return isFrozen(live) ? FROZEN : reportedState(host, found);
  const state = await reportedState(host, found);
  return state.running ? { ...state, ...(await processOf(host, found.conf, live)) } : state;
}

async function reportedState(host: HostReader, { program, id, conf, spec }: Found): Promise<State> {
  const notes = parseNotes(conf.description);
  const isNew = notes?.building === true && notes.restarting !== true;
  const neverStarted = isNew && spec?.final !== 'unmanaged';
  if (neverStarted || isTemplateConf(conf)) return ABSENT;
  const isStopped = spec?.final === 'stopped' && isInstalled(spec, notes, conf.snapshots);
  if (spec === undefined || spec.scripts.length === 0 || isStopped) return runningState(host, program, id, conf);
  // Reading the record shows both whether the guest runs and what is installed: Proxmox reports a stopped guest.
  const command = runInside(program, id, ['cat', RECORD_FILE], 30);
  const result = readAnswer(command, await host.run(command));
  if (result.exit === 0) return { running: true, installed: parseInstalled(result.stdout), silent: false };
  if (/\bnot running\b/.test(result.stderr) && !/guest agent/i.test(result.stderr)) return ABSENT;
  if (/guest agent/i.test(result.stderr) || (program === 'qm' && result.ended === 'timed out'))
    return { ...(await runningState(host, program, id, conf)), silent: true };
  if (/no such file/i.test(result.stderr)) return { running: true, installed: {}, silent: false };
  throw failedRead(command.args, program, result);
}

/**
 * States of QEMU in which a VM does not go on by itself. In others it does, or a task of the node works on it.
 * (qemu-server, PVE/CLI/qm.pm, status: the state of QMP's query-status)
 */
const HALTED: ReadonlySet<string> = new Set(['paused', 'io-error', 'internal-error', 'guest-panicked']);

async function runningState(host: HostReader, program: Program, id: number, conf: GuestConf): Promise<State> {
  const command = call(program, 'status', id);
  const result = await host.run(command);
  const status = /^status: (\S+)/m.exec(result.stdout)?.[1];
  if (isStoppedWithoutStatus(program, conf, result)) return ABSENT;
  if (result.exit !== 0 || status === undefined) throw failedRead(command.args, program, result);
  const halted = HALTED.has(status) ? { halted: status } : {};
  return { running: status !== 'stopped', installed: null, silent: false, ...halted };
}

/**
 * Of a container whose root disk cannot be read, Proxmox only tells the state while it runs. What it warns of stands behind other words in a line. One that LXC
 * has, but whose process cannot be found, is starting or ending and not stopped. (pve-container, PVE/LXC.pm, vmstatus, find_lxc_pid)
 */
function isStoppedWithoutStatus(program: Program, conf: GuestConf, { exit, stderr }: CommandResult): boolean {
  const isDoubtful = Object.hasOwn(conf.unreadable, 'rootfs') || conf.unknown.some(({ key }) => key === 'rootfs');
  const isUnread = exit !== null && exit !== 0 && /^(format error|invalid size)/m.test(stderr);
  return program === 'pct' && isDoubtful && isUnread && !/^(unable to get PID|command 'lxc-info )/m.test(stderr);
}

/** A command that reads failed: what was run, and how it ended. */
export function failedRead(args: readonly string[], program: Program, result: CommandResult): Error {
  const ended = result.ended === 'exited' ? `exit ${result.exit}` : result.ended;
  return new Error(`${program} ${args.join(' ')}: ${ended}: ${result.stderr.trim()}`);
}
