// Values of a dynamic configuration by what they should be; another value counts as none, since its form is checked elsewhere.

import type { Json, JsonObject } from '../model/json.ts';
import { isBool, nanoseconds, readBool, readInteger, trimSpace } from './values.ts';

/** What a configuration is made of, for those that know Traefik's facts and nothing else of ours. */
export type { Json, JsonObject };

type Some = Json | undefined;

/** Empty for what is none. */
export function section(value: Some): JsonObject {
  return isSection(value) ? value : {};
}

export function isSection(value: Some): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Empty for what is none, as for Traefik. */
export function text(value: Some): string {
  return typeof value === 'string' ? value : '';
}

/** Without the blanks around each; one text is a list with commas. */
export function texts(value: Some): readonly string[] {
  if (typeof value === 'string') return value === '' ? [] : value.split(',').map(trimSpace);
  return list(value).map((each) => (typeof each === 'string' ? trimSpace(each) : String(each)));
}

export function list(value: Some): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

/** 0 for what is none, as for Traefik. */
export function integerOrZero(value: Some): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? (readInteger(value) ?? 0) : 0;
}

export function flag(value: Some): boolean {
  return value === true || (typeof value === 'string' && isBool(value) && readBool(value));
}

/** Whether a time is below, at or above nothing; null for what is none. */
export function signOfTime(value: Some): number | null {
  const time = typeof value === 'number' || typeof value === 'string' ? nanoseconds(String(value)) : null;
  return time === null ? null : Number(time);
}
