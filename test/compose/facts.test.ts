// What Phoenix reads from compose files, compared with Docker Compose's own library where it is built.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCompose } from '../../src/compose/compose.ts';
import { interpolate, knownVariables } from '../../src/compose/interpolation.ts';
import { starts } from '../../src/compose/services.ts';
import type { BlobId } from '../../src/model/ids.ts';
import { COMPOSE_LOADER, loadedByCompose } from './compose-go.ts';

type Values = Readonly<Record<string, string>>;

const known = (values: Values) =>
  knownVariables(Object.entries(values).map(([name, value]) => ({ name, value, secret: false })));

/** Of each service that starts: its image and the name of its container. */
function facts(text: string, values: Values) {
  const { compose, diagnostics } = readCompose(
    'docker-compose.yml',
    'b'.repeat(40) as BlobId,
    new TextEncoder().encode(text),
  );
  if (compose === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  const variables = known(values);
  const running = compose.services.filter((name) => starts(compose.profiles[name]?.names, variables));
  return Object.fromEntries(
    running.sort().map((name) => {
      const image = compose.images[name];
      const own = compose.containerNames.find(({ service }) => service === name)?.name;
      return [
        name,
        {
          ...(image === undefined ? {} : { image: interpolate(image, variables) }),
          ...(own === undefined ? {} : { container_name: interpolate(own, variables) }),
        },
      ];
    }),
  );
}

const FILES: [string, string, Values][] = [
  [
    'merge keys',
    'x-a: &a {image: a:1, container_name: one}\nservices:\n  web: {<<: *a, container_name: two}\n  db: *a\n',
    {},
  ],
  [
    'a list of merge keys',
    'x-a: &a {image: a:1}\nx-b: &b {image: b:1, container_name: nb}\nservices:\n  web: {<<: [*a, *b]}\n',
    {},
  ],
  [
    'extends by name',
    'services:\n  base: {image: b:1, container_name: base}\n  web: {extends: base, container_name: web}\n',
    {},
  ],
  [
    'extends over two steps',
    'services:\n  a: {image: a:1}\n  b: {extends: {service: a}}\n  c: {extends: {service: b}, image: c:1}\n',
    {},
  ],
  [
    'profiles that are taken over',
    'services:\n  a: {image: a:1, profiles: [p]}\n  b: {extends: a}\n  c: {image: c:1}\n',
    {},
  ],
  [
    'profiles that are asked for',
    'services:\n  a: {image: a:1, profiles: [p]}\n  b: {image: b:1, profiles: [q]}\n',
    { COMPOSE_PROFILES: 'p,r' },
  ],
  ['every profile', 'services:\n  a: {image: a:1, profiles: [p]}\n', { COMPOSE_PROFILES: '*' }],
  ['a reset', 'services:\n  a: {image: a:1, container_name: !reset null}\n', {}],
  ['an override', 'services:\n  a: {image: !override a:1}\n', {}],
  ['a service that looks like an extension', 'services:\n  x-a: {image: a:1}\n', {}],
  [
    'variables',
    `services:\n  a: {image: "a:$${'{TAG:-1}'}$$", container_name: "$${'{NAME:+n}'}$${'{NONE-m}'}"}\n`,
    { NAME: 'x' },
  ],
  ['numbers as older YAML has them', 'services:\n  a: {image: a:1, mem_limit: 0440, ports: [0o120]}\n', {}],
];

describe('a compose file with', () => {
  test.skipIf(COMPOSE_LOADER === undefined).each(FILES)('%s', (_, text, variables) => {
    const [answer] = loadedByCompose([{ text, variables }]);
    expect(answer?.error).toBeUndefined();
    const services = Object.entries(answer?.model?.services ?? {}).map(([name, { image, container_name: own }]) => [
      name,
      { ...(image === undefined ? {} : { image }), ...(own === undefined ? {} : { container_name: own }) },
    ]);
    expect(facts(text, variables)).toEqual(Object.fromEntries(services));
  });

  test('extends, profiles and a reset describes each service that starts', () => {
    const text = `services:
  base: {image: b:1, container_name: base, profiles: [never]}
  web: {extends: {service: loud}, container_name: !reset null}
  loud: {image: "w:$${'{TAG:-2}'}"}
  tool: {image: t:1, profiles: [tools]}
`;
    expect(facts(text, {})).toEqual({ loud: { image: 'w:2' }, web: { image: 'w:2' } });
    expect(Object.keys(facts(text, { COMPOSE_PROFILES: 'tools' }))).toEqual(['loud', 'tool', 'web']);
  });
});

test.skipIf(COMPOSE_LOADER === undefined)('interpolates variables as compose does, or leaves them unknown', () => {
  const word = fc.constantFrom('', 'a', 'b c', '$A', `$${'{A}'}`, `$${'{N:-x}'}`, '$$', ':', '-');
  const name = fc.constantFrom('A', 'E', 'N', '_a1');
  const operator = fc.constantFrom('', '-', ':-', '+', ':+', '?', ':?');
  const part = fc.oneof(
    word,
    name.map((each) => `$${each}`),
    fc.tuple(name, operator, word).map(([each, how, rest]) => `$${'{'}${each}${how}${how === '' ? '' : rest}}`),
  );
  const values = fc.sample(
    fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('')),
    {
      numRuns: 1500,
      seed: 20261128,
    },
  );
  const variables = { A: 'value', E: '', _a1: 'x/y' };
  const texts = values.map((value) => `services:\n  a: {image: ${JSON.stringify(`i${value}`)}}\n`);
  const answers = loadedByCompose(texts.map((text) => ({ text, variables })));
  let compared = 0;
  for (const [at, value] of values.entries()) {
    const mine = interpolate(`i${value}`, known(variables));
    // One without a value is empty to compose, with a warning, and UNSET_VARIABLE here.
    if (mine === null || answers[at]?.error !== undefined) continue;
    compared += 1;
    expect(answers[at]?.model?.services['a']?.image, value).toBe(mine);
  }
  expect(compared).toBeGreaterThan(700);
});
