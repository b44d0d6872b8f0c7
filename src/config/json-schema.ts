// Generates the JSON Schema for editors from the schema of the loader.

import { z } from 'zod';

/** JSON Schema (2020-12) of the accepted input. */
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

/** Translates schema metadata to keywords of JSON Schema: fields without effect are deprecated, secrets are write-only. */
function marksOf(node: Record<string, unknown>): void {
  if ('noEffect' in node) node['deprecated'] = true;
  if ('secret' in node) node['writeOnly'] = true;
  delete node['noEffect'];
  delete node['secret'];
}

/** Adds suggested values for editors, without restricting the value. */
function suggestionsOf(node: Record<string, unknown>): void {
  const { suggests, pattern } = node;
  if (!Array.isArray(suggests)) return;
  delete node['suggests'];
  delete node['pattern'];
  node['anyOf'] = [{ enum: suggests }, pattern === undefined ? {} : { pattern }];
}

/** Keywords that map user-defined names to schemas. */
const BY_NAME: ReadonlySet<string> = new Set(['properties', 'patternProperties', '$defs']);
/** Keywords that hold user-defined values. */
const VALUES: ReadonlySet<string> = new Set(['default', 'examples', 'enum', 'const', 'required']);

/** Sets the title of each field, which editors show above its description. */
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
