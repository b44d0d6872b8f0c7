// The systemd units of the node: those of its packages, and those from files in its unit folders.

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
  /** Number of restarts and reloads. */
  readonly starts: number;
  readonly reloads: number;
}

/** Folder of transient units, which systemd removes when they are stopped. */
export const TRANSIENT = 'run/systemd/transient';

export const FOLDERS = [
  'etc/systemd/system',
  'run/systemd/system',
  TRANSIENT,
  'lib/systemd/system',
  'usr/lib/systemd/system',
];

/** Aliases of units. */
const ALIASES: Readonly<Record<string, string>> = {
  'chronyd.service': 'chrony.service',
  'nfs-kernel-server.service': 'nfs-server.service',
  'sshd.service': 'ssh.service',
};

/** Units that cannot be reloaded. */
const WITHOUT_RELOAD = new Set(['chrony.service', 'cron.service', 'zfs-import-cache.service']);

/** The checks that a unit makes before it starts, by its unit file: each returns the error. */
const CHECKS: Readonly<Record<string, (node: LabNode) => string | null>> = {
  'dnsmasq.service': (node) => dnsmasqComplaint(node),
  // Its start exports what the files declare, and succeeds whatever is wrong with them.
  'nfs-server.service': (node) => {
    exportAll(node, true);
    return null;
  },
};

/** The full name: `dnsmasq` is `dnsmasq.service`. */
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

/** Why the unit would not start; null: it would. */
export function complaintOf(node: LabNode, unit: string): string | null {
  return CHECKS[unit]?.(node) ?? null;
}

const STATES = 'run/lab/units.json';

function states(node: LabNode): Record<string, UnitState> {
  const file = pathOf(node, STATES);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

/** The state of a unit: services of packages run initially, added units do not. */
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
