// Strict JSON walker without recursion, which finds the first syntax error; `syntax-faults.ts` describes it.

import { createScanner } from 'jsonc-parser';
import { MAX_DEPTH, MAX_VALUES } from '../limits.ts';
import {
  type Fault,
  keyFault,
  missingColon,
  notClosed,
  tooDeep,
  tooManyValues,
  trailingComma,
  trailingContent,
  valueFault,
} from './syntax-faults.ts';
import { TOKEN } from './tokens.ts';

export interface Visitor {
  open?(): void;
  close?(): void;
  key(key: string, offset: number): void;
  enter(key: string | number, offset: number): void;
  leave(): void;
}

type PlacedFault = Fault & { readonly offset: number };

/** Marks an open object among the open arrays, which are marked by the index of their current element. */
const OBJECT = -1;

/** Walks a text value by value without recursion. Returns the first syntax error with its position; null for valid JSON. */
export function walk(text: string, visitor: Visitor): PlacedFault | null {
  const scanner = createScanner(text, false);
  /** Per open array the index of its current element, per open object OBJECT; the innermost one is the last. */
  const open: number[] = [];
  let token = next();

  for (let values = 1; ; values += 1) {
    if (values > MAX_VALUES) return fail(tooManyValues());
    const begun = beginValue();
    if (begun === 'entered') continue;
    if (begun !== 'complete') return begun;
    token = next();
    const after = endValue();
    if (after !== 'sibling') return after;
  }

  function next(): number {
    let found: number = scanner.scan();
    while (found === TOKEN.lineBreak || found === TOKEN.blank) found = scanner.scan();
    return found;
  }

  function fail(fault: Fault): PlacedFault {
    return { ...fault, offset: scanner.getTokenOffset() };
  }

  /** At the first token of a value. `entered`: now at the first token of the first value inside of it. */
  function beginValue(): 'complete' | 'entered' | PlacedFault {
    const isObject = token === TOKEN.openBrace;
    if (isObject || token === TOKEN.openBracket) {
      if (open.length >= MAX_DEPTH) return fail(tooDeep());
      return isObject ? beginObject() : beginArray();
    }
    if (isScalar(token) && scanner.getTokenError() === 0) return 'complete';
    return fail(valueFault(token, text, scanner.getTokenOffset(), open.length > 0));
  }

  function beginObject(): 'complete' | 'entered' | PlacedFault {
    visitor.open?.();
    token = next();
    if (token === TOKEN.closeBrace) {
      visitor.close?.();
      return 'complete';
    }
    open.push(OBJECT);
    return enterMember() ?? 'entered';
  }

  function beginArray(): 'complete' | 'entered' {
    token = next();
    if (token === TOKEN.closeBracket) return 'complete';
    open.push(0);
    visitor.enter(0, scanner.getTokenOffset());
    return 'entered';
  }

  /** After a value: closes the arrays and objects that it completes, and enters the next sibling. Null at the end of the text. */
  function endValue(): 'sibling' | PlacedFault | null {
    for (;;) {
      const index = open.at(-1);
      if (index === undefined) return token === TOKEN.end ? null : fail(trailingContent(token));
      if (token === TOKEN.comma) return enterSibling(index);
      const fault = closeInnermost(index !== OBJECT);
      if (fault !== null) return fault;
    }
  }

  /** Closes the innermost array or object, and proceeds to what follows. Null if it is closed here. */
  function closeInnermost(inArray: boolean): PlacedFault | null {
    if (token !== (inArray ? TOKEN.closeBracket : TOKEN.closeBrace)) return fail(notClosed(token, inArray));
    visitor.leave();
    if (!inArray) visitor.close?.();
    open.pop();
    token = next();
    return null;
  }

  function enterSibling(index: number): 'sibling' | PlacedFault {
    visitor.leave();
    token = next();
    if (token === TOKEN.closeBrace || token === TOKEN.closeBracket) return fail(trailingComma());
    if (index === OBJECT) return enterMember() ?? 'sibling';
    open[open.length - 1] = index + 1;
    visitor.enter(index + 1, scanner.getTokenOffset());
    return 'sibling';
  }

  /** At a key: proceeds to its value. */
  function enterMember(): PlacedFault | null {
    if (token !== TOKEN.string || scanner.getTokenError() !== 0)
      return fail(keyFault(token, text, scanner.getTokenOffset()));
    const name = scanner.getTokenValue();
    visitor.key(name, scanner.getTokenOffset());
    token = next();
    if (token !== TOKEN.colon) return fail(missingColon(token, name));
    token = next();
    visitor.enter(name, scanner.getTokenOffset());
    return null;
  }
}

function isScalar(token: number): boolean {
  return token >= TOKEN.null && token <= TOKEN.number;
}
