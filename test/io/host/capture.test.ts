// Output of programs is kept within bounds, beginning and end, without ever containing a secret, however it arrives in pieces.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { captureText, limitLines } from '../../../src/io/host/capture.ts';
import { openRedactor } from '../../../src/io/redact.ts';

const none = openRedactor();

function capture(chunks: readonly Uint8Array[], limit = 1e6, redactor = none): string {
  const text = captureText({ redactor, limit });
  for (const chunk of chunks) text.write(chunk);
  return text.end();
}

/** The bytes of a text, cut anywhere. */
function pieces(text: string, size: number): Uint8Array[] {
  const bytes = Buffer.from(text);
  const cut: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) cut.push(bytes.subarray(at, at + size));
  return cut;
}

describe('captured output', () => {
  test('is the same however it came in pieces', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 7 }), (text, size) => {
        expect(capture(pieces(text, size))).toBe(text);
      }),
    );
  });

  test('never holds a secret, wherever it is cut', () => {
    const redactor = openRedactor();
    redactor.add('top-secret-value');
    for (let size = 1; size < 20; size += 1) {
      const text = capture(pieces('before top-secret-value after\ntop-secret-value', size), 1e6, redactor);
      expect(text).toBe('before ‹secret› after\n‹secret›');
    }
  });

  test('never holds a secret in a line without end, at any place', () => {
    const redactor = openRedactor();
    redactor.add('top-secret-value');
    for (let offset = 0; offset < 40; offset += 1) {
      const line = `${'x'.repeat(65_536 - offset)}top-secret-value${'y'.repeat(70_000)}`;
      const text = capture(pieces(line, 1000), 1e6, redactor);
      expect(text).not.toContain('top-secret');
      expect(text).toContain('x‹secret›y');
    }
  });

  test('is the beginning and the end when there is too much of it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 400 }), (length, size) => {
        const whole = Array.from({ length }, (_, n) => String.fromCharCode(97 + (n % 26))).join('');
        const text = capture(pieces(whole, size), 100);
        if (length <= 100) expect(text).toBe(whole);
        else expect(text).toBe(`${whole.slice(0, 50)}\n… ${length - 100} characters left out …\n${whole.slice(-50)}`);
      }),
    );
  });

  test('is passed on line by line, without the captured part', () => {
    const lines: string[] = [];
    const text = captureText({
      redactor: none,
      limit: 100,
      onLine: (line) => lines.push(line),
      take: (line) => line.startsWith('#'),
    });
    for (const chunk of pieces('one\r\n#mark\n\nlast', 3)) text.write(chunk);
    expect(text.end()).toBe('one\r\n\nlast');
    expect(lines).toEqual(['one', '', 'last']);
  });
});

test('lines are passed on up to a limit, which is reported once', () => {
  const lines: string[] = [];
  const limited = limitLines((line) => lines.push(line), 10);
  for (const line of ['12345', '', '67890', 'x', 'y']) limited(line);
  expect(lines).toEqual(['12345', '67890', '… further output is not shown …']);
});
