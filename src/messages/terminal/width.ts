// Text in the width of a terminal: cut to one line, or wrapped at words below where it began. Pure.

import stringWidth from 'fast-string-width';
import { wrapAnsi } from 'fast-wrap-ansi';

/** Narrower, a column of text is hard to read: it goes below what stands before it. */
const MIN_TEXT = 24;
const ESCAPE = '\u001b';
/** Addresses and paths are left whole however long they are: broken by the terminal they can still be opened and copied, broken by us not. */
const TO_COPY = /:\/\/|(?:^|[\s=])[.~]*\//;

/** On one line of so many columns. @param text without colours */
export function cutToWidth(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text;
  let shown = '';
  let width = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    width += stringWidth(segment);
    if (width > columns - 1) break;
    shown += segment;
  }
  return `${shown}…`;
}

/**
 * Each line that is too long goes on below where its text began: behind the last gap of two blanks or more, as in a table, else two columns
 * further in. Where a table leaves its text too little room, the text begins on a line of its own. Words are broken only where they are
 * longer than a line, and addresses and paths never.
 *
 * @param text may have colours
 * @param columns null: nothing is wrapped, for whoever reads it is no terminal
 */
export function wrapToWidth(text: string, columns: number | null): string {
  if (columns === null) return text;
  return text
    .split('\n')
    .map((line) => (stringWidth(line) <= columns ? line : wrapLine(line, columns)))
    .join('\n');
}

function wrapLine(line: string, columns: number): string {
  const plain = withoutColours(line);
  const blanks = plain.length - plain.trimStart().length;
  const gaps = [...plain.slice(blanks).matchAll(/ {2,}/g)].map(({ 0: gap, index }) => blanks + index + gap.length);
  const isRoomy = (end: number) => stringWidth(plain.slice(0, end)) <= columns - MIN_TEXT;
  const text = gaps.findLast(isRoomy);
  if (text !== undefined) return hang(line, text, stringWidth(plain.slice(0, text)), columns);
  const [first] = gaps;
  const below = Math.min(blanks + 2, Math.max(0, columns - MIN_TEXT));
  if (first === undefined) return hang(line, blanks, below, columns);
  const head = hang(line.slice(0, offsetOf(line, first)).trimEnd(), blanks, below, columns);
  return `${head}\n${' '.repeat(below + 2)}${hang(line.slice(offsetOf(line, first)), 0, below + 2, columns)}`;
}

/** What stands before `from` is left; the rest has the room of the lines below, which begin at `indent`. */
function hang(line: string, from: number, indent: number, columns: number): string {
  const at = offsetOf(line, from);
  const text = line.slice(at);
  const wrapped = wrapAnsi(text, columns - indent, { hard: !TO_COPY.test(text), trim: true });
  return line.slice(0, at) + wrapped.replaceAll('\n', `\n${' '.repeat(indent)}`);
}

/** Colours are the only sequences that our text has (paint.ts). */
function withoutColours(line: string): string {
  const [first = '', ...rest] = line.split(ESCAPE);
  return first + rest.map((part) => part.slice(part.indexOf('m') + 1)).join('');
}

/** Where so many characters that are seen have passed: a colour is none. */
function offsetOf(line: string, seen: number): number {
  let at = 0;
  for (let left = seen; left > 0; left -= 1) {
    while (line[at] === ESCAPE) at = line.indexOf('m', at) + 1;
    at += 1;
  }
  return at;
}

/** Rows of cells below one another, two blanks between columns; the last column is as wide as it is. @param rows without colours in all but the last */
export function tableOf(rows: readonly (readonly string[])[]): string {
  const last = Math.max(0, ...rows.map((row) => row.length)) - 1;
  const widths = Array.from({ length: Math.max(0, last) }, (_, at) =>
    Math.max(...rows.map((row) => stringWidth(row[at] ?? ''))),
  );
  return rows
    .map((row) =>
      row
        .map((cell, at) => (at === last ? cell : cell + ' '.repeat(Math.max(0, (widths[at] ?? 0) - stringWidth(cell)))))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
