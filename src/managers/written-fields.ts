// The fields of one entry as written, to be shown with a target. Secrets are hidden.

import type { Place } from '../config/read/place.ts';
import type { DeclaredField } from '../model/environment.ts';
import type { Json, JsonObject } from '../model/json.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { isObject } from '../plan/diff/canonical.ts';
import { child, keys } from '../plan/diff/pointer.ts';
import { hideInChange, isSecret } from '../plan/secret.ts';
import { writtenValues } from './written-values.ts';

/** Objects are flattened to their values: `network_config.ip`; lists are kept whole. */
export function writtenFields(files: Snapshot['files'], entry: Place): readonly DeclaredField[] {
  let value = writtenValues(files)(entry.file);
  for (const key of keys(entry.path)) value = isContainer(value) ? value[key] : undefined;
  return isObject(value) ? fieldsOf(value, '', '') : [];
}

function fieldsOf(object: JsonObject, path: string, name: string): DeclaredField[] {
  return Object.entries(object).flatMap(([key, value]) => {
    if (value === undefined) return [];
    const [at, field] = [child(path, key), name === '' ? key : `${name}.${key}`];
    if (isObject(value) && !isSecret(value) && Object.keys(value).length > 0) return fieldsOf(value, at, field);
    const { after } = hideInChange({ path: at, before: undefined, after: value });
    return after === undefined ? [] : [{ field, value: after }];
  });
}

function isContainer(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null;
}
