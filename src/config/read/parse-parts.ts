// Parses a value that is partly invalid: invalid parts are dropped, so that they do not block the others.

import type { z } from 'zod';
import { type Parsed, parse } from './parse.ts';
import type { Place } from './place.ts';

type Path = readonly PropertyKey[];

export interface PartlyParsed<Value> extends Parsed<Value> {
  /** Paths of the dropped parts; the whole value if `value` is undefined. */
  readonly left: readonly Path[];
}

/** Maximum number of passes: dropping a part can invalidate another. */
const ROUNDS = 10;

/**
 * Validates a whole value like `parse`.
 *
 * @param partOf the part to drop because of a fault at this path; the empty path for everything
 * @param standIns replacements of required top-level fields that are invalid
 */
export function parseParts<Schema extends z.ZodType>(
  schema: Schema,
  raw: unknown,
  at: Place,
  partOf: (path: Path) => Path,
  standIns: Readonly<Record<string, unknown>> = {},
): PartlyParsed<z.output<Schema>> {
  const { value, diagnostics } = parse(schema, raw, at);
  if (value !== undefined) return { value, diagnostics, left: [] };
  const none = { value: undefined, diagnostics, left: [] };
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return none;
  const copy = structuredClone(raw);
  const left = new Map<string, Path>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const result = schema.safeParse(copy);
    if (result.success) return { value: result.data, diagnostics, left: [...left.values()] };
    for (const issue of result.error.issues) {
      // A field that does not exist is dropped without a word in `left`: it declares nothing.
      if (issue.code === 'unrecognized_keys') for (const key of issue.keys) cut(copy, [...issue.path, key]);
      else {
        const part = partOf(issue.path);
        if (part.length === 0) return none;
        left.set(JSON.stringify(part), part);
        replace(copy, part, standIns);
      }
    }
  }
  return none;
}

/** Puts the stand-in of a top-level field in its place; drops any other part. */
function replace(value: object, part: Path, standIns: Readonly<Record<string, unknown>>): void {
  const [key = ''] = part;
  const standIn = part.length === 1 ? standIns[String(key)] : undefined;
  if (standIn === undefined) cut(value, part);
  else (value as Record<PropertyKey, unknown>)[key] = standIn;
}

function cut(value: object, path: Path): void {
  let parent: unknown = value;
  for (const key of path.slice(0, -1)) {
    if (typeof parent !== 'object' || parent === null || !Object.hasOwn(parent, key)) return;
    parent = (parent as Record<PropertyKey, unknown>)[key];
  }
  const last = path.at(-1);
  if (typeof parent === 'object' && parent !== null && last !== undefined) Reflect.deleteProperty(parent, last);
}
