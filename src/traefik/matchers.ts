// The matchers of Traefik's rules in both syntaxes with their parameters (pkg/muxer/http, version 3.7).

import { addressFault } from './address.ts';
import type { Objection } from './fault.ts';
import { expressionFault } from './regular-expression.ts';
import { templateFault } from './template.ts';

export interface Matcher {
  readonly name: string;
  /** Why Traefik rejects these values; null if it accepts them. */
  fault(values: readonly string[]): Objection | null;
  /** Accepted values that never match a request. */
  neverMatches(values: readonly string[]): readonly Objection[];
  /** Matched host names in lower case. */
  hosts(values: readonly string[]): readonly string[];
}

type Check = (value: string, values: readonly string[]) => Objection | null;

interface Kind {
  /** Allowed numbers of values; undefined: one or more. */
  readonly takes?: readonly number[];
  /** Check of the last value, or of every value where any number is allowed. */
  readonly check?: Check;
  /** Why an accepted value matches no request. */
  readonly neverMatches?: Check;
  readonly isHost?: true;
}

const V3: Readonly<Record<string, Kind>> = {
  ClientIP: { takes: [1], check: addressFault },
  Method: { takes: [1], neverMatches: methodNeverMatches },
  Host: { takes: [1], check: asciiFault, neverMatches: hostNeverMatches, isHost: true },
  HostRegexp: {
    takes: [1],
    check: (value) => asciiFault(value) ?? expressionFault(value),
    neverMatches: templateNeverMatches,
  },
  Path: { takes: [1], check: slashFault, neverMatches: pathNeverMatches },
  PathRegexp: { takes: [1], check: expressionFault, neverMatches: templateNeverMatches },
  PathPrefix: { takes: [1], check: slashFault, neverMatches: pathNeverMatches },
  Header: { takes: [2], neverMatches: headerNeverMatches },
  HeaderRegexp: { takes: [2], check: expressionFault, neverMatches: headerNeverMatches },
  Query: { takes: [1, 2], neverMatches: queryNeverMatches },
  QueryRegexp: { takes: [1, 2], check: (value, values) => (values.length === 2 ? expressionFault(value) : null) },
};

const V2: Readonly<Record<string, Kind>> = {
  Host: { check: asciiFault, neverMatches: nameNeverMatches, isHost: true },
  HostHeader: { check: asciiFault, neverMatches: nameNeverMatches, isHost: true },
  HostRegexp: { check: (value) => asciiFault(value) ?? templateFault(value, 'host') },
  ClientIP: { check: addressFault },
  Path: { check: (value) => slashFault(value) ?? templateFault(value, 'path') },
  PathPrefix: { check: (value) => slashFault(value) ?? templateFault(value, 'prefix') },
  Method: { neverMatches: methodNeverMatches },
  Headers: {},
  HeadersRegexp: {},
  Query: {},
};

export const MATCHERS_V3 = bySpelling(Object.entries(V3).map(([name, kind]) => matcher(name, kind)));

export const MATCHERS_V2 = bySpelling(
  Object.entries(V2).map(([name, kind]) => {
    const each = matcher(name, kind);
    if (name === 'Query') return { ...each, fault: (values) => emptyFault(name, values) ?? queriesFault(values) };
    if (!name.startsWith('Headers')) return each;
    return { ...each, fault: (values) => emptyFault(name, values) ?? pairsFault(name, values) };
  }),
);

/** Indexes the matchers by the four spellings that Traefik accepts. */
function bySpelling(matchers: readonly Matcher[]): ReadonlyMap<string, Matcher> {
  return new Map(
    matchers.flatMap((each) => {
      const lower = each.name.toLowerCase();
      const title = `${lower.slice(0, 1).toUpperCase()}${lower.slice(1)}`;
      return [each.name, lower, lower.toUpperCase(), title].map((name) => [name, each] as const);
    }),
  );
}

function matcher(name: string, { takes, check, neverMatches, isHost }: Kind): Matcher {
  const isChecked = (index: number, values: readonly string[]) => takes === undefined || index === values.length - 1;
  return {
    name,
    fault(values) {
      const wrong = emptyFault(name, values) ?? (takes === undefined ? null : countFault(name, values, takes));
      if (wrong !== null || check === undefined) return wrong;
      for (const [index, value] of values.entries()) {
        const fault = isChecked(index, values) ? check(value, values) : null;
        if (fault !== null) return { ...fault, message: `${name}: ${fault.message}` };
      }
      return null;
    },
    neverMatches(values) {
      if (neverMatches === undefined) return [];
      return values.flatMap((value) => {
        const fault = neverMatches(value, values);
        return fault === null ? [] : [{ ...fault, message: `${name}: ${fault.message}` }];
      });
    },
    hosts: (values) => (isHost ? values.map(withoutDot).filter((value) => HOST.test(value)) : []),
  };
}

function emptyFault(name: string, values: readonly string[]): Objection | null {
  if (values.length === 0) return { message: `${name} takes a value in backticks` };
  return values.includes('') ? { message: `${name} has an empty value` } : null;
}

