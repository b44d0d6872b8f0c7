// What is missing between an object as declared and as it is, and the calls of Proxmox's API that bring it there.

import type { Action } from '../../model/action.ts';
import { nameOf } from '../../model/ids.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import type { Impact } from '../../model/plan.ts';
import { splitList } from '../../proxmox/perl.ts';
import type { Options } from '../../proxmox/section-config.ts';
import type { Schema } from '../../proxmox/table.ts';
import { repositoryName } from '../guest/look/notes.ts';
import type { Decision, Wanted } from '../manager.ts';
import { keeperOf, markedComment } from './mark.ts';
import type { ObjectSeen } from './observe.ts';
import { wordsOf } from './read.ts';
import { type ObjectRow, optionsOf } from './row.ts';
import { meaningOf, textsOf } from './values.ts';

const SECONDS = 120;

export function decideObject(row: ObjectRow, wanted: Wanted<JsonObject>, seen: ObjectSeen): Decision {
  const { target, spec } = wanted;
  const { present } = seen;
  if (spec === undefined) return decideRemoval(row, wanted, seen);
  const foreign = present === null ? null : whyForeign(row, wanted, present);
  if (foreign !== null) return { kind: 'blocked', reason: foreign };
  const absent = whyNotThere(row, wanted, spec, seen);
  if (absent !== null) return { kind: 'impossible', reason: absent };
  const taken = wordsOf(row.members.includes('vms') ? spec['vms'] : undefined).find((id) => isTaken(id, wanted, seen));
  if (taken !== undefined) {
    const reason = `guest ${taken} is in pool ${seen.poolOf[taken]}, which is not ours; take it out there, or take it over with phoenix adopt ${target}`;
    return { kind: 'blocked', reason };
  }
  return {
    kind: 'actions',
    actions: present === null ? creation(row, wanted, spec, seen) : changes(row, wanted, spec, seen, present),
  };
}

/** In a pool that this repository does not keep, so that moving it would take it from somebody. */
function isTaken(guest: string, { target, origin, adopt }: Wanted<JsonObject>, { poolOf, pools }: ObjectSeen): boolean {
  const pool = poolOf[guest];
  if (pool === undefined || pool === nameOf(target) || adopt === true) return false;
  return keeperOf(pools[pool] ?? '') !== repositoryName(origin);
}

function whyForeign(row: ObjectRow, { target, origin, adopt }: Wanted<JsonObject>, present: Options): string | null {
  const keeper = keeperOf(present['comment']?.[0] ?? '');
  if (adopt === true || keeper === repositoryName(origin)) return null;
  const whose = keeper === null ? 'is not ours' : `is kept by the repository ${keeper}`;
  return `${row.what} ${nameOf(target)} ${whose}; take it over with phoenix adopt ${target}`;
}

/** What an object names that the host does not have and nothing declares: Proxmox would take it without a word. */
function whyNotThere(
  row: ObjectRow,
  { target, declares }: Wanted<JsonObject>,
  spec: JsonObject,
  { there }: ObjectSeen,
): string | null {
  for (const [option, sort] of Object.entries(row.names)) {
    const known = there[sort];
    if (known === null) continue;
    const missing = wordsOf(spec[option]).find((name) => !known.includes(name) && !isDeclared(sort, name, declares));
    if (missing === undefined) continue;
    return `${row.what} ${nameOf(target)} names ${sort} ${missing} in ${option}, which is not there; make it, or take it out of ${option}`;
  }
  return null;
}

function isDeclared(sort: string, name: string, declares: Wanted['declares']): boolean {
  if (declares === undefined || sort === 'storage') return false;
  const kinds = sort === 'guest' ? ['lxc', 'vm'] : [sort];
  return kinds.some((kind) => declares(`${kind}/${name}` as Parameters<typeof declares>[0]));
}

