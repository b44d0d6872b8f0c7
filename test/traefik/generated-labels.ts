// Random labels for every field of Traefik's types, valid and invalid: any casing, values of the field's type and of others, unknown words, empty
// ones, and labels of other programs.

import fc from 'fast-check';
import { CONFIGURATION, type Field, type Shape, type StructType, typeNamed } from '../../src/traefik/schema.ts';

/** Words of a key, and a value that its field takes. */
interface Written {
  readonly words: readonly string[];
  readonly shape: Shape;
}

/** Every way to a value, with a place for names of routers and such. */
function waysOf(type: StructType, before: readonly string[], depth = 0): Written[] {
  return type.fields.flatMap((field) => wayOf(field, [...before, field.label ?? field.name], depth));
}

function wayOf({ is, single }: Field, words: readonly string[], depth: number): Written[] {
  if (typeof is !== 'object') return [{ words, shape: is }];
  if ('pointer' in is) return [{ words, shape: is }];
  if ('type' in is) return [{ words, shape: is }, ...(depth > 8 ? [] : waysOf(typeNamed(is.type), words, depth + 1))];
  if ('list' in is) {
    if (typeof is.list !== 'object' || !('type' in is.list)) return [{ words, shape: is }];
    const entry = single === true ? words : [...words.slice(0, -1), `${words.at(-1)}[0]`];
    return [{ words, shape: is }, ...waysOf(typeNamed(is.list.type), entry, depth + 1)];
  }
  const named = [...words, 'NAME'];
  if (typeof is.map !== 'object') return [{ words: named, shape: is.map }];
  return 'type' in is.map
    ? [{ words: named, shape: is.map }, ...waysOf(typeNamed(is.map.type), named, depth + 1)]
    : [{ words: [...named, 'setting'], shape: 'string' }];
}

const ALL = waysOf(CONFIGURATION, ['traefik']).filter(({ words }) => words[1] !== 'tls' || words[2] === 'stores');
export const EVERY_FIELD = ALL.length;

const NAMES = ['a', 'A', 'web', 'my_app-1', 'X-Frame', 'ü', 'default'];

const texts = fc.constantFrom(
  'x',
  '',
  ' ',
  'a,b',
  ' a , b ',
  'Host(`a.example`)',
  'true',
  'a=b',
  '"q"',
  '☃',
  '$1',
  '/x',
);
const numbers = fc.constantFrom(
  '0',
  '1',
  '-1',
  '+7',
  '200',
  '08',
  '1_0',
  '1.5',
  '',
  ' 1',
  '9223372036854775808',
  '0x1',
);
const flags = fc.constantFrom('true', 'false', 'True', 'TRUE', '1', '0', 't', 'F', 'yes', '', ' true', 'tRue');
const times = fc.constantFrom(
  '10s',
  '-1',
  '5',
  '1m30s',
  '1.5h',
  '.5s',
  '1.s',
  '100ms',
  '0',
  '-0.25us',
  '1µs',
  '1d',
  's',
  '',
  '1h1',
  '+3s',
  '3 s',
  '2562047h',
  '2562048h',
);

function valuesOf(shape: Shape): fc.Arbitrary<string> {
  if (typeof shape === 'object' && 'pointer' in shape) return valuesOf(shape.pointer);
  if (shape === 'bool') return flags;
  if (shape === 'duration') return times;
  if (shape === 'int' || shape === 'int64' || shape === 'uint32') return numbers;
  if (typeof shape === 'object' && !('list' in shape)) return fc.constantFrom('true', 'TRUE', 'false', '', 'x');
  return texts;
}

const inAnyCase = (word: string): fc.Arbitrary<string> =>
  fc.constantFrom(word, word.toLowerCase(), word.toUpperCase(), word);

const sound: fc.Arbitrary<[string, string]> = fc.constantFrom(...ALL).chain(({ words, shape }) => {
  const cased = words.map((word, at) => {
    if (at === 0) return fc.constant(word);
    return word === 'NAME' ? fc.constantFrom(...NAMES) : inAnyCase(word);
  });
  return fc.tuple(
    fc.tuple(...cased).map((each) => each.join('.').replace('.stores.NAME', '.stores.default')),
    fc.oneof({ weight: 12, arbitrary: likely(shape) }, { weight: 1, arbitrary: valuesOf(shape) }),
  );
});

/** A valid value, so that whole sets are valid. */
function likely(shape: Shape): fc.Arbitrary<string> {
  if (typeof shape === 'object' && 'pointer' in shape) return likely(shape.pointer);
  if (shape === 'bool') return fc.constantFrom('true', 'false', '1', 'T');
  if (shape === 'duration') return fc.constantFrom('10s', '-1', '5', '1m30s', '0', '.5s');
  if (shape === 'int' || shape === 'int64' || shape === 'uint32') return fc.constantFrom('1', '0', '200', '08');
  return valuesOf(shape);
}

const odd: fc.Arbitrary<[string, string]> = fc.tuple(
  fc.constantFrom(
    'traefik.enable',
    'traefik.Enable',
    'traefik.enabled',
    'traefik.enable ',
    'traefik.docker.network',
    'traefik.docker.lbswarm',
    'traefik.docker.allownonrunning',
    'traefik.docker.nothing',
    'traefik.docker.',
    'traefik.constraint-label',
    'traefik.tags',
    'traefik.http',
    'traefik.httpx.a',
    'traefik.tls.options.x.minversion',
    'com.centurylinklabs.watchtower.enable',
    'Traefik.http.routers.a.rule',
    'TRAEFIK.enable',
    'traefik.http.routers..rule',
    'traefik.http.routers.a.',
    'traefik.http.routers.a',
    'traefik.http.routers.a.rules',
    'traefik.http.routers.a.rule.x',
    'traefik.http.routers.a.middlewares[0]',
    'traefik.http.routers.a.middlewares[0].x',
    'traefik.http.routers.a.[0]',
    'traefik.http.routers.a]',
    'traefik.http.routers.a[0].rule',
    'traefik.http.routers.a.tls.domains[0].main',
    'traefik.http.routers.a.tls.domains[1].sans',
    'traefik.http.routers.a.tls.domains',
    'traefik.http.routers.a.tls',
    'traefik.http.services.a.loadbalancer.server',
    'traefik.http.services.a.loadbalancer.servers[0].url',
    'traefik.http.services.a.loadbalancer.server[0].url',
    'traefik.http.services.a.loadbalancer.sticky.cookie',
    'traefik.http.services.a.weighted.services[0].name',
    'traefik.http.serverstransports.a.servername',
    'traefik.http.middlewares.a.compress',
    'traefik.http.middlewares.a.compress.minresponsebodybytes',
    'traefik.http.middlewares.a.headers.customresponseheaders.X.Y',
    'traefik.http.middlewares.a.headers.customresponseheaders.X',
    'traefik.http.middlewares.a.errors.statusrewrites.418',
    'traefik.http.middlewares.a.errors.statusrewrites.418.x',
    'traefik.http.middlewares.a.plugin.b.list[0]',
    'traefik.http.middlewares.a.plugin.b.list[1]',
    'traefik.http.middlewares.a.plugin.b.deep.er',
    'traefik.http.routers.\u017fervice.\u017fervice',
  ),
  fc.oneof(texts, flags, numbers),
);

export const labelSets: fc.Arbitrary<Record<string, string>> = fc
  .array(fc.oneof({ weight: 6, arbitrary: sound }, { weight: 1, arbitrary: odd }), { minLength: 1, maxLength: 8 })
  .map((labels) => Object.fromEntries(labels));
