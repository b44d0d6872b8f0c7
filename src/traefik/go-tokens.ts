// Tokenizer for the part of Go's grammar that Traefik's expressions use, compatible with Go's scanner: a line end after a value or closing bracket
// ends the expression, comments are whitespace, and strings are in backticks or double quotes.

import type { Objection } from './fault.ts';

/** Only the kind of a number matters. */
export type Literal =
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'whole' }
  | { readonly kind: 'fraction' };

export type Token =
  | { readonly kind: 'name' | 'operator' | 'line end'; readonly text: string }
  | { readonly kind: 'literal'; readonly text: string; readonly literal: Literal };

const QUOTES = 'Put values in backticks: Host(`name`).';

const PATTERN = new RegExp(
  [
    String.raw`(?<blank>[ \t\r]+|\n)`,
    String.raw`(?<comment>//[^\n]*|/\*[^]*?\*/)`,
    String.raw`(?<name>[\p{L}_][\p{L}\p{Nd}_]*)`,
    String.raw`(?<number>0[xX][0-9a-fA-F_.]*(?:[pP][+-]?[0-9]+)?|(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)`,
    '(?<raw>`[^`]*`)',
    String.raw`(?<quoted>"(?:[^"\\\n]|\\.)*")`,
    String.raw`(?<operator>\.\.\.|&&|\|\||==|!=|<=|>=|[!()<>,.])`,
  ].join('|'),
  'yu',
);

/** Pure. */
export function tokensOf(text: string): Token[] | Objection {
  const tokens: Token[] = [];
  // A separate instance, because its position is stateful.
  const pattern = new RegExp(PATTERN);
  const source = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const endsLine = () => {
    const last = tokens.at(-1);
    if (last !== undefined && last.kind !== 'line end' && (last.kind !== 'operator' || last.text === ')'))
      tokens.push({ kind: 'line end', text: '\n' });
  };
  while (pattern.lastIndex < source.length) {
    const from = pattern.lastIndex;
    const found = pattern.exec(source)?.groups;
    if (found === undefined) return unknown(source, from);
    const { blank, comment, name, operator } = found;
    if (blank === '\n' || comment?.includes('\n') || comment?.startsWith('//')) endsLine();
    else if (name !== undefined) tokens.push({ kind: 'name', text: name });
    else if (operator !== undefined) tokens.push({ kind: 'operator', text: operator });
    else {
      const literal = literalOf(found);
      if (literal !== undefined && 'message' in literal) return literal;
      if (literal !== undefined) tokens.push({ kind: 'literal', text: source.slice(from, pattern.lastIndex), literal });
    }
  }
  return tokens;
}

/** Undefined for what is no literal: whitespace, and a comment within a line. */
function literalOf({ number, raw, quoted }: Record<string, string | undefined>): Literal | Objection | undefined {
  if (raw !== undefined) return { kind: 'text', value: raw.slice(1, -1).replaceAll('\r', '') };
  if (number !== undefined) return numberOf(number) ?? { message: `${number} is no number that Traefik reads` };
  if (quoted === undefined) return undefined;
  const value = unquoted(quoted.slice(1, -1));
  if (value !== null) return { kind: 'text', value };
  return {
    message: `${quoted} holds an escape that Traefik does not know`,
    hint: 'In backticks nothing is escaped.',
  };
}

function unknown(text: string, from: number): Objection {
  const rest = text.slice(from, from + 10);
  if (rest.startsWith('`')) return { message: 'a backtick is not closed' };
  if (rest.startsWith('"')) return { message: 'a double quote is not closed' };
  if (/^['‘’“”´]/.test(rest)) return { message: 'values stand in backticks, not in quotes', hint: QUOTES };
  if (rest.startsWith('/*')) return { message: 'a comment is not closed' };
  const message = `"${rest}" is not understood`;
  if (rest.startsWith(':'))
    return { message, hint: 'Rules of Traefik 1 (Host:name) are no longer read: write Host(`name`).' };
  return /^[&|]/.test(rest) ? { message, hint: 'Write && for and, || for or.' } : { message };
}

/** Null if Go does not accept it. */
function numberOf(text: string): Literal | null {
  if (/^(0[0-7]*|[1-9][0-9]*)$/.test(text)) return BigInt(text) > 9223372036854775807n ? null : { kind: 'whole' };
  const isDecimal = /^([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][+-]?[0-9]+)?$/.test(text);
  const isHex = /^0[xX](?=[._]?[0-9a-fA-F])(_?[0-9a-fA-F])*(\.([0-9a-fA-F](_?[0-9a-fA-F])*)?)?[pP][+-]?[0-9]+$/.test(
    text,
  );
  return isHex || (isDecimal && Number.isFinite(Number(text))) ? { kind: 'fraction' } : null;
}

const ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92, '"': 34 };

/** The bytes of one escape, or of text without any. Null for an escape that Go refuses: a byte or character that does not exist. */
function bytesOf([all, simple, octal, hex, short, long]: RegExpExecArray): Iterable<number> | null {
  if (simple !== undefined) return [ESCAPES[simple] ?? 0];
  if (octal !== undefined || hex !== undefined) {
    const byte = octal === undefined ? Number.parseInt(hex ?? '', 16) : Number.parseInt(octal, 8);
    return byte > 255 ? null : [byte];
  }
  if (short === undefined && long === undefined) return new TextEncoder().encode(all);
  const point = Number.parseInt(short ?? long ?? '', 16);
  if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return null;
  return new TextEncoder().encode(String.fromCodePoint(point));
}

/** Null for an unknown escape. In invalid UTF-8, each non-ASCII byte becomes a lone surrogate. */
function unquoted(text: string): string | null {
  if (!text.includes('\\')) return text;
  const bytes: number[] = [];
  const pattern = /\\(?:([abfnrtv\\"])|([0-7]{3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))|[^\\]+/y;
  while (pattern.lastIndex < text.length) {
    const found = pattern.exec(text);
    const written = found === null ? null : bytesOf(found);
    if (written === null) return null;
    for (const byte of written) bytes.push(byte);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(new Uint8Array(bytes));
  } catch {
    return bytes.map((byte) => String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte)).join('');
  }
}
