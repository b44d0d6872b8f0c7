// Traefik's message for a file that it cannot read (version 3.7.9); which files those are is decided in src/traefik.

import { unreadable } from '../../../../src/traefik/file.ts';
import type { Json, JsonObject } from '../../../../src/traefik/read.ts';
import { isSection } from '../../../../src/traefik/read.ts';
import type { Shape, StructType } from '../../../../src/traefik/schema.ts';

/** Pure. Null: the file can be read. @param types looks up a type by the name in its schema */
export function formFault(value: JsonObject, root: StructType, types: (name: string) => StructType): string | null {
  const [fault] = unreadable(value, root, types);
  if (fault === undefined) return null;
  const { path, message } = fault;
  const written = JSON.stringify(String(valueAt(value, path)));
  switch (message) {
    case 'Traefik knows no such field':
      return `field not found, node: ${path.at(-1)}`;
    case 'it holds nothing':
      return `${path.at(-1)} cannot be a standalone element (type ${goType(shapeAt(path, root, types))})`;
    case 'it must be true or false':
      return `strconv.ParseBool: parsing ${written}: invalid syntax`;
    case 'it must be a whole number':
      return `strconv.ParseInt: parsing ${written}: invalid syntax`;
    case 'it must be a time such as 10s':
      return `time: invalid duration ${written}`;
    default:
      return `${path.join('.')}: ${message}`;
  }
}

function valueAt(value: JsonObject, path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>((at, key) => {
    if (!isSection(at)) return Array.isArray(at) ? (at as readonly Json[])[Number(key)] : undefined;
    return at[Object.keys(at).find((name) => name.toLowerCase() === key.toLowerCase()) ?? key];
  }, value);
}

function shapeAt(path: readonly string[], root: StructType, types: (name: string) => StructType): Shape {
  let shape: Shape = 'raw';
  let type: StructType | null = root;
  for (const key of path) {
    if (type !== null) shape = type.fields.find(({ name }) => name === key)?.is ?? 'raw';
    else if (typeof shape === 'object' && 'map' in shape) shape = shape.map;
    type = typeof shape === 'object' && 'type' in shape ? types(shape.type) : null;
  }
  return shape;
}

function goType(shape: Shape): string {
  if (typeof shape === 'string') return shape;
  if ('map' in shape) return `map[string]${goType(shape.map)}`;
  return 'type' in shape ? `*${shape.type}` : 'list';
}
