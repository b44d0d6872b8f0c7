// Malicious commits, and the search for the config root.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type FileSource, MAX_FILES } from '../../../src/io/git/clone/listing.ts';

import { findRoot, readSnapshot } from '../../../src/io/git/snapshot.ts';
import type { CommitSha } from '../../../src/model/ids.ts';

const CONFIG = 'etc/phoenix_hypervisor_config.json';
const HEAD = 'a'.repeat(40) as CommitSha;

/** A repository of one commit whose trees come from the function. */
function objects(tree: FileSource['tree']): FileSource {
  return {
    commit: async () => ({ sha: HEAD, parents: [], message: '', author: '', tree: 'top', time: 0 }),
    tree,
    blob: async () => Buffer.from('{}'),
  };
}

const options = { readsContent: () => true, maxFileBytes: 100 };

test('a tree that holds itself over and over is refused, and soon', async () => {
  const bomb = objects(async () =>
    Array.from({ length: 10 }, (_, n) => ({ name: `${n}`, id: 'top', kind: 'folder' as const })),
  );
  await expect(readSnapshot(bomb, HEAD, options)).rejects.toThrow(`more than ${MAX_FILES} files and folders`);
});

test('ten thousand folders within each other are read like any other', async () => {
  const deep = objects(async (id) =>
    id === 'end'
      ? [{ name: 'file', id: 'b', kind: 'file' }]
      : [{ name: 'd', id: id === '10000' ? 'end' : `${Number(id === 'top' ? 0 : id) + 1}`, kind: 'folder' }],
  );
  const { files } = await readSnapshot(deep, HEAD, options);
  expect([...files.keys()]).toEqual([`${'d/'.repeat(10_001)}file`]);
});

test('the config root is the topmost one, whatever the order of the files', () => {
  expect(findRoot([])).toBe('');
  expect(findRoot(['README.md', 'x/etc/other.json', `not-${CONFIG}`])).toBe('');
  const paths = [`z/x/${CONFIG}`, `a/b/${CONFIG}`, `y/${CONFIG}`, 'etc/other.json'];
  fc.assert(
    fc.property(fc.shuffledSubarray(paths, { minLength: paths.length }), (shuffled) => {
      expect(findRoot(shuffled)).toBe('y');
      expect(findRoot([...shuffled, CONFIG])).toBe('');
      expect(() => findRoot([...shuffled, `b/${CONFIG}`])).toThrow('b, y: set PHOENIX_CONFIG_ROOT');
    }),
  );
});
