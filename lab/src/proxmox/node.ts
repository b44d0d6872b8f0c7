// A simulated Proxmox node in a folder: its files at their usual paths, and beside them the state of its kernel (running guests) and of its disks.
import { randomInt, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { replaceFile, withLock } from './lock.ts';
import { refuse } from './refusal.ts';

/** A node and its folder. Every call reads the files again, so that they may be edited. */
export type LabNode = { readonly dir: string; readonly name: string };

/** `lxc` for containers, `qemu` for virtual machines, as the API names them. */
export type GuestKind = 'lxc' | 'qemu';

/** The kernel's state of a running guest. `boot` is different after each start. */
export type Running = {
  readonly pid: number;
  readonly since: number;
  readonly boot: string;
  /** A virtual machine whose processors are stopped by `qm suspend`. */
  readonly isPaused?: boolean;
};

/** The host's processor count. */
export const CPU_COUNT = 2;

/** The node in `dir`. */
export function openNode(dir: string): LabNode {
  return { dir, name: 'pve' };
}

/** The path in the lab's folder of a path of the host. */
export function pathOf(node: LabNode, path: string): string {
  return join(node.dir, path);
}

/** A file of the host, or the same path outside the lab when only that exists (`pct push` of a file just written). */
export function hostFile(node: LabNode, path: string): string | undefined {
  return [pathOf(node, path), path].find((candidate) => existsSync(candidate));
}

const FOLDERS: Record<GuestKind, string> = { lxc: 'lxc', qemu: 'qemu-server' };

/** Path of a guest's configuration. */
export function configPath(node: LabNode, kind: GuestKind, id: number): string {
  return pathOf(node, `etc/pve/${FOLDERS[kind]}/${id}.conf`);
}

/** The name of a guest's configuration in error messages. */
export function configName(node: LabNode, kind: GuestKind, id: number): string {
  return `nodes/${node.name}/${FOLDERS[kind]}/${id}.conf`;
}

/** The ids of all guests of a kind, ascending. */
export function guestIds(node: LabNode, kind: GuestKind): number[] {
  return idsIn(dirname(configPath(node, kind, 0)));
}

/** The nodes of the cluster: this one, and others with a folder. */
export function clusterNodes(node: LabNode): string[] {
  const nodes = pathOf(node, 'etc/pve/nodes');
  return [...new Set([node.name, ...(existsSync(nodes) ? readdirSync(nodes) : [])])].sort();
}

function idsIn(folder: string): number[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const ids = names.flatMap((name) => (/^[1-9]\d*\.conf$/.test(name) ? [Number.parseInt(name, 10)] : []));
  return ids.sort((a, b) => a - b);
}

export interface GuestElsewhere {
  readonly id: number;
  readonly kind: GuestKind;
  readonly node: string;
}

/** Guests on other nodes of the cluster, whose files every node has. */
export function guestsElsewhere(node: LabNode): GuestElsewhere[] {
  const nodes = pathOf(node, 'etc/pve/nodes');
  const others = clusterNodes(node).filter((name) => name !== node.name);
  return others.flatMap((other) =>
    (['lxc', 'qemu'] as const).flatMap((kind) => {
      return idsIn(join(nodes, other, FOLDERS[kind])).map((id) => ({ id, kind, node: other }));
    }),
  );
}

/**
 * Writes `.vmlist` of pmxcfs: every guest of the cluster with its node. The real one is generated when it is read; here it is written whenever a
 * guest is added or removed.
 */
export function writeVmlist(node: LabNode): void {
  const own = (['lxc', 'qemu'] as const).flatMap((kind) => {
    return guestIds(node, kind).map((id) => ({ id, kind, node: node.name }));
  });
  const entries = [...own, ...guestsElsewhere(node)].map(({ id, kind, node: on }) => {
    return [id, { node: on, type: kind, version: 1 }] as const;
  });
  replaceFile(
    pathOf(node, 'etc/pve/.vmlist'),
    `${JSON.stringify({ version: 1, ids: Object.fromEntries(entries) }, null, 1)}\n`,
  );
}

/** Writes `.members` of pmxcfs: the nodes of the cluster, which one that stands alone has no list of. */
export function writeMembers(node: LabNode): void {
  const nodes = clusterNodes(node);
  const list = nodes.map((name, index) => [name, { id: index + 1, online: 1, ip: `10.0.0.${13 + index}` }] as const);
  const cluster = { name: 'lab', version: 1, nodes: nodes.length, quorate: 1 };
  const members = {
    nodename: node.name,
    version: 1,
    ...(nodes.length < 2 ? {} : { cluster, nodelist: Object.fromEntries(list) }),
  };
  replaceFile(pathOf(node, 'etc/pve/.members'), `${JSON.stringify(members, null, 1)}\n`);
}

/** The kind of the guest with this id; undefined when the id is free. */
export function kindOf(node: LabNode, id: number): GuestKind | undefined {
  return (['lxc', 'qemu'] as const).find((kind) => existsSync(configPath(node, kind, id)));
}

const runPath = (node: LabNode, id: number): string => pathOf(node, `run/lab/guests/${id}.json`);

/** The kernel's state of a guest; undefined when it does not run. */
export function running(node: LabNode, id: number): Running | undefined {
  const file = runPath(node, id);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Running) : undefined;
}

