// Strict JSON walker without recursion that describes every syntax error.

import { createScanner } from 'jsonc-parser';
import { MAX_DEPTH, MAX_VALUES } from '../limits.ts';

export interface Fault {
  readonly message: string;
  readonly hint: string | null;
}

export interface Visitor {
  open?(): void;
  close?(): void;
  key(key: string, offset: number): void;
  enter(key: string | number, offset: number): void;
  leave(): void;
}

// Tokens of jsonc-parser's scanner, whose const enum does not exist when it runs.
const OPEN_BRACE = 1;
const CLOSE_BRACE = 2;
const OPEN_BRACKET = 3;
const CLOSE_BRACKET = 4;
const COMMA = 5;
const COLON = 6;
const STRING = 10;
const NUMBER = 11;
const LINE_COMMENT = 12;
const BLOCK_COMMENT = 13;
const END = 17;

/** Walks a text value by value without recursion. Returns the first syntax error with its position; null for valid JSON. */
export function walk(text: string, visitor: Visitor): (Fault & { readonly offset: number }) | null {
  const scanner = createScanner(text, false);
  const next = () => {
    let token: number = scanner.scan();
    while (token === 14 || token === 15) token = scanner.scan();
    return token;
  };
  const fail = (what: Fault) => ({ ...what, offset: scanner.getTokenOffset() });
  /** Index of the next element per open array; -1 per open object. */
  const open: number[] = [];
  let values = 0;
  let token = next();

  for (;;) {
    // Start of a value.
    if (++values > MAX_VALUES) return fail(tooManyValues());
    if (token === OPEN_BRACE || token === OPEN_BRACKET) {
      if (open.length >= MAX_DEPTH) return fail(tooDeep());
      const isObject = token === OPEN_BRACE;
      if (isObject) visitor.open?.();
      token = next();
      if (isObject && token !== CLOSE_BRACE) {
        open.push(-1);
        const bad = key();
        if (bad !== null) return bad;
        continue;
      }
      if (!isObject && token !== CLOSE_BRACKET) {
        open.push(0);
        visitor.enter(0, scanner.getTokenOffset());
        continue;
      }
      if (isObject) visitor.close?.();
    } else if (!isScalar(token) || scanner.getTokenError() !== 0) {
      return fail(notAValue(token, text, scanner.getTokenOffset(), open.length > 0));
    }
    // End of a value: close the arrays and objects that it completes, then continue with the next sibling.
    token = next();
    for (;;) {
      const index = open.at(-1);
      if (index === undefined) return token === END ? null : fail(trailingContent(token));
      if (token === COMMA) {
        visitor.leave();
        token = next();
        if (token === CLOSE_BRACE || token === CLOSE_BRACKET) return fail(trailingComma());
        if (index >= 0) {
          open[open.length - 1] = index + 1;
          visitor.enter(index + 1, scanner.getTokenOffset());
        } else {
          const bad = key();
          if (bad !== null) return bad;
        }
        break;
      }
      if (token !== (index >= 0 ? CLOSE_BRACKET : CLOSE_BRACE)) return fail(notClosed(token, index >= 0));
      visitor.leave();
      if (index < 0) visitor.close?.();
      open.pop();
      token = next();
    }
  }

  function key() {
    if (token !== STRING || scanner.getTokenError() !== 0) return fail(notAKey(token, text, scanner.getTokenOffset()));
    const name = scanner.getTokenValue();
    visitor.key(name, scanner.getTokenOffset());
    token = next();
    if (token !== COLON)
      return fail(
        isComment(token) ? comment() : { message: `a colon is missing after ${quoteName(name)}`, hint: null },
      );
    token = next();
    visitor.enter(name, scanner.getTokenOffset());
    return null;
  }
}

function isScalar(token: number): boolean {
  return token >= 7 && token <= NUMBER;
}

function isComment(token: number): boolean {
  return token === LINE_COMMENT || token === BLOCK_COMMENT;
}

function notAValue(token: number, text: string, offset: number, inside: boolean): Fault {
  if (isComment(token)) return comment();
  if (token === END) return inside ? ended() : { message: 'the file is empty', hint: null };
  if (token === STRING)
    return { message: 'a string is not closed or has a character that must be escaped', hint: null };
  if (token === NUMBER) return { message: 'a number ends too early', hint: null };
  if (token === COMMA) return { message: 'a value is missing before the comma', hint: null };
  return unknownWord(text, offset, 'a value');
}

function notAKey(token: number, text: string, offset: number): Fault {
  if (isComment(token)) return comment();
  if (token === END) return ended();
  if (token === COMMA) return { message: '"," stands where a name in double quotes is expected', hint: ONE_TOO_MANY };
  if (token === STRING) return { message: 'a name is not closed or has a character that must be escaped', hint: null };
  return unknownWord(text, offset, 'a name in double quotes');
}

function unknownWord(text: string, offset: number, expected: string): Fault {
  const word = /^[^\s,:{}[\]]{1,20}/.exec(text.slice(offset, offset + 20))?.[0] ?? text.slice(offset, offset + 1);
  if (/^[#;]/.test(word)) return comment();
  return { message: `${JSON.stringify(word)} stands where ${expected} is expected`, hint: hintFor(word, expected) };
}

const ONE_TOO_MANY = 'There is a comma too many: remove one.';

/** Words of other languages and their JSON equivalent. */
const WORDS: Readonly<Record<string, string>> = {
  ...{ True: 'true', TRUE: 'true', yes: 'true', on: 'true', False: 'false', FALSE: 'false', no: 'false', off: 'false' },
  ...{ None: 'null', nil: 'null', NULL: 'null', undefined: 'null' },
};

function hintFor(word: string, expected: string): string | null {
  if (word.startsWith("'")) return 'JSON knows double quotes only.';
  if (/^[\u2018-\u201f\u00ab\u00bb]/.test(word))
    return 'JSON knows straight double quotes (") only: an editor for prose put others here.';
  const meant = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
  if (expected === 'a value' && meant !== undefined) return `Write ${meant}.`;
  if (/^[+-]/.test(word)) return 'Remove the sign, which a patch has at its lines.';
  return /^[A-Za-z_][\w./-]*$/.test(word) ? `Put it in double quotes: ${JSON.stringify(word)}.` : null;
}

function notClosed(token: number, inArray: boolean): Fault {
  if (isComment(token)) return comment();
  if (token === END) return ended();
  return {
    message: `a comma or ${inArray ? '"]"' : '"}"'} is missing`,
    hint: 'Entries stand apart by commas: put one behind the entry before this place.',
  };
}

function trailingContent(token: number): Fault {
  return isComment(token)
    ? comment()
    : {
        message: 'something follows after the end of the document',
        hint: 'Remove it, or the bracket before it, which closes too early.',
      };
}

function comment(): Fault {
  return { message: 'JSON has no comments', hint: 'Remove it; most objects take a field "comment" or "description".' };
}

function trailingComma(): Fault {
  return { message: 'a comma stands before the closing bracket', hint: 'Remove the comma after the last entry.' };
}

function ended(): Fault {
  return { message: 'the file ends before everything is closed', hint: 'Is a bracket missing, or the file cut off?' };
}

function tooDeep(): Fault {
  return { message: `nested more than ${MAX_DEPTH} levels deep`, hint: null };
}

function tooManyValues(): Fault {
  return { message: `holds more than ${MAX_VALUES} values`, hint: null };
}

/** The quoted and truncated name. */
export function quoteName(name: string): string {
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
}
