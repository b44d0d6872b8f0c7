// Arguments for a shell on another machine: every text arrives unchanged, and what no argument can contain is refused.

import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quote } from '../../../src/io/host/quote.ts';

const argument = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom("'", '"', '\\', '$', '`', ' ', '\n', '!', '*', '-', ';', '&', 'a', 'é', '~', '#'),
  }),
);

test('a shell gets back what was quoted', () => {
  fc.assert(
    fc.property(
      fc.array(
        argument.map((text) => text.replaceAll('\0', '').toWellFormed()),
        { maxLength: 40 },
      ),
      (args) => {
        const line = `printf '%s\\0' begin ${args.map(quote).join(' ')}`;
        const output = execFileSync('sh', ['-c', line], { encoding: 'utf8' });
        expect(output.split('\0').slice(1, -1)).toEqual(args);
      },
    ),
    { numRuns: 30 },
  );
});

test('a NUL character is refused, since no argument can hold it', () => {
  expect(() => quote('a\0b')).toThrow('NUL');
});
