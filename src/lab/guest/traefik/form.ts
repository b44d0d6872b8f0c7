// The form of Traefik's files, as its decoder (traefik/paerser 0.2.2, file/ and parser/) refuses them: a field that a type does not
// have, a value of another type, an element with nothing in it. Words are those of the program, version 3.7.9.

import type { Shape, StructType } from '../../../traefik/schema.ts';
import { isBool, isDuration } from '../../../traefik/values.ts';

type Types = (name: string) => StructType;

/** Pure. Null: it can be read. What the root does not know is left out, whatever it is. @param types a type by the name that shapes mention it by */
export function formFault(value: unknown, root: StructType, types: Types): string | null {
  if (!isSection(value)) return null;
  const known = Object.entries(value).filter(([key]) => fieldOf(root, key) !== undefined);
  return structFault(Object.fromEntries(known), root, types);
}

function structFault(value: Readonly<Record<string, unknown>>, type: StructType, types: Types): string | null {
  for (const key of Object.keys(value).sort()) {
    const field = fieldOf(type, key);
    if (value[key] === null) continue;
    if (field === undefined) return `field not found, node: ${key}`;
    const fault = shapeFault(value[key], field.is, key, field.allowEmpty === true, types);
    if (fault !== null) return fault;
  }
  return null;
}

function shapeFault(value: unknown, shape: Shape, key: string, mayBeEmpty: boolean, types: Types): string | null {
  if (shape === 'raw') return null;
  if (typeof shape === 'string') return plainFault(value, shape, key);
  if ('pointer' in shape) return shapeFault(value, shape.pointer, key, mayBeEmpty, types);
  if ('list' in shape) {
    if (!Array.isArray(value)) return null;
    return value.map((each) => shapeFault(each, shape.list, key, true, types)).find((fault) => fault !== null) ?? null;
  }
  if (!isSection(value)) return value === '' || value === true ? null : `${key} cannot be a standalone element`;
  const isEmpty = Object.values(value).every((each) => each === null);
  if ('map' in shape) {
    if (isEmpty) return `${key} cannot be a standalone element (type map[string]${goType(shape.map)})`;
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return (
      entries.map(([name, each]) => shapeFault(each, shape.map, name, true, types)).find((fault) => fault !== null) ??
      null
    );
  }
  if (isEmpty && !mayBeEmpty) return `${key} cannot be a standalone element (type *${shape.type})`;
  return structFault(value, types(shape.type), types);
}

function plainFault(value: unknown, shape: Shape, key: string): string | null {
  if (typeof value === 'object') return `invalid value for ${key}`;
  const text = String(value);
  switch (shape) {
    case 'bool':
      return isBool(text) ? null : `strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`;
    case 'int':
    case 'int64':
    case 'uint32':
      return /^[+-]?\d+$/.test(text) ? null : `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`;
    case 'duration':
      return isDuration(text) ? null : `time: invalid duration ${JSON.stringify(text)}`;
    default:
      return null;
  }
}

/** Names are told apart without their case. */
function fieldOf({ fields }: StructType, key: string) {
  return fields.find(({ name }) => name.toLowerCase() === key.toLowerCase());
}

function goType(shape: Shape): string {
  return typeof shape === 'object' && 'type' in shape ? `*${shape.type}` : String(shape);
}

export function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
