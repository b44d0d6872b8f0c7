// Lists whose words are added and taken away one by one, such as the guests of a pool: what others put there stays.

import type { Action } from '../../model/action.ts';
import { nameOf } from '../../model/ids.ts';
import type { JsonObject } from '../../model/json.ts';
import { splitList } from '../../proxmox/perl.ts';
import type { Options } from '../../proxmox/section-config.ts';
import { repositoryName } from '../guest/look/notes.ts';
import { keeperOf } from '../guest/look/object-mark.ts';
import type { Wanted } from '../manager.ts';
import { setting } from './calls.ts';
import type { ObjectSeen } from './observe.ts';
import type { ObjectRow } from './row.ts';
import { wordsOf } from './values.ts';

/** In a pool that this repository does not keep, so that moving it would take it from somebody; null where none is. */
export function whyTaken(
  row: ObjectRow,
  wanted: Wanted<JsonObject>,
  spec: JsonObject,
  seen: ObjectSeen,
): string | null {
  const { target, origin, adopt } = wanted;
  if (!row.members.includes('vms') || adopt === true) return null;
  const taken = wordsOf(spec['vms']).find((guest) => {
    const pool = seen.poolOf[guest];
    return pool !== undefined && pool !== nameOf(target) && keeperOf(seen.pools[pool] ?? '') !== repositoryName(origin);
  });
  if (taken === undefined) return null;
  return `guest ${taken} is in pool ${seen.poolOf[taken]}, which is not ours; take it out there, or take it over with phoenix adopt ${target}`;
}

/** Words that are declared and not there are added, words that were declared and are no more are taken away. */
export function memberActions(
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

/** Words that nobody declared: others put them there. */
export function strangeMembers(row: ObjectRow, before: JsonObject | undefined, present: Options): string[] {
  return row.members.flatMap((option) =>
    splitList(present[option]?.[0] ?? '').filter((word) => !wordsOf(before?.[option]).includes(word)),
  );
}
