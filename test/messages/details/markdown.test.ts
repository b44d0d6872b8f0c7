// Foreign text in Markdown stays literal text, whatever it contains.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { block, code, plain, table } from '../../../src/messages/details/markdown.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 80 });

test('code contains any text on one line', () => {
  fc.assert(
    fc.property(text, (given) => {
      const shown = code(given);
      const fence = /^`+/.exec(shown)?.[0] ?? '';
      const inner = shown.slice(fence.length, -fence.length);
      expect(shown.endsWith(fence)).toBe(true);
      expect(inner.includes(fence)).toBe(false);
      expect(shown).not.toMatch(/[\r\n]/);
    }),
  );
  expect(code('lxc/105')).toBe('`lxc/105`');
  expect(code('a`b')).toBe('``a`b``');
  expect(code('`')).toBe('`` ` ``');
});

test('text forms no link, heading, mention, HTML or cell', () => {
  fc.assert(
    fc.property(text, (given) => {
      const shown = plain(given);
      expect(shown).not.toMatch(/(?<!\\)[<>[\]|`*_#]/);
      expect(shown).not.toMatch(/@[a-z]/i);
      expect(shown).not.toMatch(/[\r\n]/);
    }),
  );
});

test('nothing in a code block ends it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom('`', 'a', ' '), maxLength: 12 }), { maxLength: 5 }),
      (lines) => {
        const [first = '', ...rest] = block(lines, 'diff').split('\n');
        const fence = first.replace('diff', '');
        expect(rest.at(-1)).toBe(fence);
        expect(rest.slice(0, -1).some((line) => line.includes(fence))).toBe(false);
      },
    ),
  );
});

test('each row of a table has as many cells as its head', () => {
  expect(table(['A', 'B'], [[code('x|y'), plain('1|2')]])).toBe('| A | B |\n| --- | --- |\n| `x\\|y` | 1\\|2 |');
});
