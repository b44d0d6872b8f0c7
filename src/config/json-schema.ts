// The JSON Schema that editors use, made from the schema that the loader uses.

import { z } from 'zod';

/** What people may write, as JSON Schema (2020-12). */
export function jsonSchemaOf(schema: z.ZodType): object {
  const made = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema: node }) => {
      marksOf(node);
      suggestionsOf(node);
    },
  });
  titleFields(made);
  return made;
}

/** Our marks in words that editors know: what has no effect is deprecated, what is secret is write-only. */
function marksOf(node: Record<string, unknown>): void {
  if ('noEffect' in node) node['deprecated'] = true;
  if ('secret' in node) node['writeOnly'] = true;
  delete node['noEffect'];
  delete node['secret'];
}

/** What an editor offers, beside whatever else the pattern allows. */
function suggestionsOf(node: Record<string, unknown>): void {
  const { suggests, pattern } = node;
  if (!Array.isArray(suggests)) return;
  delete node['suggests'];
  delete node['pattern'];
  node['anyOf'] = [{ enum: suggests }, pattern === undefined ? {} : { pattern }];
}

/** Members of a schema that hold schemas by names of people's. */
const BY_NAME: ReadonlySet<string> = new Set(['properties', 'patternProperties', '$defs']);
/** Members that hold values of people's. */
const VALUES: ReadonlySet<string> = new Set(['default', 'examples', 'enum', 'const', 'required']);

/** Editors show the title of a field in bold above what it says: its name in words. */
function titleFields(schema: unknown): void {
  if (typeof schema !== 'object' || schema === null) return;
  for (const [member, value] of Object.entries(schema)) {
    if (VALUES.has(member)) continue;
    if (!BY_NAME.has(member)) {
      titleFields(value);
      continue;
    }
    for (const [name, field] of Object.entries(value as Record<string, Record<string, unknown>>)) {
      if (member === 'properties') field['title'] ??= name.replaceAll(/[_-]/g, ' ').trim();
      titleFields(field);
    }
  }
}
