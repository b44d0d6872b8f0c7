// Decoded labels as Traefik has them in memory: with defaults, times in one notation, and without empty values.

import type { Json, JsonObject } from '../../src/model/json.ts';
import { CONFIGURATION, type Shape, type StructType, typeNamed } from '../../src/traefik/schema.ts';
import { nanoseconds } from '../../src/traefik/values.ts';

export function complete(dynamic: JsonObject): JsonObject {
  // Every section is there from the start.
  const empty = { http: {}, tcp: {}, udp: {}, tls: {} };
  return struct(CONFIGURATION, { ...empty, ...dynamic }, true);
}

function struct(type: StructType, value: JsonObject, hasDefaults: boolean): JsonObject {
  const entries = type.fields.flatMap(({ name, is, embedded = false }): [string, Json][] => {
    const given = value[name];
    if (given === undefined) {
      const otherwise = hasDefaults ? type.defaults?.[name] : undefined;
      return otherwise === undefined ? [] : [[name, otherwise]];
    }
    const full = shaped(is, given, !embedded);
    const isZero = full === '' || full === 0 || full === false || full === '0s';
    const isPointer = typeof is === 'object' && 'pointer' in is;
    if (isZero && !isPointer) return [];
    return embedded && Object.keys(full as object).length === 0 ? [] : [[name, full]];
  });
  return Object.fromEntries(entries);
}

function shaped(shape: Shape, value: Json, hasDefaults = true): Json {
  if (shape === 'duration') return goDuration(nanoseconds(String(value)) ?? 0n);
  if (typeof shape !== 'object') return value;
  if ('pointer' in shape) return shaped(shape.pointer, value);
  if ('type' in shape) return struct(typeNamed(shape.type), value as JsonObject, hasDefaults);
  if ('list' in shape) return (value as readonly Json[]).map((each) => shaped(shape.list, each));
  return Object.fromEntries(
    Object.entries(value as JsonObject).map(([name, each]) => [name, shaped(shape.map, each ?? null)]),
  );
}

/** As time.Duration prints itself. */
function goDuration(total: bigint): string {
  const size = total < 0n ? -total : total;
  const sign = total < 0n ? '-' : '';
  const decimal = (unit: bigint): string => {
    const rest = String(size % unit).padStart(String(unit).length - 1, '0');
    return `${size / unit}${unit === 1n ? '' : `.${rest}`.replace(/\.?0*$/, '')}`;
  };
  if (size === 0n) return '0s';
  if (size < 1_000n) return `${sign}${decimal(1n)}ns`;
  if (size < 1_000_000n) return `${sign}${decimal(1_000n)}µs`;
  if (size < 1_000_000_000n) return `${sign}${decimal(1_000_000n)}ms`;
  const second = 1_000_000_000n;
  const hours = size / (3600n * second);
  const minutes = (size / (60n * second)) % 60n;
  const rest = String(size % second).padStart(9, '0');
  const seconds = `${(size / second) % 60n}${`.${rest}`.replace(/\.?0*$/, '')}s`;
  if (hours > 0n) return `${sign}${hours}h${minutes}m${seconds}`;
  return minutes > 0n ? `${sign}${minutes}m${seconds}` : `${sign}${seconds}`;
}
