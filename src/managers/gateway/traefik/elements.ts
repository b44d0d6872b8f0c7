// The elements of Traefik's files that people know: a router, a service, a middleware, an entry point. Two files are compared by them and their fields, so
// that a difference names the route. Possible passwords are only reported as different.

import { parse } from 'yaml';
import type { Json, JsonObject } from '../../../model/json.ts';
import { isObject, same } from '../../../plan/diff/canonical.ts';
import { folded } from '../../../traefik/fold.ts';
import { section } from '../../../traefik/read.ts';
import { difference, type FoundDifference } from '../../comparison.ts';
import { REVISION_PREFIX } from './traefik-spec.ts';

/** The sections of a file of routes, with the word for one element. */
const SECTIONS = [
  ['http', 'routers', 'router'],
  ['http', 'services', 'service'],
  ['http', 'middlewares', 'middleware'],
  ['http', 'serversTransports', 'transport'],
] as const;

/** Keys whose values may hold a password, at any level and in any case, as Traefik reads them: users with their digests, headers, credentials. */
const SECRET_KEY = /headers?$|plugins?$|^eab$|users$|auth$|password|secret|token|hmac|credential/;

const AS_DECLARED = 'as declared';
const ANOTHER = 'another value';

/** What differs of a file of routes. @param text of the file on the host. Pure. */
export function dynamicDifferences(declared: JsonObject, text: string): FoundDifference[] {
  const observed = parsed(text);
  if (observed === null) return [unreadable('routes')];
  const elements = SECTIONS.flatMap(([top, part, word]) => {
    const [wanted, present] = [declared, observed].map((file) => section(section(file[top])[part])) as [
      JsonObject,
      JsonObject,
    ];
    return keysOf(wanted, present).flatMap((name) =>
      name.startsWith(REVISION_PREFIX)
        ? []
        : valueDifferences([`${word} ${name}`], own(wanted, name), own(present, name)),
    );
  });
  const others = [declared, observed].map((file) => withoutElements(file)) as [JsonObject, JsonObject];
  return [...elements, ...valueDifferences([], ...others)];
}

/** What differs of the file with which Traefik is started. Pure. */
export function staticDifferences(declared: string, text: string): FoundDifference[] {
  const [wanted, observed] = [parsed(declared), parsed(text)];
  return wanted === null || observed === null ? [unreadable('start')] : valueDifferences([], wanted, observed);
}

const unreadable = (what: string) => difference([what], 'YAML', 'not readable as YAML');

/** Null for a text that is no YAML, or no section. */
function parsed(text: string): JsonObject | null {
  try {
    const value = parse(text) as Json;
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function withoutElements(file: JsonObject): JsonObject {
  const left = Object.entries(section(file['http'])).filter(([key]) => !SECTIONS.some(([, part]) => part === key));
  const { http: _, ...others } = file;
  return left.length === 0 ? others : { ...others, http: Object.fromEntries(left) };
}

/** Each field of two sections that differs; lists are compared as wholes, and what may hold a password is only said to differ. */
function valueDifferences(
  at: readonly string[],
  declared: Json | undefined,
  observed: Json | undefined,
): FoundDifference[] {
  if (same(declared, observed)) return [];
  const isSecret = at.length > 1 && isSecretKey(at.at(-1) ?? '');
  if (!isSecret && isObject(declared) && isObject(observed))
    return keysOf(declared, observed).flatMap((key) =>
      valueDifferences([...at, key], own(declared, key), own(observed, key)),
    );
  if (!isSecret && !mayHoldSecret(declared) && !mayHoldSecret(observed))
    return [difference(at, declared ?? null, observed ?? null)];
  return [difference(at, declared === undefined ? null : AS_DECLARED, observed === undefined ? null : ANOTHER)];
}

function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(folded(key));
}

function mayHoldSecret(value: Json | undefined): boolean {
  if (Array.isArray(value)) return value.some(mayHoldSecret);
  return isObject(value) && Object.entries(value).some(([key, each]) => isSecretKey(key) || mayHoldSecret(each));
}

/** Not what every object inherits, whatever keys a file on a host has. */
function own(value: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

function keysOf(...sections: readonly JsonObject[]): string[] {
  return [...new Set(sections.flatMap((each) => Object.keys(each)))].sort();
}
