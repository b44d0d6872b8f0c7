// Values of a dynamic configuration by what they should be; another value counts as none, since its form is checked elsewhere.

import type { Json, JsonObject } from '../model/json.ts';

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
  if (typeof value === 'string') return value === '' ? [] : value.split(',').map((each) => each.trim());
  return list(value).map((each) => (typeof each === 'string' ? each.trim() : String(each)));
}

export function list(value: Some): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

/** 0 for what is none, as for Traefik. */
export function whole(value: Some): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^[+-]?\d+$/.test(value) ? Number(value) : 0;
}

export function flag(value: Some): boolean {
  return value === true || (typeof value === 'string' && /^(1|t|true)$/i.test(value));
}

/** In seconds, which is what a number without a unit is in; null for what is none. */
export function duration(value: Some): number | null {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return null;
  if (/^[+-]?\d+$/.test(value)) return Number(value);
  const [, sign, parts] = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.exec(value) ?? [];
  if (parts === undefined) return null;
  let seconds = 0;
  for (const [, count, unit = 's'] of parts.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g))
    seconds += Number(count) * (UNITS[unit] ?? 1);
  return sign === '-' ? -seconds : seconds;
}

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  μs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};
