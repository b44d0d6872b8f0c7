// Markdown that exceeds a forge's limit is cut so that it fits, stays valid, and says that it was cut.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { truncateMarkdown } from '../../../src/io/forge/truncate-markdown.ts';

const line = fc.constantFrom(
  'plain words',
  '```',
  '```diff',
  '<details><summary>x</summary>',
  '</details>',
  'ümläut 💡',
  '',
);

test('what fits stays as it is', () => {
  expect(truncateMarkdown('short', 100, null)).toBe('short');
});

test('a cut text fits, closes its open markup, and says that it was cut', () => {
  fc.assert(
    fc.property(
      fc.array(line, { minLength: 40, maxLength: 200 }),
      fc.integer({ min: 300, max: 800 }),
      (lines, most) => {
        const text = lines.join('\n');
        fc.pre(Buffer.byteLength(text) > most);
        const cut = truncateMarkdown(text, most, 'https://phoenix.example.org/runs/1');
        expect(cut).toContain('[all of it](https://phoenix.example.org/runs/1)');
        const fences = cut.split('\n').filter((each) => each.startsWith('```'));
        expect(fences.length % 2).toBe(0);
      },
    ),
  );
});
