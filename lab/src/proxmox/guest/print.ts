// The output of config, pending and listsnapshot for a guest.

import { textProblem } from '../../../../src/proxmox/parameters/schema.ts';
import { type Call, print } from '../call.ts';
import type { GuestKind } from '../node.ts';
import { refuse } from '../refusal.ts';
import { encodeText, type Options } from './file.ts';
import { load, pendingDeletes } from './guest.ts';
import { optionSchema } from './options.ts';

/** The options of `config`: including pending changes, without them, or those of a snapshot. */
export function shownOptions(
  call: Call,
  kind: GuestKind,
  id: number,
  how: { current?: boolean; snapshot?: string },
): { options: Options; raw: [string, string][]; digest: string } {
  const file = load(call, kind, id);
  const { snapshot } = how;
  if (snapshot !== undefined) {
    const section = file.snapshots[snapshot] ?? refuse(`snapshot '${snapshot}' does not exist`);
    return { ...section, digest: file.digest };
  }
  const { delete: _, ...changes } = file.pending.options;
  const options = how.current ? { ...file.options } : { ...file.options, ...changes };
  if (!how.current) for (const name of pendingDeletes(file).keys()) delete options[name];
  return { options, raw: file.raw, digest: file.digest };
}

/** Prints `config`; fails for values that do not have the type of their option. */
export function printConfig(
  call: Call,
  kind: GuestKind,
  id: number,
  how: { current?: boolean; snapshot?: string },
): void {
  const { options, raw } = shownOptions(call, kind, id, how);
  if (kind === 'qemu' && options['cipassword'] !== undefined) options['cipassword'] = '**********';
  const problems = Object.entries(options).flatMap(([name, value]) => {
    const problem =
      optionSchema(kind, name) === undefined ? undefined : textProblem(value, optionSchema(kind, name) ?? {}, name);
    return problem === undefined ? [] : [`${name}: ${problem}`];
  });
  if (problems.length > 0)
    refuse(
      ['400 Result verification failed', ...problems, `${kind === 'lxc' ? 'pct' : 'qm'} config <vmid> [OPTIONS]`].join(
        '\n',
      ),
    );
  for (const name of Object.keys(options).sort())
    print(call, `${name}: ${name === 'description' ? encodeText(options[name] ?? '') : options[name]}`);
  for (const [key, value] of raw) print(call, `${key}: ${value}`);
}

/** Prints `pending`: present values, pending values and pending deletions. */
export function printPending(call: Call, kind: GuestKind, id: number): void {
  const file = load(call, kind, id);
  const { delete: _, ...changes } = file.pending.options;
  const deletes = pendingDeletes(file);
  const shown = (name: string, value: string): string =>
    name === 'description' ? encodeText(value) : name === 'cipassword' ? '**********' : value;
  for (const name of [...new Set([...Object.keys(file.options), ...Object.keys(changes)])].sort()) {
    const now = file.options[name];
    const next = changes[name];
    if (now !== undefined) print(call, `${deletes.has(name) ? 'del' : 'cur'} ${name}: ${shown(name, now)}`);
    if (next !== undefined && !deletes.has(name)) print(call, `new ${name}: ${shown(name, next)}`);
  }
}

/** Prints `listsnapshot`: the tree of snapshots down to the present state. */
export function printSnapshots(call: Call, kind: GuestKind, id: number): void {
  const file = load(call, kind, id);
  type Entry = { name: string; parent: string | undefined; time: number; description: string };
  const entries: Entry[] = Object.entries(file.snapshots).map(([name, { options }]) => ({
    name,
    parent: options['parent'],
    time: Number(options['snaptime'] ?? 0),
    description: options['description'] ?? '',
  }));
  entries.push({
    name: 'current',
    parent: file.options['parent'],
    time: Number.POSITIVE_INFINITY,
    description: 'You are here!',
  });
  const names = new Set(entries.map((entry) => entry.name));
  const parentOf = (entry: Entry): string | undefined =>
    entry.parent !== undefined && names.has(entry.parent) ? entry.parent : undefined;
  const show = (parent: string | undefined, prefix: string): void => {
    for (const entry of entries.filter((candidate) => parentOf(candidate) === parent).sort((a, b) => a.time - b.time)) {
      const time = Number.isFinite(entry.time) ? localTime(entry.time) : '';
      const description = entry.description.split('\n')[0] || 'no-description';
      print(call, `${prefix} ${entry.name.padEnd(30 - prefix.length)} ${time.padEnd(23)} ${description}`);
      if (entry.name !== 'current') show(entry.name, ` ${prefix}`);
    }
  };
  show(undefined, '`->');
}

function localTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
