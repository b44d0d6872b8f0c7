// Validates a raw value against its schema and turns zod's issues into problems in plain words.

import { z } from 'zod';
import type { TargetId } from '../../model/ids.ts';
import type { Json } from '../../model/json.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { MAX_PROBLEMS } from '../limits.ts';
import { byOtherName, byOtherWord, nearest } from '../nearest.ts';
import { knownKeys } from '../schema/field-metadata.ts';
import { adviceFor } from './advice.ts';
import { meanings } from './meanings.ts';
import { names } from './meant-values.ts';
import type { Place } from './place.ts';
import { keysOf, placeIn } from './place.ts';
import { holdsSecret, MAY_BE_SECRET } from './secret-fields.ts';

export interface Parsed<Value> {
  /** Undefined if a value is invalid; unknown keys alone are only dropped. */
  readonly value: Value | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Maximum number of unknown fields that are reported per object. */
const MAX_UNKNOWN = 100;

/** Number of values after which compiling a parser for a schema pays off: it takes as long as parsing a few hundred guests. */
const COMPILED_AFTER = 100;
const readers = new WeakMap<z.ZodType, { uses: number; reader: z.ZodType }>();

/** A fast parser for valid values that falls back to the schema for all others. */
function readerOf<Schema extends z.ZodType>(schema: Schema): Schema {
  const use = readers.get(schema) ?? { uses: 0, reader: schema };
  use.uses += 1;
  if (use.uses === COMPILED_AFTER) use.reader = z.compile(schema);
  readers.set(schema, use);
  return use.reader as Schema;
}

/** Validates a whole value and reports all its problems at once. */
export function parse<Schema extends z.ZodType>(
  schema: Schema,
  raw: unknown,
  at: Place,
  target?: TargetId,
): Parsed<z.output<Schema>> {
  const first = readerOf(schema).safeParse(raw);
  if (first.success) return { value: first.data, diagnostics: [] };
  const budget = { tries: MAX_GUESSES };
  const diagnostics = oncePerValue(first.error.issues, raw)
    .slice(0, MAX_PROBLEMS)
    .flatMap((issue) =>
      diagnosticsOf(schema, issue, raw, at, target)
        .map((diagnostic) => withPlainHint(schema, diagnostic, raw, at, budget))
        .map((diagnostic) => withNameHint(schema, issue, diagnostic, raw, budget))
        .map((diagnostic) => withNearest(issue, diagnostic, raw)),
    );
  if (first.error.issues.some((issue) => issue.code !== 'unrecognized_keys')) return { value: undefined, diagnostics };
  const second = schema.safeParse(withoutUnknown(raw, first.error.issues));
  return { value: second.success ? second.data : undefined, diagnostics };
}

/** A text can violate several checks at once: only the first issue is reported. */
function oncePerValue(issues: readonly z.core.$ZodIssue[], raw: unknown): z.core.$ZodIssue[] {
  const seen = new Set<string>();
  return issues.filter((issue) => {
    if (issue.code === 'unrecognized_keys' || typeof valueAt(raw, issue.path) === 'object') return true;
    const path = JSON.stringify(issue.path);
    const isFirst = !seen.has(path);
    seen.add(path);
    return isFirst;
  });
}

function diagnosticsOf(
  schema: z.ZodType,
  issue: z.core.$ZodIssue,
  raw: unknown,
  at: Place,
  target?: TargetId,
): Diagnostic[] {
  const place = placeIn(at, ...(issue.path as (string | number)[]));
  const common = target === undefined ? {} : { target };
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, issue.path);
    return issue.keys.slice(0, MAX_UNKNOWN).map((key) => ({
      code: 'UNKNOWN_KEY',
      at: placeIn(place, key),
      message: `unknown field ${quote(key)}`,
      hint: hintFor(key, known),
      onKey: true,
      ...common,
    }));
  }
  const value = valueAt(raw, issue.path);
  const keys = keysOf(place.path);
  const message =
    value === undefined
      ? `"${keys.at(-1) ?? 'the document'}" is missing`
      : `${subject(keys, value)} ${expectation(issue)}`;
  return [{ code: 'INVALID_VALUE', at: place, message, ...bracketsHint(issue, value), ...common }];
}

