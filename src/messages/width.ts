// Text in the width of a terminal: cut to one line, or wrapped at words below where it began. Pure.

import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';

/** Narrower, a hanging indent leaves no room for words. */
const LEAST_TEXT = 24;

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
 * Each line that is too long goes on below where its text began: behind what is set off by two blanks or more, as in a table, else two
 * columns further in. Words are broken only where they are longer than a line.
 *
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
  const [head = '', blanks = '', column] = /^( *)(\S+ {2,})?/.exec(line) ?? [];
  const isTable = column !== undefined && stringWidth(head) <= columns - LEAST_TEXT;
  const before = isTable ? head : blanks;
  const indent = isTable ? stringWidth(head) : Math.min(blanks.length + 2, Math.max(0, columns - LEAST_TEXT));
  // What is wrapped has the room of the lines below; the first has a little more where nothing is set off.
  const wrapped = wrapAnsi(line.slice(before.length), columns - indent, { hard: true, trim: true }).split('\n');
  return wrapped.map((each, at) => (at === 0 ? before : ' '.repeat(indent)) + each).join('\n');
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
