// What is missing between an object as declared and as it is, and the calls of Proxmox's API that bring it there.

import type { Action } from '../../model/action.ts';
import { nameOf } from '../../model/ids.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import type { FieldDifference } from '../../model/run.ts';
import type { Options } from '../../proxmox/section-config.ts';
import { methodSchemas, type Schema } from '../../proxmox/table.ts';
import { repositoryName } from '../guest/look/notes.ts';
import { markedComment } from '../guest/look/object-mark.ts';
import type { Decision, Wanted } from '../manager.ts';
import { costOf, deletion, making, optionArgs, setting } from './calls.ts';
import { memberActions, strangeMembers, whyTaken } from './members.ts';
import type { ObjectSeen } from './observe.ts';
import { whyForeign } from './owner.ts';
import { partActions, strangeLines } from './part-actions.ts';
import { isFixed, kindsOf, markOf, type Named, type ObjectRow, optionsOf, referencesOf } from './row.ts';
import { askedInMaking, forgetSecrets, pendingNotes, secretActions, secretsInCall } from './secrets.ts';
import { meaningOf, textsOf } from './values.ts';

export function decideObject(row: ObjectRow, wanted: Wanted<JsonObject>, seen: ObjectSeen): Decision {
  return (row.decide ?? decideByOptions)(row, wanted, seen);
}

function decideByOptions(row: ObjectRow, wanted: Wanted<JsonObject>, seen: ObjectSeen): Decision {
  const { spec } = wanted;
  const { present } = seen;
  if (row.single !== undefined)
    return { kind: 'actions', actions: changes(row, wanted, spec ?? {}, seen, present ?? {}) };
  if (spec === undefined) return decideRemoval(row, wanted, seen);
  const foreign = present === null ? null : whyForeign(row, wanted, present);
  if (foreign !== null && !(markOf(row) === null && isSettled(row, wanted, spec, seen))) {
    return { kind: 'blocked', reason: foreign };
  }
  const absent = whyNotThere(row, wanted, spec, seen);
  if (absent !== null) return { kind: 'impossible', reason: absent };
  if (present !== null && row.leaving?.(present) === true) {
    const reason = `${row.what} ${nameOf(wanted.target)} was deleted, and Proxmox has not taken it away yet; it is made again when that is done`;
    return { kind: 'impossible', reason, passing: true };
  }
  const taken = whyTaken(row, wanted, spec, seen);
  if (taken !== null) return { kind: 'blocked', reason: taken };
  if (present === null) return decideCreation(row, wanted, spec, seen);
  const fixed = fixedDifferences(row, spec, present);
  if (fixed.length > 0) return decideRecreation(row, wanted, spec, seen, fixed);
  return { kind: 'actions', actions: changes(row, wanted, spec, seen, present) };
}

/** One that no mark could tell from ours is as declared already: nothing of it is touched. */
function isSettled(row: ObjectRow, wanted: Wanted<JsonObject>, spec: JsonObject, seen: ObjectSeen): boolean {
  const { present } = seen;
  if (present === null || fixedDifferences(row, spec, present).length > 0) return false;
  return changes(row, wanted, spec, seen, present).length === 0;
}

/** What an object names that the host does not have and nothing declares: Proxmox would take it without a word. */
export function whyNotThere(
  row: ObjectRow,
  { target, declares }: Wanted<JsonObject>,
  spec: JsonObject,
  { there }: ObjectSeen,
): string | null {
  const name = nameOf(target);
  for (const { sort, name: named, at } of referencesOf(row, name, spec)) {
    const known = there[sort];
    if (known === null || known.includes(named) || isDeclared(sort, named, declares)) continue;
    const [option] = at;
    const where = option === undefined ? '' : ` in ${option}`;
    return `${row.what} ${name} names ${CALLED[sort] ?? sort} ${named}${where}, which is not there; make it, or take it out of ${option ?? 'the file'}`;
  }
  return null;
}

/** What a sort is called for people, where that is not its own name. */
const CALLED: Readonly<Record<string, string>> = { ha: 'HA resource' };

function isDeclared(sort: Named, name: string, declares: Wanted['declares']): boolean {
  if (declares === undefined) return false;
  return kindsOf(sort).some((kind) => declares(`${kind}/${name}` as Parameters<typeof declares>[0]));
}

function decideCreation(row: ObjectRow, wanted: Wanted<JsonObject>, spec: JsonObject, seen: ObjectSeen): Decision {
  const [needed] =
    Object.entries(row.secrets ?? {}).find(
      ([option, { neededToMake }]) => neededToMake === true && spec[option] === undefined,
    ) ?? [];
  if (needed === undefined) return { kind: 'actions', actions: creation(row, wanted, spec, seen) };
  const reason = `${row.what} ${nameOf(wanted.target)} cannot be made without ${needed}; declare it, by reference`;
  return { kind: 'impossible', reason };
}

