// The services of a compose file with what they take over from others of the same file by `extends`, and which of them start.

import type { Known } from './interpolation.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** Where something is written: keys from the top of the file. */
export type Keys = readonly string[];

/** One definition that a service consists of. */
export interface Part {
  readonly keys: Keys;
  readonly fields: Fields;
}

/** A service and what it extends within the file, itself first; an extension in a circle ends where it began. */
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

/** Null where it extends nothing, or a service of another file. */
function extendedHere({ extends: written }: Fields): string | null {
  if (typeof written === 'string') return written;
  const { service, file } = fieldsOf(written);
  return file === undefined && typeof service === 'string' ? service : null;
}

/** The first of them that says something. */
export function firstOf(parts: readonly Part[], field: string): { readonly value: unknown; readonly at: Keys } | null {
  for (const { keys, fields } of parts) {
    const value = fields[field];
    if (value !== undefined && value !== null) return { value, at: [...keys, field] };
  }
  return null;
}

/** Lists are joined: every entry of each of them, with its place. */
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

/** What of the variables says which profiles are asked for: Docker Compose and Portainer read it there. */
export const PROFILES_VARIABLE = 'COMPOSE_PROFILES';

/** Whether a service starts, given the profiles that it belongs to. */
export function starts(profiles: readonly string[] | undefined, variables: Known): boolean {
  if (profiles === undefined || profiles.length === 0) return true;
  const asked = new Set((variables.get(PROFILES_VARIABLE) ?? '').split(',').map((name) => name.trim()));
  return asked.has('*') || profiles.some((name) => asked.has(name));
}
