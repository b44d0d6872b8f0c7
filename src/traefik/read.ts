// Typed access to values of a dynamic configuration; values of another type count as absent, since the structure is checked elsewhere.

import type { Json, JsonObject } from '../model/json.ts';
import { isBool, nanoseconds, readBool, readInteger, trimSpace } from './values.ts';

/** Re-exported so that the modules of this folder have no other dependencies. */
export type { Json, JsonObject };

type Some = Json | undefined;

/** Empty for other types. */
export function section(value: Some): JsonObject {
  return isSection(value) ? value : {};
}

export function isSection(value: Some): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Empty for other types, as in Traefik. */
export function text(value: Some): string {
  return typeof value === 'string' ? value : '';
}

/** Trimmed; a single text is a comma-separated list. */
export function texts(value: Some): readonly string[] {
  if (typeof value === 'string') return value === '' ? [] : value.split(',').map(trimSpace);
  return list(value).map((each) => (typeof each === 'string' ? trimSpace(each) : String(each)));
}

export function list(value: Some): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

/** 0 for other types, as in Traefik. */
export function integerOrZero(value: Some): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? (readInteger(value) ?? 0) : 0;
}

export function flag(value: Some): boolean {
  return value === true || (typeof value === 'string' && isBool(value) && readBool(value));
}

/** The sign of a duration; null if invalid. */
export function signOfTime(value: Some): number | null {
  const time = typeof value === 'number' || typeof value === 'string' ? nanoseconds(String(value)) : null;
  return time === null ? null : Number(time);
}
