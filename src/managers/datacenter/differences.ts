// Compares the options of a datacenter object with the declared ones, and finds the options to change.

import type { Json, JsonObject } from '../../model/json.ts';
import type { FieldDifference } from '../../model/run.ts';
import type { Options } from '../../proxmox/section-config.ts';
import { methodSchemas, type Schema } from '../../proxmox/table.ts';
import type { FoundDifference } from '../comparison.ts';
import { repositoryName } from '../guest/observe/notes.ts';
import { markedComment } from '../guest/observe/object-mark.ts';
import type { Wanted } from '../manager.ts';
import { optionArgs } from './calls.ts';
import { memberDifferences } from './members.ts';
import type { ObjectObservation } from './observe.ts';
import { partDifferences } from './part-actions.ts';
import type { ObjectRow } from './row.ts';
import { isFixed, isUnread, markOf, optionsOf } from './row-options.ts';
import { secretDifferences } from './secrets.ts';
import { meaningOf, textsOf } from './values.ts';

/** The names of the options to change, and the arguments of the call that changes them. */
export function optionChanges(
  row: ObjectRow,
  spec: JsonObject,
  before: JsonObject | undefined,
  present: Options,
): { readonly named: readonly string[]; readonly args: readonly string[] } {
  const alwaysArgs: string[] = [];
  const setArgs: string[] = [];
  const cleared: string[] = [];
  const named: string[] = [];
  const chosen = row.oneOf.find((option) => spec[option] !== undefined);
  for (const [option, schema] of optionsOf(row)) {
    if (row.members.includes(option) || isUnread(row, option)) continue;
    const value = spec[option];
    const isAlwaysSent = row.alwaysSent?.includes(option) === true;
    if (isAlwaysSent) alwaysArgs.push(...optionArgs(row, option, schema, value ?? present[option]?.[0]));
    if (value !== undefined) {
      if (isAsDeclared(row, option, schema, value, present)) continue;
      if (value === false && row.deletedWhenFalse?.includes(option) === true) cleared.push(option);
      else if (!isAlwaysSent) setArgs.push(...optionArgs(row, option, schema, value));
      named.push(option);
      continue;
    }
    const replaced = chosen !== undefined && row.oneOf.includes(option);
    if (present[option] === undefined || !(replaced || before?.[option] !== undefined)) continue;
    if (row.clear === 'delete' && row.notDeletable?.includes(option) !== true) cleared.push(option);
    else {
      const defaultValue = row.defaults[option] ?? '';
      if (meaningOf(schema, present[option] ?? []) === meaningOf(schema, [defaultValue])) continue;
      setArgs.push(`--${option}`, defaultValue);
    }
    named.push(option);
  }
  const companions = named.flatMap((option) => (spec[option] === undefined ? [] : (row.sentWith?.[option] ?? [])));
  for (const option of new Set(companions)) {
    const schema = optionsOf(row).get(option);
    if (schema !== undefined && !named.includes(option)) setArgs.push(...optionArgs(row, option, schema, spec[option]));
  }
  return { named, args: [...alwaysArgs, ...setArgs, ...deleteArgs(row, cleared)] };
}

/** `--delete` once with a list, or once for each option, as the method's schema has it. */
function deleteArgs({ paths }: ObjectRow, cleared: readonly string[]): string[] {
  if (cleared.length === 0) return [];
  const isArray = methodSchemas(`PUT ${paths.change}`)?.get('delete')?.type === 'array';
  return isArray ? cleared.flatMap((option) => ['--delete', option]) : ['--delete', cleared.join(',')];
}

/** Whether an option already has the declared value; an absent option counts as its default. */
function isAsDeclared(row: ObjectRow, option: string, schema: Schema, value: Json, present: Options): boolean {
  const has = present[option] ?? (row.defaults[option] === undefined ? undefined : [row.defaults[option] ?? '']);
  const isSet = row.unorderedLists?.includes(option) === true;
  const meant = (texts: readonly string[]): string => {
    const meaning = isSet ? setMeaning(schema, texts) : meaningOf(schema, texts);
    return row.synonyms?.[option]?.[meaning] ?? meaning;
  };
  return has !== undefined && meant(has) === meant(textsOf(schema, value));
}

function setMeaning({ items = {} }: Schema, texts: readonly string[]): string {
  return JSON.stringify([...new Set(texts.map((text) => meaningOf(items, [text])))].sort());
}

/** The declared options, with the owner mark appended to the comment. */
export function declaredOf(row: ObjectRow, spec: JsonObject, { origin }: Wanted<JsonObject>): JsonObject {
  const mark = markOf(row);
  return mark === null ? spec : { ...spec, [mark]: markedComment(String(spec[mark] ?? ''), repositoryName(origin)) };
}

/** Options that differ from what is declared and that Proxmox cannot change in place. */
export function fixedDifferences(row: ObjectRow, spec: JsonObject, present: Options): string[] {
  return [...optionsOf(row)].flatMap(([option, schema]) => {
    const value = spec[option];
    if (value === undefined || isUnread(row, option) || !isFixed(row, option, spec)) return [];
    return isAsDeclared(row, option, schema, value, present) ? [] : [option];
  });
}

/** The differences of an existing object, option by option; secrets are known by the note of what was set last. */
export function objectDifferences(
  row: ObjectRow,
  wanted: Wanted<JsonObject>,
  seen: ObjectObservation,
): readonly FoundDifference[] {
  if (row.decide !== undefined) return row.differences?.(row, wanted, seen) ?? [];
  const { spec } = wanted;
  const present = seen.present ?? (row.single === undefined ? null : {});
  if (spec === undefined || present === null) return [];
  return [
    ...optionDifferences(row, declaredOf(row, spec, wanted), wanted.before, present),
    ...secretDifferences(row, wanted, seen),
    ...memberDifferences(row, wanted.before, spec, present),
    ...partDifferences(row, wanted.before, spec, present),
  ];
}

/** @param before the last applied options: those removed since that are still set count as differences */
export function optionDifferences(
  row: ObjectRow,
  spec: JsonObject,
  before: JsonObject | undefined,
  present: Options,
): FieldDifference[] {
  const declared = [...optionsOf(row)].filter(([option]) => !row.members.includes(option) && !isUnread(row, option));
  return declared.flatMap(([option, schema]): FieldDifference[] => {
    const observed = present[option]?.join(', ') ?? null;
    const value = spec[option];
    if (value === undefined) {
      const isLeft = before?.[option] !== undefined && observed !== null && row.defaults[option] === undefined;
      return isLeft ? [{ field: option, declared: null, observed }] : [];
    }
    return isAsDeclared(row, option, schema, value, present) ? [] : [{ field: option, declared: value, observed }];
  });
}
