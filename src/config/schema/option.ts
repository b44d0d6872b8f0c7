// The tie between a field and the options of Proxmox that it becomes. A field that says which takes no value that Proxmox would refuse
// there, and its JSON Schema has Proxmox's bounds. test/load/proxmox-options.test.ts holds every field whose value reaches a command
// line of Proxmox to this.

import { z } from 'zod';
import { type OptionPlace, refusal, schemaOf } from '../../proxmox/option.ts';

/** Where the value of a field stands on command lines. */
export interface Becomes extends OptionPlace {
  /** The text there, where it is not simply the value; several for a field that becomes several options of a kind. */
  readonly write?: (value: never) => string | readonly string[];
  /** Only values of which this holds stand there. */
  readonly when?: (value: never) => boolean;
}

const declared = z.registry<{ readonly becomes: readonly Becomes[] }>();

/** The options that a field becomes; undefined for one that becomes none. */
export function becomesOf(schema: z.ZodType): readonly Becomes[] | undefined {
  return declared.get(schema)?.becomes;
}

/**
 * A field that becomes options of Proxmox.
 * @param message what is expected, for values that the schema itself lets through and Proxmox would not: of what Proxmox says of them
 */
export function becomes<Schema extends z.ZodType>(
  places: readonly Becomes[],
  message: string | ((refused: string) => string),
  schema: Schema,
): Schema {
  const checked = schema.check(({ value, issues }) => {
    // One mistake is told once.
    const refused = issues.length > 0 ? undefined : refusalOf(places, value);
    if (refused === undefined) return;
    issues.push({ code: 'custom', input: value, message: typeof message === 'string' ? message : message(refused) });
  }) as Schema;
  declared.add(checked, { becomes: places });
  return checked;
}

/** A field that a rule checks, which says more of a wrong value than its schema could, and in a code of its own. */
export function becomesByRule<Schema extends z.ZodType>(places: readonly Becomes[], schema: Schema): Schema {
  const own = schema.clone() as Schema;
  declared.add(own, { becomes: places });
  return own;
}

/** Values kept of one field. */
const KEEP_JUDGED = 1_000;
/** What was said of values before: a configuration of many guests has the same few in one field. */
const judged = new WeakMap<readonly Becomes[], Map<unknown, string | undefined>>();

/** Why Proxmox refuses a value at one of these places, in its own words. */
export function refusalOf(places: readonly Becomes[], value: unknown): string | undefined {
  if (typeof value === 'object') return refusalAt(places, value);
  const known = judged.get(places) ?? new Map<unknown, string | undefined>();
  if (known.has(value)) return known.get(value);
  const refused = refusalAt(places, value);
  if (known.size >= KEEP_JUDGED) known.clear();
  judged.set(places, known.set(value, refused));
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

/** What a value is on the command line there; nothing where it does not stand there. */
function textsAt({ write = plain, when }: Becomes, value: unknown): readonly string[] {
  if (when !== undefined && !when(value as never)) return [];
  const written = write(value as never);
  return typeof written === 'string' ? [written] : written;
}

/** Booleans as Proxmox's programs are told them. */
function plain(value: string | number | boolean): string {
  return typeof value === 'boolean' ? (value ? '1' : '0') : String(value);
}

interface Bounds {
  readonly least: number;
  readonly most: number;
}

/** A whole number within Proxmox's own bounds, where they are narrower than those given. */
export function wholeNumber(places: readonly Becomes[], message: string, bounds: Bounds) {
  const { least, most } = narrowed(places, bounds);
  return becomes(places, message, z.int(message).min(least).max(most));
}

/** Likewise one in hundredths: with fewer digits than that no program writes it in another form. */
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

/** One of the words that Proxmox has for an option. */
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
