// Strict JSON parser that reports the position of every fault and is safe against files made to exhaust it.

import { parse } from 'jsonc-parser';
import { MAX_PROBLEMS } from '../limits.ts';
import { decode } from './encoding.ts';
import { insteadOfJson } from './instead-of-json.ts';
import { Lines, type Position } from './lines.ts';
import { pointer } from './place.ts';
import { endOfString, readSoundJson } from './sound-json.ts';
import { type Fault, quoteName } from './syntax-faults.ts';
import { walk } from './walk-json.ts';

interface JsonFault {
  readonly code: 'SYNTAX' | 'DUPLICATE_KEY' | 'UNKNOWN_KEY';
  readonly path: string;
  readonly position: Position;
  readonly message: string;
  readonly hint: string | null;
}

export interface ReadJson {
  /** Undefined after a SYNTAX fault. */
  readonly value: unknown;
  /** The decoded text, for `locate`. */
  readonly text: string;
  readonly faults: readonly JsonFault[];
}

/** Reads one file. Never throws; depth and number of values are limited before any recursive processing. */
export function readJson(bytes: Uint8Array): ReadJson {
  const { text, fault } = decode(bytes);
  const sound = fault === null ? readSoundJson(text) : undefined;
  if (sound !== undefined) return { value: sound.value, text, faults: [] };
  const lines = new Lines(text);
  const faults: JsonFault[] = [];
  const report = (code: JsonFault['code'], offset: number, keys: readonly PropertyKey[], what: Fault) => {
    if (faults.length >= MAX_PROBLEMS) return;
    faults.push({ code, path: pointer(keys), position: lines.at(offset), message: what.message, hint: what.hint });
  };

  if (fault !== null) report('SYNTAX', fault.offset, [], fault);
  if (fault?.fatal) return { value: undefined, text, faults };

  const keys: PropertyKey[] = [];
  const seen: Set<string>[] = [];
  let isEscaped = false;
  const error = walk(text, {
    open: () => seen.push(new Set()),
    close: () => seen.pop(),
    key(key, offset) {
      const names = seen.at(-1) as Set<string>;
      if (names.has(key)) report('DUPLICATE_KEY', offset, [...keys, key], twice(key));
      names.add(key);
      isEscaped ||= text.slice(offset, endOfString(text, offset)).includes('\\');
      if (key === '__proto__') report('UNKNOWN_KEY', offset, [...keys, key], reserved(key));
    },
    enter: (key) => keys.push(key),
    leave: () => keys.pop(),
  });
  if (error !== null) {
    const meant = insteadOfJson(text);
    report('SYNTAX', meant?.offset ?? error.offset, meant === null ? keys : [], meant ?? error);
  }
  if (faults.some((one) => one.code === 'SYNTAX')) return { value: undefined, text, faults };
  // Keys with escapes are not safe with JSON.parse (see sound-json.ts), and neither is `__proto__`.
  const parser = isEscaped && !text.includes('__proto__') ? parse : JSON.parse;
  return { value: parser(text), text, faults };
}

function reserved(key: string): Fault {
  return { message: `unknown field ${quoteName(key)}`, hint: 'Remove it.' };
}

function twice(key: string): Fault {
  return {
    message: `${quoteName(key)} stands twice in one object`,
    hint: 'Only one of them can count: remove the other.',
  };
}
