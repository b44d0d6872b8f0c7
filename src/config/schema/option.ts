// Connects a field with the Proxmox options that it sets. Such a field accepts no value that Proxmox would reject, and its JSON Schema has Proxmox's
// bounds. test/config/schema/option.test.ts enforces this for every field whose value reaches a Proxmox command line.

import { z } from 'zod';
import { type OptionPlace, refusal, schemaOf } from '../../proxmox/parameters/option.ts';

/** An option on Proxmox command lines that receives the value of a field. */
export interface Becomes extends OptionPlace {
  /** Converts the value to the option's text; several texts for a field that sets several options of a kind. */
  readonly write?: (value: never) => string | readonly string[];
  /** Only values for which this returns true are passed. */
  readonly when?: (value: never) => boolean;
}

const declared = z.registry<{ readonly becomes: readonly Becomes[] }>();

/** The options that a field sets; undefined if none. */
export function becomesOf(schema: z.ZodType): readonly Becomes[] | undefined {
  return declared.get(schema)?.becomes;
}

/**
 * A field that sets Proxmox options.
 * @param message the expectation, for values that the schema accepts and Proxmox rejects: derived from Proxmox's own message
 */
export function becomes<Schema extends z.ZodType>(
  places: readonly Becomes[],
  message: string | ((refused: string) => string),
  schema: Schema,
): Schema {
  const checked = schema.check(({ value, issues }) => {
    // Each mistake is reported once.
    const refused = issues.length > 0 ? undefined : refusalOf(places, value);
    if (refused === undefined) return;
    issues.push({ code: 'custom', input: value, message: typeof message === 'string' ? message : message(refused) });
  }) as Schema;
  declared.add(checked, { becomes: places });
  return checked;
}

/** A field that is checked by a rule, which gives a more precise message with its own code. */
export function becomesByRule<Schema extends z.ZodType>(places: readonly Becomes[], schema: Schema): Schema {
  const own = schema.clone() as Schema;
  declared.add(own, { becomes: places });
  return own;
}

/** Maximum number of cached values per field. */
const MAX_CACHED = 1_000;
/** Cached results: a configuration with many guests has the same few values in one field. */
const refusals = new WeakMap<readonly Becomes[], Map<unknown, string | undefined>>();

/** Proxmox's reason for rejecting a value at one of these options. */
export function refusalOf(places: readonly Becomes[], value: unknown): string | undefined {
  if (typeof value === 'object') return refusalAt(places, value);
  const known = refusals.get(places) ?? new Map<unknown, string | undefined>();
  if (known.has(value)) return known.get(value);
  const refused = refusalAt(places, value);
  if (known.size >= MAX_CACHED) known.clear();
  refusals.set(places, known.set(value, refused));
  return refused;
}

function refusalAt(places: readonly Becomes[], value: unknown): string | undefined {
  for (const place of places) {
    for (const text of textsAt(place, value)) {
      const problem = refusal(place, text);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
}

/** The option's texts for a value; empty if it is not passed. */
function textsAt({ write = plain, when }: Becomes, value: unknown): readonly string[] {
  if (when !== undefined && !when(value as never)) return [];
  const written = write(value as never);
  return typeof written === 'string' ? [written] : written;
}

/** Booleans become 0 and 1. */
function plain(value: string | number | boolean): string {
  return typeof value === 'boolean' ? (value ? '1' : '0') : String(value);
}

interface Bounds {
  readonly least: number;
  readonly most: number;
}

/** An integer within the given bounds or Proxmox's, whichever are narrower. */
export function wholeNumber(places: readonly Becomes[], message: string, bounds: Bounds) {
  const { least, most } = narrowed(places, bounds);
  return becomes(places, message, z.int(message).min(least).max(most));
}

/** Likewise a number with at most two decimals, which no program formats differently. */
export function hundredths(places: readonly Becomes[], message: string, bounds: Bounds) {
  const { least, most } = narrowed(places, bounds);
  return becomes(
    places,
    message,
    z.number(message).min(least).max(most).refine(inHundredths, message).meta({ multipleOf: 0.01 }),
  );
}

function inHundredths(value: number): boolean {
  return Number(value.toFixed(2)) === value;
}

function narrowed(places: readonly Becomes[], { least, most }: Bounds): Bounds {
  const bounds = places.map(schemaOf);
  return {
    least: Math.max(least, ...bounds.map(({ minimum = least }) => minimum)),
    most: Math.min(most, ...bounds.map(({ maximum = most }) => maximum)),
  };
}

/** One of the values that Proxmox accepts for an enum option. */
export function oneOf(place: Becomes) {
  const words = schemaOf(place).enum ?? [];
  return becomes([place], `must be one of ${words.join(', ')}`, z.enum(words as [string, ...string[]]));
}

type Rest = Omit<Becomes, 'verb' | 'option' | 'property'>;

/** The same option of several verbs. */
function inVerbs(verbs: readonly string[]) {
  return (option: string, property?: string, rest: Rest = {}): Becomes[] =>
    verbs.map((verb) => ({ verb, option, ...(property === undefined ? {} : { property }), ...rest }));
}

const CONTAINER = ['pct create', 'pct set'];
const MACHINE = ['qm create', 'qm set'];

/** An option of containers, or a key of one that is a property string. */
export const inContainers = inVerbs(CONTAINER);
export const inMachines = inVerbs(MACHINE);
export const inGuests = inVerbs([...CONTAINER, ...MACHINE]);