const BRACES: Readonly<Record<string, { readonly hint: string }>> = {
  record: { hint: 'Write an object in braces, with each entry below its own name or id.' },
  object: { hint: 'Write an object in braces, with its fields.' },
};

/** A list in place of an object, or the other way round. */
function bracketsHint(issue: z.core.$ZodIssue, value: unknown): { readonly hint?: string } {
  if (issue.code !== 'invalid_type' || typeof value !== 'object' || value === null) return {};
  if (Array.isArray(value)) return BRACES[issue.expected] ?? {};
  return issue.expected === 'array'
    ? { hint: 'Write a list in brackets; what its entries are called stands in a field of each.' }
    : {};
}

/** Maximum number of guesses per file, since each parses the whole value again. */
const MAX_GUESSES = 240;

/** Adds a hint with the probably intended value, found by validating guesses. */
function withPlainHint(
  schema: z.ZodType,
  diagnostic: Diagnostic,
  raw: unknown,
  at: Place,
  budget: { tries: number },
): Diagnostic {
  if (diagnostic.code !== 'INVALID_VALUE' || diagnostic.hint !== undefined) return diagnostic;
  const keys = keysOf(diagnostic.at.path.slice(at.path.length));
  if (keys.length === 0 || keys.some((key) => MAY_BE_SECRET.test(key))) return diagnostic;
  const written = valueAt(raw, keys);
  if (holdsSecret(written)) return diagnostic;
  const [last = ''] = keys.slice(-1);
  const named = keys.findLast((key) => !/^\d{1,2}$/.test(key)) ?? '';
  const meant = meanings(last, written, named).find((value) => {
    if (budget.tries === 0) return false;
    budget.tries -= 1;
    const copy = structuredClone(raw);
    const parent = valueAt(copy, keys.slice(0, -1)) as Record<PropertyKey, unknown>;
    parent[last] = value;
    const issues = schema.safeParse(copy).error?.issues ?? [];
    return !issues.some(({ path }) => keys.every((key, index) => String(path[index]) === key));
  });
  if (meant === undefined) {
    const hint = adviceFor(named, written, { isEntry: named !== last });
    return hint === undefined ? diagnostic : { ...diagnostic, hint };
  }
  return { ...diagnostic, hint: `Write ${JSON.stringify(meant)}${differenceIn(written, meant)}.` };
}

/** Adds a hint with the name that an object may have where its own is not allowed, found likewise. */
function withNameHint(
  schema: z.ZodType,
  issue: z.core.$ZodIssue,
  diagnostic: Diagnostic,
  raw: unknown,
  budget: { tries: number },
): Diagnostic {
  const written = String(issue.path.at(-1) ?? '');
  if (issue.code !== 'invalid_key' || MAY_BE_SECRET.test(written)) return diagnostic;
  const above = issue.path.slice(0, -1);
  const taken = valueAt(raw, above) as Record<string, unknown>;
  const meant = names(written).find((name) => {
    if (budget.tries === 0 || Object.hasOwn(taken, name)) return false;
    budget.tries -= 1;
    const copy = structuredClone(raw);
    const parent = valueAt(copy, above) as Record<string, unknown>;
    parent[name] = parent[written];
    delete parent[written];
    const issues = schema.safeParse(copy).error?.issues ?? [];
    return !issues.some(({ code, path }) => code === 'invalid_key' && path.at(-1) === name);
  });
  return meant === undefined ? diagnostic : { ...diagnostic, hint: `Call it ${JSON.stringify(meant)}, for example.` };
}

/** Adds a hint with the nearest of the words that a field takes. */
function withNearest(issue: z.core.$ZodIssue, diagnostic: Diagnostic, raw: unknown): Diagnostic {
  const written = valueAt(raw, issue.path);
  if (issue.code !== 'invalid_value' || diagnostic.hint !== undefined || typeof written !== 'string') return diagnostic;
  const meant = nearest(written, issue.values.map(String));
  return meant === null ? diagnostic : { ...diagnostic, hint: `Did you mean "${meant}"?` };
}

