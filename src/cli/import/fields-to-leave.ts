// Finds the fields of an imported guest that cannot be declared as they are, so that only these are left on the host and not the whole guest. It asks
// for the guest without one field after the other, first without those that are named as different: each question loads the whole configuration.

import type { Json, JsonObject } from '../../model/json.ts';
import { isArray, isObject } from '../../plan/diff/canonical.ts';

/** The keys from the entry to a field or an element of a list. */
type Way = readonly string[];

/** What the declared guest would be on the host. */
export interface Judged {
  /** Whether nothing would change. */
  readonly same: boolean;
  /** Names of the fields that differ, such as `network_config.ip`; those of options may be Proxmox's. */
  readonly fields: readonly string[];
  /** Why it could not be applied; null: it could. */
  readonly reason: string | null;
}

/** Resolves to null for an entry that is not valid. */
export type Judge = (entry: JsonObject) => Promise<Judged | null>;

export interface Reduced {
  readonly entry: JsonObject;
  readonly left: readonly Way[];
}

/**
 * The entry without the fields that would change the guest, as few as possible; null where it would change whatever is left out.
 *
 * @param whole the judgement of the whole entry; null where it cannot be compared
 */
export async function leaveFields(entry: JsonObject, whole: Judged | null, judge: Judge): Promise<Reduced | null> {
  const left = await fieldsThatDiffer(entry, whole, judge);
  if (left === null) return null;
  const least = await givenBack(entry, whole, await stillNeeded(entry, left, judge), judge);
  return { entry: without(entry, least), left: least.map((way) => deepest(entry, way)) };
}

/** The way to the only part of a part, if it has no other: `options.cpu` for `options`. */
function deepest(entry: JsonObject, way: Way): Way {
  const [only, ...others] = partsOf(entry, way);
  return only === undefined || others.length > 0 ? way : deepest(entry, only);
}

/**
 * What is named as different is tried first, then the others by halves: where a guest without a whole half differs as before, nothing in it is to be left.
 * Optional fields come last in an entry, and are left first. A field that an entry must have is left in part.
 */
async function fieldsThatDiffer(entry: JsonObject, whole: Judged | null, judge: Judge): Promise<Way[] | null> {
  const left: Way[] = [];
  let now = whole;
  const isDone = () => now?.same === true;
  const leave = async (way: Way): Promise<void> => {
    if (isDone()) return;
    const next = await judge(without(entry, [...left, way]));
    if (next === null) for (const part of partsOf(entry, way)) await leave(part);
    else if (isCloser(next, now)) {
      left.push(way);
      now = next;
    }
  };
  /** How many of the ways can be left without a difference, so that the next one is the first that counts. */
  const numberAlike = async (among: readonly Way[]): Promise<number> => {
    let [alike, other] = [0, among.length];
    while (other - alike > 1) {
      const half = Math.floor((alike + other) / 2);
      const next = await judge(without(entry, [...left, ...among.slice(0, half)]));
      if (next !== null && isAlike(next, now)) alike = half;
      else other = half;
    }
    return alike;
  };
  const ways = partsOf(entry, []).toReversed();
  const named = ways.filter((way) => isNamed(way, whole));
  for (const way of named) await leave(way);
  let rest = ways.filter((way) => !named.includes(way));
  let isFound = true;
  while (rest.length > 0 && isFound && !isDone()) {
    const before = now;
    const [first, ...others] = rest.slice(await numberAlike(rest));
    if (first !== undefined) await leave(first);
    isFound = now !== before;
    rest = others;
  }
  // What counts only together with others is not found by halves.
  for (const way of ways) if (!left.includes(way)) await leave(way);
  return isDone() ? left : null;
}

function isAlike(one: Judged, other: Judged | null): boolean {
  return (
    other !== null &&
    one.same === other.same &&
    one.reason === other.reason &&
    one.fields.join() === other.fields.join()
  );
}

/** Whether it is a field that differs, or has such a field in it. */
function isNamed(way: Way, whole: Judged | null): boolean {
  const name = way.join('.');
  return (whole?.fields ?? []).some((field) => field === name || field.startsWith(`${name}.`) || field === way.at(-1));
}

function isCloser(next: Judged, now: Judged | null): boolean {
  if (next.same || now === null) return true;
  return next.fields.length < now.fields.length || (now.reason !== null && next.reason === null);
}

/** The same without what was left first and what a later one made unnecessary: its cause. Without the last one, the guest was not yet as declared. */
async function stillNeeded(entry: JsonObject, left: readonly Way[], judge: Judge): Promise<Way[]> {
  let needed = [...left];
  for (const way of left.slice(0, -1)) {
    const others = needed.filter((one) => one !== way);
    if ((await judge(without(entry, others)))?.same === true) needed = others;
  }
  return needed;
}

/** The same without those parts of what was left that can be declared. Where the parts that are named as different are enough, the others are not tried. */
async function givenBack(entry: JsonObject, whole: Judged | null, left: readonly Way[], judge: Judge): Promise<Way[]> {
  let all = [...left];
  const narrow = async (way: Way): Promise<void> => {
    const parts = partsOf(entry, way);
    if (parts.length === 0) return;
    const others = all.filter((one) => one !== way);
    const named = parts.filter((part) => isNamed(part, whole));
    const isEnough =
      named.length > 0 &&
      named.length < parts.length &&
      (await judge(without(entry, [...others, ...named])))?.same === true;
    let inside = isEnough ? named : parts;
    for (const part of inside.length === 1 ? [] : inside) {
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
