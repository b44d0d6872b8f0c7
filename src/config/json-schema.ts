// The JSON Schema that editors use, made from the schema that the loader uses.

import { z } from 'zod';

/** What people may write, as JSON Schema (2020-12). */
export function jsonSchemaOf(schema: z.ZodType): object {
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