/** How the intended value differs from the written one, for a sentence that ends with it. */
function differenceIn(written: unknown, meant: Json): string {
  if (typeof meant === 'object' || typeof written === 'object') return '';
  if (typeof written === 'number' && meant === written * 1024) return `, which is ${written} GB, since it counts MB`;
  if (String(written) === String(meant)) return typeof meant === 'string' ? ', in quotes' : ', without quotes';
  const isGuessed = typeof meant === 'string' && typeof written === 'string' && meant === `${written.trim()}/24`;
  return isGuessed ? ', with the prefix length of its network' : '';
}

function hintFor(key: string, known: readonly string[]): string {
  const meant = byOtherName(key, known) ?? nearest(key, known) ?? byOtherWord(key, known);
  if (meant !== null) return `Did you mean "${meant}"?`;
  return known.length > 0 && known.length <= 12 ? `Known here: ${known.join(', ')}.` : 'Remove it.';
}

/** Describes an invalid value without showing possible secrets. Ids, which have three digits at least, are names; other numbers are places in a list. */
function subject(keys: readonly string[], value: unknown): string {
  const [last = '', before = 'the document'] = keys.toReversed();
  const name = keys.length === 0 ? '"the document"' : /^\d{1,2}$/.test(last) ? `an entry of "${before}"` : `"${last}"`;
  // An entry is named by its list.
  if (MAY_BE_SECRET.test(last) || MAY_BE_SECRET.test(before)) return name;
  if (typeof value === 'object' && value !== null)
    return `${name} is ${Array.isArray(value) ? 'a list' : 'an object'} and`;
  return holdsSecret(value) ? name : `${name} is ${quote(value)} and`;
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** What a bound counts; a number is bounded itself. */
const COUNTED: Readonly<Record<string, string>> = { string: 'characters', array: 'entries' };

/** The message of the schema if it has one, except for the bounds of numbers. */
function expectation(issue: z.core.$ZodIssue): string {
  const bounded = issue.code === 'too_small' || issue.code === 'too_big' ? issue.origin : undefined;
  const isBound = bounded !== undefined && bounded !== 'string';
  const counted = bounded === undefined ? undefined : COUNTED[bounded];
  if (issue.message.startsWith('must') && !isBound) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${KINDS[issue.expected] ?? issue.expected}`;
    case 'too_small':
      return counted === undefined
        ? `must be ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`
        : `must have at least ${issue.minimum} ${counted}`;
    case 'too_big':
      return counted === undefined
        ? `must be at most ${issue.maximum}`
        : `must have at most ${issue.maximum} ${counted}`;
    case 'invalid_value':
      return `must be ${choice(issue.values.map(quote))}`;
    case 'invalid_key':
      return nameExpectation(issue.issues);
    default:
      return 'is not valid';
  }
}

/** Maximum number of words that are listed. */
const MAX_WORDS = 16;

function choice(words: readonly string[]): string {
  const rest = words.length - MAX_WORDS;
  return rest > 0 ? `${words.slice(0, MAX_WORDS).join(' or ')} or one of ${rest} others` : words.join(' or ');
}

/** The message of the key schema, if it has one. */
function nameExpectation(issues: readonly z.core.$ZodIssue[]): string {
  const words = issues.find(({ message }) => message.startsWith('must'))?.message;
  return `has a name that is not allowed here${words === undefined ? '' : `: it ${words}`}`;
}

/** As truncated JSON. */
function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  let value = raw;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

/** A copy without the unknown keys. */
function withoutUnknown(raw: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  const copy = structuredClone(raw);
  for (const issue of issues) {
    if (issue.code !== 'unrecognized_keys') continue;
    const parent = valueAt(copy, issue.path) as Record<string, unknown>;
    for (const key of issue.keys) delete parent[key];
  }
  return copy;
}
