// Canonical text of a value: two specs are equal if and only if their canonical texts are.

import type { Json, JsonObject } from '../../model/json.ts';

/** JSON text with the keys of every object in code unit order and absent (`undefined`) keys left out. */
export function canonical(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isArray(value)) return `[${value.map(canonical).join(',')}]`;
  return `{${sortedEntries(value)
    .map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`)
    .join(',')}}`;
}

/** Whether two values have the same canonical text, without computing it, since most compared values are equal. */
export function same(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (isArray(a) || isArray(b)) {
    return isArray(a) && isArray(b) && a.length === b.length && a.every((item, index) => same(item, b[index]));
  }
  let extra = 0;
  for (const key of Object.keys(a)) {
    if (a[key] === undefined) continue;
    if (!Object.hasOwn(b, key) || !same(a[key], b[key])) return false;
    extra -= 1;
  }
  for (const key of Object.keys(b)) extra += b[key] === undefined ? 0 : 1;
  return extra === 0;
}

/** The present keys with their values, in code unit order. */
export function sortedEntries(object: JsonObject): [string, Json][] {
  const entries = Object.entries(object).filter((entry): entry is [string, Json] => entry[1] !== undefined);
  return entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

export function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
