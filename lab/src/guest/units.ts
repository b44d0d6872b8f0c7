// The services of a guest: which are known there, which start with it, and which were stopped since it started.

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Inside, insidePath } from '../proxmox/guest/place.ts';
import { replaceFile } from '../proxmox/lock.ts';
import { running } from '../proxmox/node.ts';

interface Unit {
  readonly enabled: boolean;
  /** By the start of the guest in which that was done by hand. */
  readonly switched?: { readonly boot: string; readonly on: boolean };
}

type Units = Readonly<Record<string, Unit>>;
type Where = Pick<Inside, 'node' | 'id'>;

/** Among the guest's own files: a clone has the same services. */
const fileOf = ({ node, id }: Where): string => insidePath(node, id, '/etc/systemd/system/.lab-units.json');

function readUnits(where: Where): Units {
  const file = fileOf(where);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Units) : {};
}

function change(where: Where, name: string, unit: Unit): void {
  mkdirSync(dirname(fileOf(where)), { recursive: true });
  replaceFile(fileOf(where), JSON.stringify({ ...readUnits(where), [name]: unit }));
}

/** Undefined: nobody knows it there. */
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
