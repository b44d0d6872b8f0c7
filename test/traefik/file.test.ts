// Files that Traefik rejects as a whole, compared with its own decoder.

import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Json, JsonObject } from '../../src/model/json.ts';
import { unreadable } from '../../src/traefik/file.ts';
import { CONFIGURATION, type Shape, typeNamed } from '../../src/traefik/schema.ts';
import { findProgram } from '../support/programs.ts';
import { runs } from '../support/runs.ts';
import { CASES, dynamicOf } from './cases.ts';

const DECODER = findProgram('traefik-labels', 'PHOENIX_TEST_TRAEFIK_LABELS');

type Answer = { readonly error?: string };

function byTraefik(files: readonly JsonObject[]): Answer[] {
  const input = JSON.stringify(files.map((file) => JSON.stringify(file)));
  return JSON.parse(execFileSync(DECODER ?? '', ['files'], { input, maxBuffer: 2 ** 28 }).toString());
}

const odd: fc.Arbitrary<Json> = fc.constantFrom<Json>(
  '',
  'a',
  'true',
  '1',
  '1s',
  '-1',
  1,
  -1,
  1.5,
  true,
  false,
  null,
  {},
  [],
  ['a'],
  [{}],
  [null],
  [['a']],
  { a: 'b' },
  { a: null },
  { a: {} },
);
const name = fc.constantFrom('a', 'b.c', 'x-y');

/** What fits a shape, and now and then what does not. */
function valuesOf(shape: Shape, depth: number): fc.Arbitrary<Json> {
  const fitting = fittingOf(shape, depth);
  return fc.oneof({ weight: 14, arbitrary: fitting }, { weight: 1, arbitrary: odd });
}

function fittingOf(shape: Shape, depth: number): fc.Arbitrary<Json> {
  if (typeof shape === 'object') {
    if ('pointer' in shape) return fittingOf(shape.pointer, depth);
    if ('list' in shape) return fc.array(valuesOf(shape.list, depth + 1), { maxLength: 2 });
    if ('map' in shape)
      return fc.dictionary(name, valuesOf(shape.map, depth + 1), { minKeys: depth === 9 ? 0 : 1, maxKeys: 2 });
    return structs(shape.type, depth + 1);
  }
  switch (shape) {
    case 'bool':
      return fc.constantFrom<Json>(true, false, 'true', 'F');
    case 'duration':
      return fc.constantFrom<Json>('10s', 5, '-1', '1h30m');
    case 'string':
    case 'raw':
      return fc.constantFrom<Json>('a', '', 7, true);
    default:
      return fc.constantFrom<Json>(0, 7, '42');
  }
}

function structs(type: string, depth: number): fc.Arbitrary<JsonObject> {
  const { fields } = typeNamed(type);
  if (fields.length === 0) return fc.constant({});
  const field = fc.constantFrom(...fields).chain((one) => {
    const spelt = fc.constantFrom(one.name, one.name, one.name.toUpperCase());
    return fc.tuple(spelt, depth > 12 ? odd : valuesOf(one.is, depth));
  });
  const stray = fc.tuple(fc.constantFrom('nope', one(fields)), odd);
  return fc
    .array(fc.oneof({ weight: 20, arbitrary: field }, { weight: 1, arbitrary: stray }), { minLength: 1, maxLength: 2 })
    .map((all) => Object.fromEntries(all) as JsonObject);
}

const one = (fields: readonly { readonly name: string }[]): string => `${fields[0]?.name}s`;

const files = fc
  .constantFrom(...CONFIGURATION.fields)
  .chain((field) => valuesOf(field.is, 0).map((value) => ({ [field.name]: value }) as JsonObject));

