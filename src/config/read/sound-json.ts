// Fast path for valid JSON. Anything invalid is left to the slow reader, which reports where and why.

import { MAX_DEPTH, MAX_VALUES } from '../limits.ts';

const SPACE = 32;
const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_BRACE = 123;
const OPEN_BRACKET = 91;
const CLOSE_BRACE = 125;
const CLOSE_BRACKET = 93;
const BACKSLASH = 92;

/**
 * The value; undefined if the text is not JSON, has duplicate keys or exceeds a limit. Also undefined for keys with escapes: V8's JSON.parse may
 * confuse such a key with another it has seen before.
 */
export function readSoundJson(text: string): { readonly value: unknown } | undefined {
  const names = countNames(text);
  // As a key it would be lost.
  if (names === undefined || text.includes('__proto__')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return countKeys(value) === names ? { value } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Counts the keys of all objects by the colons outside of strings, provided the text is JSON. Undefined for a key with an escape and when a limit is
 * exceeded.
 */
function countNames(text: string): number | undefined {
  let names = 0;
  let depth = 0;
  let values = 1;
  let [begin, end] = [0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    // Half of a typical file is whitespace.
    if (code <= SPACE) continue;
    if (code === QUOTE) {
      begin = at;
      end = endOfString(text, at);
      at = end;
    } else if (code === COLON) {
      if (text.slice(begin, end).includes('\\')) return undefined;
      names += 1;
    } else if (code === COMMA) values += 1;
    else if (isOpening(code)) {
      values += 1;
      depth += 1;
      if (depth > MAX_DEPTH) return undefined;
    } else if (isClosing(code)) depth -= 1;
  }
  return values > MAX_VALUES ? undefined : names;
}

function isOpening(code: number): boolean {
  return code === OPEN_BRACE || code === OPEN_BRACKET;
}

function isClosing(code: number): boolean {
  return code === CLOSE_BRACE || code === CLOSE_BRACKET;
}

/** The end of the string that begins at `begin`; the end of the text if it is unterminated. */
export function endOfString(text: string, begin: number): number {
  for (let at = begin + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at += 1;
  }
  return text.length;
}

/** The depth was limited before. */
function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const items: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  let count = Array.isArray(value) ? 0 : items.length;
  for (const item of items) if (typeof item === 'object') count += countKeys(item);
  return count;
}
