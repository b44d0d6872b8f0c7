// What one value may be at its place on a command line of Proxmox's programs: by the schema of the option or of the key of its property
// string, and by what the programs check in their code.

import { codeProblem } from './code-checks.ts';
import { textProblem } from './schema.ts';
import { methodSchemas, propertiesOf, type Schema, verbNamed } from './table.ts';

/** A place for a value. */
export interface OptionPlace {
  /** Program and verb, `pct set`; for pvesh the verb and the template of the path, `pvesh create /storage`. */
  readonly verb: string;
  /** The name of an option or of a positional argument: `hostname`, `net0`, `snapname`. */
  readonly option: string;
  /** The key of a property string: `tag` of `net0`. */
  readonly property?: string;
}

/** A configuration of many guests asks for the same few places thousands of times. */
const known = new WeakMap<OptionPlace, Schema>();

/**
 * The schema of a place.
 * @throws Error for a place that Proxmox does not have
 */
export function schemaOf(place: OptionPlace): Schema {
  const found = known.get(place) ?? schemaAt(place);
  if (found === undefined) {
    const { verb, option, property = '' } = place;
    throw new Error(`Proxmox has no option '${verb} ${option} ${property}'`);
  }
  known.set(place, found);
  return found;
}

const METHODS: Readonly<Record<string, string>> = { get: 'GET', set: 'PUT', create: 'POST', delete: 'DELETE' };

function schemaAt({ verb, option, property }: OptionPlace): Schema | undefined {
  const [, call = '', path = ''] = /^pvesh (\S+) (\S+)$/.exec(verb) ?? [];
  const schemas = path === '' ? verbNamed(verb)?.schemas : methodSchemas(`${METHODS[call]} ${path}`);
  const schema = schemas?.get(option);
  if (schema === undefined || property === undefined) return schema;
  const properties = schema.format === undefined ? undefined : propertiesOf(schema.format);
  return properties !== undefined && Object.hasOwn(properties, property) ? properties[property] : undefined;
}

/**
 * Why Proxmox refuses a value there, in its own words; undefined when it takes it. A property string has no way to hold a comma, nor
 * for the value that stands without its key an equals sign.
 */
export function refusal(place: OptionPlace, value: string): string | undefined {
  const { verb, option, property } = place;
  const schema = schemaOf(place);
  if (property !== undefined && (value === '' || value.includes(',') || (schema.default_key && value.includes('='))))
    return `'${value}' cannot stand in a property string`;
  const problem = textProblem(value, schema, property === undefined ? option : `${option}.${property}`);
  return problem?.trimEnd() ?? codeProblem(verb, option, value);
}