/**
 * What the kernel shows of a running guest: of a container its control group, of a machine the process with its command line; both of one whose
 * configuration is put there later.
 */
function showRunning(node: LabNode, id: number, pid: number): void {
  const kind = kindOf(node, id);
  if (kind !== 'qemu') for (const freezer of ['outer', 'inner'] as const) setFrozen(node, id, freezer, false);
  if (kind === 'lxc') return;
  replaceFile(pathOf(node, `run/qemu-server/${id}.pid`), `${pid}\n`);
  setCommandLine(node, pid, ['/usr/bin/kvm', '-id', String(id)]);
}

function hideRunning(node: LabNode, id: number): void {
  const state = running(node, id);
  if (state !== undefined) rmSync(pathOf(node, `proc/${state.pid}`), { recursive: true, force: true });
  rmSync(groupOf(node, id), { recursive: true, force: true });
  rmSync(pathOf(node, `run/qemu-server/${id}.pid`), { force: true });
}

/** Sets the words with which a process was started. */
export function setCommandLine(node: LabNode, pid: number, words: readonly string[]): void {
  replaceFile(pathOf(node, `proc/${pid}/cmdline`), words.map((word) => `${word}\0`).join(''));
}

const groupOf = (node: LabNode, id: number): string => pathOf(node, `sys/fs/cgroup/lxc/${id}`);

/**
 * Control groups by which a container is frozen: lxc-freeze freezes the outer one, a task of Proxmox the inner one, where its processes are. They stand still
 * where either is frozen (lxc, src/lxc/cgroups/cgfsng.c, cgroup_freeze and cg_unified_freeze_do; Linux, Documentation/admin-guide/cgroup-v2.rst).
 */
const FREEZERS = { outer: 'cgroup.freeze', inner: 'ns/cgroup.freeze' } as const;

export type Freezer = keyof typeof FREEZERS;

/** Whether a container is frozen by this control group; false for one that does not run. */
export function isFrozenBy(node: LabNode, id: number, freezer: Freezer): boolean {
  const file = `${groupOf(node, id)}/${FREEZERS[freezer]}`;
  return existsSync(file) && readFileSync(file, 'utf8').trim() === '1';
}

/** Whether the processes of a container stand still; false for one that does not run. */
export function isFrozen(node: LabNode, id: number): boolean {
  return isFrozenBy(node, id, 'outer') || isFrozenBy(node, id, 'inner');
}

/** Freezes a control group of a running container, or lets it go on. */
export function setFrozen(node: LabNode, id: number, freezer: Freezer, frozen: boolean): void {
  replaceFile(`${groupOf(node, id)}/${FREEZERS[freezer]}`, `${frozen ? 1 : 0}\n`);
  replaceFile(`${groupOf(node, id)}/ns/cgroup.events`, `populated 1\nfrozen ${isFrozen(node, id) ? 1 : 0}\n`);
}

