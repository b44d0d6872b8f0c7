// Checks whether Traefik can load a dynamic configuration as a file: for one unknown field or empty section, it drops the whole file, and with it all
// others in the same folder. By the rules of its decoder (traefik/paerser 0.2.2, file and parser) against its own types.

import type { Json, JsonObject } from '../model/json.ts';
import type { Objection } from './fault.ts';
import { equalFold } from './fold.ts';
import { isSection } from './read.ts';
import { CONFIGURATION, type Field, type Shape, type StructType, typeNamed } from './schema.ts';
import { isBool, isDuration, readInteger } from './values.ts';

export interface FileFault extends Objection {
  /** Path from the root. */
  readonly path: readonly string[];
}

/**
 * Pure. All faults for which Traefik would drop the file; empty if it is valid.
 *
 * @param root expected type: a dynamic configuration, or Traefik's static one
 * @param types looks up a type by its name in shapes
 */
export function unreadable(dynamic: JsonObject, root: StructType = CONFIGURATION, types = typeNamed): FileFault[] {
  const faults: FileFault[] = [];
  const reading: Reading = { faults, types };
  for (const [name, value] of Object.entries(dynamic)) {
    const field = fieldNamed(root, name);
    // Traefik ignores other fields at the root.
    if (field === undefined) continue;
    entryFaults(value, [field.name], faults);
    fieldFaults(field, value, [field.name], true, reading);
  }
  templateFaults(dynamic, [], faults);
  return faults;
}

interface Reading {
  readonly faults: FileFault[];
  readonly types: (name: string) => StructType;
}

type Some = Json | undefined;
type Path = readonly string[];

function fieldNamed({ fields }: StructType, name: string): Field | undefined {
  return fields.find((field) => equalFold(field.single === true ? field.name : (field.label ?? field.name), name));
}

function fieldFaults(field: Field, value: Some, path: Path, filling: boolean, reading: Reading): void {
  if (value === null || value === undefined) return;
  const { is, allowEmpty = false, ignored = false, inFiles = false } = field;
  const isOwn = ignored && !inFiles;
  const hasFields = typeof is === 'object' && ('type' in is || 'map' in is);
  if (hasFields && isEmpty(value) && !allowEmpty && !isOwn) {
    reading.faults.push({ path, message: 'it holds nothing', hint: 'Leave it away, or put something into it.' });
    return;
  }
  // The structure of disabled sections is checked, but not their values.
  const isOff = isOwn || (hasFields && allowEmpty && !isSection(value) && !equalFold(plainText(value) ?? '', 'true'));
  shapeFaults(is, value, path, filling && !isOff, reading);
}

/** Whether the decoder sees no field in it. */
function isEmpty(value: Json): boolean {
  return !fieldsOf(value).some(([, each]) => each !== null && each !== undefined);
}

/** List entries that are objects count as fields, too. */
function fieldsOf(value: Json): (readonly [name: string, value: Some])[] {
  if (Array.isArray(value))
    return value.map((each: Json, index) => [`[${index}]`, isSection(each) ? each : null] as const);
  return isSection(value) ? Object.entries(value) : [];
}

function shapeFaults(shape: Shape, value: Json, path: Path, filling: boolean, reading: Reading): void {
  if (typeof shape === 'string') plainFaults(shape, value, path, filling, reading);
  else if ('pointer' in shape) {
    // Pointers to structs cannot be set in files.
    plainFaults(typeof shape.pointer === 'string' ? shape.pointer : 'raw', value, path, filling, reading);
  } else if ('type' in shape) structFaults(reading.types(shape.type), value, path, filling, reading);
  else if ('map' in shape) mapFaults(shape.map, value, path, filling, reading);
  else listFaults(shape.list, value, path, filling, reading);
}

function structFaults(type: StructType, value: Json, path: Path, filling: boolean, reading: Reading): void {
  for (const [name, each] of fieldsOf(value)) {
    if (each === null || each === undefined) continue;
    const field = fieldNamed(type, name);
    if (field === undefined) {
      const known = type.fields.filter(({ ignored, inFiles }) => ignored !== true || inFiles === true);
      const hint = `There are ${known.map((one) => one.name).join(', ')}.`;
      reading.faults.push({ path: [...path, name], message: 'Traefik knows no such field', hint });
    } else fieldFaults(field, each, [...path, field.name], filling, reading);
  }
}

