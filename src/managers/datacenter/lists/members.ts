// Lists whose members are added and removed one by one, such as the guests of a pool: members that others added stay.

import type { Action } from '../../../model/action.ts';
import { nameOf } from '../../../model/ids.ts';
import type { JsonObject } from '../../../model/json.ts';
import { shellWord } from '../../../model/text.ts';
import type { Options } from '../../../proxmox/files/section-config.ts';
import { splitList } from '../../../proxmox/parameters/perl.ts';
import { difference, type FoundDifference } from '../../comparison.ts';
import { repositoryName } from '../../guest/observe/notes.ts';
import { ownerIn } from '../../guest/observe/object-mark.ts';
import type { Wanted } from '../../manager.ts';
import { updateCall } from '../calls.ts';
import type { ObjectObservation } from '../observe.ts';
import { wordsOf } from '../options/values.ts';
import type { ObjectRow } from '../row.ts';

/**
 * Why a guest cannot be moved out of its pool: this repository does not manage that pool, so that moving would take the guest from somebody; null
 * where nothing is in the way.
 */
export function foreignPoolReason(
  row: ObjectRow,
  wanted: Wanted<JsonObject>,
  spec: JsonObject,
  seen: ObjectObservation,
): string | null {
  const { target, origin, adopt } = wanted;
  if (!row.members.includes('vms') || adopt === true) return null;
  const foreignGuest = wordsOf(spec['vms']).find((guest) => {
    const pool = seen.poolOf[guest];
    return pool !== undefined && pool !== nameOf(target) && ownerIn(seen.pools[pool] ?? '') !== repositoryName(origin);
  });
  if (foreignGuest === undefined) return null;
  return `guest ${foreignGuest} is in pool ${seen.poolOf[foreignGuest]}, which is not ours; take it out there, or take it over with phoenix adopt ${shellWord(target)}`;
}

/** Adds members that are declared and missing, and removes those that are no longer declared. */
export function memberActions(
  row: ObjectRow,
  { target, before }: Wanted<JsonObject>,
  spec: JsonObject,
  { poolOf }: ObjectObservation,
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
  const listed = (words: typeof added): string =>
    words.map(([option, each]) => `${option} ${each.join(', ')}`).join(' and ');
  return [
    ...(removed.length === 0
      ? []
      : [
          updateCall(row, name, {
            summary: `take ${listed(removed)} out of ${row.label} ${name}`,
            args: ['--delete', '1', ...list(removed)],
          }),
        ]),
    ...(added.length === 0
      ? []
      : [
          updateCall(row, name, {
            summary: `put ${listed(added)} into ${row.label} ${name}`,
            args: [...list(added), ...(moves ? ['--allow-move', '1'] : [])],
          }),
        ]),
  ];
}

/** Each member that is missing, and each that is left over. */
export function memberDifferences(
  row: ObjectRow,
  before: JsonObject | undefined,
  spec: JsonObject,
  present: Options,
): FoundDifference[] {
  return row.members.flatMap((option) => {
    const here = splitList(present[option]?.[0] ?? '');
    const declared = wordsOf(spec[option]);
    const left = wordsOf(before?.[option]).filter((word) => here.includes(word) && !declared.includes(word));
    const wayTo = (name: string) => [option, { name, is: {} }];
    return [
      ...declared.filter((word) => !here.includes(word)).map((word) => difference(wayTo(word), 'a member', null)),
      ...left.map((word) => difference(wayTo(word), null, 'a member')),
    ];
  });
}

/** Members that were never declared, so others added them. */
export function foreignMembers(row: ObjectRow, before: JsonObject | undefined, present: Options): string[] {
  return row.members.flatMap((option) =>
    splitList(present[option]?.[0] ?? '').filter((word) => !wordsOf(before?.[option]).includes(word)),
  );
}
