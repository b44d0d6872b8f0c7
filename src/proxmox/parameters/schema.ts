// Validates values against schemas with Proxmox's order of checks and messages: the first failed check of a value determines the message.
import { formatProblem } from './formats.ts';
import { booleanOf, splitOn, wholeMatch } from './perl.ts';
import { propertiesProblem } from './property-rules.ts';
import { propertiesOf, type Schema, type Schemas } from './table.ts';

/** Errors by path (`net0`, `net0.ip`). A message may have several lines. */
export type Errors = Map<string, string>;

export type Value = string | readonly string[];

function add(errors: Errors, path: string, message: string): void {
  const earlier = errors.get(path);
  errors.set(path, earlier === undefined ? message : `${earlier}\\n${message}`);
}

/** Formats errors like Proxmox, one per line. */
export function printErrors(errors: Errors): string {
  return [...errors].map(([path, message]) => `${path}: ${message}\n`).join('');
}

/** Checks present, missing and unknown values; `path` is the option with the property string. */
export function checkObject(values: Readonly<Record<string, Value>>, schemas: Schemas, path: string): Errors {
  const errors: Errors = new Map();
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
  for (const [name, schema] of schemas) checkProperty(values[name], schema, at(name), errors);
  for (const name of Object.keys(values)) {
    const schema = schemas.get(name);
    if (schema === undefined)
      add(errors, at(name), 'property is not defined in schema and the schema does not allow additional properties');
    else if (schema.requires !== undefined && values[schema.requires] === undefined)
      add(errors, at(schema.requires), `missing property required by '${at(name)}'`);
  }
  return errors;
}

function checkProperty(value: Value | undefined, schema: Schema, path: string, errors: Errors): void {
  if (schema.alias !== undefined) return;
  if (value === undefined) {
    if (!schema.optional) add(errors, path, 'property is missing and it is not optional');
    return;
  }
  const problem = typeof value === 'string' ? textProblem(value, schema, path) : undefined;
  if (problem !== undefined) add(errors, path, problem);
  else if (typeof value !== 'string')
    for (const [index, item] of value.entries()) checkProperty(item, schema.items ?? {}, `${path}[${index}]`, errors);
}

const IS_NUMBER = wholeMatch('[+-]?(\\d+\\.\\d+|\\d+\\.|\\.\\d+|\\d+)([eE][+-]?\\d+)?');
const OF_TYPE: Record<string, RegExp> = { boolean: /^[01]$/, integer: wholeMatch('[+-]?\\d+'), number: IS_NUMBER };

/** The error of one text; undefined if valid. */
export function textProblem(value: string, schema: Schema, path: string): string | undefined {
  if (schema.type === 'array') return "type check ('array') failed";
  if (OF_TYPE[schema.type ?? '']?.test(value) === false) return `type check ('${schema.type}') failed - got '${value}'`;
  const malformed = schema.format === undefined ? undefined : malformation(schema.format, value, path);
  if (malformed !== undefined) return `invalid format - ${malformed}`;
  if (schema.pattern !== undefined && !wholeMatch(schema.pattern).test(value))
    return 'value does not match the regex pattern';
  if (schema.maxLength !== undefined && charactersOf(value) > schema.maxLength)
    return `value may only be ${schema.maxLength} characters long`;
  if (schema.minLength !== undefined && charactersOf(value) < schema.minLength)
    return `value must be at least ${schema.minLength} characters long`;
  if (schema.maximum !== undefined && IS_NUMBER.test(value) && Number(value) > schema.maximum)
    return `value must have a maximum value of ${schema.maximum}`;
  if (schema.minimum !== undefined && IS_NUMBER.test(value) && Number(value) < schema.minimum)
    return `value must have a minimum value of ${schema.minimum}`;
  if (schema.enum !== undefined && !schema.enum.includes(value))
    return `value '${value}' does not have a value in the enumeration '${schema.enum.join(', ')}'`;
  return undefined;
}

/** Number of characters as in Perl, not UTF-16 units. */
function charactersOf(text: string): number {
  return [...text].length;
}

/** The format error of a value, with the line end of Proxmox's own messages. */
function malformation(format: string, value: string, path: string): string | undefined {
  if (propertiesOf(format) === undefined) {
    const problem = formatProblem(format, value);
    return problem === undefined ? undefined : `${problem}\n`;
  }
  const read = readProperties(format, value, path);
  return read.ok ? undefined : read.refusal;
}

/** Properties of a string: booleans as `1` or `0`, a value without name under the default key. */
export type Properties = Record<string, string>;

/** Parses a property string (property-string.ts); errors as Proxmox's text with line ends. */
export function readProperties(
  format: string,
  text: string,
  path: string,
): { ok: true; properties: Properties } | { ok: false; refusal: string } {
  const schemas = new Map(Object.entries(propertiesOf(format) ?? {}));
  const split = splitProperties(text, schemas);
  if ('refusal' in split) return { ok: false, refusal: `${split.refusal}\n` };
  const errors = checkObject(split.properties, schemas, path);
  if (errors.size > 0) return { ok: false, refusal: `format error\n${printErrors(errors)}` };
  const problem = propertiesProblem(format, split.properties);
  return problem === undefined ? { ok: true, properties: split.properties } : { ok: false, refusal: `${problem}\n` };
}

function splitProperties(
  text: string,
  schemas: ReadonlyMap<string, Schema>,
): { properties: Properties } | { refusal: string } {
  const properties: Properties = Object.create(null);
  const defaultKey = [...schemas].find(([, schema]) => schema.default_key)?.[0];
  let bare = false;
  for (const part of splitOn(text, ',')) {
    if (wholeMatch('\\s*').test(part)) continue;
    const [, key, value = ''] = /^([^=]+)=(.+)\n?$/.exec(part) ?? [];
    if (key !== undefined) {
      const refusal = addProperty(properties, schemas, key, value);
      if (refusal !== undefined) return { refusal };
    } else if (part.includes('=')) {
      return { refusal: 'missing key in comma-separated list property' };
    } else if (defaultKey === undefined) {
      return { refusal: 'value without key, but schema does not define a default key' };
    } else {
      if (bare || !['', '0', undefined].includes(properties[defaultKey]))
        return { refusal: `duplicate key in comma-separated list property: ${defaultKey}` };
      bare = true;
      properties[defaultKey] = normalised(part, schemas.get(defaultKey));
    }
  }
  return { properties };
}

/** Adds a value under its key or the key's alias; undefined on success. */
function addProperty(
  properties: Properties,
  schemas: ReadonlyMap<string, Schema>,
  written: string,
  value: string,
): string | undefined {
  if (properties[written] !== undefined) return `duplicate key in comma-separated list property: ${written}`;
  const { alias, keyAlias } = schemas.get(written) ?? {};
  if (alias !== undefined && keyAlias !== undefined) {
    if (properties[keyAlias] !== undefined) return `key alias '${keyAlias}' is already defined`;
    properties[keyAlias] = written;
  }
  const key = alias ?? written;
  if (alias !== undefined && properties[key] !== undefined) return `key '${key}' is already defined (via alias)`;
  properties[key] = normalised(value, schemas.get(key));
  return undefined;
}

const normalised = (value: string, schema: Schema | undefined): string =>
  schema?.type === 'boolean' ? (booleanOf(value) ?? value) : value;
