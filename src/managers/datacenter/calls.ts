// The calls of Proxmox's API that create, change and delete an object.

import { createHash } from 'node:crypto';
import type { Action, Content, SecretReference } from '../../model/action.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import type { Impact } from '../../model/plan.ts';
import type { Schema } from '../../proxmox/parameters/table.ts';
import { PVESH_WITH_SECRETS } from '../../proxmox/secret-arguments.ts';
import type { ObjectObservation } from './observe.ts';
import { isAddressed, pathOf } from './options/row-options.ts';
import { textsOf } from './options/values.ts';
import type { ObjectRow } from './row.ts';

const SECONDS = 120;
const TASK_SECONDS = 300;

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

/** The call as one that starts a task: its success is the end of that task, not of the call. */
function ofTask({ task }: ObjectRow, action: Action): Action {
  return task === true && action.do.kind === 'command'
    ? { ...action, do: { ...action.do, answer: 'task', timeoutSeconds: TASK_SECONDS } }
    : action;
}

/** A secret option of a call: its name, or `secret/NAME` for one of several. */
export interface SecretInCall {
  readonly name: string;
  readonly reference: SecretReference;
}

/** The same call of pvesh, with secrets on its standard input. */
export function withSecrets(action: Action, secrets: readonly SecretInCall[]): Action {
  if (secrets.length === 0 || action.do.kind !== 'command') return action;
  const names = secrets.map(({ name }) => name).join(',');
  const parts = secrets.flatMap(({ reference }, index): Content[] => [
    ...(index === 0 ? [] : [{ from: 'text', text: '\0' } as const]),
    { from: 'secret', secret: reference },
  ]);
  const args = ['-e', PVESH_WITH_SECRETS, names, ...action.do.args];
  return { ...action, do: { ...action.do, program: 'perl', args, stdin: { from: 'joined', parts } } };
}

/** What a new object is made from. */
interface NewObject {
  readonly spec: JsonObject;
  /** The arguments of each option. */
  readonly options: ReadonlyMap<string, readonly string[]>;
  /** The secret that the call prompts for, given on its standard input; null for none. */
  readonly prompted: { readonly option: string; readonly reference: SecretReference } | null;
  /** Secrets that are options of the call. */
  readonly secrets: readonly SecretInCall[];
}

export function createCall(row: ObjectRow, name: string, { spec, options, prompted, secrets }: NewObject): Action {
  const { create } = row.paths;
  const summary = `make ${row.label} ${name}`;
  if (row.createCommand === undefined) {
    const own = isAddressed(row, create) ? [] : [`--${row.id}`, name];
    const args = [...own, ...[...options.values()].flat(), ...(row.createArgs ?? [])];
    const impact = impactOfOptions(row, Object.keys(spec), spec);
    return ofTask(row, withSecrets(pvesh(summary, 'create', pathOf(row, create, name), args, impact), secrets));
  }
  const { program, args, without } = row.createCommand;
  const others = [...options].flatMap(([option, words]) => (without.includes(option) ? [] : words));
  const promptArgs = prompted === null ? [] : [`--${prompted.option}`];
  const stdin: Content[] =
    prompted === null
      ? []
      : [
          { from: 'secret', secret: prompted.reference },
          { from: 'text', text: '\n' },
        ];
  return {
    summary,
    impact: 'live',
    do: {
      kind: 'command',
      program,
      args: [...args(name, spec), ...others, ...promptArgs],
      ...(stdin.length === 0 ? {} : { stdin: { from: 'joined', parts: stdin } }),
      timeoutSeconds: SECONDS,
    },
  };
}

/** The impact of changing these options to what is declared. */
export function impactOfOptions(row: ObjectRow, options: readonly string[], spec: JsonObject): Impact {
  return options.some((option) => row.impact?.(option, spec[option]) === 'restart') ? 'restart' : 'live';
}

interface ObjectUpdate {
  readonly summary: string;
  readonly args: readonly string[];
  /**
   * The object as observed: the digest of its file goes with the call, which Proxmox refuses if the file changed since. Absent where an earlier call
   * of this plan changes the file.
   */
  readonly seen?: ObjectObservation;
  /** Default: `live`. */
  readonly impact?: Impact;
}

export function updateCall(row: ObjectRow, name: string, { summary, args, seen, impact }: ObjectUpdate): Action {
  if (row.rename !== undefined) {
    return pvesh(summary, 'create', row.paths.create, [`--${row.id}`, name, `--${row.rename}`, name, ...args]);
  }
  const [path, own] = addressed(row, name);
  const digest = row.digest === undefined || seen?.text == null ? [] : ['--digest', digestOf(row.digest, seen.text)];
  return ofTask(row, pvesh(summary, 'set', path, [...own, ...args, ...digest], impact));
}

export function deleteCall(row: ObjectRow, name: string, impact: Impact): Action {
  const [path, own] = addressed(row, name);
  const force = row.part?.deletedWithObject === true ? ['--force', '1'] : [];
  const args = [...own, ...force, ...(row.deleteArgs ?? [])];
  return ofTask(row, pvesh(`delete ${row.label} ${name}`, 'delete', path, args, impact));
}

/** The path of an object, and its name as an option where the path does not hold it. */
function addressed(row: ObjectRow, name: string): [string, readonly string[]] {
  const { change } = row.paths;
  return [pathOf(row, change, name), isAddressed(row, change) ? [] : [`--${row.id}`, name]];
}

export function optionArgs(row: ObjectRow, option: string, schema: Schema, value: Json | undefined): string[] {
  if (value === undefined) return [];
  return textsOf(schema, value).flatMap((text) => [`--${option}`, row.encode?.(option, text) ?? text]);
}

/** The digest that Proxmox computes of a section file. */
function digestOf(algorithm: 'sha1' | 'sha256', text: string): string {
  return createHash(algorithm).update(text).digest('hex');
}