function countFault(name: string, values: readonly string[], takes: readonly number[]): Objection | null {
  if (takes.includes(values.length)) return null;
  const count = takes.at(-1) ?? 1;
  const joined = values.map((value) => `${name}(\`${value}\`)`).join(' || ');
  return {
    message: `${name} takes ${count === 1 ? 'one value' : takes.length === 1 ? 'two values' : 'one or two values'}`,
    ...(count === 1 ? { hint: `Write ${joined}.` } : {}),
  };
}

function asciiFault(value: string): Objection | null {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant.
  if (/^[\x00-\x7f]*$/.test(value)) return null;
  return { message: `"${value}" holds characters that are not ASCII`, hint: asciiHint(value) };
}

function asciiHint(value: string): string {
  const ascii = URL.canParse(`http://${value}`) ? new URL(`http://${value}`).hostname : '';
  return /^[a-z0-9.-]+$/.test(ascii)
    ? `Write the name as DNS has it: ${ascii}.`
    : 'Write the name as DNS has it: xn--….';
}

function slashFault(value: string): Objection | null {
  return value.startsWith('/') ? null : { message: `"${value}" does not start with /`, hint: `Write /${value}.` };
}

/** With underscores, which DNS and browsers take, though a certificate for such a name must be one of a wildcard. */
const HOST = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

function withoutDot(value: string): string {
  return value.toLowerCase().replace(/\.$/, '');
}

/** In version 3 an asterisk matches the first label of a name, or the whole name. */
function hostNeverMatches(value: string): Objection | null {
  return value === '*' ? null : nameNeverMatches(value.replace(/^\*\./, ''));
}

function nameNeverMatches(value: string): Objection | null {
  const name = withoutDot(value);
  if (HOST.test(name)) return null;
  const [, bare] = /^(?:[a-z]+:\/\/)?([a-z0-9_.-]+)(?::\d+)?(?:\/.*)?$/.exec(name) ?? [];
  return {
    message: `"${value}" is no name of a host, and no request asks for it`,
    hint:
      bare !== undefined && HOST.test(bare)
        ? `Write ${bare}, without scheme, port and path.`
        : 'Write a name such as app.example.',
  };
}

const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

function headerNeverMatches(value: string, [name = '']: readonly string[]): Objection | null {
  if (value !== name || TOKEN.test(name)) return null;
  return { message: `"${name}" is no name of a header`, hint: 'Write Header(`X-Name`, `value`).' };
}

function methodNeverMatches(value: string): Objection | null {
  if (TOKEN.test(value)) return null;
  return { message: `"${value}" is no method`, hint: 'Write Method(`GET`) || Method(`POST`).' };
}

const TEMPLATE = /\{[\p{L}_][\w-]*(:[^{}]*(\{[^{}]*\}[^{}]*)*)?\}/u;
const TEMPLATES = 'Templates such as {name:[a-z]+} are of version 2.';

function templateNeverMatches(value: string): Objection | null {
  if (!TEMPLATE.test(value)) return null;
  return {
    message: `"${value}" means its brackets as they stand`,
    hint: `${TEMPLATES} Write an expression such as ^[a-z]+\\.example$.`,
  };
}

function pathNeverMatches(value: string): Objection | null {
  if (TEMPLATE.test(value))
    return { message: `"${value}" means its brackets as they stand`, hint: `${TEMPLATES} Write PathRegexp(\`^/…\`).` };
  if (!/[?#]/.test(value)) return null;
  return {
    message: `"${value}" holds more than a path, and no request fits`,
    hint: 'Add Query(`name`, `value`) by &&.',
  };
}

function queryNeverMatches(value: string, values: readonly string[]): Objection | null {
  const [, name = '', wanted = ''] = /^([^=]+)=(.*)$/.exec(value) ?? [];
  if (values.length > 1 || name === '') return null;
  return { message: `"${value}" is read as a name`, hint: `Write Query(\`${name}\`, \`${wanted}\`).` };
}

function pairsFault(name: string, values: readonly string[]): Objection | null {
  if (values.length % 2 === 1) return { message: `${name} takes pairs of a name and a value` };
  if (name !== 'HeadersRegexp') return null;
  return values.reduce<Objection | null>(
    (fault, value, index) => fault ?? (index % 2 === 1 ? expressionFault(value) : null),
    null,
  );
}

function queriesFault(values: readonly string[]): Objection | null {
  const parts = values.flatMap((value) => {
    const at = value.indexOf('=');
    return at < 0 ? [value] : [value.slice(0, at), value.slice(at + 1)];
  });
  if (parts.length % 2 === 1) return { message: 'Query takes values such as name=value' };
  const seen = new Set<string>();
  for (let index = 0; index < parts.length; index += 2) {
    const fault = templateFault(`${parts[index]}=${parts[index + 1]}`, 'query', seen);
    if (fault !== null) return fault;
  }
  return null;
}
