// The inverse of diffFields: shows that a plan's field changes are complete, and rebuilds a spec from them.

import type { Json, JsonObject } from '../../model/json.ts';
import type { FieldChange } from '../../model/plan.ts';
import { isArray, isObject, sortedEntries } from './canonical.ts';
import { keys as keysOf } from './pointer.ts';

interface Edit {
  /** The rest of the pointer below the current value. */
  readonly keys: readonly string[];
  readonly change: FieldChange;
}

/** `before` with the changes of `diffFields(before, after)` made: equals `after`. */
export function applyFields(before: JsonObject, changes: readonly FieldChange[]): JsonObject {
  return editObject(
    before,
    changes.map((change) => ({ keys: keysOf(change.path), change })),
  );
}

function editObject(object: JsonObject, edits: readonly Edit[]): JsonObject {
  const entries = new Map(sortedEntries(object));
  for (const [key, below] of byFirstKey(edits)) {
    const value = edit(entries.get(key), below);
    if (value === undefined) entries.delete(key);
    else entries.set(key, value);
  }
  return Object.fromEntries(entries);
}

function editList(list: readonly Json[], edits: readonly Edit[]): Json[] {
  const here = edits.filter((one) => one.keys.length === 1);
  const removed = new Set(here.filter((one) => one.change.after === undefined).map((one) => Number(one.keys[0])));
  const kept = list.filter((_, index) => !removed.has(index));
  for (const one of here) {
    if (one.change.before === undefined && one.change.after !== undefined) {
      kept.splice(Number(one.keys[0]), 0, one.change.after);
    }
  }
  for (const [key, below] of byFirstKey(edits.filter((one) => one.keys.length > 1))) {
    const value = edit(kept[Number(key)], below);
    if (value !== undefined) kept[Number(key)] = value;
  }
  return kept;
}

function edit(value: Json | undefined, edits: readonly Edit[]): Json | undefined {
  const whole = edits.find((one) => one.keys.length === 0);
  if (whole !== undefined) return whole.change.after;
  if (isObject(value)) return editObject(value, edits);
  if (value !== undefined && isArray(value)) return editList(value, edits);
  return value;
}

function byFirstKey(edits: readonly Edit[]): Map<string, Edit[]> {
  const groups = new Map<string, Edit[]>();
  for (const { keys, change } of edits) {
    const [first = '', ...rest] = keys;
    const group = groups.get(first) ?? [];
    group.push({ keys: rest, change });
    groups.set(first, group);
  }
  return groups;
}