/** Sets the kernel's state of a guest, whatever its configuration says. */
export function setRunning(node: LabNode, id: number, isRunning: boolean): void {
  const file = runPath(node, id);
  if (!isRunning) {
    hideRunning(node, id);
    rmSync(file, { force: true });
    return;
  }
  const { pid, since, boot } = running(node, id) ?? {
    // As the kernel gives them: another one for each start.
    pid: randomInt(4000, 4_194_304),
    since: Math.floor(Date.now() / 1000),
    boot: randomUUID(),
  };
  replaceFile(file, JSON.stringify({ pid, since, boot }));
  showRunning(node, id, pid);
}

/** Pauses a running machine, or lets it go on. */
export function setPaused(node: LabNode, id: number, isPaused: boolean): void {
  const state = running(node, id);
  if (state !== undefined) replaceFile(runPath(node, id), JSON.stringify({ ...state, isPaused }));
}

/** Folder of what HA was asked for and has not done yet. */
export const HA_REQUESTS = 'run/lab/ha';

export function hasHaRequests(node: LabNode): boolean {
  return existsSync(pathOf(node, HA_REQUESTS));
}

/** `lab.json`: how this lab differs from a usual node. Tests write it. */
export type LabSettings = {
  /** Engine for containers; absent: they are simulated. */
  readonly engine?: 'lxc';
  readonly guests?: readonly GuestRule[];
  /** Whether the guest agent of a machine responds, by id; default: it does if the machine has an imported image. */
  readonly agent?: Readonly<Record<string, boolean>>;
  /** Timeout for a guest's lock in milliseconds, instead of Proxmox's. */
  readonly lockTimeoutMs?: number;
  /** Portainer servers that people start in machines themselves, by the id of the machine. */
  readonly portainers?: Readonly<Record<string, PortainerByHand>>;
  /** How long HA takes until it starts or stops a guest, in milliseconds; default: 1000. */
  readonly haDelayMs?: number;
};

/** A Portainer server of people, with its administrator. */
export interface PortainerByHand {
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** The result of a command inside a guest; `match` is a regular expression on its words joined by blanks. */
type GuestRule = {
  readonly id?: number;
  readonly match: string;
  readonly rc?: number;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly hang?: boolean;
};

/** The content of `lab.json`; empty where there is none. */
export function labSettings(node: LabNode): LabSettings {
  const file = pathOf(node, 'lab.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as LabSettings) : {};
}

/** Sets whether the guest agent of a machine responds. */
export function setAgent(node: LabNode, id: number, answers: boolean): void {
  const given = labSettings(node);
  replaceFile(pathOf(node, 'lab.json'), JSON.stringify({ ...given, agent: { ...given.agent, [id]: answers } }));
}

/** Records a Portainer server that people run in a machine. */
export function setPortainer(node: LabNode, id: number, server: PortainerByHand): void {
  const given = labSettings(node);
  replaceFile(
    pathOf(node, 'lab.json'),
    JSON.stringify({ ...given, portainers: { ...given.portainers, [id]: server } }),
  );
}

/** Path of the lock of a guest's configuration. */
export function lockPath(kind: GuestKind, id: number): string {
  return kind === 'lxc' ? `/run/lock/lxc/pve-config-${id}.lock` : `/var/lock/qemu-server/lock-${id}.conf`;
}

/** Runs `change` under a guest's lock; refuses as Proxmox does when others hold it. */
export function withGuestLock<T>(node: LabNode, kind: GuestKind, id: number, seconds: number, change: () => T): T {
  const path = lockPath(kind, id);
  const done = withLock(pathOf(node, path), labSettings(node).lockTimeoutMs ?? seconds * 1000, change);
  return done === undefined ? refuse(`can't lock file '${path}' - got timeout`) : done.result;
}

/** The folder with a guest's own files; created if missing. */
export function guestTree(node: LabNode, id: number | string): string {
  const tree = pathOf(node, `guests/${id}`);
  mkdirSync(tree, { recursive: true });
  return tree;
}
