// Services of a compose file with `extends` inside the file resolved, and which of them start.

import type { Known } from './interpolation.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** Path of keys from the top of the file. */
export type Keys = readonly string[];

/** One of the definitions that make up a service. */
export interface Part {
  readonly keys: Keys;
  readonly fields: Fields;
}

/** A service followed by those that it extends inside the file; cycles are cut. */
export function partsOf(services: Fields, name: string): Part[] {
  const parts: Part[] = [];
  const seen = new Set<string>();
  for (let next: string | null = name; next !== null && !seen.has(next); ) {
    seen.add(next);
    const fields = fieldsOf(services[next]);
    parts.push({ keys: ['services', next], fields });
    next = extendedHere(fields);
  }
  return parts;
}

/** Null if it extends nothing or a service of another file. */
function extendedHere({ extends: written }: Fields): string | null {
  if (typeof written === 'string') return written;
  const { service, file } = fieldsOf(written);
  return file === undefined && typeof service === 'string' ? service : null;
}

/** The first definition of the field. */
export function firstOf(parts: readonly Part[], field: string): { readonly value: unknown; readonly at: Keys } | null {
  for (const { keys, fields } of parts) {
    const value = fields[field];
    if (value !== undefined && value !== null) return { value, at: [...keys, field] };
  }
  return null;
}

/** Entries of the field in all parts, since lists are merged. */
export function entriesOf(parts: readonly Part[], field: string): { readonly value: unknown; readonly at: Keys }[] {
  return parts.flatMap(({ keys, fields }) => {
    const value = fields[field];
    if (!Array.isArray(value)) return [];
    return value.map((entry: unknown, index) => ({ value: entry, at: [...keys, field, String(index)] }));
  });
}

export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** The variable with the active profiles, read by Docker Compose and Portainer. */
export const PROFILES_VARIABLE = 'COMPOSE_PROFILES';

/** Whether a service starts, given the profiles that it belongs to. */
export function starts(profiles: readonly string[] | undefined, variables: Known): boolean {
  if (profiles === undefined || profiles.length === 0) return true;
  const asked = new Set((variables.get(PROFILES_VARIABLE) ?? '').split(',').map((name) => name.trim()));
  return asked.has('*') || profiles.some((name) => asked.has(name));
}
