// Schema introspection: known keys at a path, and fields with metadata.

import { z } from 'zod';

/** A path into a value; `*` matches every key or index. */
export type Pattern = readonly string[];

export interface FieldWithMetadata {
  readonly pattern: Pattern;
  /** The value of the metadata. */
  readonly value: string | true;
}

/** Every field with this metadata, outermost first; fields below one are not visited. */
export function fieldsWith(schema: z.ZodType, metadata: 'secret' | 'noEffect'): FieldWithMetadata[] {
  const found: FieldWithMetadata[] = [];
  const visit = (node: z.ZodType, pattern: Pattern) => {
    const value = metadataOf(node, metadata);
    if (value !== undefined) {
      found.push({ pattern, value });
      return;
    }
    const inner = unwrap(node);
    if (inner instanceof z.ZodObject) {
      for (const [key, child] of Object.entries(inner.shape)) visit(child as z.ZodType, [...pattern, key]);
    } else if (inner instanceof z.ZodRecord) visit(inner.valueType as z.ZodType, [...pattern, '*']);
    else if (inner instanceof z.ZodArray) visit(inner.element as z.ZodType, [...pattern, '*']);
    else if (inner instanceof z.ZodUnion) for (const option of inner.options) visit(option as z.ZodType, pattern);
  };
  visit(schema, []);
  return found;
}

/** All existing paths of a value that match a pattern. */
export function* matches(value: unknown, pattern: Pattern, at: readonly string[] = []): Generator<Match> {
  const [key, ...rest] = pattern;
  if (key === undefined) {
    yield { keys: at, value };
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const keys = key === '*' ? Object.keys(value) : Object.hasOwn(value, key) ? [key] : [];
  for (const each of keys) yield* matches((value as Record<string, unknown>)[each], rest, [...at, each]);
}

export interface Match {
  readonly keys: readonly string[];
  readonly value: unknown;
}

type NamesAt = (path: readonly string[]) => readonly string[];
const named = z.registry<{ readonly namesAt: NamesAt }>();

/** Registers the known keys of a record that a table defines instead of its schema. */
export function nameKeys(schema: z.ZodType, namesAt: NamesAt): void {
  named.add(schema, { namesAt });
}

/** Known keys of the object at a path below the schema; empty if there is none. */
export function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let node = unwrap(schema);
  for (const [index, key] of path.entries()) {
    const table = named.get(node);
    if (table !== undefined) return [...table.namesAt(path.slice(index).map(String))];
    const next = child(node, key);
    if (next === undefined) return [];
    node = unwrap(next);
  }
  const table = named.get(node);
  if (table !== undefined) return [...table.namesAt([])];
  if (node instanceof z.ZodUnion) return node.options.flatMap((option) => knownKeys(option as z.ZodType, []));
  return node instanceof z.ZodObject ? Object.keys(node.shape) : [];
}

function child(node: z.ZodType, key: PropertyKey): z.ZodType | undefined {
  if (node instanceof z.ZodObject) return node.shape[String(key)] as z.ZodType | undefined;
  if (node instanceof z.ZodRecord) return node.valueType as z.ZodType;
  if (node instanceof z.ZodArray) return node.element as z.ZodType;
  if (node instanceof z.ZodUnion) {
    for (const option of node.options) {
      const found = child(unwrap(option as z.ZodType), key);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** Unwraps optional and similar wrappers. */
function unwrap(schema: z.ZodType): z.ZodType {
  let node = schema;
  while (
    node instanceof z.ZodOptional ||
    node instanceof z.ZodDefault ||
    node instanceof z.ZodPrefault ||
    node instanceof z.ZodNullable
  ) {
    node = node.unwrap() as z.ZodType;
  }
  return node;
}

function metadataOf(schema: z.ZodType, metadata: 'secret' | 'noEffect'): string | true | undefined {
  let node: z.ZodType = schema;
  for (;;) {
    const value = z.globalRegistry.get(node)?.[metadata];
    if (value !== undefined) return value;
    const inner = node instanceof z.ZodUnion ? node : unwrap(node);
    if (inner === node) return undefined;
    node = inner;
  }
}
