// Actions for a list inside an object that has its own API calls: the declaration covers the whole list.

import type { Action } from '../../model/action.ts';
import { nameOf } from '../../model/ids.ts';
import type { JsonObject } from '../../model/json.ts';
import type { Options } from '../../proxmox/section-config.ts';
import type { Wanted } from '../manager.ts';
import { pvesh } from './calls.ts';
import type { ObjectObservation } from './observe.ts';
import type { ObjectRow } from './row.ts';
import { pathOf } from './row-options.ts';

/** When a list is no longer declared, its declared lines are removed and lines that others added stay. */
export function partActions(
  row: ObjectRow,
  { target, before }: Wanted<JsonObject>,
  spec: JsonObject,
  { text }: ObjectObservation,
  present: Options,
): Action[] {
  const { part } = row;
  if (part === undefined) return [];
  const here = present[part.field] ?? [];
  const list = spec[part.field];
  const had = linesBefore(row, before);
  const lines = list === undefined ? here.filter((line) => !had.includes(line)) : part.lines(list);
  const name = nameOf(target);
  const below = pathOf(row, row.paths.change, name);
  return part
    .calls(here, lines, text ?? '')
    .map(({ summary, verb, path, args }) => pvesh(`${summary} ${row.label} ${name}`, verb, `${below}${path}`, args));
}

/** Lines that were never declared, so others added them. */
export function foreignLines(row: ObjectRow, before: JsonObject | undefined, present: Options): string[] {
  const had = linesBefore(row, before);
  return row.part === undefined ? [] : (present[row.part.field] ?? []).filter((line) => !had.includes(line));
}

function linesBefore({ part }: ObjectRow, before: JsonObject | undefined): readonly string[] {
  const list = part === undefined ? undefined : before?.[part.field];
  return part === undefined || list === undefined ? [] : part.lines(list);
}
