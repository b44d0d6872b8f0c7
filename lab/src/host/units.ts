// The services of the node as its systemd knows them: those of its packages and those that lie as files in its unit folders.

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { replaceFile, withLock } from '../proxmox/lock.ts';
import { type LabNode, pathOf } from '../proxmox/node.ts';
import { dnsmasqComplaint } from './dnsmasq.ts';
import { exportAll } from './exportfs.ts';
import { installed, PACKAGES } from './packages.ts';

export interface UnitState {
  readonly active: boolean;
  readonly enabled: boolean;
  /** How often it was started anew, and told to read its settings again. */
  readonly starts: number;
  readonly reloads: number;
}

/** Units that systemd made itself, and which go when they are stopped. */
export const TRANSIENT = 'run/systemd/transient';

export const FOLDERS = [
  'etc/systemd/system',
  'run/systemd/system',
  TRANSIENT,
  'lib/systemd/system',
  'usr/lib/systemd/system',
];

/** Other names of units. */
const ALIASES: Readonly<Record<string, string>> = {
  'chronyd.service': 'chrony.service',
  'nfs-kernel-server.service': 'nfs-server.service',
  'sshd.service': 'ssh.service',
};

/** Those that cannot be told to read their settings again. */
const WITHOUT_RELOAD = new Set(['chrony.service', 'cron.service', 'zfs-import-cache.service']);

/** What a unit looks at before it starts, as its own settings say: the fault that it finds. One line for each. */
const CHECKS: Readonly<Record<string, (node: LabNode) => string | null>> = {
  'dnsmasq.service': (node) => dnsmasqComplaint(node),
  // It begins with what the files export, and goes on whatever is wrong with one of them.
  'nfs-server.service': (node) => {
    exportAll(node, true);
    return null;
  },
};

/** As it is called in full: `dnsmasq` is `dnsmasq.service`. */
export function fullName(name: string): string {
  const full = /\.(service|socket|target|timer|mount|path)$/.test(name) ? name : `${name}.service`;
  return ALIASES[full] ?? full;
}

export function isKnown(node: LabNode, unit: string): boolean {
  const ofPackages = [...installed(node)].some((name) => PACKAGES[name]?.units?.includes(unit));
  return ofPackages || FOLDERS.some((folder) => existsSync(pathOf(node, `${folder}/${unit}`)));
}

export function canReload(node: LabNode, unit: string): boolean {
  const file = FOLDERS.map((folder) => pathOf(node, `${folder}/${unit}`)).find((path) => existsSync(path));
  if (file !== undefined) return /^ExecReload=/m.test(readFileSync(file, 'utf8'));
  return !WITHOUT_RELOAD.has(unit);
}

/** Why it would not start; null when it would. */
export function complaintOf(node: LabNode, unit: string): string | null {
  return CHECKS[unit]?.(node) ?? null;
}

const STATES = 'run/lab/units.json';

function states(node: LabNode): Record<string, UnitState> {
  const file = pathOf(node, STATES);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

/** Services of packages run from the start; units that were put there do not. */
export function stateOf(node: LabNode, unit: string): UnitState {
  const ofPackage = Object.values(PACKAGES).some(({ units }) => units?.includes(unit));
  const known = isKnown(node, unit);
  const initial = { active: ofPackage && known, enabled: ofPackage && known, starts: 0, reloads: 0 };
  return known ? (states(node)[unit] ?? initial) : { ...initial, active: false, enabled: false };
}

export function setState(node: LabNode, unit: string, change: Partial<UnitState>): void {
  const file = pathOf(node, STATES);
  mkdirSync(dirname(file), { recursive: true });
  withLock(`${file}.lock`, 10_000, () => {
    replaceFile(file, JSON.stringify({ ...states(node), [unit]: { ...stateOf(node, unit), ...change } }));
  });
}
