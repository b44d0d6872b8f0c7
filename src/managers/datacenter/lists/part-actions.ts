// Actions for a list inside an object that has its own API calls: the declaration covers the whole list.

import type { Action } from '../../../model/action.ts';
import { nameOf } from '../../../model/ids.ts';
import type { JsonObject } from '../../../model/json.ts';
import { shellWord } from '../../../model/text.ts';
import { align } from '../../../plan/diff/align.ts';
import type { Options } from '../../../proxmox/files/section-config.ts';
import { differenceAt, type FoundDifference } from '../../comparison.ts';
import type { Wanted } from '../../manager.ts';
import { pvesh } from '../calls.ts';
import type { ObjectObservation } from '../observe.ts';
import { pathOf } from '../options/row-options.ts';
import type { ObjectRow } from '../row.ts';
import type { Part, PartCall } from './part.ts';

/** Actions of a list by their place beside other changes of its object. */
export interface PartActions {
  /** Before all of them. */
  readonly early: readonly Action[];
  readonly others: readonly Action[];
}

/** When a list is no longer declared, its declared lines are removed and lines that others added stay. */
export function partActions(
  row: ObjectRow,
  { target, before }: Wanted<JsonObject>,
  spec: JsonObject,
  { text }: ObjectObservation,
  present: Options,
): PartActions {
  const { part } = row;
  if (part === undefined) return NONE;
  const here = present[part.field] ?? [];
  const lines = wantedLines(row, part, before, spec, here);
  if (lines === undefined) return NONE;
  const name = nameOf(target);
  const below = pathOf(row, part.path ?? row.paths.change, name);
  const calls = part.calls(here, lines, text ?? '');
  const action = ({ summary, verb, path, args }: PartCall): Action =>
    pvesh(`${summary} ${row.label} ${name}`, verb, `${below}${path}`, args);
  return {
    early: calls.filter(({ isEarly }) => isEarly === true).map(action),
    others: calls.filter(({ isEarly }) => isEarly !== true).map(action),
  };
}

/** Why the list has no effect though it is as declared; null where Proxmox heeds all of it, or nothing is declared. */
export function ineffectiveReason(
  { part, label }: ObjectRow,
  { target }: Wanted<JsonObject>,
  spec: JsonObject,
  { text }: ObjectObservation,
): string | null {
  const list = spec[part?.field ?? ''];
  const found =
    part === undefined || list === undefined ? [] : part.leftOut(part.lines(list), text ?? '', nameOf(target));
  if (found.length === 0) return null;
  return `${label} ${nameOf(target)} is as declared, but Proxmox leaves out ${found.join('; ')}. Make what is named there again, or take it out of the file`;
}

const NONE: PartActions = { early: [], others: [] };

/** The list as it should be: as declared, or without what was declared before; undefined where all of it is of others, which is left as it is. */
function wantedLines(
  row: ObjectRow,
  part: Part,
  before: JsonObject | undefined,
  spec: JsonObject,
  here: readonly string[],
): readonly string[] | undefined {
  const list = spec[part.field];
  if (list !== undefined) return part.lines(list);
  const had = linesBefore(row, before);
  const ofOthers = here.filter((line) => !had.includes(line));
  return ofOthers.length === here.length ? undefined : ofOthers;
}

/** Each element of the list that is missing or left over, as Proxmox's file has it. */
export function partDifferences(
  row: ObjectRow,
  before: JsonObject | undefined,
  spec: JsonObject,
  present: Options,
): FoundDifference[] {
  const { part } = row;
  if (part === undefined) return [];
  const here = present[part.field] ?? [];
  const lines = wantedLines(row, part, before, spec, here);
  // Compared by the calls that would be sent, since some lists have no order.
  if (lines === undefined || part.calls(here, lines, '').length === 0) return [];
  return align(lines, here).flatMap((pair) => {
    const declared = pair.before === undefined ? null : (lines[pair.before] ?? null);
    const observed = pair.after === undefined ? null : (here[pair.after] ?? null);
    return differenceAt(pair.before === undefined ? [part.field] : [part.field, pair.before], declared, observed);
  });
}

/** Lines that were never declared, so others added them. */
export function foreignLines(row: ObjectRow, before: JsonObject | undefined, present: Options): string[] {
  const had = linesBefore(row, before);
  return row.part === undefined ? [] : (present[row.part.field] ?? []).filter((line) => !had.includes(line));
}

/** Why a list that others keep is not replaced, though nobody owns its object; null where nothing is in the way. */
export function foreignListReason(
  row: ObjectRow,
  { target, spec, before, adopt }: Wanted<JsonObject>,
  present: Options,
): string | null {
  const { part, label } = row;
  const list = part === undefined ? undefined : spec?.[part.field];
  if (part === undefined || list === undefined || adopt === true || before?.[part.field] !== undefined) return null;
  const here = present[part.field] ?? [];
  if (here.length === 0 || part.calls(here, part.lines(list), '').length === 0) return null;
  return `${label} ${nameOf(target)} has ${part.field} that are not ours; take them over with phoenix adopt ${shellWord(target)}`;
}

function linesBefore({ part }: ObjectRow, before: JsonObject | undefined): readonly string[] {
  const list = part === undefined ? undefined : before?.[part.field];
  return part === undefined || list === undefined ? [] : part.lines(list);
}
