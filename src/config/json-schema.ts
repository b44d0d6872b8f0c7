// The JSON Schemas that editors use, made from the schemas that the loader uses.

import { z } from 'zod';
import { SCHEMAS } from './schema/files.ts';

/** Names of the files that have a schema. */
export const SCHEMA_NAMES: readonly string[] = Object.keys(SCHEMAS);

/** What people may write in a file, as JSON Schema (2020-12); undefined for an unknown name. */
export function jsonSchema(name: string): object | undefined {
  const schema = Object.hasOwn(SCHEMAS, name) ? SCHEMAS[name] : undefined;
  if (schema === undefined) return undefined;
  return z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema: node }) => marksOf(node),
  });
}

/** Our marks in words that editors know: what has no effect is deprecated, what is secret is write-only. */
function marksOf(node: Record<string, unknown>): void {
  if ('noEffect' in node) node['deprecated'] = true;
  if ('secret' in node) node['writeOnly'] = true;
  delete node['noEffect'];
  delete node['secret'];
}
