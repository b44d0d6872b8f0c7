// The fast reader for valid JSON returns the same values and positions as the thorough one, and leaves everything else to it.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readSoundJson } from '../../../src/config/read/sound-json.ts';
import { walk } from '../../../src/config/read/walk-json.ts';

/** Whether the slow reader accepts a text: JSON without duplicate keys. */
function isSound(text: string): boolean {
  const names: Set<string>[] = [];
  let twice = false;
  const fault = walk(text, {
    open: () => names.push(new Set()),
    close: () => names.pop(),
    key(key) {
      if (names.at(-1)?.has(key)) twice = true;
      names.at(-1)?.add(key);
    },
    enter() {},
    leave() {},
  });
  return fault === null && !twice;
}

const SPACE = fc.constantFrom('', '', ' ', '\n  ', '\t');
/** Few names, so that they repeat, and the tokens of JSON. The last ones are written with an escape. */
const PLAIN = ['a', 'b', 'ip6', '', ':', '{', '::1'];
const ESCAPED = ['a"b', '"', '":', '\\', 'a\\'];
const SCALAR = fc.oneof(
  fc.constantFrom(...PLAIN, ...ESCAPED).map((text) => JSON.stringify(text)),
  fc.constantFrom('"\\\\"', '"\\\\\\""', '"\\u003a"'),
  fc.json({ maxDepth: 0 }),
);
const texts = (...names: readonly string[]) =>
  fc.letrec<{ text: string }>((again) => ({
    text: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      SCALAR,
      fc
        .array(fc.tuple(again('text'), SPACE), { maxLength: 3 })
        .map((items) => `[${items.map((each) => each.join('')).join(',')}]`),
      fc
        .array(fc.tuple(SPACE, fc.constantFrom(...names), SPACE, again('text')), { maxLength: 4 })
        .map(
          (fields) =>
            `{${fields.map(([before, name, after, value]) => `${before}${JSON.stringify(name)}${after}:${value}`).join(',')}}`,
        ),
    ),
  })).text;

test('reads exactly what the slow reader finds nothing wrong with', () => {
  fc.assert(
    fc.property(texts(...PLAIN), (text) => {
      // Left to the slow reader, which has a word for that name.
      fc.pre(!text.includes('__proto__'));
      const read = readSoundJson(text);
      expect(read !== undefined).toBe(isSound(text));
      if (read !== undefined) expect(read.value).toEqual(JSON.parse(text));
    }),
    { numRuns: 2_000 },
  );
});

test('leaves a name that is written with a backslash to the slow reader', () => {
  fc.assert(
    fc.property(texts(...PLAIN, ...ESCAPED), (text) => {
      const read = readSoundJson(text);
      if (read === undefined) return;
      expect(isSound(text)).toBe(true);
      const names: string[] = [];
      walk(text, { open() {}, close() {}, enter() {}, leave() {}, key: (key) => void names.push(key) });
      expect(names.filter((name) => ESCAPED.includes(name))).toEqual([]);
    }),
    { numRuns: 2_000 },
  );
});

test('reads nothing that was cut or has a character in another place', () => {
  fc.assert(
    fc.property(
      texts(...PLAIN, ...ESCAPED),
      fc.nat(),
      fc.constantFrom('', '"', '\\', ',', ':', '{', '}', ' '),
      (text, at, put) => {
        const where = at % (text.length + 1);
        const broken = text.slice(0, where) + put + text.slice(where + 1);
        if (!isSound(broken)) expect(readSoundJson(broken)).toBeUndefined();
      },
    ),
    { numRuns: 2_000 },
  );
});
