// The table of verbs is the only place that knows them, and is consistent in itself.

import { glob, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { COMMAND_VERBS, verbRow } from '../../src/model/verbs.ts';

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));

test('nothing beside the table asks which verb it is', async () => {
  // A step of a plan has a verb, too: create, update or delete.
  const names = COMMAND_VERBS.filter((verb) => verb !== 'create' && verb !== 'delete').join('|');
  const asks = new RegExp(`\\bverb (===|!==) '(${names})'`, 'g');
  const found: string[] = [];
  for await (const file of glob('{agent,cli,plan,messages,web}/**/*.ts', { cwd: SRC })) {
    const text = await readFile(`${SRC}${file}`, 'utf8');
    for (const [asked] of text.matchAll(asks)) found.push(`${file}: ${asked}`);
  }
  expect(found).toEqual([]);
});

test('a verb with --cascade has dependants to include', () => {
  for (const verb of COMMAND_VERBS) {
    const { cascades, scope } = verbRow(verb);
    expect([verb, cascades]).toEqual([verb, scope.endsWith('dependants')]);
  }
});

test('what destroys or takes over is shown first, and asked for in words of its own', () => {
  const shown = COMMAND_VERBS.filter((verb) => verbRow(verb).showsFirst);
  expect(shown.toSorted()).toEqual(['adopt', 'delete']);
  expect(shown.map((verb) => verbRow(verb).question)).toEqual(shown.map(() => expect.any(String)));
});

test('a run that no verb asked for is about the targets that were named, and no others', () => {
  expect(verbRow(null)).toMatchObject({ work: 'converge', scope: 'named', bringsAll: true });
});
