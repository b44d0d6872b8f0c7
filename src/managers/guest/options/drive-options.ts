// `options` of a drive or mount: keys of its property string by Proxmox's own names, for what no field of it says. Names and values are checked by
// Proxmox's table, as those of a guest's `options` are.

import { z } from 'zod';
import { nameKeys } from '../../../config/schema/field-metadata.ts';
import * as text from '../../../config/schema/text.ts';
import { keysOfOption } from '../../../proxmox/guests/guest-options.ts';
import { refusal } from '../../../proxmox/parameters/option.ts';
import type { Schema } from '../../../proxmox/parameters/table.ts';
import type { GuestKind } from '../settings/setting.ts';
import { valueNode } from './json-schema.ts';
import { isPlain, optionText, PROXMOX_KIND } from './option.ts';

/** What the property string of a drive or mount consists of, and how each key is declared. */
export interface DriveKeys {
  readonly kind: GuestKind;
  /** What it is in messages: `disk`, `mount`. */
  readonly what: string;
  /** Proxmox's options that it may become, one for each bus. */
  readonly places: readonly string[];
  /** The fields beside `options`, by the key that each declares. */
  readonly fields: Readonly<Record<string, string>>;
  /** Keys that must not stand in `options`, with what to do instead, as the end of a sentence. */
  readonly instead: Readonly<Record<string, string>>;
}

const PROGRAM = { lxc: 'pct set', vm: 'qm set' } as const;

/** The keys that `options` may have, each with its schema, sorted. */
export function driveKeys({ kind, places, instead }: DriveKeys): ReadonlyMap<string, Schema> {
  const all = places.flatMap((place) => Object.entries(keysOfOption(PROXMOX_KIND[kind], place) ?? {}));
  const open = all.filter(([key, { alias }]) => alias === undefined && !Object.hasOwn(instead, key));
  return new Map(open.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The present name of a key that Proxmox has renamed; of another key its own. */
export function currentKey({ kind, places }: Pick<DriveKeys, 'kind' | 'places'>, key: string): string {
  const schemas = places.map((place) => keysOfOption(PROXMOX_KIND[kind], place)?.[key]);
  return schemas.find((schema) => schema?.alias !== undefined)?.alias ?? key;
}

/**
 * The field `options` of a drive or mount; absent means that none are declared.
 *
 * @param otherwise what holds for keys that are not named, or are declared later
 */
export function driveOptionsShape(keys: DriveKeys, otherwise = 'What is not named stays as it is.') {
  const names = [...driveKeys(keys).keys()];
  const says = `Further keys of the ${keys.what}, by Proxmox's own names and as \`${PROGRAM[keys.kind]}\` takes them, for what no other field says. ${otherwise} Default: none.`;
  const record = z
    .record(text.line(200), text.oneLine)
    .check(({ value, issues }) => {
      for (const [key, written] of Object.entries(value)) issues.push(...issuesOf(keys, key, written));
    })
    .meta({ description: says, ...driveJsonSchema(keys) });
  nameKeys(record, () => names);
  return record.optional().describe(says);
}

function driveJsonSchema(keys: DriveKeys): Record<string, unknown> {
  const properties = [...driveKeys(keys)].map(([key, schema]) => [
    key,
    { description: `Key ${key} of a ${keys.what}.`, ...valueNode(schema) },
  ]);
  return { properties: Object.fromEntries(properties), additionalProperties: false };
}

function issuesOf(keys: DriveKeys, key: string, written: unknown): z.core.$ZodRawIssue[] {
  const custom = (message: string): z.core.$ZodRawIssue[] => [{ code: 'custom', path: [key], input: written, message }];
  const instead = keys.instead[key];
  if (instead !== undefined) return custom(`must not stand in options; ${instead}`);
  const current = currentKey(keys, key);
  if (current !== key) return custom(`must be written as ${current}, which Proxmox calls it now`);
  if (!driveKeys(keys).has(key))
    return [{ code: 'unrecognized_keys', keys: [key], path: [], input: { [key]: written } }];
  if (!isPlain(written)) return custom('must be text, a number, or true or false');
  const refused = refusedBy(keys, key, optionText(written));
  return refused === undefined ? [] : custom(`must be what Proxmox takes: ${refused}`);
}

/** Proxmox's refusal on one line; undefined where a place accepts the value. */
export function refusedBy({ kind, places }: DriveKeys, key: string, value: string): string | undefined {
  if (value.trim() === '') return 'it is empty; leave the key out, and it is removed';
  const having = places.filter((place) => keysOfOption(PROXMOX_KIND[kind], place)?.[key] !== undefined);
  const refused = having.map((option) => refusal({ verb: PROGRAM[kind], option, property: key }, value));
  const [first] = refused;
  return refused.includes(undefined) ? undefined : first?.split(/\s*\n\s*/).join(', ');
}

/** Reports what is declared both in `options` and in a field beside it. */
export function keysDeclaredTwice({ fields }: DriveKeys) {
  return (written: { readonly options?: Readonly<Record<string, unknown>> | undefined }, context: z.RefinementCtx) => {
    const beside = written as Readonly<Record<string, unknown>>;
    for (const key of Object.keys(written.options ?? {})) {
      const field = fields[key];
      if (field === undefined || beside[field] === undefined) continue;
      const message = `must not say ${key} a second time beside "${field}"; keep one of them`;
      context.addIssue({ code: 'custom', path: ['options', key], message });
    }
  };
}

/** The declared keys as texts, sorted. */
export function optionTexts(written: Readonly<Record<string, unknown>> | undefined): Readonly<Record<string, string>> {
  const entries = Object.entries(written ?? {}).flatMap(([key, value]): [string, string][] =>
    isPlain(value) ? [[key, optionText(value)]] : [],
  );
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
