// Compose files are read as far as Phoenix needs them; an invalid or hostile one is refused at its line and cannot exhaust memory.

import { describe, expect, test } from 'vitest';
import { readCompose } from '../../src/compose/compose.ts';
import { MAX_COMPOSE_BYTES } from '../../src/config/limits.ts';
import type { BlobId } from '../../src/model/ids.ts';
import { environment, loadFiles, placesOf } from '../load/environment.ts';

const FILE = 'stacks/shop/docker-compose.yml';
const read = (text: string) => readCompose(FILE, 'b'.repeat(40) as BlobId, new TextEncoder().encode(text));
const said = (text: string) =>
  read(text).diagnostics.map(
    ({ code, at, position, message }) => `${code} ${at.path} ${position?.line}:${position?.column} ${message}`,
  );

test('reads what Phoenix needs of a compose file', () => {
  const { compose, diagnostics } = read(`x-defaults: &defaults
  restart: always
services:
  shop:
    <<: *defaults
    image: shop:\${TAG}
    ports: ["\${PORT}:80"]
    environment:
      - LEVEL=\${LEVEL:-info}
      - PORT=$PORT
  db:
    image: postgres:17
volumes:
  data: { external: true }
  named:
    external: true
    name: real_name
  own: {}
`);
  expect(diagnostics).toEqual([]);
  expect(compose?.services).toEqual(['shop', 'db']);
  expect(compose?.images).toEqual({ shop: `shop:$${'{TAG}'}`, db: 'postgres:17' });
  expect(compose?.externalVolumes).toEqual([
    { name: 'data', services: [], path: '/volumes/data', line: 14, column: 3 },
    { name: 'real_name', services: [], path: '/volumes/named', line: 15, column: 3 },
  ]);
  expect(compose?.variables).toEqual([
    { name: 'TAG', path: '/services/shop/image', line: 6, column: 12 },
    { name: 'PORT', path: '/services/shop/ports/0', line: 7, column: 13 },
  ]);
});

describe('refuses an invalid compose file at its line', () => {
  test.each([
    [
      'a field that does not exist',
      'services:\n  shop:\n    image: x\n    port: ["80"]\n',
      ['UNKNOWN_KEY /services/shop/port 4:5 "port" is unknown here'],
    ],
    [
      'a value of the wrong kind',
      'services:\n  shop:\n    image: [x]\n',
      ['INVALID_VALUE /services/shop/image 3:5 "image" must be string'],
    ],
    [
      'a repeated key',
      'services:\n  shop:\n    image: x\n    image: y\n',
      ['DUPLICATE_KEY /services/shop/image 4:5 "image" stands twice in one map'],
    ],
    ['a list at the top', '- a\n', ['INVALID_VALUE  1:1 a compose file must be object']],
    ['nothing', '', ['INVALID_VALUE  1:1 the file is empty']],
  ])('%s', (_name, text, problems) => {
    expect(said(text)).toEqual(problems);
  });

  test('text that is not YAML', () => {
    const { compose, diagnostics } = read('services:\n  shop:\n   image: "x\n');
    expect(compose).toBeUndefined();
    expect(diagnostics[0]).toMatchObject({ code: 'SYNTAX', at: { file: FILE } });
  });

  test('an unknown field, with the nearest known one as a hint', () => {
    expect(read('services:\n  shop:\n    imagee: x\n').diagnostics[0]?.hint).toBe('Did you mean "image"?');
  });

  test('aliases that expand without bound', () => {
    const bomb = Array.from(
      { length: 30 },
      (_, index) => `  a${index}: &a${index} [${index === 0 ? 'x' : `*a${index - 1}, *a${index - 1}`}]`,
    );
    expect(read(`x-bomb:\n${bomb.join('\n')}\n`).diagnostics[0]).toMatchObject({ code: 'SYNTAX' });
  });

  test('an anchor that contains itself', () => {
    expect(read('services:\n  a: &a { image: x, x-b: { c: *a } }\n').diagnostics[0]).toMatchObject({ code: 'SYNTAX' });
  });

  test('unbounded nesting', () => {
    for (const text of ['['.repeat(200_000), '{a: '.repeat(60_000), '- '.repeat(100_000)]) {
      expect(read(text).compose).toBeUndefined();
    }
  });

  test('another encoding, and a file above the size limit', () => {
    const files = environment();
    const utf16 = { ...files, [FILE]: Uint8Array.from([0xff, 0xfe, 0x61, 0]) };
    expect(placesOf('SYNTAX', utf16)).toEqual([`${FILE}:`]);
    const large = { ...files, [FILE]: `# ${'x'.repeat(MAX_COMPOSE_BYTES)}` };
    expect(placesOf('SYNTAX', large)).toEqual([`${FILE}:`]);
  });
});

test('accepts an anchor that every service uses', () => {
  const services = Array.from({ length: 300 }, (_, index) => `  s${index}:\n    <<: *all\n    logging: *log\n`);
  const head = 'x-log: &log { driver: json-file }\nx-all: &all { image: shop, restart: always }\n';
  const { compose, diagnostics } = read(`${head}services:\n${services.join('')}`);
  expect(diagnostics).toEqual([]);
  expect(compose?.services).toHaveLength(300);
});

test('an unreadable compose file is not drafted', () => {
  const { config, draft } = loadFiles({ ...environment(), [FILE]: 'services: [' });
  expect([config, draft]).toEqual([null, null]);
});
