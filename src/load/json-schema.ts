// The JSON Schemas of every file of the config repo, one for each format of the registered kinds.

import { jsonSchemaOf } from '../config/json-schema.ts';
import { KINDS } from '../managers/index.ts';
import { formatsOf } from './formats.ts';

const FORMATS = new Map(formatsOf(KINDS).map((format) => [format.name, format]));

/** Names of the files that have a schema. */
export const SCHEMA_NAMES: readonly string[] = [...FORMATS.keys()];

/** Stands for the repository of Phoenix, wherever a copy of it lies: the name is that of no machine (RFC 2606). */
const PLACE = 'https://phoenix-hypervisor.invalid/etc/schemas';

/** What people may write in a file, as JSON Schema (2020-12), known by where it lies in the repository of Phoenix; undefined for an unknown name. */
export function jsonSchema(name: string): object | undefined {
  const format = FORMATS.get(name);
  if (format === undefined) return undefined;
  const { $schema, ...schema } = jsonSchemaOf(format.schema) as Readonly<Record<string, unknown>>;
  return { $schema, $id: `${PLACE}/${name}.schema.json`, title: name, ...schema };
}

/** The full name of a file by a shorter one, or by that of its schema. */
export function schemaName(name: string): string {
  const short = [...FORMATS.values()].find(({ shortName }) => shortName === name);
  return short?.name ?? name.replace(/(\.schema)?\.json$/, '');
}
