// JSON as people commit it: strict, with the place of every fault, and safe against files made to exhaust the reader.
// Places are looked up afterwards and only for what is reported, so that a sound file costs no more than its parsing.

import { createScanner } from 'jsonc-parser';
import { decode } from './encoding.ts';
import { MAX_DEPTH, MAX_VALUES } from './limits.ts';
import { keysOf, pointer } from './place.ts';

export interface Position {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units as editors count. */
  readonly column: number;
}

export interface JsonFault {
  readonly code: 'SYNTAX' | 'DUPLICATE_KEY' | 'UNKNOWN_KEY';
  readonly path: string;
  readonly position: Position;
  readonly message: string;
  readonly hint: string | null;
}

export interface ReadJson {
  /** Undefined when there is a SYNTAX fault. */
  readonly value: unknown;
  /** What was decoded, for `locate`. */
  readonly text: string;
  readonly faults: readonly JsonFault[];
}

/** Reads one file. Never throws; depth and number of values are limited before anything recursive sees them. */
export function readJson(bytes: Uint8Array): ReadJson {
  const { text, fault } = decode(bytes);
  const lines = new Lines(text);
  const faults: JsonFault[] = [];
  const report = (code: JsonFault['code'], offset: number, keys: readonly PropertyKey[], what: Fault) =>
    faults.push({ code, path: pointer(keys), position: lines.at(offset), message: what.message, hint: what.hint });

  if (fault !== null) report('SYNTAX', fault.offset, [], fault);
  if (fault?.fatal) return { value: undefined, text, faults };

  const keys: PropertyKey[] = [];
  const seen: Set<string>[] = [];
  const error = walk(text, {
    open: () => seen.push(new Set()),
    close: () => seen.pop(),
    key(key, offset) {
      const names = seen.at(-1) as Set<string>;
      if (names.has(key)) report('DUPLICATE_KEY', offset, [...keys, key], twice(key));
      names.add(key);
      if (key === '__proto__') report('UNKNOWN_KEY', offset, [...keys, key], reserved(key));
    },
    enter: (key) => keys.push(key),
    leave: () => keys.pop(),
  });
  if (error !== null) report('SYNTAX', error.offset, keys, error);
  if (faults.some((one) => one.code === 'SYNTAX')) return { value: undefined, text, faults };
  return { value: JSON.parse(text), text, faults };
}

/**
 * Finds the lines of JSON pointers in one pass over a text that `readJson` accepted.
 * A pointer to what is not there gets the place of its nearest parent. `#` before a pointer asks for the key, not the value.
 */
export function locate(text: string, wanted: Iterable<string>): Map<string, Position> {
  const root = new Branch();
  for (const path of wanted) root.plant(path);
  const branches: (Branch | undefined)[] = [root];
  let keyOffset = 0;
  walk(text, {
    key: (_key, offset) => {
      keyOffset = offset;
    },
    enter(key, offset) {
      const branch = branches.at(-1)?.children.get(String(key));
      branch?.found(typeof key === 'string' ? keyOffset : offset, offset);
      branches.push(branch);
    },
    leave: () => branches.pop(),
  });
  const lines = new Lines(text);
  const places = new Map<string, Position>();
  root.collect(text.search(/\S/), (path, offset) => places.set(path, lines.at(Math.max(offset, 0))));
  return places;
}

/** What is wanted below one key. */
class Branch {
  readonly children = new Map<string, Branch>();
  readonly wanted: { readonly path: string; readonly onKey: boolean }[] = [];
  keyOffset = -1;
  offset = -1;

  plant(path: string): void {
    const onKey = path.startsWith('#');
    let branch: Branch = this;
    for (const key of keysOf(onKey ? path.slice(1) : path)) {
      const next = branch.children.get(key) ?? new Branch();
      branch.children.set(key, next);
      branch = next;
    }
    branch.wanted.push({ path, onKey });
  }

  /** The first of a repeated key counts. */
  found(keyOffset: number, offset: number): void {
    if (this.offset >= 0) return;
    this.keyOffset = keyOffset;
    this.offset = offset;
  }

  collect(parent: number, report: (path: string, offset: number) => void): void {
    const offset = this.offset < 0 ? parent : this.offset;
    for (const { path, onKey } of this.wanted) report(path, onKey && this.offset >= 0 ? this.keyOffset : offset);
    for (const child of this.children.values()) child.collect(offset, report);
  }
}

/** Line and column of offsets. */
export class Lines {
  readonly #text: string;
  #starts: number[] | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  at(offset: number): Position {
    this.#starts ??= startsOf(this.#text);
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.#starts[low] as number) + 1 };
  }
}

function startsOf(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

interface Fault {
  readonly message: string;
  readonly hint: string | null;
}

interface Visitor {
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

/** Goes through a text value by value without recursion. Returns what is not JSON, and where; null for sound JSON. */
function walk(text: string, visitor: Visitor): (Fault & { readonly offset: number }) | null {
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
    // A value begins here.
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
    // A value ended: close what it completes, then go on to its next sibling.
    token = next();
    for (;;) {
      const index = open.at(-1);
      if (index === undefined) return token === END ? null : fail(afterTheEnd(token));
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
      return fail(isComment(token) ? comment() : { message: `a colon is missing after ${shown(name)}`, hint: null });
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
  if (token === END)
    return inside ? ended() : { message: 'the file is empty', hint: 'Write {} for nothing, or remove the file.' };
  if (token === STRING)
    return { message: 'a string is not closed or has a character that must be escaped', hint: null };
  if (token === NUMBER) return { message: 'a number ends too early', hint: null };
  if (token === COMMA) return { message: 'a value is missing before the comma', hint: null };
  return unknownWord(text, offset, 'a value');
}

function notAKey(token: number, text: string, offset: number): Fault {
  if (isComment(token)) return comment();
  if (token === END) return ended();
  if (token === STRING) return { message: 'a name is not closed or has a character that must be escaped', hint: null };
  return unknownWord(text, offset, 'a name in double quotes');
}

function unknownWord(text: string, offset: number, expected: string): Fault {
  const word = /^[^\s,:{}[\]]{1,20}/.exec(text.slice(offset, offset + 20))?.[0] ?? text.slice(offset, offset + 1);
  const hint = word.startsWith("'") ? 'JSON knows double quotes only.' : null;
  return { message: `${JSON.stringify(word)} stands where ${expected} is expected`, hint };
}

function notClosed(token: number, inArray: boolean): Fault {
  if (isComment(token)) return comment();
  if (token === END) return ended();
  return { message: `a comma or ${inArray ? '"]"' : '"}"'} is missing`, hint: null };
}

function afterTheEnd(token: number): Fault {
  return isComment(token) ? comment() : { message: 'something follows after the end of the document', hint: null };
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

function reserved(key: string): Fault {
  return { message: `unknown field ${shown(key)}`, hint: 'Remove it.' };
}

function twice(key: string): Fault {
  return { message: `${shown(key)} stands twice in one object`, hint: 'Only one of them can count: remove the other.' };
}

/** A name in quotes, cut short. */
function shown(name: string): string {
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
}
