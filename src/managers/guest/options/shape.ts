// The schema field `options` of a guest: names and values are checked by Proxmox's own table, and each refusal is reported at its line in Proxmox's
// words.

import { z } from 'zod';
import { nameKeys } from '../../../config/schema/field-metadata.ts';
import { inContainers, inMachines } from '../../../config/schema/option.ts';
import * as text from '../../../config/schema/text.ts';
import { keysOfOption } from '../../../proxmox/guests/guest-options.ts';
import { refusal } from '../../../proxmox/parameters/option.ts';
import { configOption, configOptions, placesFor } from '../../../proxmox/parameters/table.ts';
import type { GuestKind } from '../settings/setting.ts';
import { fieldsOf, insteadOf } from './fields.ts';
import { optionsJsonSchema } from './json-schema.ts';
import { isPlain, optionText, PROXMOX_KIND } from './option.ts';

type Issue = z.core.$ZodRawIssue;

const PLACES = { lxc: inContainers, vm: inMachines };
const PROGRAM = { lxc: 'pct set', vm: 'qm set' };

/** The names allowed in `options` of a kind, with every numbered one. */
export function optionNames(kind: GuestKind): string[] {
  return configOptions(PROXMOX_KIND[kind])
    .flatMap((name) => {
      if (!name.endsWith('[n]')) return [name];
      const stem = name.slice(0, -'[n]'.length);
      return Array.from({ length: placesFor(PROXMOX_KIND[kind], stem) }, (_, index) => `${stem}${index}`);
    })
    .filter((name) => insteadOf(kind, name) === undefined);
}

/** The field; absent means that no options are declared. */
export function optionsShape(kind: GuestKind) {
  const of = PROXMOX_KIND[kind];
  const says = `Options of Proxmox by its own names, as \`${PROGRAM[kind]}\` takes them, for what no other field says: text, number, true or false, or an object of some keys of a property string. What is not named stays as it is on the guest. Default: none.`;
  const record = z
    .record(text.line(200), text.oneLine)
    .check(({ value, issues }) => {
      for (const [option, written] of Object.entries(value)) issues.push(...issuesOf(kind, option, written));
    })
    .meta({ description: says, ...optionsJsonSchema(kind, optionNames(kind)) });
  nameKeys(record, ([option]) =>
    option === undefined ? optionNames(kind) : Object.keys(keysOfOption(of, option) ?? {}),
  );
  return record.optional().describe(says);
}

function issuesOf(kind: GuestKind, option: string, written: unknown): Issue[] {
  const custom = (path: string[], input: unknown, message: string): Issue => ({ code: 'custom', path, input, message });
  const instead = insteadOf(kind, option);
  if (instead !== undefined) return [custom([option], written, `must not stand in options; ${instead}`)];
  if (configOption(PROXMOX_KIND[kind], option) === undefined)
    return [{ code: 'unrecognized_keys', keys: [option], path: [], input: { [option]: written } }];
  if (written === null)
    return [custom([option], written, 'must not be null; leave the option out, and it is removed from the guest')];
  if (isPlain(written)) {
    const refused = refusedBy(kind, option, undefined, optionText(written));
    return refused === undefined ? [] : [custom([option], written, refused)];
  }
  if (typeof written !== 'object' || Array.isArray(written))
    return [
      custom([option], written, 'must be text, a number, true or false, or an object of keys of a property string'),
    ];
  return keyIssues(kind, option, written as Readonly<Record<string, unknown>>, custom);
}

function keyIssues(
  kind: GuestKind,
  option: string,
  written: Readonly<Record<string, unknown>>,
  custom: (path: string[], input: unknown, message: string) => Issue,
): Issue[] {
  const schemas = keysOfOption(PROXMOX_KIND[kind], option);
  if (schemas === undefined) return [custom([option], written, 'must be one value: the option has no keys')];
  if (Object.keys(written).length === 0)
    return [custom([option], written, 'must name a key; leave the option out where none is meant')];
  const found = Object.entries(written).flatMap(([key, value]): Issue[] => {
    if (!Object.hasOwn(schemas, key))
      return [{ code: 'unrecognized_keys', keys: [key], path: [option], input: written }];
    if (!isPlain(value)) return [custom([option, key], value, 'must be text, a number, or true or false')];
    const refused = refusedBy(kind, option, key, optionText(value));
    return refused === undefined ? [] : [custom([option, key], value, refused)];
  });
  return found;
}

/** Proxmox's refusal on one line; undefined where it accepts the value. */
function refusedBy(kind: GuestKind, option: string, property: string | undefined, text: string): string | undefined {
  if (text.trim() === '') return 'must not be empty; leave the option out, and it is removed from the guest';
  const schemas = keysOfOption(PROXMOX_KIND[kind], option);
  for (const place of PLACES[kind](option, property)) {
    // Formats that Proxmox parses in code have no keys in the table, so the whole value is checked.
    const whole = property !== undefined && configOption(PROXMOX_KIND[kind], option)?.format === 'pve-startup-order';
    const refused = whole ? refusal({ verb: place.verb, option }, `${property}=${text}`) : refusal(place, text);
    if (refused !== undefined)
      return `must be what Proxmox takes${schemas === undefined ? '' : ' there'}: ${refused.split(/\s*\n\s*/).join(', ')}`;
  }
  return undefined;
}

/** Reports what is declared both in `options` and in a field of the same guest, naming both. */
export function declaredTwice(kind: GuestKind) {
  return ({ value, issues }: { readonly value: unknown; readonly issues: Issue[] }): void => {
    const entry = value as Readonly<Record<string, unknown>>;
    const options = (entry['options'] ?? {}) as Readonly<Record<string, unknown>>;
    for (const option of Object.keys(options)) {
      const twice = (other: string) =>
        `must not say the option ${option} a second time beside ${other}; keep one of them`;
      const said = fieldsOf(kind, option).filter((field) => isDeclared(entry, field.split('.')));
      if (said.length === 0) continue;
      const names = said.map((field) => `"${field}"`).join(' and ');
      issues.push({ code: 'custom', path: ['options', option], input: value, message: twice(names) });
      for (const field of said)
        issues.push({ code: 'custom', path: field.split('.'), input: value, message: twice(`"options.${option}"`) });
    }
  };
}

/** An empty list declares nothing. */
function isDeclared(entry: unknown, path: readonly string[]): boolean {
  const value = path.reduce<unknown>((at, key) => (at as Readonly<Record<string, unknown>> | undefined)?.[key], entry);
  return value !== undefined && !(Array.isArray(value) && value.length === 0);
}
