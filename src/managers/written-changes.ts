// Finds what differs between two commits at the places that a field of a spec is derived from. Pure.

import type { Json } from '../model/json.ts';
import type { PlanStep, WrittenChange, WrittenPlace } from '../model/plan.ts';
import { isArray, isObject, same } from '../plan/diff/canonical.ts';
import { diffFields } from '../plan/diff/diff-fields.ts';
import { child, keys } from '../plan/diff/pointer.ts';
import { HYPERVISOR_FILE, LXC_FILE, VM_FILE } from './places.ts';
import type { Written } from './sources.ts';
import { expanded, isOwn, type Pair, pairsOf, placeOf, type Sides, valueAt, valueIn } from './written-entries.ts';

/** Where no known place explains a change, at most this many other changes of the files are listed as possible reasons. */
const MAX_LISTED = 20;

export function changesAt(written: Written, entry: Pair, sides: Sides, derived: boolean): WrittenChange[] {
  if (isOwn(written)) return changesOf(written, entry, sides, derived);
  const known = sides.beside.get(written) ?? changesOf(written, entry, sides, derived);
  sides.beside.set(written, known);
  return known;
}

function changesOf(written: Written, entry: Pair, sides: Sides, derived: boolean): WrittenChange[] {
  return pairsOf(written, entry, sides).flatMap((pair) => {
    const pointers = written.at.flatMap((at) => expanded(at, pair, sides));
    const changes = pointers.flatMap((at) => changesBelow(at, pair, sides));
    if (changes.length === 0 || (isOwn(written) && !derived)) return changes;
    const because = pointers.flatMap((at) => placeOf(at, pair, sides) ?? []);
    return changes.map((change) => ({ ...change, because }));
  });
}

/** The differences of one field, down to single values. */
function changesBelow(at: string, pair: Pair, sides: Sides): WrittenChange[] {
  const [old, now] = [valueIn('before', at, pair, sides), valueIn('after', at, pair, sides)];
  if (same(old, now)) return [];
  const wrapped = (value: Json | undefined) => (value === undefined ? {} : { v: value });
  return diffFields(wrapped(old), wrapped(now)).flatMap(({ path, before, after }) => {
    const inside = `${at}${path.slice('/v'.length)}`;
    const place = after === undefined ? pair.before : pair.after;
    if (place === null) return [];
    const change = {
      file: place.file,
      path: `${place.path}${inside}`,
      field: fieldName(pair.label, inside),
      before,
      after,
    };
    const was = before === undefined || after === undefined ? undefined : previousPointer(inside, before, pair, sides);
    return [was === undefined || was === change.path ? change : { ...change, was }];
  });
}

/** The former pointer of a list element that moved, found by its value at the same depth. */
function previousPointer(inside: string, value: Json, { before }: Pair, { before: side }: Sides): string | undefined {
  if (before === null || side === null) return undefined;
  const root = side.values(before.file);
  const straight = `${before.path}${inside}`;
  if (same(valueAt(root, straight), value)) return straight;
  return search(valueAt(root, before.path), keys(inside), value, before.path);
}

function search(from: Json | undefined, way: readonly string[], value: Json, path: string): string | undefined {
  const [first, ...rest] = way;
  if (first === undefined) return same(from, value) ? path : undefined;
  if (isObject(from)) return search(from[first], rest, value, child(path, first));
  if (from === undefined || from === null || typeof from !== 'object' || !isArray(from)) return undefined;
  for (const [index, item] of from.entries()) {
    const found = search(item, rest, value, child(path, String(index)));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** For a field whose place is unchanged: what it refers to, such as a script, has changed. Null where that is not known either. */
export function unchangedAt(
  step: PlanStep,
  field: string,
  places: readonly Written[],
  entry: Pair,
  sides: Sides,
): WrittenChange | null {
  const own = places
    .filter(isOwn)
    .flatMap((written) => pairsOf(written, entry, sides).flatMap((pair) => written.at.map((at) => ({ at, pair }))));
  const [first] = own.filter(({ at, pair }) => placeOf(at, pair, sides) !== null);
  const { at, pair } = first ?? { at: '', pair: entry };
  const place = placeOf(at, pair, sides);
  if (place === null) return null;
  const named = step.changes.filter(({ path }) => keys(path)[0] === field);
  const because = contentOf(JSON.stringify(named), sides);
  return {
    ...place,
    field: at === '' ? field : fieldName(pair.label, at),
    before: valueIn('before', at, pair, sides),
    after: valueIn('after', at, pair, sides),
    because: because.length > 0 ? because : otherChanges(sides),
  };
}

/** Files whose content is part of the spec and which differ between both sides. */
function contentOf(spec: string, { before, after }: Sides): WrittenPlace[] {
  const paths = new Set([...(before?.files.keys() ?? []), ...(after?.files.keys() ?? [])]);
  return [...paths].flatMap((file) => {
    const [old, now] = [before?.files.get(file)?.blob, after?.files.get(file)?.blob];
    const isNamed = [old, now].some((blob) => blob !== undefined && spec.includes(blob));
    return old !== now && isNamed ? [{ file, path: '' }] : [];
  });
}

function otherChanges(sides: Sides): WrittenPlace[] {
  const whole = (file: string): Pair => ({ label: null, before: { file, path: '' }, after: { file, path: '' } });
  const changes = [HYPERVISOR_FILE, LXC_FILE, VM_FILE].flatMap((file) => changesBelow('', whole(file), sides));
  return changes.slice(0, MAX_LISTED).map(({ file, path }) => ({ file, path }));
}

/** `network_config.ip`, `firewall.rules[2].port`. */
function fieldName(label: string | null, at: string): string {
  const name = keys(at)
    .map((key) => (/^\d+$/.test(key) ? `[${key}]` : `.${key}`))
    .join('')
    .replace(/^\./, '');
  return [label, name].filter((part) => part !== null && part !== '').join(' ');
}
