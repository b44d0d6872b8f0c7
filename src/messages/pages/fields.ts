// The fields of a step before and after, as the rows of a table.

import type { Json } from '../../model/json.ts';
import type { FieldDifference } from '../../model/run.ts';
import { align } from '../../plan/diff/align.ts';
import { canonical } from '../../plan/diff/canonical.ts';
import type { ShownChange } from '../changes.ts';
import { printable } from '../printable.ts';
import { OBSERVED, placeText } from './target.ts';

/** Characters of one value of a field; the repository says the rest. */
const MAX_VALUE_LENGTH = 400;
/** Elements of one list that are shown one by one. */
const MAX_ELEMENTS = 200;

/** One line of a field's change; null where there is nothing on that side. */
export interface FieldRow {
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** What a field was and becomes; of a list only what is taken out and what comes in. Secrets must be hidden already. */
export function fieldRows({ path, before, after, unchanged }: ShownChange): readonly FieldRow[] {
  const name = printable(path);
  if (unchanged === true) return [{ path: name, before: null, after: valueText(after) }];
  if (!Array.isArray(before) || !Array.isArray(after)) {
    return [{ path: name, before: valueText(before), after: valueText(after) }];
  }
  const [old, now] = [before.map(canonical), after.map(canonical)];
  const pairs = align(old, now).filter(
    (pair) => pair.before === undefined || pair.after === undefined || old[pair.before] !== now[pair.after],
  );
  const shown = pairs.slice(0, MAX_ELEMENTS).map((pair) => ({
    path: name,
    before: pair.before === undefined ? null : valueText(before[pair.before]),
    after: pair.after === undefined ? null : valueText(after[pair.after]),
  }));
  const left = pairs.length - shown.length;
  return left === 0 ? shown : [...shown, { path: name, before: null, after: `and ${left} more` }];
}

/** Differences that are told in a terminal for one step; the page and the API have all that were recorded. */
const MAX_TOLD = 10;

/** A line for each difference, and those of a text that differ. */
export function differenceLines(differs: readonly FieldDifference[]): string[] {
  const told = differs.slice(0, MAX_TOLD).flatMap(({ field, place, declared, observed, lines }) => {
    const where = place === undefined ? '' : ` (${printable(placeText({ line: null, ...place }))})`;
    if (lines !== undefined) return [`${printable(field)}${where}:`, ...lines.map((line) => `  ${printable(line)}`)];
    return fieldRows({ path: field, before: observed ?? undefined, after: declared ?? undefined }).map(
      ({ path, before, after }) => `${path}${where}: ${after ?? OBSERVED.none}, observed ${before ?? OBSERVED.none}`,
    );
  });
  const left = differs.length - MAX_TOLD;
  return left > 0 ? [...told, `and ${left} more`] : told;
}

function valueText(value: Json | undefined): string | null {
  if (value === undefined) return null;
  const text = printable(JSON.stringify(value));
  return text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH - 1)}…` : text;
}