function mapFaults(each: Shape, value: Json, path: Path, filling: boolean, reading: Reading): void {
  if (each === 'raw') return;
  for (const [name, one] of fieldsOf(value)) {
    // Nested keys of a text are joined by dots.
    if (one === null || one === undefined || each === 'string') continue;
    shapeFaults(each, one, [...path, name], filling, reading);
  }
}

function listFaults(each: Shape, value: Json, path: Path, filling: boolean, reading: Reading): void {
  const entries = Array.isArray(value) ? (value as readonly Json[]) : [];
  for (const [index, entry] of entries.entries()) {
    const at = [...path, String(index)];
    const isStruct = typeof each === 'object' && 'type' in each;
    if (isSection(entry) && isStruct) structFaults(reading.types(each.type), entry, at, filling, reading);
    else if (isSection(entry) && !isEmpty(entry))
      reading.faults.push({ path: at, message: 'it takes one value and has fields' });
    else if (!isStruct && !isSection(entry) && plainText(entry) !== null)
      shapeFaults(each, entry, at, filling, reading);
  }
  if (!isSection(value)) return;
  if (Object.values(value).some((entry) => entry !== null && entry !== undefined))
    reading.faults.push({ path, message: 'it is a list', hint: 'Put - before each entry.' });
}

function plainFaults(shape: string, value: Json, path: Path, filling: boolean, reading: Reading): void {
  if (fieldsOf(value).some(([, each]) => each !== null && each !== undefined)) {
    reading.faults.push({ path, message: 'it takes one value and has fields' });
    return;
  }
  if (!filling) return;
  const written = plainText(value);
  const wanted = written === null ? 'one value' : wantedOf(shape, written);
  if (wanted !== null) reading.faults.push({ path, message: `it must be ${wanted}` });
}

/** The expected kind if the text does not match; null if it does. */
function wantedOf(shape: string, written: string): string | null {
  if (shape === 'string' || shape === 'raw') return null;
  if (shape === 'bool') return isBool(written) ? null : 'true or false';
  if (shape === 'duration') return isDuration(written) ? null : 'a time such as 10s';
  return readInteger(written, shape === 'uint32') === null ? 'a whole number' : null;
}

/** The text that the decoder produces. Null for a list, for which it produces garbage. */
function plainText(value: Json): string | null {
  if (isSection(value) || (Array.isArray(value) && value.length === 0)) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (typeof value !== 'number') return null;
  return Number.isInteger(value) ? BigInt(value).toString() : value.toFixed(6).replace(/\.0{6}$/, '');
}

/** Faults of list entries of any type. */
function entryFaults(value: Some, path: Path, faults: FileFault[]): void {
  const entries = Array.isArray(value) ? [...(value as readonly Json[]).entries()] : [];
  for (const [index, entry] of entries) {
    const at = [...path, String(index)];
    if (entry === null) faults.push({ path: at, message: 'it is an empty entry of a list' });
    else if (Array.isArray(entry)) faults.push({ path: at, message: 'it is a list in a list' });
    else entryFaults(entry, at, faults);
  }
  if (isSection(value)) for (const [name, each] of Object.entries(value)) entryFaults(each, [...path, name], faults);
}

/** Text in double braces is executed as a template before parsing. */
function templateFaults(value: Some, path: Path, faults: FileFault[]): void {
  const say = (text: string, at: Path) => {
    if (text.includes('{{')) faults.push({ path: at, message: 'it holds "{{", which Traefik would run as a template' });
  };
  if (typeof value === 'string') say(value, path);
  else if (Array.isArray(value))
    for (const [index, each] of (value as readonly Json[]).entries())
      templateFaults(each, [...path, String(index)], faults);
  else if (isSection(value)) {
    for (const [name, each] of Object.entries(value)) {
      say(name, [...path, name]);
      templateFaults(each, [...path, name], faults);
    }
  }
}
