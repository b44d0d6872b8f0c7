// Validates a value for its option on a Proxmox command line: by the schema of the option or property, and by checks in the programs' code.

import { codeProblem } from './code-checks.ts';
import { textProblem } from './schema.ts';
import { methodSchemas, propertiesOf, type Schema, verbNamed } from './table.ts';

/** The option that receives a value. */
export interface OptionPlace {
  /** Program and verb, `pct set`; for pvesh the verb and the path template, `pvesh create /storage`. */
  readonly verb: string;
  /** Option or positional argument: `hostname`, `net0`, `snapname`. */
  readonly option: string;
  /** Key in a property string: `tag` of `net0`. */
  readonly property?: string;
}

/** Cache: a configuration with many guests uses the same few options thousands of times. */
const known = new WeakMap<OptionPlace, Schema>();

/**
 * The schema of an option.
 * @throws Error for an option that Proxmox does not have
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
 * Proxmox's error message for a value; undefined if valid. Property strings cannot represent commas, nor an equals sign in the value of the default
 * key.
 */
export function refusal(place: OptionPlace, value: string): string | undefined {
  const { verb, option, property } = place;
  const schema = schemaOf(place);
  if (property !== undefined && (value === '' || value.includes(',') || (schema.default_key && value.includes('='))))
    return `'${value}' cannot stand in a property string`;
  const problem = textProblem(value, schema, property === undefined ? option : `${option}.${property}`);
  return problem?.trimEnd() ?? codeProblem(verb, option, value);
}
