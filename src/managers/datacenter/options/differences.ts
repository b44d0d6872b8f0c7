// Compares the options of a datacenter object with the declared ones, and finds the options to change.

import type { Json, JsonObject } from '../../../model/json.ts';
import type { FieldDifference } from '../../../model/run.ts';
import type { Options } from '../../../proxmox/files/section-config.ts';
import { methodSchemas, type Schema } from '../../../proxmox/parameters/table.ts';
import type { FoundDifference } from '../../comparison.ts';
import { repositoryName } from '../../guest/observe/notes.ts';
import { markedComment } from '../../guest/observe/object-mark.ts';
import type { Wanted } from '../../manager.ts';
import { optionArgs } from '../calls.ts';
import { memberDifferences } from '../lists/members.ts';
import { partDifferences } from '../lists/part-actions.ts';
import type { ObjectObservation } from '../observe.ts';
import type { ObjectRow } from '../row.ts';
import { secretDifferences } from '../secrets.ts';
import { isFixed, isUnread, markOf, optionsOf } from './row-options.ts';
import { meaningOf, textsOf } from './values.ts';

/** The names of the options to change, and the arguments of the call that changes them. */
export function optionChanges(
  row: ObjectRow,
  spec: JsonObject,
  before: JsonObject | undefined,
  present: Options,
): { readonly named: readonly string[]; readonly args: readonly string[] } {
  const options = [...optionsOf(row)].filter(([option]) => !row.members.includes(option) && !isUnread(row, option));
  const alwaysSent = options.flatMap(([option, schema]) =>
    isAlwaysSent(row, option) ? optionArgs(row, option, schema, spec[option] ?? present[option]?.[0]) : [],
  );
  const changes = options.flatMap(([option, schema]): OptionChange[] => {
    const value = spec[option];
    const change =
      value === undefined
        ? undeclaredChange(row, option, schema, { spec, before, present })
        : declaredChange(row, option, schema, value, present);
    return change === null ? [] : [{ option, ...change }];
  });
  const named = changes.map(({ option }) => option);
  const cleared = changes.flatMap(({ option, isCleared }) => (isCleared ? [option] : []));
  return {
    named,
    args: [
      ...alwaysSent,
      ...changes.flatMap(({ args }) => args),
      ...companionArgs(row, spec, named),
      ...deleteArgs(row, cleared),
    ],
  };
}

interface OptionChange {
  readonly option: string;
  /** Arguments that set it. Empty for an option that is cleared, and for one that every call contains anyway. */
  readonly args: readonly string[];
  /** It is deleted from the object. */
  readonly isCleared: boolean;
}

/** Null when the object has the declared value. */
function declaredChange(
  row: ObjectRow,
  option: string,
  schema: Schema,
  value: Json,
  present: Options,
): Omit<OptionChange, 'option'> | null {
  if (isAsDeclared(row, option, schema, value, present)) return null;
  if (value === false && row.deletedWhenFalse?.includes(option) === true) return { args: [], isCleared: true };
  return { args: isAlwaysSent(row, option) ? [] : optionArgs(row, option, schema, value), isCleared: false };
}

/** Null when an option that is not declared stays: it was never declared, or has its default. */
function undeclaredChange(
  row: ObjectRow,
  option: string,
  schema: Schema,
  {
    spec,
    before,
    present,
  }: { readonly spec: JsonObject; readonly before: JsonObject | undefined; readonly present: Options },
): Omit<OptionChange, 'option'> | null {
  const has = present[option];
  // Of options that exclude one another, the one that is declared replaces the others, whoever set them.
  const isReplaced = row.oneOf.includes(option) && row.oneOf.some((other) => spec[other] !== undefined);
  if (has === undefined || !(isReplaced || before?.[option] !== undefined)) return null;
  if (row.clear === 'delete' && row.notDeletable?.includes(option) !== true) return { args: [], isCleared: true };
  const defaultValue = row.defaults[option] ?? '';
  if (meaningOf(schema, has) === meaningOf(schema, [defaultValue])) return null;
  return { args: [`--${option}`, defaultValue], isCleared: false };
}

/** Declared options that the call must repeat beside one that it changes. */
function companionArgs(row: ObjectRow, spec: JsonObject, named: readonly string[]): string[] {
  const companions = named.flatMap((option) => (spec[option] === undefined ? [] : (row.sentWith?.[option] ?? [])));
  return [...new Set(companions)].flatMap((option) => {
    const schema = optionsOf(row).get(option);
    return schema === undefined || named.includes(option) ? [] : optionArgs(row, option, schema, spec[option]);
  });
}

function isAlwaysSent({ alwaysSent }: ObjectRow, option: string): boolean {
  return alwaysSent?.includes(option) === true;
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
  if (row.asWhole !== undefined) return row.asWhole.differences(row, wanted, seen);
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