function creation(row: ObjectRow, wanted: Wanted<JsonObject>, spec: JsonObject, seen: ObjectSeen): Action[] {
  const options = [...optionsOf(row)].filter(([option]) => !row.members.includes(option));
  const declared = declaredOf(row, spec, wanted);
  const args = new Map(options.map(([option, schema]) => [option, optionArgs(row, option, schema, declared[option])]));
  const name = nameOf(wanted.target);
  return [
    // A note of one that was there before would hide that this one has no secret yet.
    ...pendingNotes(row, wanted, seen),
    making(row, name, spec, args, askedInMaking(row, spec), secretsInCall(row, spec)),
    ...secretActions(row, wanted, seen, true),
    ...memberActions(row, wanted, spec, seen, {}),
    ...partActions(row, wanted, spec, seen, {}),
  ];
}

function changes(
  row: ObjectRow,
  wanted: Wanted<JsonObject>,
  spec: JsonObject,
  seen: ObjectSeen,
  present: Options,
): Action[] {
  const name = nameOf(wanted.target);
  const { named, args } = optionChanges(row, declaredOf(row, spec, wanted), wanted.before, present);
  return [
    ...(named.length === 0
      ? []
      : [
          setting(row, name, `set ${named.join(', ')} of ${calledIn(row, name)}`, args, seen, costOf(row, named, spec)),
        ]),
    ...secretActions(row, wanted, seen, false),
    ...memberActions(row, wanted, spec, seen, present),
    ...partActions(row, wanted, spec, seen, present),
  ];
}

/** The options that are to be changed, and the words of the call that does it. */
export function optionChanges(
  row: ObjectRow,
  spec: JsonObject,
  before: JsonObject | undefined,
  present: Options,
): { readonly named: readonly string[]; readonly args: readonly string[] } {
  const given: string[] = [];
  const set: string[] = [];
  const cleared: string[] = [];
  const named: string[] = [];
  const chosen = row.oneOf.find((option) => spec[option] !== undefined);
  for (const [option, schema] of optionsOf(row)) {
    if (row.members.includes(option)) continue;
    const value = spec[option];
    const isGiven = row.always?.includes(option) === true;
    if (isGiven) given.push(...optionArgs(row, option, schema, value ?? present[option]?.[0]));
    if (value !== undefined) {
      if (isAsDeclared(row, option, schema, value, present)) continue;
      if (value === false && row.switches?.includes(option) === true) cleared.push(option);
      else if (!isGiven) set.push(...optionArgs(row, option, schema, value));
      named.push(option);
      continue;
    }
    const replaced = chosen !== undefined && row.oneOf.includes(option);
    if (present[option] === undefined || !(replaced || before?.[option] !== undefined)) continue;
    if (row.clear === 'delete' && row.kept?.includes(option) !== true) cleared.push(option);
    else {
      const usual = row.defaults[option] ?? '';
      if (meaningOf(schema, present[option] ?? []) === meaningOf(schema, [usual])) continue;
      set.push(`--${option}`, usual);
    }
    named.push(option);
  }
  return { named, args: [...given, ...set, ...deleteArgs(row, cleared)] };
}

/** One list, or the option once for each, as the call has it. */
function deleteArgs({ paths }: ObjectRow, cleared: readonly string[]): string[] {
  if (cleared.length === 0) return [];
  const isArray = methodSchemas(`PUT ${paths.change}`)?.get('delete')?.type === 'array';
  return isArray ? cleared.flatMap((option) => ['--delete', option]) : ['--delete', cleared.join(',')];
}

function calledIn(row: ObjectRow, name: string): string {
  return row.single === undefined ? `${row.what} ${name}` : `the ${row.what}`;
}

/** One that is left out counts as what Proxmox takes it for. */
function isAsDeclared(row: ObjectRow, option: string, schema: Schema, value: Json, present: Options): boolean {
  const has = present[option] ?? (row.defaults[option] === undefined ? undefined : [row.defaults[option] ?? '']);
  const isSet = row.sets?.includes(option) === true;
  const meant = (texts: readonly string[]): string => {
    const meaning = meaningOf(schema, isSet ? [...new Set(texts)].sort() : texts);
    return row.synonyms?.[option]?.[meaning] ?? meaning;
  };
  return has !== undefined && meant(has) === meant(textsOf(schema, value));
}

/** What is declared; the comment with whose the object is behind it. */
function declaredOf(row: ObjectRow, spec: JsonObject, { origin }: Wanted<JsonObject>): JsonObject {
  const mark = markOf(row);
  return mark === null ? spec : { ...spec, [mark]: markedComment(String(spec[mark] ?? ''), repositoryName(origin)) };
}

