// The systemd units of a guest: which exist, which start at boot, and which were started or stopped since.

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Inside, insidePath } from '../proxmox/guest/place.ts';
import { replaceFile } from '../proxmox/lock.ts';
import { running } from '../proxmox/node.ts';

interface Unit {
  readonly enabled: boolean;
  /** The boot during which it was started or stopped by a command. */
  readonly switched?: { readonly boot: string; readonly on: boolean };
}

type Units = Readonly<Record<string, Unit>>;
type Where = Pick<Inside, 'node' | 'id'>;

/** A file of the guest, so that a clone has the same units. */
const fileOf = ({ node, id }: Where): string => insidePath(node, id, '/etc/systemd/system/.lab-units.json');

function readUnits(where: Where): Units {
  const file = fileOf(where);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Units) : {};
}

function change(where: Where, name: string, unit: Unit): void {
  mkdirSync(dirname(fileOf(where)), { recursive: true });
  replaceFile(fileOf(where), JSON.stringify({ ...readUnits(where), [name]: unit }));
}

/** Undefined: there is no such unit. */
export function stateOf(
  where: Where,
  name: string,
): { readonly enabled: boolean; readonly active: boolean } | undefined {
  const unit = readUnits(where)[name];
  if (unit === undefined) return undefined;
  const boot = running(where.node, where.id)?.boot;
  const { enabled, switched } = unit;
  return { enabled, active: boot !== undefined && (switched?.boot === boot ? switched.on : enabled) };
}

export function enable(where: Where, name: string, enabled: boolean): void {
  change(where, name, { ...readUnits(where)[name], enabled });
}

export function switchUnit(where: Where, name: string, on: boolean): void {
  const boot = running(where.node, where.id)?.boot ?? '';
  change(where, name, { enabled: false, ...readUnits(where)[name], switched: { boot, on } });
}
