// Decodes the labels of a container like Traefik's Docker provider: by the rules of its decoder (traefik/paerser 0.2.2, parser/*.go) against its own
// types. Keys are case-insensitive, lists are separated by commas, `[0]` addresses list entries, `=true` enables what may be empty. Traefik ignores a
// container for one invalid label; each such label is reported here.

import type { Json, JsonObject } from '../model/json.ts';
import { equalFold } from './fold.ts';
import { asWritten, firstBelow, hasPrefix, keysBelow, type LabelFault, type Node, treeOf } from './label-tree.ts';
import { CONFIGURATION, type Field, PROVIDER, type Shape, type StructType, typeNamed } from './schema.ts';
import { isBool, isDuration, readBool, readInteger, trimSpace } from './values.ts';

export interface DecodedLabels {
  /** `traefik.enable`; null if not set. */
  readonly enabled: boolean | null;
  /** The configuration with the names of Traefik's files and without defaults. Not to be used if there are faults. */
  readonly dynamic: JsonObject;
  readonly faults: readonly LabelFault[];
  /** Labels that Traefik only supports in files and ignores. */
  readonly ignored: readonly string[];
  /** The label key for a path, or for its nearest parent or first child. */
  keyAt(path: readonly string[]): string | undefined;
}

/** Pure. */
export function decodeLabels(labels: ReadonlyMap<string, string>): DecodedLabels {
  const reading: Reading = { faults: [], ignored: [], keys: new Map() };
  const top: Position = { path: [], filling: true, reading };
  const provider = structOf(PROVIDER, treeOf(labels, PROVIDER_FILTERS, reading.faults), top);
  const dynamic = structOf(CONFIGURATION, treeOf(labels, DYNAMIC_FILTERS, reading.faults), top);
  const { faults, ignored, keys } = reading;
  return {
    enabled: typeof provider['enable'] === 'boolean' ? provider['enable'] : null,
    dynamic,
    faults,
    ignored,
    keyAt(path) {
      for (let length = path.length; length > 0; length -= 1) {
        const found = keys.get(pathKey(path.slice(0, length)));
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

/** Whether Traefik's Docker provider uses the label. */
export function isRead(key: string): boolean {
  return hasPrefix(key, [...PROVIDER_FILTERS, ...DYNAMIC_FILTERS]);
}

/** pkg/provider/docker/shared_labels.go and pkg/config/label/label.go of Traefik. */
const PROVIDER_FILTERS = ['traefik.docker.', 'traefik.enable'];
const DYNAMIC_FILTERS = ['traefik.http', 'traefik.tcp', 'traefik.udp', 'traefik.tls.stores.default'];

interface Reading {
  readonly faults: LabelFault[];
  readonly ignored: string[];
  /** Label keys by path. */
  readonly keys: Map<string, string>;
}

type Path = readonly string[];

/** Where in the configuration a label belongs. */
interface Position {
  readonly path: Path;
  /** False in disabled sections, whose structure is checked but whose values are not. */
  readonly filling: boolean;
  readonly reading: Reading;
}

function below(at: Position, name: string): Position {
  return { ...at, path: [...at.path, name] };
}

const pathKey = (path: Path): string => JSON.stringify(path);

function invalid(reading: Reading, node: Node, message: (key: string) => string): undefined {
  for (const key of keysBelow(node)) reading.faults.push({ key, kind: 'invalid', message: message(key) });
  return undefined;
}

function unknown(reading: Reading, node: Node, known: readonly string[]): undefined {
  for (const key of keysBelow(node)) {
    const message = `${key} is no label that is known: nothing is called "${node.name}" there`;
    reading.faults.push({ key, kind: 'unknown', message, word: node.name, known });
  }
  return undefined;
}

function structOf(type: StructType, node: Node, at: Position): JsonObject {
  const found: [string, Json][] = [];
  for (const child of asWritten(node)) {
    const field = type.fields.find(({ name, label }) => equalFold(label ?? name, child.name));
    if (field === undefined) {
      const known = type.fields.filter(({ ignored }) => ignored !== true).map(({ name, label }) => label ?? name);
      unknown(at.reading, child, known);
      continue;
    }
    const value = fieldOf(field, child, below(at, field.name));
    if (value !== undefined && at.filling) found.push([field.name, value]);
  }
  return Object.fromEntries(found);
}

function fieldOf(field: Field, node: Node, at: Position): Json | undefined {
  const { filling, reading } = at;
  note(at, node);
  const { is, allowEmpty = false, ignored = false } = field;
  const hasFields = typeof is === 'object' && ('type' in is || 'map' in is);
  if (hasFields && node.children.length === 0 && !(allowEmpty || ignored))
    return invalid(reading, node, (key) => `${key} needs a word after it${wordsIn(is)}`);
  const isOff = hasFields && allowEmpty && node.value !== '' && !equalFold(node.value, 'true');
  if (ignored && filling) reading.ignored.push(...keysBelow(node));
  const value = shapeOf(is, node, { ...at, filling: filling && !isOff && !ignored }, field.single === true);
  return isOff || ignored ? undefined : value;
}

/** A hint for an incomplete key. */
function wordsIn(shape: Shape): string {
  if (typeof shape !== 'object' || !('type' in shape)) return '';
  return `: ${typeNamed(shape.type)
    .fields.map(({ name, label }) => label ?? name)
    .join(', ')}`;
}

/** Records the first label of a path, so that problems can name it. */
function note({ path, reading: { keys } }: Position, node: Node): void {
  const key = pathKey(path);
  const first = firstBelow(node);
  if (first !== null && !keys.has(key)) keys.set(key, first);
}

/** @param isSingle whether a list has one entry, whose fields follow without an index */
function shapeOf(shape: Shape, node: Node, at: Position, isSingle = false): Json | undefined {
  if (typeof shape === 'object') {
    if ('type' in shape) return structOf(typeNamed(shape.type), node, at);
    if ('map' in shape) return mapOf(shape.map, node, at);
    if ('list' in shape) return listOf(shape.list, node, at, isSingle);
  }
  if (node.children.length > 0)
    return invalid(at.reading, node, (key) => `${key} has words after "${node.name}", which takes a value`);
  return at.filling ? plainOf(shape, node, at.reading) : undefined;
}

function mapOf(each: Shape, node: Node, at: Position): JsonObject {
  const found: [string, Json][] = [];
  for (const child of asWritten(node)) {
    const inside = below(at, child.name);
    note(inside, child);
    if (each === 'string') {
      for (const [name, leaf] of leavesOf(child)) {
        found.push([name, leaf.value]);
        note(below(at, name), leaf);
      }
    } else if (each === 'raw')
      found.push([child.name, Object.fromEntries(child.children.map((one) => [one.name, rawOf(one)]))]);
    else {
      const isPlain = typeof each === 'string';
      if (isPlain && !at.filling) continue;
      // Segments after a plain value are ignored.
      const value = isPlain ? plainOf(each, child, at.reading) : shapeOf(each, child, inside);
      if (value !== undefined) found.push([child.name, value]);
    }
  }
  return Object.fromEntries(found);
}

/** Keys of a text map may contain dots. */
function leavesOf(node: Node, before = ''): [name: string, leaf: Node][] {
  const name = `${before}${node.name}`;
  return node.children.length === 0 ? [[name, node]] : node.children.flatMap((child) => leavesOf(child, `${name}.`));
}

/** Settings of a plugin, whose schema is unknown. */
function rawOf(node: Node): Json {
  const [first] = node.children;
  if (first === undefined) return node.value;
  if (/^\[\d+\]$/.test(first.name)) return node.children.map(rawOf);
  return Object.fromEntries(node.children.map((child) => [child.name, rawOf(child)]));
}

function listOf(each: Shape, node: Node, at: Position, isSingle: boolean): Json | undefined {
  const { filling, reading } = at;
  const type = typeof each === 'object' && 'type' in each ? typeNamed(each.type) : null;
  if (type === null) {
    for (const child of node.children) for (const word of child.children) unknown(reading, word, []);
    return node.value === '' ? undefined : node.value.split(',').map(trimSpace);
  }
  if (!isSingle) return node.children.map((child, index) => structOf(type, child, below(at, String(index))));
  if (node.children.length > 0) return [structOf(type, node, below(at, '0'))];
  return filling ? invalid(reading, node, (key) => `${key} needs a word after it${wordsIn(each)}`) : undefined;
}

function plainOf(shape: Shape, node: Node, reading: Reading): Json | undefined {
  const { value } = node;
  if (typeof shape === 'object' && 'pointer' in shape) return plainOf(shape.pointer, node, reading);
  switch (shape) {
    case 'string':
      return value;
    case 'bool':
      if (isBool(value)) return readBool(value);
      return invalid(reading, node, (key) => `${key} must be true or false, not "${value}"`);
    case 'duration':
      if (isDuration(value)) return value;
      return invalid(reading, node, (key) => `${key} must be a time such as 10s, not "${value}"`);
    default: {
      const number = readInteger(value, shape === 'uint32');
      return number ?? invalid(reading, node, (key) => `${key} must be a whole number, not "${value}"`);
    }
  }
}
