// One simulated Proxmox node, kept in a folder: its files at their usual paths, and beside them what a kernel would
// know (which guests run) and what disks would hold.
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { replaceFile, withLock } from './lock.ts';
import { refuse } from './refusal.ts';

/** A node as its folder; every call reads it afresh, so that files may be edited by hand. */
export type LabNode = { readonly dir: string; readonly name: string };

/** `lxc` for containers, `qemu` for virtual machines, as the API names them. */
export type GuestKind = 'lxc' | 'qemu';

/** What the kernel knows of a running guest. `boot` is another one each time that it starts. */
export type Running = {
  readonly pid: number;
  readonly since: number;
  readonly boot: string;
};

/** The host's processor count, as far as the programs show it. */
export const CPU_COUNT = 2;

/** The node kept in `dir`. */
export function openNode(dir: string): LabNode {
  return { dir, name: 'pve' };
}

/** Where a path of the host lies below the lab's folder. */
export function pathOf(node: LabNode, path: string): string {
  return join(node.dir, path);
}

/** A file of the host, or the same path outside the lab when only that exists (`pct push` of a file just written). */
export function hostFile(node: LabNode, path: string): string | undefined {
  return [pathOf(node, path), path].find((candidate) => existsSync(candidate));
}

const FOLDERS: Record<GuestKind, string> = { lxc: 'lxc', qemu: 'qemu-server' };

/** Where a guest's configuration lies. */
export function configPath(node: LabNode, kind: GuestKind, id: number): string {
  return pathOf(node, `etc/pve/${FOLDERS[kind]}/${id}.conf`);
}

/** The name by which the programs call a guest's configuration when they miss it. */
export function configName(node: LabNode, kind: GuestKind, id: number): string {
  return `nodes/${node.name}/${FOLDERS[kind]}/${id}.conf`;
}

/** The numbers of all guests of a kind, ascending. */
export function guestIds(node: LabNode, kind: GuestKind): number[] {
  return idsIn(dirname(configPath(node, kind, 0)));
}

/** The nodes of the cluster: this one, and those that have a folder. */
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

/** Guests of the other nodes of the cluster, whose files every node sees. */
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
 * What pmxcfs shows as `.vmlist`: every guest of the cluster with its node. A real one is made when it is read; here it is written when
 * a guest comes or goes.
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

/** Which kind of guest has a number, undefined when it is free. */
export function kindOf(node: LabNode, id: number): GuestKind | undefined {
  return (['lxc', 'qemu'] as const).find((kind) => existsSync(configPath(node, kind, id)));
}

const runPath = (node: LabNode, id: number): string => pathOf(node, `run/lab/guests/${id}.json`);

/** What the kernel knows of a guest, undefined when it does not run. */
export function running(node: LabNode, id: number): Running | undefined {
  const file = runPath(node, id);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Running) : undefined;
}

/** Sets a guest's state as a kernel would, whatever its configuration says. */
export function setRunning(node: LabNode, id: number, isRunning: boolean): void {
  const file = runPath(node, id);
  if (!isRunning) {
    rmSync(file, { force: true });
    return;
  }
  const { pid, since, boot } = running(node, id) ?? {
    pid: 4000 + (id % 30000),
    since: Math.floor(Date.now() / 1000),
    boot: randomUUID(),
  };
  replaceFile(file, JSON.stringify({ pid, since, boot }));
}

/** What a test may order in `lab.json`, as far as guests are concerned. */
export type Orders = {
  /** Who runs the containers; absent: they are imitated. */
  readonly engine?: 'lxc';
  readonly guests?: readonly GuestRule[];
  /** Whether the guest agent of a machine answers, by its number; otherwise it does when an image was imported. */
  readonly agent?: Readonly<Record<string, boolean>>;
  /** How long programs wait for a guest's lock, in milliseconds, instead of Proxmox's own seconds. */
  readonly lockTimeoutMs?: number;
};

/** How a command inside a guest ends; `match` is a regular expression on the command's words joined by blanks. */
type GuestRule = {
  readonly id?: number;
  readonly match: string;
  readonly rc?: number;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly hang?: boolean;
};

/** The orders of `lab.json`. */
export function orders(node: LabNode): Orders {
  const file = pathOf(node, 'lab.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Orders) : {};
}

/** Says by an order that a machine's guest agent answers, or that it does not. */
export function setAgent(node: LabNode, id: number, answers: boolean): void {
  const given = orders(node);
  replaceFile(pathOf(node, 'lab.json'), JSON.stringify({ ...given, agent: { ...given.agent, [id]: answers } }));
}

/** Where Proxmox keeps the lock of a guest's configuration. */
export function lockPath(kind: GuestKind, id: number): string {
  return kind === 'lxc' ? `/run/lock/lxc/pve-config-${id}.lock` : `/var/lock/qemu-server/lock-${id}.conf`;
}

/** Does something under a guest's lock; refuses as Proxmox does when it stays taken. */
export function withGuestLock<T>(node: LabNode, kind: GuestKind, id: number, seconds: number, change: () => T): T {
  const path = lockPath(kind, id);
  const done = withLock(pathOf(node, path), orders(node).lockTimeoutMs ?? seconds * 1000, change);
  return done === undefined ? refuse(`can't lock file '${path}' - got timeout`) : done.result;
}

/** The folder that holds a guest's own files, made when missing. */
export function guestTree(node: LabNode, id: number | string): string {
  const tree = pathOf(node, `guests/${id}`);
  mkdirSync(tree, { recursive: true });
  return tree;
}
