// The tests that docs/threat-model.md names exist.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const TESTS = fileURLToPath(new URL('..', import.meta.url));
const page = readFileSync(new URL('../../docs/threat-model.md', import.meta.url), 'utf8');

/** The rows of the tables that end with what shows them. */
function rows(): readonly (readonly string[])[] {
  const lines = page.split('\n').filter((line) => line.startsWith('| ') && !/^\| (---|who |class )/.test(line));
  return lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

test('each line of the threat model names an existing test, or says why there is none', () => {
  expect(rows().length).toBeGreaterThan(25);
  for (const cells of rows()) {
    const shown = cells.at(-1) ?? '';
    const named = [...shown.matchAll(/`([a-z-]+(?:\/[a-z-]+)*)`/g)].map(([, name]) => name ?? '');
    if (named.length === 0) expect(shown, cells[0]).toMatch(/^–/);
    for (const name of named) {
      const found = existsSync(`${TESTS}${name}.test.ts`) || existsSync(`${TESTS}${name}`);
      expect(found, `${name}, of "${cells[0]}"`).toBe(true);
    }
  }
});

test('every test that a list names exists', () => {
  const lines = page.split('\n').filter((line) => !line.startsWith('|'));
  const named = [...lines.join('\n').matchAll(/`([a-z-]+(?:\/[a-z-]+)+)`/g)].map(([, name]) => name ?? '');
  const isThere = (name: string) =>
    ['.test.ts', '.ts', ''].some((end) => existsSync(`${TESTS}${name}${end}`)) || existsSync(`${TESTS}../${name}`);
  expect(named.length).toBeGreaterThan(25);
  expect(named.filter((name) => !isThere(name))).toEqual([]);
});