function creation(row: ObjectRow, wanted: Wanted<JsonObject>, spec: JsonObject, seen: ObjectSeen): Action[] {
  const name = nameOf(wanted.target);
  const options = [...optionsOf(row)].filter(([option]) => !row.members.includes(option));
  const args = options.flatMap(([option, schema]) => optionArgs(option, schema, declaredOf(option, spec, wanted)));
  const make = pvesh(`make ${row.what} ${name}`, 'create', row.paths.create, [`--${row.id}`, name, ...args]);
  return [make, ...memberActions(row, wanted, spec, seen, {}), ...partActions(row, wanted, spec, seen, {})];
}

function changes(
  row: ObjectRow,
  wanted: Wanted<JsonObject>,
  spec: JsonObject,
  seen: ObjectSeen,
  present: Options,
): Action[] {
  const name = nameOf(wanted.target);
  const given: string[] = [];
  const set: string[] = [];
  const cleared: string[] = [];
  const named: string[] = [];
  const chosen = row.oneOf.find((option) => spec[option] !== undefined);
  for (const [option, schema] of optionsOf(row)) {
    if (row.members.includes(option)) continue;
    const value = declaredOf(option, spec, wanted);
    if (row.always?.includes(option) === true) given.push(...optionArgs(option, schema, value ?? present[option]?.[0]));
    const has = present[option] ?? (row.defaults[option] === undefined ? undefined : [row.defaults[option] ?? '']);
    if (value !== undefined) {
      if (has !== undefined && meaningOf(schema, has) === meaningOf(schema, textsOf(schema, value))) continue;
      if (row.always?.includes(option) !== true) set.push(...optionArgs(option, schema, value));
      named.push(option);
      continue;
    }
    const replaced = chosen !== undefined && row.oneOf.includes(option);
    if (present[option] === undefined || !(replaced || wanted.before?.[option] !== undefined)) continue;
    if (row.clear === 'delete') cleared.push(option);
    else set.push(`--${option}`, '');
    named.push(option);
  }
  const args = [...given, ...set, ...(cleared.length === 0 ? [] : ['--delete', cleared.join(',')])];
  return [
    ...(named.length === 0 ? [] : [setting(row, name, `set ${named.join(', ')} of ${row.what} ${name}`, args)]),
    ...memberActions(row, wanted, spec, seen, present),
    ...partActions(row, wanted, spec, seen, present),
  ];
}

/** What is declared of an option; the comment with whose the object is behind it. */
function declaredOf(option: string, spec: JsonObject, { origin }: Wanted<JsonObject>): Json | undefined {
  const value = spec[option];
  return option === 'comment' ? markedComment(String(value ?? ''), repositoryName(origin)) : value;
}

function optionArgs(option: string, schema: Schema, value: Json | undefined): string[] {
  return value === undefined ? [] : textsOf(schema, value).flatMap((text) => [`--${option}`, text]);
}

/** Words that are declared and not there are added, words that were declared and are no more are taken away. */
function memberActions(
  row: ObjectRow,
  { target, before }: Wanted<JsonObject>,
  spec: JsonObject,
  { poolOf }: ObjectSeen,
  present: Options,
): Action[] {
  const name = nameOf(target);
  const here = (option: string): string[] => splitList(present[option]?.[0] ?? '');
  const added = row.members.flatMap((option) => {
    const words = wordsOf(spec[option]).filter((word) => !here(option).includes(word));
    return words.length === 0 ? [] : [[option, words] as const];
  });
  const removed = row.members.flatMap((option) => {
    const words = wordsOf(before?.[option]).filter(
      (word) => here(option).includes(word) && !wordsOf(spec[option]).includes(word),
    );
    return words.length === 0 ? [] : [[option, words] as const];
  });
  const moves = added.some(([option, words]) => option === 'vms' && words.some((id) => poolOf[id] !== undefined));
  const list = (words: typeof added): string[] => words.flatMap(([option, each]) => [`--${option}`, each.join(',')]);
  const told = (words: typeof added): string =>
    words.map(([option, each]) => `${option} ${each.join(', ')}`).join(' and ');
  return [
    ...(removed.length === 0
      ? []
      : [setting(row, name, `take ${told(removed)} out of ${row.what} ${name}`, ['--delete', '1', ...list(removed)])]),
    ...(added.length === 0
      ? []
      : [
          setting(row, name, `put ${told(added)} into ${row.what} ${name}`, [
            ...list(added),
            ...(moves ? ['--allow-move', '1'] : []),
          ]),
        ]),
  ];
}

