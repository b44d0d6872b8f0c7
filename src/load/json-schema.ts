// The JSON Schemas of every file of the config repo, one for each format of the registered kinds.

import { jsonSchemaOf } from '../config/json-schema.ts';
import { KINDS } from '../managers/index.ts';
import { formatsOf } from './formats.ts';

const FORMATS = new Map(formatsOf(KINDS).map((format) => [format.name, format]));

/** Names of the files that have a schema. */
export const SCHEMA_NAMES: readonly string[] = [...FORMATS.keys()];

/**
 * What people may write in a file, as JSON Schema (2020-12); undefined for an unknown name. It is known by its own name in `etc/schemas`, which
 * is the same in every copy of Phoenix and in every config repo: resolved against where it was read from, that is where it lies.
 */
export function jsonSchema(name: string): object | undefined {
  const format = FORMATS.get(name);
  if (format === undefined) return undefined;
  const { $schema, ...schema } = jsonSchemaOf(format.schema) as Readonly<Record<string, unknown>>;
  return { $schema, $id: `${name}.schema.json`, title: name, ...schema };
}

/** The full name of a file by a shorter one, or by that of its schema. */
export function schemaName(name: string): string {
  const short = [...FORMATS.values()].find(({ shortName }) => shortName === name);
  return short?.name ?? name.replace(/(\.schema)?\.json$/, '');
}
