// JSON Schemas of all config files, one for each format of the registered kinds.

import { jsonSchemaOf } from '../config/json-schema.ts';
import { KINDS } from '../managers/index.ts';
import { formatsOf } from './formats.ts';

const FORMATS = new Map(formatsOf(KINDS).map((format) => [format.name, format]));

/** Names of the files that have a schema. */
export const SCHEMA_NAMES: readonly string[] = [...FORMATS.keys()];

/**
 * The JSON Schema (2020-12) of a file; undefined for an unknown name. Its id is its own file name in `etc/schemas`, which is the same in every copy
 * of Phoenix and in every config repo, and resolves to the place from which it was read.
 */
export function jsonSchema(name: string): object | undefined {
  const format = FORMATS.get(name);
  if (format === undefined) return undefined;
  const { $schema, ...schema } = jsonSchemaOf(format.schema) as Readonly<Record<string, unknown>>;
  return { $schema, $id: `${name}.schema.json`, title: name, ...schema };
}

/** The full schema name for a short name or a file name of a schema. */
export function schemaName(name: string): string {
  const short = [...FORMATS.values()].find(({ shortName }) => shortName === name);
  return short?.name ?? name.replace(/(\.schema)?\.json$/, '');
}