test.skipIf(DECODER === undefined)('a generated file can be read when Traefik reads it', () => {
  const all = fc.sample(files, { numRuns: runs(2000), seed: 20261128 });
  const answers = byTraefik(all);
  const wrong = all.flatMap((file, index) => {
    const faults = unreadable(file);
    const error = answers[index]?.error;
    // A list in place of a value, or fields in place of a list, are misread.
    const own = faults.filter(({ message }) => message !== 'it must be one value' && message !== 'it is a list');
    const same = error === undefined ? own.length === 0 : faults.length > 0;
    return same ? [] : [{ file: JSON.stringify(file), ours: faults[0], theirs: error }];
  });
  expect(wrong.slice(0, 5)).toEqual([]);
  const dropped = answers.filter(({ error }) => error !== undefined).length;
  expect(dropped).toBeGreaterThan(1000);
  expect(all.length - dropped).toBeGreaterThan(1000);
});

test('every configuration of which Traefik makes something, or nothing, can be read', () => {
  for (const each of CASES) expect(unreadable(dynamicOf(each, 'x', 'http://127.0.0.1:80')), each.name).toEqual([]);
});

const router = { rule: 'Host(`a.example`)', service: 's' };

test.each<[string, JsonObject, string, string]>([
  [
    'an unknown field',
    { http: { routers: { r: { ...router, rulee: 'x' } } } },
    'http.routers.r.rulee',
    'no such field',
  ],
  ['an unknown kind', { http: { middlewares: { m: { compres: {} } } } }, 'http.middlewares.m.compres', 'no such field'],
  ['a section without anything', { http: { routers: {} } }, 'http.routers', 'holds nothing'],
  [
    'a middleware without a field',
    { http: { middlewares: { m: { headers: {} } } } },
    'http.middlewares.m.headers',
    'holds nothing',
  ],
  [
    'a word for a number',
    { http: { routers: { r: { ...router, priority: 'high' } } } },
    'http.routers.r.priority',
    'a whole number',
  ],
  [
    'half a number',
    { http: { routers: { r: { ...router, priority: 1.5 } } } },
    'http.routers.r.priority',
    'a whole number',
  ],
  [
    'a number that is too great',
    { http: { routers: { r: { ...router, priority: '9223372036854775808' } } } },
    'http.routers.r.priority',
    'a whole number',
  ],
  [
    'a word for true',
    { http: { middlewares: { m: { stripPrefix: { forceSlash: 'yes' } } } } },
    'http.middlewares.m.stripPrefix.forceSlash',
    'true or false',
  ],
  [
    'a word for a time',
    { http: { middlewares: { m: { retry: { initialInterval: 'soon' } } } } },
    'http.middlewares.m.retry.initialInterval',
    'a time',
  ],
  [
    'fields for a value',
    { http: { routers: { r: { ...router, rule: { a: 'b' } } } } },
    'http.routers.r.rule',
    'one value',
  ],
  [
    'fields for a list',
    { http: { routers: { r: { ...router, entryPoints: { a: 'web' } } } } },
    'http.routers.r.entryPoints',
    'a list',
  ],
  [
    'a template',
    { http: { routers: { r: { ...router, rule: 'Host(`{{ env "A" }}`)' } } } },
    'http.routers.r.rule',
    'template',
  ],
])('dropped: %s', (_, file, path, message) => {
  expect(unreadable(file).map((fault) => fault.path.join('.'))).toContain(path);
  expect(unreadable(file)[0]?.message).toContain(message);
});

test.each<[string, JsonObject]>([
  ['nothing', {}],
  ['what is null', { http: { routers: { r: { ...router, middlewares: null } } } }],
  ['what may be empty', { http: { middlewares: { m: { compress: {} }, n: { contentType: true } } } }],
  ['names in any case', { http: { Routers: { r: { Rule: 'x', ENTRYPOINTS: ['web'] } } } }],
  [
    'certificates and options',
    { tls: { certificates: [{ certFile: '/a', keyFile: '/b' }], options: { default: { sniStrict: true } } } },
  ],
])('read: %s', (_, file) => {
  expect(unreadable(file)).toEqual([]);
});
