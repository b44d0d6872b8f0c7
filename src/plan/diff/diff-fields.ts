// The difference of two specs, field by field, as JSON pointers. Lists of objects are aligned first, so that an inserted firewall rule is one change
// and not a change of every following rule.

import type { Json, JsonObject } from '../../model/json.ts';
import type { FieldChange } from '../../model/plan.ts';
import { isSecret } from '../secret.ts';
import { align } from './align.ts';
import { canonical, isArray, isObject, same, sortedEntries } from './canonical.ts';
import { child } from './pointer.ts';

/**
 * The changes that turn `before` into `after`, by path. An added or removed key of an object is one change with its whole
 * value. Inside a list of objects, a removed element is named by its index before, everything else by its index after.
 */
export function diffFields(before: JsonObject, after: JsonObject): FieldChange[] {
  const changes: FieldChange[] = [];
  diffObjects('', before, after, changes);
  return changes;
}

function diffObjects(path: string, before: JsonObject, after: JsonObject, changes: FieldChange[]): void {
  const old = new Map(sortedEntries(before));
  const now = new Map(sortedEntries(after));
  for (const key of [...new Set([...old.keys(), ...now.keys()])].sort()) {
    diffValues(child(path, key), old.get(key), now.get(key), changes);
  }
}

function diffValues(path: string, before: Json | undefined, after: Json | undefined, changes: FieldChange[]): void {
  if (same(before, after)) return;
  if (isSecret(before) || isSecret(after)) {
    changes.push({ path, before, after });
  } else if (isObject(before) && isObject(after)) {
    diffObjects(path, before, after, changes);
  } else if (isListOfObjects(before) && isListOfObjects(after)) {
    diffLists(path, before, after, changes);
  } else {
    changes.push({ path, before, after });
  }
}

function diffLists(
  path: string,
  before: readonly JsonObject[],
  after: readonly JsonObject[],
  changes: FieldChange[],
): void {
  for (const pair of align(before.map(canonical), after.map(canonical))) {
    const old = pair.before === undefined ? undefined : before[pair.before];
    const now = pair.after === undefined ? undefined : after[pair.after];
    diffValues(child(path, String(pair.after ?? pair.before)), old, now, changes);
  }
}

/** An empty list is a value like any other: adding or removing a whole list is one change. */
function isListOfObjects(value: Json | undefined): value is readonly JsonObject[] {
  return (
    value !== undefined &&
    isArray(value) &&
    value.length > 0 &&
    value.every((item) => isObject(item) && !isSecret(item))
  );
}
