// Secret references in a spec, and digests of their values: a new value behind the same reference is a change that no commit shows, and affects only
// its users. Pure.

import type { SecretReference } from '../model/action.ts';
import type { Json, JsonObject } from '../model/json.ts';
import { isArray, isObject } from './diff/canonical.ts';

/** Each reference once, sorted. */
export function referencesIn(value: Json | undefined): SecretReference[] {
  const found = new Map<string, SecretReference>();
  visit(value, (reference) => found.set(reference.$secret, reference));
  return [...found.values()].sort((a, b) => (a.$secret < b.$secret ? -1 : 1));
}

/** References that `after` passes to its target and `before` did not. */
export function newReferences(before: Json | undefined, after: Json | undefined): string[] {
  const known = new Set(referencesIn(before).map(({ $secret }) => $secret));
  return referencesIn(after)
    .map(({ $secret }) => $secret)
    .filter((reference) => !known.has(reference));
}

/** The spec with a digest beside each reference, so that everything derived from it changes with the value. */
export function sealSecrets(spec: JsonObject, digests: ReadonlyMap<string, string>): JsonObject {
  return mapped(spec, (reference) => {
    const digest = digests.get(String(reference['$secret']));
    return digest === undefined ? reference : { ...reference, digest };
  }) as JsonObject;
}

/** Removes from references the blob id of their file: only the value in it counts. */
export function withoutBlobs(value: Json): Json {
  return mapped(value, ({ blob: _, ...reference }) => reference);
}

function isReference(value: Json | undefined): value is JsonObject & { readonly $secret: string } {
  return isObject(value) && typeof value['$secret'] === 'string';
}

function visit(value: Json | undefined, see: (reference: SecretReference) => void): void {
  if (typeof value !== 'object' || value === null) return;
  if (isReference(value)) {
    const { $secret, blob } = value;
    see({ $secret, ...(typeof blob === 'string' ? { blob } : {}) });
  } else for (const item of Object.values(value)) visit(item as Json, see);
}

function mapped(value: Json, change: (reference: JsonObject) => JsonObject): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (isArray(value)) return value.map((item) => mapped(item, change));
  if (isReference(value)) return change(value);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, item === undefined ? item : mapped(item, change)]),
  );
}