/** Options that are declared otherwise than they are, and that Proxmox never changes. */
function fixedDifferences(row: ObjectRow, spec: JsonObject, present: Options): string[] {
  return [...optionsOf(row)].flatMap(([option, schema]) => {
    const value = spec[option];
    if (value === undefined || !isFixed(row, option, spec)) return [];
    return isAsDeclared(row, option, schema, value, present) ? [] : [option];
  });
}

/** Options of one that is there; its secrets are none of them. */
export function objectDifferences(
  row: ObjectRow,
  wanted: Wanted<JsonObject>,
  { present }: ObjectSeen,
): FieldDifference[] {
  if (wanted.spec === undefined || present === null || row.decide !== undefined) return [];
  const spec = declaredOf(row, wanted.spec, wanted);
  const declared = [...optionsOf(row)].filter(([option]) => !row.members.includes(option));
  return declared.flatMap(([option, schema]): FieldDifference[] => {
    const observed = present[option]?.join(', ') ?? null;
    const value = spec[option];
    if (value === undefined) {
      const isLeft = wanted.before?.[option] !== undefined && observed !== null && row.defaults[option] === undefined;
      return isLeft ? [{ field: option, declared: null, observed }] : [];
    }
    return isAsDeclared(row, option, schema, value, present) ? [] : [{ field: option, declared: value, observed }];
  });
}

/** Deleted and made again, with everything that goes along with that. */
function decideRecreation(
  row: ObjectRow,
  wanted: Wanted<JsonObject>,
  spec: JsonObject,
  seen: ObjectSeen,
  fixed: readonly string[],
): Decision {
  const { target, approved, protected: kept } = wanted;
  const name = nameOf(target);
  const holder = holderOf(row, name, seen);
  const held = holder === null ? '' : `, while ${holder},`;
  const why = `Proxmox never changes ${fixed.join(', ')} of ${row.what} ${name}, and making it again${held} loses ${row.lost}`;
  if (kept) return { kind: 'blocked', reason: `${why}; it is protected` };
  if (!approved) return { kind: 'blocked', reason: `${why}; ${howToApprove('recreate', target)}` };
  // What Proxmox takes away by and by is not made again before.
  const anew = row.leaving === undefined ? creation(row, wanted, spec, seen) : [];
  const actions = [deletion(row, name, 'recreate'), ...anew];
  return { kind: 'actions', actions };
}

/** Who would be left without it, in words; null where nobody would. */
function holderOf({ holding }: ObjectRow, name: string, { holders, text }: ObjectSeen): string | null {
  return holding?.whoHolds(name, new Map(Object.entries(holders)), text ?? '') ?? null;
}

function decideRemoval(row: ObjectRow, wanted: Wanted<JsonObject>, seen: ObjectSeen): Decision {
  const { target, before, approved } = wanted;
  const { present } = seen;
  const name = nameOf(target);
  const isGone = present === null || row.leaving?.(present) === true || row.builtIn?.(name, present) === true;
  if (isGone) {
    return { kind: 'actions', actions: forgetSecrets(row, name, seen) };
  }
  const foreign = whyForeign(row, wanted, present);
  if (foreign !== null) return { kind: 'actions', actions: [], remarks: [`${foreign}: it stays as it is`] };
  const naming = row.namedBy?.(name, seen.firewalls) ?? [];
  if (naming.length > 0) {
    const reason = `${row.what} ${name} is still named in ${naming.join(', ')}, where it would mean nothing then; take it out of the rules there first`;
    return { kind: 'impossible', reason };
  }
  const strange = [...strangeMembers(row, before, present), ...strangeLines(row, before, present)];
  if (strange.length > 0) {
    const reason = `${row.what} ${name} still has ${strange.join(', ')}, which others put there; take them out of it first`;
    return { kind: 'impossible', reason };
  }
  const holder = holderOf(row, name, seen);
  if (holder !== null) {
    return { kind: 'impossible', reason: `${row.what} ${name} is declared no more, and ${holder}`, passing: true };
  }
  if (!approved) {
    const reason = `${row.what} ${name} is declared no more, and deleting it loses ${row.lost}; ${howToApprove('destroy', target)}`;
    return { kind: 'blocked', reason };
  }
  const actions = [
    ...memberActions(row, wanted, {}, seen, present),
    ...(row.part?.goesWith === true ? [] : partActions(row, wanted, {}, seen, present)),
    deletion(row, name, 'destroy'),
    ...forgetSecrets(row, name, seen),
  ];
  return { kind: 'actions', actions };
}

/** @param trailer what the commit trailer calls it */
export function howToApprove(trailer: 'destroy' | 'recreate', target: string): string {
  return `approve it with: phoenix approve, or the commit trailer Phoenix-Approve: ${trailer} ${target}`;
}
