// The calls of Proxmox's API that make, change and delete an object.

import { createHash } from 'node:crypto';
import type { Action, Content, SecretReference } from '../../model/action.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import type { Impact } from '../../model/plan.ts';
import type { Schema } from '../../proxmox/table.ts';
import type { ObjectSeen } from './observe.ts';
import { type ObjectRow, pathOf } from './row.ts';
import { textsOf } from './values.ts';

const SECONDS = 120;

export function pvesh(
  summary: string,
  verb: 'create' | 'set' | 'delete',
  path: string,
  args: readonly string[],
  impact: Impact = 'live',
): Action {
  return {
    summary,
    impact,
    do: { kind: 'command', program: 'pvesh', args: [verb, path, ...args], timeoutSeconds: SECONDS },
  };
}

/** @param secret what the call asks for on its standard input */
export function making(
  row: ObjectRow,
  name: string,
  spec: JsonObject,
  options: ReadonlyMap<string, readonly string[]>,
  secret: { readonly option: string; readonly reference: SecretReference } | null,
): Action {
  const { create } = row.paths;
  const summary = `make ${row.what} ${name}`;
  if (row.makes === undefined) {
    const own = row.id === null || create.includes('{') ? [] : [`--${row.id}`, name];
    const args = [...own, ...[...options.values()].flat(), ...(row.making ?? [])];
    return pvesh(summary, 'create', pathOf(row, create, name), args, costOf(row, Object.keys(spec), spec));
  }
  const { program, args, without } = row.makes;
  const others = [...options].flatMap(([option, words]) => (without.includes(option) ? [] : words));
  const asked = secret === null ? [] : [`--${secret.option}`];
  const stdin: Content[] =
    secret === null
      ? []
      : [
          { from: 'secret', secret: secret.reference },
          { from: 'text', text: '\n' },
        ];
  return {
    summary,
    impact: 'live',
    do: {
      kind: 'command',
      program,
      args: [...args(name, spec), ...others, ...asked],
      ...(stdin.length === 0 ? {} : { stdin: { from: 'joined', parts: stdin } }),
      timeoutSeconds: SECONDS,
    },
  };
}

/** What it costs that these options become what is declared. */
export function costOf(row: ObjectRow, options: readonly string[], spec: JsonObject): Impact {
  return options.some((option) => row.costs?.(option, spec[option]) === 'restart') ? 'restart' : 'live';
}

/** @param seen of one whose file may have been changed by others since: its digest goes along; null where an earlier call changes it */
export function setting(
  row: ObjectRow,
  name: string,
  summary: string,
  args: readonly string[],
  seen: ObjectSeen | null = null,
  impact: Impact = 'live',
): Action {
  if (row.rename !== undefined) {
    return pvesh(summary, 'create', row.paths.create, [`--${row.id}`, name, `--${row.rename}`, name, ...args]);
  }
  const [path, own] = addressed(row, name);
  const digest = row.digest === true && seen?.text != null ? ['--digest', sha1(seen.text)] : [];
  return pvesh(summary, 'set', path, [...own, ...args, ...digest], impact);
}

export function deletion(row: ObjectRow, name: string, impact: Impact): Action {
  const [path, own] = addressed(row, name);
  const force = row.part?.goesWith === true ? ['--force', '1'] : [];
  return pvesh(`delete ${row.what} ${name}`, 'delete', path, [...own, ...force, ...(row.deleting ?? [])], impact);
}

/** The path of an object, and its name as an option where the path does not hold it. */
function addressed(row: ObjectRow, name: string): [string, readonly string[]] {
  const { change } = row.paths;
  return [pathOf(row, change, name), row.id === null || change.includes('{') ? [] : [`--${row.id}`, name]];
}

export function optionArgs(option: string, schema: Schema, value: Json | undefined): string[] {
  return value === undefined ? [] : textsOf(schema, value).flatMap((text) => [`--${option}`, text]);
}

/** As Proxmox takes it of a file of sections. */
function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}
