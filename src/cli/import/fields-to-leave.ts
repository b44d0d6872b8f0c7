// Finds the fields of an imported guest that cannot be declared as they are, so that only these are left on the host and not the whole guest. It asks
// for the guest without one field after the other.

import type { Json, JsonObject } from '../../model/json.ts';
import { isArray, isObject } from '../../plan/diff/canonical.ts';

/** The keys from the entry to a field or an element of a list. */
type Way = readonly string[];

/** What the declared guest would be on the host. */
export interface Judged {
  /** Whether nothing would change. */
  readonly same: boolean;
  /** Number of fields that differ. */
  readonly fields: number;
  /** Why it could not be applied; null: it could. */
  readonly reason: string | null;
}

/** Resolves to null for an entry that is not valid. */
export type Judge = (entry: JsonObject) => Promise<Judged | null>;

export interface Reduced {
  readonly entry: JsonObject;
  readonly left: readonly Way[];
}

/** The entry without the fields that would change the guest, as few as possible; null where it would change whatever is left out. */
export async function leaveFields(entry: JsonObject, judge: Judge): Promise<Reduced | null> {
  const left = await fieldsThatDiffer(entry, judge);
  if (left === null) return null;
  const least = await givenBack(entry, left, judge);
  return { entry: without(entry, least), left: least.map((way) => deepest(entry, way)) };
}

/** The way to the only part of a part, if it has no other: `options.cpu` for `options`. */
function deepest(entry: JsonObject, way: Way): Way {
  const [only, ...others] = partsOf(entry, way);
  return only === undefined || others.length > 0 ? way : deepest(entry, only);
}

/** Optional fields come last in an entry, and are left first. A field that an entry must have is left in part. */
async function fieldsThatDiffer(entry: JsonObject, judge: Judge): Promise<Way[] | null> {
  const left: Way[] = [];
  let now = await judge(entry);
  const leave = async (way: Way): Promise<void> => {
    if (now?.same === true) return;
    const next = await judge(without(entry, [...left, way]));
    if (next === null) for (const part of partsOf(entry, way)) await leave(part);
    else if (isCloser(next, now)) {
      left.push(way);
      now = next;
    }
  };
  for (const way of partsOf(entry, []).toReversed()) await leave(way);
  return now?.same === true ? left : null;
}

function isCloser(next: Judged, now: Judged | null): boolean {
  if (next.same || now === null) return true;
  return next.fields < now.fields || (now.reason !== null && next.reason === null);
}

/** The same without those parts of what was left that can be declared. */
async function givenBack(entry: JsonObject, left: readonly Way[], judge: Judge): Promise<Way[]> {
  let all = [...left];
  const narrow = async (way: Way): Promise<void> => {
    const parts = partsOf(entry, way);
    if (parts.length === 0) return;
    const others = all.filter((one) => one !== way);
    let inside = parts;
    for (const part of parts) {
      const rest = inside.filter((one) => one !== part);
      const judged = await judge(without(entry, [...others, ...rest]));
      if (judged?.same === true) inside = rest;
    }
    if (inside.length === parts.length) return;
    all = [...others, ...inside];
    for (const part of inside) await narrow(part);
  };
  for (const way of left) await narrow(way);
  return all;
}

/** A firewall is declared as a whole: without one of its rules it would be another one. */
const WHOLE = 'firewall';

function partsOf(entry: JsonObject, way: Way): Way[] {
  if (way[0] === WHOLE) return [];
  const value = way.reduce<Json | undefined>(partAt, entry);
  if (isObject(value)) return Object.keys(value).map((key) => [...way, key]);
  return value !== undefined && isArray(value) ? value.map((_, index) => [...way, String(index)]) : [];
}

function partAt(value: Json | undefined, key: string): Json | undefined {
  if (isObject(value)) return value[key];
  return value !== undefined && isArray(value) ? value[Number(key)] : undefined;
}

/** The entry without these fields and elements. Further interfaces keep their numbers, which follow from their places. */
function without(entry: JsonObject, ways: readonly Way[]): JsonObject {
  const isLeft = (way: Way) => ways.some((one) => one.length === way.length && one.every((key, at) => key === way[at]));
  const reduced = (value: Json, way: Way): Json => {
    const parts = (keys: readonly string[]) => keys.filter((key) => !isLeft([...way, key]));
    const inside = (key: string): Json => reduced(partAt(value, key) ?? null, [...way, key]);
    if (isObject(value)) return Object.fromEntries(parts(Object.keys(value)).map((key) => [key, inside(key)]));
    if (!isArray(value)) return value;
    const kept = parts(value.map((_, index) => String(index)));
    if (way.join() !== 'networks' || kept.length === value.length) return kept.map(inside);
    return kept.map((key) => ({ index: Number(key) + 1, ...(inside(key) as JsonObject) }));
  };
  return reduced(entry, []) as JsonObject;
}