/** What is declared of the list is the whole of it; of one that is declared no more, only what was declared goes. */
function partActions(
  row: ObjectRow,
  { target, before }: Wanted<JsonObject>,
  spec: JsonObject,
  { file }: ObjectSeen,
  present: Options,
): Action[] {
  const { part } = row;
  if (part === undefined) return [];
  const here = present[part.field] ?? [];
  const [list, earlier] = [spec[part.field], before?.[part.field]];
  const had = earlier === undefined ? [] : part.lines(earlier);
  const lines = list === undefined ? here.filter((line) => !had.includes(line)) : part.lines(list);
  const name = nameOf(target);
  const below = row.paths.change.replace(`{${row.id}}`, name);
  return part
    .calls(here, lines, file)
    .map(({ summary, verb, path, args }) => pvesh(`${summary} ${row.what} ${name}`, verb, `${below}${path}`, args));
}

function decideRemoval(row: ObjectRow, wanted: Wanted<JsonObject>, seen: ObjectSeen): Decision {
  const { target, before, approved } = wanted;
  const { present } = seen;
  const name = nameOf(target);
  if (present === null) return { kind: 'actions', actions: [] };
  const foreign = whyForeign(row, wanted, present);
  if (foreign !== null) return { kind: 'actions', actions: [], remarks: [`${foreign}: it stays as it is`] };
  const strange = row.members.flatMap((option) =>
    splitList(present[option]?.[0] ?? '').filter((word) => !wordsOf(before?.[option]).includes(word)),
  );
  const { part } = row;
  if (part !== undefined) {
    const had = before?.[part.field] === undefined ? [] : part.lines(before[part.field] ?? []);
    strange.push(...(present[part.field] ?? []).filter((line) => !had.includes(line)));
  }
  const naming = row.namedBy?.(name, seen.firewalls) ?? [];
  if (naming.length > 0) {
    const reason = `${row.what} ${name} is still named in ${naming.join(', ')}, where it would mean nothing then; take it out of the rules there first`;
    return { kind: 'impossible', reason };
  }
  if (strange.length > 0) {
    const reason = `${row.what} ${name} still has ${strange.join(', ')}, which others put there; take them out of it first`;
    return { kind: 'impossible', reason };
  }
  if (!approved) {
    const how = `approve it with: phoenix approve, or the commit trailer Phoenix-Approve: destroy ${target}`;
    return {
      kind: 'blocked',
      reason: `${row.what} ${name} is declared no more, and deleting it takes ${row.lost} along; ${how}`,
    };
  }
  const [path, own] = addressed(row, name);
  const emptied = part === undefined || part.goesWith ? [] : partActions(row, wanted, {}, seen, present);
  const force = part?.goesWith === true ? ['--force', '1'] : [];
  const remove = pvesh(`delete ${row.what} ${name}`, 'delete', path, [...own, ...force], 'destroy');
  return { kind: 'actions', actions: [...memberActions(row, wanted, {}, seen, present), ...emptied, remove] };
}

function setting(row: ObjectRow, name: string, summary: string, args: readonly string[]): Action {
  if (row.rename !== undefined) {
    return pvesh(summary, 'create', row.paths.create, [`--${row.id}`, name, `--${row.rename}`, name, ...args]);
  }
  const [path, own] = addressed(row, name);
  return pvesh(summary, 'set', path, [...own, ...args]);
}

/** The path of an object, and its name as an option where the path does not hold it. */
function addressed({ paths, id }: ObjectRow, name: string): [string, readonly string[]] {
  const place = `{${id}}`;
  return paths.change.includes(place) ? [paths.change.replace(place, name), []] : [paths.change, [`--${id}`, name]];
}

function pvesh(summary: string, verb: string, path: string, args: readonly string[], impact: Impact = 'live'): Action {
  return {
    summary,
    impact,
    do: { kind: 'command', program: 'pvesh', args: [verb, path, ...args], timeoutSeconds: SECONDS },
  };
}
